"""Why a page shows what it shows: a verdict on every candidate of every slot, from the very journey that fills pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ..bundles.definition import Bundle
from ..bundles.slots.filler import BundleSlots
from ..bundles.slots.verdicts import JudgedBundle
from ..orderlog.product_numbers import ProductNumbers
from ..redis_store import Command
from ..shop.ports import Product
from .chain import RANKED
from .choosing import Judged
from .page import FilledSlot, Page
from .plan import Slot
from .recommender import Asked, Journey, Recommender
from .snapshot import Snapshot
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
    "offered",
]
"""`choosing.VerdictKind`, with ``excluded`` told apart into the page's *own* product, one *in_cart*, and one *unwanted* by
the caller; ``minimum``: it would be shown, but the slot found too few; ``offered``: it would be shown, but a bundle offers
the slot's very products for less."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The counts behind a candidate.

    Attributes:
        orders: n, the orders that hold it, older ones counting less; in orders of today.
        sold: The plain number of orders that hold it.
        support: The most orders that hold it together with one seed; None where no pair is kept.
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


@dataclass(frozen=True, slots=True)
class ExplainedSlot:
    """A slot with all its candidates in the order in which they were judged: pins, then strategy after strategy.

    A slot of *bundles* has these, those shown first, and no candidates. *instead* is the bundle that offers the very
    products of the slot for less, which is why the page leaves it out.
    """

    slot: Slot
    candidates: tuple[Explained, ...]
    bundles: tuple[JudgedBundle, ...] = ()
    instead: Bundle | None = None

    @property
    def shown(self) -> tuple[Explained, ...]:
        """What the page shows."""
        return tuple(one for one in self.candidates if one.kind == "shown")


class Explainer:
    """Explains pages. Patient: it reads what pages do not need, and raises what pages leave out.

    Args:
        recommender: SlotStats the shop's pages; *bundle_slots* their slots of bundles.
        numbers: Product numbers held in process.
        ask: Asks Redis, raising `StoreUnavailable`.
        count_orders: The number of orders that stand.
    """

    def __init__(
        self,
        recommender: Recommender,
        bundle_slots: BundleSlots,
        numbers: ProductNumbers,
        ask: Callable[[Sequence[Command]], Sequence[Any]],
        count_orders: Callable[[], int],
    ) -> None:
        self._recommender = recommender
        self._bundle_slots = bundle_slots
        self._numbers = numbers
        self._ask = ask
        self._count_orders = count_orders

    def explain(self, page: Page, slots: Sequence[Slot], snapshot: Snapshot) -> list[ExplainedSlot]:
        """Each of *slots* as *page*, which is patient, would show it.

        Raises `StoreUnavailable`, `DatabaseUnavailable`, `AdapterError`, and `InputError` for a cart without a price.
        """
        if not slots:
            return []
        journey = self._recommender.journey(page, slots, snapshot, judging=True)
        evidence = self._evidence(journey.asked[0].question)
        shown: dict[str, str] = {}
        explained = []
        for one, filled in zip(journey.asked, self._recommender.filled(page, journey), strict=True):
            if one.slot.layout == "bundles":
                judged = self._bundle_slots.judge(page, one.slot, snapshot, journey.products)
                explained.append(ExplainedSlot(one.slot, (), tuple(judged)))
                continue
            candidates = tuple(self._candidates(page, journey, one, filled, evidence, shown))
            explained.append(ExplainedSlot(one.slot, candidates, instead=filled.instead))
            shown |= {choice.product.id: one.slot.name for choice in one.choices}
        return explained

    def _candidates(
        self,
        page: Page,
        journey: Journey,
        one: Asked,
        filled: FilledSlot,
        evidence: Callable[[str], Evidence],
        shown: Mapping[str, str],
    ) -> Iterator[Explained]:
        raw = {
            (name, proposal.product_id): (position, proposal.score)
            for name, proposals in one.chain.by_strategy()
            for position, proposal in enumerate(proposals, start=1)
        }
        places = {choice.product.id: place for place, choice in enumerate(one.choices, start=1)}
        for judged in one.judged or ():
            proposal = judged.proposal
            product_id = proposal.product_id
            product = journey.products.get(product_id)
            position, before = raw.get((proposal.strategy, product_id), (None, proposal.score))
            effect = journey.rules.effect(proposal.strategy, product_id, product)
            kind = _kind(judged, page, filled)
            yield Explained(
                product_id,
                product,
                proposal.strategy,
                position,
                before,
                proposal.factor,
                proposal.score,
                effect.rules if position is not None and position <= RANKED else (),
                evidence(product_id),
                kind,
                places.get(product_id) if kind == "shown" else None,
                judged.rule,
                shown.get(product_id) if kind == "elsewhere" else None,
            )

    def _evidence(self, question: Question) -> Callable[[str], Evidence]:
        """The counts of any product, read in one trip."""
        popularity = question.snapshot.popularity
        reads = support_reads(question)
        replies = self._ask(reads) if reads else ()
        pairs = dict(zip(question.seeds, replies, strict=False))
        orders = self._count_orders() if pairs else 0

        def of(product_id: str) -> Evidence:
            number = self._numbers.number(product_id)
            if number is None:
                return Evidence()
            together = {seed: int(reply.get(b"%d" % number, 0)) for seed, reply in pairs.items() if reply}
            seed = max(together, key=together.__getitem__, default=None)
            sold, count = popularity.sold.get(number, 0), popularity.counts.get(number, 0) / popularity.unit
            if seed is None or not together[seed]:
                return Evidence(count, sold)
            chance = sold * popularity.sold.get(seed, 0)
            lift = together[seed] * orders / chance if chance else None
            return Evidence(count, sold, together[seed], self._numbers.id(seed), lift)

        return of


def _kind(judged: Judged, page: Page, filled: FilledSlot) -> ExplainedKind:
    if judged.verdict == "shown":
        return "shown" if filled.cards else "offered" if filled.instead else "minimum"
    if judged.verdict != "excluded":
        return judged.verdict
    product_id = judged.proposal.product_id
    if any(line.product_id == product_id for line in page.cart):
        return "in_cart"
    return "own" if product_id in page.products else "unwanted"
