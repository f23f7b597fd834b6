"""The candidates of a slot in order, and the choice among them. Pure.

Order: strategy after strategy, as rules have it. Choice: eligibility before the limit, no repeats on the page, one of a
variant group. A fallback is only asked for more where the strategies before it found less than the slot's minimum, so that
a slot has the cards of one strategy, if it can, and the heading that is true of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from math import ceil
from operator import attrgetter
from typing import Literal, NamedTuple, TypeAlias

from more_itertools import seekable

from ..core.errors import N_
from ..shop.ports import Product
from ..shop.sellable import first_sellable, is_eligible
from .page import PINNED, ReasonKind
from .rules.compiled import NO_PAGE_RULES, PageRules, clamped

CHOSEN = ReasonKind("chosen", N_("Staff pick"))
"""The reason of a pinned product."""

LOOK_AHEAD = 1.5
"""Cards looked up at once are this many times the limit: most slots then need no second look-up."""

EXCLUDING_LOOK_AHEAD = 3.0
"""The same where rules exclude candidates for their category, brand or price."""

RANKED = 100
"""Candidates of a strategy whose scores rules may change; those behind them keep their order."""

VerdictKind: TypeAlias = Literal[
    "shown",
    "limit",
    "repeated",
    "excluded",
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
]
"""Why a candidate is shown or not.

