"""The candidates of a slot's strategies, one strategy after the other, and what rules make of their order. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from math import ceil

from more_itertools import seekable

from ..core.errors import N_
from ..shop.ports import Product
from .choosing import Proposal, first_ids
from .page import PINNED, ReasonKind
from .rules.compiled import PageRules, clamped

CHOSEN = ReasonKind("chosen", N_("Staff pick"))
"""The reason of a pinned product."""

LOOK_AHEAD = 1.5
"""Cards looked up at once are this many times the limit: most slots then need no second look-up."""

EXCLUDING_LOOK_AHEAD = 3.0
"""The same where rules exclude candidates for their category, brand or price."""

RANKED = 100
"""Candidates of a strategy whose scores rules may change; those behind them keep their order."""


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

    def ahead(self, rules: PageRules, without: Container[str], limit: int) -> list[str]:
        """Ids of the products to look up before the choice of *limit*; none of those in *without*."""
        if any(rules.ranks_by_data(name) for name in self._names):
            return self._heads(rules, without, ceil(LOOK_AHEAD * limit))
        deep = any(rules.excludes_by_data(name) for name in self._names)
        needed = ceil((EXCLUDING_LOOK_AHEAD if deep else LOOK_AHEAD) * limit)
        proposals = self.proposals(rules, {})
        if not rules:
            return first_ids(proposals, without, needed)
        left = (one for one in proposals if rules.effect(one.strategy, one.product_id, None).excluded_by is None)
        return [*rules.pins_ahead(), *first_ids(left, without, needed)]

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
            ids += first_ids(itertools.islice(candidates, RANKED), without, RANKED)
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
    changed = [_weighed(one, rules, products) for one in itertools.islice(rest, RANKED)]
    yield from sorted(changed, key=lambda one: -one.score)
    yield from rest


def _weighed(proposal: Proposal, rules: PageRules, products: Mapping[str, Product | None]) -> Proposal:
    product_id, score, source, reason, strategy, _ = proposal
    factor = clamped(rules.effect(strategy, product_id, products.get(product_id)).factor)
    return proposal if factor == 1.0 else Proposal(product_id, score * factor, source, reason, strategy, factor)
