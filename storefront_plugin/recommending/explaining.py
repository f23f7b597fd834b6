"""Why a slot shows what it shows: a verdict on every candidate, and the counts behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ..core.errors import N_
from ..orderlog.product_numbers import ProductNumbers
from ..redis_store import Command
from ..shop.ports import Product
from .choosing import RANKED, Chain, Choice, Verdict
from .page import FilledSlot, Offer, Page, Reason, heading_of
from .plan import Slot
from .rules.compiled import PageRules
from .strategy import Question, support_reads

ExplainedKind: TypeAlias = Literal[
    "shown",
    "limit",
    "minimum",
    "repeated",
    "own",
    "in_cart",
    "unwanted",
    "elsewhere",
    "rule",
    "missing",
    "hidden",
    "sold_out",
    "variant",
    "category",
    "support",
    "fallback",
    "rival",
    "left",
    "offered",
]
"""`choosing.VerdictKind`, with ``excluded`` divided into the page's *own* product, one *in_cart*, and one *unwanted* by the
caller; ``minimum``: it would be shown, but the slot found too few; ``left``: the slot found nothing else, and another slot
has its source as the first choice; ``offered``: it would be shown, but another slot offers
the slot's very products for less."""

VERDICTS: Mapping[ExplainedKind, str] = {
    "shown": N_("Shown #%(place)s"),
    "limit": N_("Not shown: limit of %(limit)s reached"),
    "minimum": N_("Not shown: the slot needs at least %(minimum)s"),
    "repeated": N_("Already suggested in this slot"),
    "own": N_("The page's own product"),
    "in_cart": N_("Already in the cart"),
    "unwanted": N_("Excluded by the page"),
    "elsewhere": N_("Already shown in %(elsewhere)s"),
    "rule": N_("Excluded by a rule"),
    "missing": N_("Not in the catalogue"),
    "hidden": N_("Not visible in the shop"),
    "sold_out": N_("Sold out"),
    "variant": N_("Another variant is already shown"),
    "category": N_("Not in this category"),
    "support": N_("Too few orders: at least %(support)s are needed"),
    "fallback": N_("Not needed: the source before it found enough"),
    "rival": N_("Rarely bought together with what the set already has"),
    "left": N_("Left to the slot of its own source"),
    "offered": N_("Hidden with its slot"),
}
"""The message of each, with values for place, limit, minimum, support or elsewhere."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The counts behind a candidate.

    Attributes:
        orders: n, the orders that hold it, older ones counting less; in orders of today.
        sold: The plain number of orders that hold it.
        support: The most orders that hold it together with one seed; None where no pair is counted.
        seed_id: That seed.
        lift: How many times more often they are bought together than by chance; None without support.
    """

    orders: float = 0.0
    sold: int = 0
    support: int | None = None
    seed_id: str | None = None
    lift: float | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """A candidate of a slot and what became of it.

    Attributes:
        product: None where the catalogue does not have it.
        strategy: What proposed it; "" for a pin.
        position: Its place among the candidates of that strategy, from 1; None for a pin.
        raw: Its score before rules. *score* is after them, *factor* what they multiplied it by.
        factor_rules: Ids of the rules behind *factor*.
        kind: What became of it.
        place: Its place in the slot, from 1, where it is shown.
        rule: Id of the rule that excluded it.
        elsewhere: Name of the slot that shows it already.
        reason: Why it is shown, as its card says it.
    """

    product_id: str
    product: Product | None
    strategy: str
    position: int | None
    raw: float
    factor: float
    score: float
    factor_rules: tuple[int, ...]
    evidence: Evidence
    kind: ExplainedKind
    place: int | None = None
    rule: int | None = None
    elsewhere: str | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class ExplainedSlot:
    """A slot with all its candidates in the order of the choice: pins, then strategy after strategy.

    A filler that shows anything else derives from it. *replaced_by* is what another slot offers of the very same
    products, which is why the page leaves this one out.
    """

    slot: Slot
    candidates: tuple[Explained, ...] = ()
    replaced_by: Offer | None = None

    @property
    def shown(self) -> tuple[Explained, ...]:
        """What the page shows."""
        return tuple(one for one in self.candidates if one.kind == "shown")

    @property
    def heading(self) -> str | None:
        """As `FilledSlot.heading`."""
        return heading_of(self.slot, (one.strategy for one in self.shown))


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the verdicts of a page's slots are explained from.

    Attributes:
        page: The page.
        rules: The rules that hold for it.
        products: Product data of all candidates.
        evidence: The counts of any product.
        shown: Names of the slots that show a product, by its id; filled slot by slot.
    """

    page: Page
    rules: PageRules
    products: Mapping[str, Product | None]
    evidence: Callable[[str], Evidence]
    shown: dict[str, str]

    def slot(
        self, filled: FilledSlot, chain: Chain, choices: Sequence[Choice], verdicts: Sequence[Verdict]
    ) -> ExplainedSlot:
        """The slot that is *filled* with what was chosen of its candidates, and the *verdicts* on all of them."""
        candidates = tuple(self._candidates(filled, chain, choices, verdicts))
        self.shown.update((choice.product.id, filled.name) for choice in choices)
        return ExplainedSlot(filled.slot, candidates, filled.replaced_by)

    def _candidates(
        self, filled: FilledSlot, chain: Chain, choices: Sequence[Choice], verdicts: Sequence[Verdict]
    ) -> Iterator[Explained]:
        raw = {
            (name, proposal.product_id): (position, proposal.score)
            for name, proposals in chain.by_strategy()
            for position, proposal in enumerate(proposals, start=1)
        }
        places = {choice.product.id: place for place, choice in enumerate(choices, start=1)}
        reasons = {card.product.id: card.reason for card in filled.cards}
        count = sum(one.kind == "shown" for one in verdicts)
        decided = {one.proposal.product_id for one in verdicts if one.kind not in ("support", "repeated")}
        for verdict in verdicts:
            proposal = verdict.proposal
            product_id = proposal.product_id
            product = self.products.get(product_id)
            position, before = raw.get((proposal.strategy, product_id), (None, proposal.score))
            effect = self.rules.effect(proposal.strategy, product_id, product)
            kind = _kind(verdict, self.page, filled, count)
            if kind == "support" and product_id in decided:
                kind = "repeated"
            decided.add(product_id)
            yield Explained(
                product_id=product_id,
                product=product,
                strategy=proposal.strategy,
                position=position,
                raw=before,
                factor=proposal.factor,
                score=proposal.score,
                factor_rules=effect.rules if position is not None and position <= RANKED else (),
                evidence=self.evidence(product_id),
                kind=kind,
                place=places.get(product_id) if kind == "shown" else None,
                rule=verdict.rule,
                elsewhere=self.shown.get(product_id) if kind == "elsewhere" else None,
                reason=reasons.get(product_id) if kind == "shown" else None,
            )


def evidence_of(
    question: Question,
    numbers: ProductNumbers,
    ask: Callable[[Sequence[Command]], Sequence[Any]],
    count_orders: Callable[[], int],
) -> Callable[[str], Evidence]:
    """The counts of any product beside the seeds of *question*, read in one trip."""
    popularity = question.snapshot.popularity
    reads = support_reads(question)
    replies = ask(reads) if reads else ()
    pairs = dict(zip(question.seeds, replies, strict=False))
    orders = count_orders() if pairs else 0

    def of(product_id: str) -> Evidence:
        number = numbers.number(product_id)
        if number is None:
            return Evidence()
        together = {seed: int(reply.get(b"%d" % number, 0)) for seed, reply in pairs.items() if reply}
        seed = max(together, key=together.__getitem__, default=None)
        sold, count = popularity.sold.get(number, 0), popularity.counts.get(number, 0) / popularity.unit
        if seed is None or not together[seed]:
            return Evidence(count, sold)
        chance = sold * popularity.sold.get(seed, 0)
        lift = together[seed] * orders / chance if chance else None
        return Evidence(count, sold, together[seed], numbers.id(seed), lift)

    return of


def _kind(verdict: Verdict, page: Page, filled: FilledSlot, count: int) -> ExplainedKind:
    """What became of it in a slot that would show *count*."""
    if verdict.kind == "shown":
        if filled.cards or filled.replaced_by:
            return "shown" if filled.cards else "offered"
        return "minimum" if count < filled.slot.least else "left"
    if verdict.kind != "excluded":
        return verdict.kind
    product_id = verdict.proposal.product_id
    if any(line.product_id == product_id for line in page.cart):
        return "in_cart"
    return "own" if product_id in page.products else "unwanted"
