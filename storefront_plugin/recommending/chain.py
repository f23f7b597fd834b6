"""The candidates of a slot's strategies, one strategy after the other, and what rules make of their order. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from math import ceil
from typing import Generic, TypeVar

from ..shop.ports import Product
from .choosing import Proposal, first_ids
from .page import PINNED
from .rules.compiled import PageRules, clamped

_T = TypeVar("_T")


class Drawn(Iterable[_T], Generic[_T]):
    """The items of an iterator, each drawn once and kept, so that they can be walked again.

    A slot shows a few of hundreds of candidates; those behind them are never made.
    """

    def __init__(self, items: Iterable[_T]) -> None:
        self._rest = iter(items)
        self._drawn: list[_T] = []

    def __iter__(self) -> Iterator[_T]:
        yield from self._drawn
        for item in self._rest:
            self._drawn.append(item)
            yield item


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
        self._plain = None if ruled else Drawn(everything)
        self._names = [name for name, _ in candidates]
        self.candidates = [(name, Drawn(found)) for name, found in candidates] if ruled else []

    def proposals(self, rules: PageRules, products: Mapping[str, Product | None]) -> Iterable[Proposal]:
        """All proposals in order; data of candidates that are not among *products* counts for nothing."""
        return self._ruled(rules, products) if self._plain is None else self._plain

    def ahead(self, rules: PageRules, without: Container[str], limit: int) -> list[str]:
        """Ids of the products to look up before the choice of *limit*; none of those in *without*."""
        if any(rules.ranks_by_data(name) for name in self._names):
            return self._heads(rules, without, ceil(LOOK_AHEAD * limit))
        deep = any(rules.excludes_by_data(name) for name in self._names)
        wanted = ceil((EXCLUDING_LOOK_AHEAD if deep else LOOK_AHEAD) * limit)
        proposals = self.proposals(rules, {})
        if not rules:
            return first_ids(proposals, without, wanted)
        left = (one for one in proposals if rules.effect(one.strategy, one.product_id, None).excluded_by is None)
        return [*rules.pins_ahead(), *first_ids(left, without, wanted)]

    def everything(self, rules: PageRules) -> list[str]:
        """Ids of all that is or may be proposed; walks all candidates."""
        pins = [pin.product_id for pin in rules.pins(self._names)]
        return [*pins, *rules.pins_ahead(), *(one.product_id for _, found in self.candidates for one in found)]

    def _heads(self, rules: PageRules, without: Container[str], enough: int) -> list[str]:
        """All candidates whose scores may change, of as many strategies as it takes."""
        ids = [pin.product_id for pin in rules.pins(self._names)] + rules.pins_ahead()
        for _, candidates in self.candidates:
            if len(ids) >= enough:
                break
            ids += first_ids(itertools.islice(candidates, RANKED), without, RANKED)
        return ids

    def _ruled(self, rules: PageRules, products: Mapping[str, Product | None]) -> Iterator[Proposal]:
        for pin in rules.pins(self._names):
            yield Proposal(pin.product_id, 1.0, PINNED, "chosen")
        for name, candidates in self.candidates:
            if rules.ranks(name):
                yield from _ranked(candidates, rules, products)
            else:
                yield from candidates


def _ranked(
    candidates: Iterable[Proposal], rules: PageRules, products: Mapping[str, Product | None]
) -> Iterator[Proposal]:
    """The first `RANKED` by their changed scores; equal ones as they came."""
    rest = iter(candidates)
    changed = [_weighed(one, rules, products) for one in itertools.islice(rest, RANKED)]
    yield from sorted(changed, key=lambda one: -one.score)
    yield from rest


def _weighed(proposal: Proposal, rules: PageRules, products: Mapping[str, Product | None]) -> Proposal:
    product_id, score, source, kind, strategy, _ = proposal
    factor = clamped(rules.effect(strategy, product_id, products.get(product_id)).factor)
    return proposal if factor == 1.0 else Proposal(product_id, score * factor, source, kind, strategy, factor)