``limit``: the slot is full. ``repeated``: proposed before in this slot. ``excluded``: the page's own, in the cart or
excluded by the caller. ``elsewhere``: another slot of the page shows it. ``rule``: a rule excludes it. ``missing``: the
catalogue does not have it. ``variant``: another of its variant group is there already. ``category``: not in the category
that the page lists. ``support``: fewer orders than the minimum speak for it. ``fallback``: the strategies before its own
found enough. ``rival``: in a set, somebody who takes what was chosen before does not take this.
"""


class Proposal(NamedTuple):
    """A candidate with the shop's id: what a strategy proposes, and why.

    *source* names what found it: ``pinned``, the *strategy*, or ``bestsellers`` where only its popularity speaks for
    it. *factor* is what rules multiplied the score by. *unsellable*: the catalogue could not sell it when it was read.
    *too_few*: fewer orders than the minimum speak for it.
    """

    product_id: str
    score: float
    source: str
    reason: ReasonKind
    strategy: str = ""
    factor: float = 1.0
    unsellable: bool = False
    too_few: bool = False


class Choice(NamedTuple):
    """A proposal with its product."""

    proposal: Proposal
    product: Product


class Verdict(NamedTuple):
    """A proposal and what became of it; *rule* is the id of the rule that excluded it."""

    proposal: Proposal
    kind: VerdictKind
    rule: int | None = None


@dataclass(slots=True)
class Chosen:
    """What was chosen, and the ids that must be looked up before the choice is final (empty when it is)."""

    choices: list[Choice] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def choose(
    proposals: Iterable[Proposal],
    products: Mapping[str, Product | None],
    excluded: AbstractSet[str],
    shown: AbstractSet[str],
    limit: int,
    groups: Iterable[str] = (),
    category: str | None = None,
    rules: PageRules = NO_PAGE_RULES,
    verdicts: list[Verdict] | None = None,
    least: int | None = None,
    is_rival: Callable[[Product, Product], bool] | None = None,
) -> Chosen:
    """The first *limit* eligible proposals; those of a fallback only where fewer than *least* come before them.

    Args:
        proposals: Best first; of one product only the first counts.
        products: Known products; None where the shop has none (any more). An id that is not in here is not chosen but
            reported as unknown, as long as the limit is not reached.
        excluded: Ids never chosen.
        shown: Ids that other slots of the page show.
        limit: Most choices.
        groups: Variant groups that are there already (those of the seeds).
        category: The category the page lists; only its products are chosen.
        rules: What the merchant excludes.
        verdicts: Filled with one on every proposal, also on those behind the limit; those unknown are left out.
        least: Choices that are enough without a fallback; None is the limit.
        is_rival: Whether a product is a rival of one that was chosen.
    """
    enough = limit if least is None else least
    ruled = rules if rules else None
    choosing = _Choosing(products, excluded, shown, limit, set(groups), category, ruled, enough, is_rival)
    for proposal in proposals:
        verdict = choosing.verdict(proposal)
        if verdicts is not None:
            verdicts.extend(() if verdict is None else [Verdict(proposal, *verdict)])
        elif choosing.is_done:
            break
    return choosing.chosen


@dataclass(slots=True)
class _Choosing:
    """A choice on its way: what it stands on, and what has been proposed, chosen and taken so far."""

    products: Mapping[str, Product | None]
    excluded: AbstractSet[str]
    shown: AbstractSet[str]
    limit: int
    taken: set[str]
    category: str | None
    rules: PageRules | None
    least: int
    is_rival: Callable[[Product, Product], bool] | None
    chosen: Chosen = field(default_factory=Chosen)
    seen: set[str] = field(default_factory=set)
    strategy: str = ""
    has_enough: bool = False

    @property
    def is_done(self) -> bool:
        """Whether no later proposal can be chosen."""
        return self.has_enough or len(self.chosen.choices) == self.limit

    def verdict(self, proposal: Proposal) -> tuple[VerdictKind, int | None] | None:
        """The verdict on the next proposal, with the rule that excludes it; None where its product is unknown."""
        product_id = proposal.product_id
        if proposal.strategy != self.strategy and not proposal.too_few:
            self.has_enough |= bool(self.strategy) and len(self.chosen.choices) >= self.least
            self.strategy = proposal.strategy
        if product_id in self.seen:
            return "repeated", None
        if proposal.too_few and product_id not in self.excluded:
            return "support", None  # and the next source may propose it
        self.seen.add(product_id)
        if product_id in self.excluded:
            return "excluded", None
        if product_id in self.shown:
            return "elsewhere", None
        product = self.products.get(product_id)
        if self.rules is not None:
            rule = self.rules.effect(proposal.strategy, product_id, product).excluded_by
            if rule is not None:
                return "rule", rule
        if product is None:
            if product_id in self.products:
                return "missing", None
            if proposal.unsellable:
                return "sold_out", None
            self.chosen.unknown.append(product_id)
            return None
        return self._obstacle(product, proposal.source == PINNED) or self._take(Choice(proposal, product))

    def _obstacle(self, product: Product, is_pinned: bool) -> tuple[VerdictKind, None] | None:
        """Why *product* may not be offered here and now; a merchant's pin has no rival."""
        if not is_eligible(product):
            return ("sold_out" if product.visible else "hidden"), None
        if product.variant_group in self.taken:
            return "variant", None
        if self.category is not None and self.category not in product.category_ids:
            return "category", None
        if (
            self.is_rival is not None
            and not is_pinned
            and any(self.is_rival(product, one.product) for one in self.chosen.choices)
        ):
            return "rival", None
        return None

    def _take(self, choice: Choice) -> tuple[VerdictKind, None]:
        if self.is_done:
            return ("limit" if len(self.chosen.choices) == self.limit else "fallback"), None
        self.chosen.choices.append(choice)
        if choice.product.variant_group is not None:
            self.taken.add(choice.product.variant_group)
        return "shown", None


def first_ids(
    proposals: Iterable[Proposal], without: Container[str], count: int, least: int | None = None
) -> list[str]:
    """The ids of the first *count* different products that can be sold and are not in *without*, and of those between.

    For one look-up ahead of the choice. Those of a fallback only where fewer than *least* can be sold before it.
    """
    ids: dict[str, None] = {}
    enough, strategy = 0 if least is None else count - least, ""
    for proposal in proposals:
        if not count or (strategy and proposal.strategy != strategy and count <= enough):
            break
        strategy = proposal.strategy
        if proposal.product_id not in without and proposal.product_id not in ids:
            ids[proposal.product_id] = None
            count -= not proposal.unsellable
    return list(ids)


