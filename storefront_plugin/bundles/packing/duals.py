"""Prices for the items of a packing, so that no set is worth more than its items: the bound of the search.

A good bound has a low sum over all items. It is found by the subgradient method on the linear relaxation: items that
too many sets want become more expensive, those that are left over cheaper. What comes out is made feasible, so that a bad step
can cost quality only. All numbers are integers: the same on every machine and with every version of Python, whose
``sum`` of floats has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter, mul
from typing import Final, TypeAlias

STEPS: Final = 6
EASY: Final = 12
"""Up to this number of sets the search is quicker than a better bound."""

Demands: TypeAlias = Sequence[tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True)
class Relaxation:
    """Sets that share pools of items, as if parts of a set could be made.

    Attributes:
        demands, values, times: By set: pools and items of each, what it is worth, and how often it can be made at most.
        capacities, floor: By pool: its items, and the least price of one.
    """

    demands: Demands
    values: Sequence[int]
    times: Sequence[int]
    capacities: Sequence[int]
    floor: Sequence[int]


def price_items(sets: Relaxation, reached: int) -> tuple[list[int], list[int]]:
    """A price from its floor for each pool, and what each set's items cost above its value, never less than nothing.

    *reached* is the value of a known solution.
    """
    even = _shared(sets)
    if len(sets.values) <= EASY:
        starts = [even, _scarce(sets)]
    else:
        settled = _raised(_settled(even, sets, reached), sets)
        starts = [min(settled, even, key=lambda prices: worth(prices, sets.capacities))]
    found = [_lowered(prices, sets) for prices in starts]
    return min(found, key=lambda one: worth(one[0], sets.capacities))


def worth(prices: Sequence[int], capacities: Sequence[int]) -> int:
    """What all items cost together."""
    return sum(map(mul, prices, capacities))


def _shared(sets: Relaxation) -> list[int]:
    """Each set shares its value out evenly; a pool takes the highest share."""
    prices = list(sets.floor)
    for demand, value in zip(sets.demands, sets.values, strict=True):
        share = -(-value // sum([quantity for _, quantity in demand]))
        for pool, _ in demand:
            if prices[pool] < share:
                prices[pool] = share
    return prices


def _scarce(sets: Relaxation) -> list[int]:
    """Each set's whole value lies on the pool that ends it first."""
    prices = list(sets.floor)
    for demand, value in zip(sets.demands, sets.values, strict=True):
        pool, quantity = min(demand, key=lambda part: (sets.capacities[part[0]] // part[1], part[0]))
        prices[pool] = max(prices[pool], -(-value // quantity))
    return prices


def _settled(prices: list[int], sets: Relaxation, reached: int) -> list[int]:
    """Prices after some steps of the subgradient method; they need not be feasible.

    Half of each step's course is kept in the next, which doubles what the steps reach.
    """
    singles, others = _by_shape(sets)
    course = [0] * len(prices)
    for _ in range(STEPS):
        surplus = list(sets.capacities)
        relaxed = worth(prices, sets.capacities)
        for prices_of, pools, value, times in singles:
            gain = value - sum(prices_of(prices))
            if gain > 0:
                relaxed += gain * times
                for pool in pools:
                    surplus[pool] -= times
        for demand, value, times in others:
            gain = value - sum([prices[pool] * quantity for pool, quantity in demand])
            if gain > 0:
                relaxed += gain * times
                for pool, quantity in demand:
                    surplus[pool] -= times * quantity
        course = [more + before // 2 for more, before in zip(surplus, course, strict=True)]
        length = worth(course, course)
        if length == 0 or relaxed <= reached:
            break
        over = relaxed - reached
        prices = [
            max(least, price - over * more // length)
            for price, more, least in zip(prices, course, sets.floor, strict=True)
        ]
    return prices


_Single: TypeAlias = "tuple[Callable[[list[int]], tuple[int, ...]], list[int], int, int]"
_Other: TypeAlias = "tuple[tuple[tuple[int, int], ...], int, int]"


def _by_shape(sets: Relaxation) -> tuple[list[_Single], list[_Other]]:
    """Sets of single items, which are most, with what looks up their prices; and all others."""
    singles: list[_Single] = []
    others: list[_Other] = []
    for demand, value, times in zip(sets.demands, sets.values, sets.times, strict=True):
        pools = [pool for pool, quantity in demand if quantity == 1]
        if 1 < len(pools) == len(demand):
            singles.append((itemgetter(*pools), pools, value, times))
        else:
            others.append((demand, value, times))
    return singles, others


def _raised(prices: list[int], sets: Relaxation) -> list[int]:
    """Make *prices* feasible: sets that are worth more than their items raise them, one after the other."""
    for demand, value in zip(sets.demands, sets.values, strict=True):
        missing = value - sum([prices[pool] * quantity for pool, quantity in demand])
        if missing > 0:
            more = -(-missing // sum([quantity for _, quantity in demand]))
            for pool, _ in demand:
                prices[pool] += more
    return prices


def _lowered(prices: Sequence[int], sets: Relaxation) -> tuple[list[int], list[int]]:
    """Lower each price as far as all sets allow, those of plenty first; what sets cost above their value comes with it."""
    lowered = list(prices)
    takers: list[list[tuple[int, int]]] = [[] for _ in prices]
    above = []
    for at, (demand, value) in enumerate(zip(sets.demands, sets.values, strict=True)):
        above.append(sum([prices[pool] * quantity for pool, quantity in demand]) - value)
        for pool, quantity in demand:
            takers[pool].append((at, quantity))
    for pool in sorted(range(len(prices)), key=lambda p: (-sets.capacities[p], prices[p], p)):
        lower = min([above[at] // quantity for at, quantity in takers[pool]], default=lowered[pool])
        lower = min(lower, lowered[pool] - sets.floor[pool])
        if lower > 0:
            lowered[pool] -= lower
            for at, quantity in takers[pool]:
                above[at] -= lower * quantity
    return lowered, above
