"""What a set takes: needs that are filled from the pools of a cart, one list of them for each size of a set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from .definition import Component, Tier
from .lines import Pool
from .places import Places

MANY: Final = 5000
"""Ways to make one set are counted up to so many."""

MAX_COUNTED: Final = 100
"""Pieces of a need from several pools whose ways are counted; those of more are many."""


@dataclass(frozen=True, slots=True)
class Need:
    """Pieces that one part of a set takes, from any of *pools* (the dearest first)."""

    pools: tuple[int, ...]
    pieces: int
    free: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """One size of the sets of a tier, and in how many *ways* it can be made; `MANY` stands for more."""

    bundle_id: int
    number: int
    tier: Tier
    needs: tuple[Need, ...]
    ways: int


def recipes(
    bundle_id: int, number: int, tier: Tier, places: Places, pools: Sequence[Pool], currency: str
) -> Iterator[Recipe]:
    """The recipes of a tier (no quantity step) whose pieces are there."""
    sizes = _mix_needs(tier, places, pools, currency) if tier.least else _set_needs(tier, places)
    for needs in sizes:
        ways = _ways(needs, pools)
        if ways:
            yield Recipe(bundle_id, number, tier, needs, ways)


def _mix_needs(tier: Tier, places: Places, pools: Sequence[Pool], currency: str) -> Iterator[tuple[Need, ...]]:
    """One need for each number of pieces; numbers that cannot save more than a smaller one are left out."""
    group = places.of_any(tier.components)
    there = sum([pools[number].pieces for number in group])
    most = tier.least if tier.price.kind == "free" else min(tier.most, there)
    for pieces in range(tier.least, min(most, there) + 1):
        if pieces > tier.least and tier.price.kind == "amount":
            smaller = pools[group[-1]].unit_price * (pieces - 1)
            if smaller >= tier.price.amounts.get(currency, 0):
                return
        yield (Need(group, pieces),)


def _set_needs(tier: Tier, places: Places) -> Iterator[tuple[Need, ...]]:
    """All components, with each choice of the optional ones that are there."""
    if any(component.product_id not in places for component in tier.components if not component.optional):
        return
    firm = [_need(component, places) for component in tier.components if not component.optional]
    there_too = [_need(c, places) for c in tier.components if c.optional and c.product_id in places]
    for size in range(len(there_too), -1, -1):
        for chosen in combinations(there_too, size):
            # Those with the least choice are filled first, and what is bought before what is free.
            yield tuple(sorted([*firm, *chosen], key=lambda need: (len(need.pools), need.free)))


def _need(component: Component, places: Places) -> Need:
    return Need(places.of(component), component.quantity, component.free)


def _ways(needs: Sequence[Need], pools: Sequence[Pool]) -> int:
    ways = 1
    for need in needs:
        ways = min(MANY, ways * _fillings(need, pools))
    return ways


def _fillings(need: Need, pools: Sequence[Pool]) -> int:
    """In how many ways *need* alone can be filled."""
    if len(need.pools) < 2:
        return int(bool(need.pools) and pools[need.pools[0]].pieces >= need.pieces)
    if need.pieces == 1:
        return len(need.pools)
    if need.pieces > MAX_COUNTED:
        return MANY if sum([pools[number].pieces for number in need.pools]) >= need.pieces else 0
    ways = [1] + [0] * need.pieces  # by pieces that are filled
    for number in need.pools:
        there = pools[number].pieces
        ways = [sum(ways[max(0, pieces - there) : pieces + 1]) for pieces in range(need.pieces + 1)]
        if ways[-1] >= MANY:
            return MANY
    return ways[-1]