class Chain:
    """Proposals of a slot: first what is pinned, then strategy after strategy in the order of the plan.

    Boosts and buries change the order within a strategy only: a fallback's candidates stay behind those of the first
    choice, however much they are boosted.

    Args:
        candidates: Each strategy's name with its candidates, best first.
        ruled: Whether there are any rules; without, nothing is done but walking the candidates.
    """

    def __init__(self, candidates: Sequence[tuple[str, Iterable[Proposal]]], ruled: bool) -> None:
        everything = itertools.chain.from_iterable(found for _, found in candidates)
        self._plain = None if ruled else seekable(everything)
        self._names = [name for name, _ in candidates]
        self._candidates = [(name, seekable(found)) for name, found in candidates] if ruled else []

    def by_strategy(self) -> Iterator[tuple[str, Iterable[Proposal]]]:
        """Each strategy with its candidates before any rule; none where there are no rules."""
        return ((name, _from_start(found)) for name, found in self._candidates)

    def proposals(self, rules: PageRules, products: Mapping[str, Product | None]) -> Iterable[Proposal]:
        """All proposals in order; data of candidates that are not among *products* counts for nothing."""
        return self._ruled(rules, products) if self._plain is None else _from_start(self._plain)

    def ahead(self, rules: PageRules, without: Container[str], limit: int, least: int) -> list[str]:
        """Ids of the products to look up before the choice of *limit*, or *least*; none of those in *without*."""
        if any(rules.ranks_by_data(name) for name in self._names):
            return self._heads(rules, without, ceil(LOOK_AHEAD * limit))
        deep = any(rules.excludes_by_data(name) for name in self._names)
        share = EXCLUDING_LOOK_AHEAD if deep else LOOK_AHEAD
        needed, enough = ceil(share * limit), ceil(share * least)
        proposals = self.proposals(rules, {})
        if not rules:
            return first_ids(proposals, without, needed, enough)
        left = (one for one in proposals if rules.effect(one.strategy, one.product_id, None).excluded_by is None)
        return [*rules.pins_ahead(), *first_ids(left, without, needed, enough)]

    def everything(self, rules: PageRules) -> list[str]:
        """Ids of all that is or may be proposed; walks all candidates."""
        pins = [pin.product_id for pin in rules.pins(self._names)]
        return [
            *pins,
            *rules.pins_ahead(),
            *(one.product_id for _, found in self.by_strategy() for one in found),
        ]

    def _heads(self, rules: PageRules, without: Container[str], enough: int) -> list[str]:
        """All candidates whose scores may change, of as many strategies as it takes."""
        ids = [pin.product_id for pin in rules.pins(self._names)] + rules.pins_ahead()
        for _, candidates in self.by_strategy():
            if len(ids) >= enough:
                break
            ids += first_ids(candidates, without, RANKED)
        return ids

    def _ruled(self, rules: PageRules, products: Mapping[str, Product | None]) -> Iterator[Proposal]:
        for pin in rules.pins(self._names):
            yield Proposal(pin.product_id, 1.0, PINNED, CHOSEN)
        for name, candidates in self.by_strategy():
            yield from _ranked(candidates, rules, products) if rules.ranks(name) else candidates


def _from_start(candidates: seekable[Proposal]) -> seekable[Proposal]:
    """*candidates* to be walked again: those looked at before are remembered, those behind them are never made."""
    candidates.seek(0)
    return candidates


def _ranked(
    candidates: Iterable[Proposal], rules: PageRules, products: Mapping[str, Product | None]
) -> Iterator[Proposal]:
    """The first `RANKED` by their changed scores; equal ones as they came."""
    rest = iter(candidates)
    changed = [
        _weighed(one, rules, products) for one in first_sellable(rest, RANKED, (True,), attrgetter("unsellable"))
    ]
    yield from sorted(changed, key=lambda one: -one.score)
    yield from rest


def _weighed(proposal: Proposal, rules: PageRules, products: Mapping[str, Product | None]) -> Proposal:
    product_id = proposal.product_id
    factor = clamped(rules.effect(proposal.strategy, product_id, products.get(product_id)).factor)
    return proposal if factor == 1.0 else proposal._replace(score=proposal.score * factor, factor=factor)
