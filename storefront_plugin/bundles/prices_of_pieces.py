"""Prices for the pieces of a packing, so that no set is worth more than its pieces: the bound of the search.

A good bound has a low sum over all pieces. It is found by the subgradient method on the linear relaxation: pieces that
too many sets want become dearer, those that are left over cheaper. What comes out is made feasible, so that a bad step
can cost quality only. All numbers are integers: the same on every machine and with every version of Python, whose
``sum`` of floats has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul
from typing import Final, TypeAlias

STEPS: Final = 10
_WHOLE_STEP: Final = 1000
EASY: Final = 12
"""Up to so many sets the search is quicker than a better bound."""

Demands: TypeAlias = Sequence[tuple[tuple[int, int], ...]]


def price_pieces(
    demands: Demands, values: Sequence[int], capacities: Sequence[int], floor: Sequence[int], reached: int
) -> list[int]:
    """A price from its *floor* for each pool, so that each demand costs its value at least.

    *reached* is the value of a known solution.
    """
    even = _shared(demands, values, floor)
    if len(values) <= EASY:
        starts = [even, _scarce(demands, values, capacities, floor)]
    else:
        starts = [_raised(_settled(even, demands, values, capacities, floor, reached), demands, values)]
    found = [_lowered(prices, demands, values, capacities, floor) for prices in starts]
    return min([*found, even], key=lambda prices: worth(prices, capacities))


def worth(prices: Sequence[int], capacities: Sequence[int]) -> int:
    """What all pieces cost together."""
    return sum(price * pieces for price, pieces in zip(prices, capacities, strict=True))


def _shared(demands: Demands, values: Sequence[int], floor: Sequence[int]) -> list[int]:
    """Each set shares its value out evenly; a pool takes the highest share."""
    prices = list(floor)
    for demand, value in zip(demands, values, strict=True):
        share = -(-value // sum(pieces for _, pieces in demand))
        for pool, _ in demand:
            prices[pool] = max(prices[pool], share)
    return prices


def _scarce(demands: Demands, values: Sequence[int], capacities: Sequence[int], floor: Sequence[int]) -> list[int]:
    """Each set's whole value lies on the pool that ends it first."""
    prices = list(floor)
    for demand, value in zip(demands, values, strict=True):
        pool, pieces = min(demand, key=lambda part: (capacities[part[0]] // part[1], part[0]))
        prices[pool] = max(prices[pool], -(-value // pieces))
    return prices


def _settled(
    start: Sequence[int],
    demands: Demands,
    values: Sequence[int],
    capacities: Sequence[int],
    floor: Sequence[int],
    reached: int,
) -> list[int]:
    """Prices after some steps of the subgradient method; they need not be feasible."""
    prices = list(start)
    pairs, threes, others = _by_shape(demands, values, capacities)
    eager = _WHOLE_STEP
    for _ in range(STEPS):
        surplus = list(capacities)
        relaxed = sum(map(mul, prices, capacities))
        for first, second, value, times in pairs:
            gain = value - prices[first] - prices[second]
            if gain > 0:
                relaxed += gain * times
                surplus[first] -= times
                surplus[second] -= times
        for first, second, third, value, times in threes:
            gain = value - prices[first] - prices[second] - prices[third]
            if gain > 0:
                relaxed += gain * times
                surplus[first] -= times
                surplus[second] -= times
                surplus[third] -= times
        for demand, value, times in others:
            gain = value - sum([prices[pool] * pieces for pool, pieces in demand])
            if gain > 0:
                relaxed += gain * times
                for pool, pieces in demand:
                    surplus[pool] -= times * pieces
        length = sum(map(mul, surplus, surplus))
        if length == 0 or relaxed <= reached:
            break
        over, under = eager * (relaxed - reached), _WHOLE_STEP * length
        prices = [
            max(least, price - over * one // under) for price, one, least in zip(prices, surplus, floor, strict=True)
        ]
        eager = eager * 85 // 100
    return prices


_Shapes: TypeAlias = (
    "tuple[list[tuple[int, int, int, int]], list[tuple[int, int, int, int, int]], "
    "list[tuple[tuple[tuple[int, int], ...], int, int]]]"
)


def _by_shape(demands: Demands, values: Sequence[int], capacities: Sequence[int]) -> _Shapes:
    """Sets of two single pieces, of three, and all others, each with its value and how often it can be made at most.

    Most sets are small; naming their pools takes half the time of a loop over them.
    """
    pairs, threes, others = [], [], []
    for demand, value in zip(demands, values, strict=True):
        times = min([capacities[pool] // pieces for pool, pieces in demand])
        single = all(pieces == 1 for _, pieces in demand)
        if single and len(demand) == 2:
            pairs.append((demand[0][0], demand[1][0], value, times))
        elif single and len(demand) == 3:
            threes.append((demand[0][0], demand[1][0], demand[2][0], value, times))
        else:
            others.append((demand, value, times))
    return pairs, threes, others


def _raised(prices: list[int], demands: Demands, values: Sequence[int]) -> list[int]:
    """Make *prices* feasible: sets that are worth more than their pieces, the most valuable first, raise them."""
    for at in sorted(range(len(values)), key=lambda at: (-values[at], at)):
        missing = values[at] - sum(prices[pool] * pieces for pool, pieces in demands[at])
        if missing > 0:
            more = -(-missing // sum(pieces for _, pieces in demands[at]))
            for pool, _ in demands[at]:
                prices[pool] += more
    return prices


def _lowered(
    prices: Sequence[int], demands: Demands, values: Sequence[int], capacities: Sequence[int], floor: Sequence[int]
) -> list[int]:
    """Lower each price as far as all sets allow, those of plenty first."""
    lowered = list(prices)
    takers: list[list[tuple[int, int]]] = [[] for _ in prices]
    slack = []
    for at, (demand, value) in enumerate(zip(demands, values, strict=True)):
        slack.append(sum(prices[pool] * pieces for pool, pieces in demand) - value)
        for pool, pieces in demand:
            takers[pool].append((at, pieces))
    for pool in sorted(range(len(prices)), key=lambda p: (-capacities[p], prices[p], p)):
        lower = min((slack[at] // pieces for at, pieces in takers[pool]), default=lowered[pool])
        lower = min(lower, lowered[pool] - floor[pool])
        if lower > 0:
            lowered[pool] -= lower
            for at, pieces in takers[pool]:
                slack[at] -= lower * pieces
    return lowered
