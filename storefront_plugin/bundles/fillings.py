"""Filling the needs of a set: in all ways, or from what is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, product
from typing import TypeAlias

from .candidates import Demand
from .lines import Pool
from .recipes import Need, Recipe

Filled: TypeAlias = tuple[Demand, Demand]
"""The pieces of a set, and those of them that are free."""


def all_fillings(recipe: Recipe, pools: Sequence[Pool]) -> Iterator[Filled]:
    """Each way to make a set, the dearest pieces first; the same pieces come again where others of them are free."""
    pieces = [one.pieces for one in pools]
    needs = recipe.needs
    for parts in product(*[list(_ways(need.pools, need.pieces, pieces)) for need in needs]):
        if len(parts) == 1:
            yield parts[0], parts[0] if needs[0].free else ()
            continue
        demand = _sum(parts)
        if not [number for number, taken in demand if taken > pieces[number]]:
            yield demand, _sum([part for part, need in zip(parts, needs, strict=True) if need.free])


def some_fillings(recipe: Recipe, pools: Sequence[Pool], most: int) -> Iterator[Filled]:
    """At most *most* different ways: sets that follow each other when always the dearest pieces are taken, then when
    always the cheapest are; then, for each pool, the set that begins with its pieces."""
    found: set[Demand] = set()
    for filled in chain(_in_turn(recipe, pools, False), _in_turn(recipe, pools, True), _from_each_pool(recipe, pools)):
        if filled[0] not in found:
            found.add(filled[0])
            yield filled
        if len(found) >= most:
            return


def _in_turn(recipe: Recipe, pools: Sequence[Pool], cheapest: bool) -> Iterator[Filled]:
    left = [one.pieces for one in pools]
    while filled := fill(recipe, left, cheapest):
        yield filled
        take(filled[0], times(filled[0], left), left)


def _from_each_pool(recipe: Recipe, pools: Sequence[Pool]) -> Iterator[Filled]:
    for start in range(1, max(len(need.pools) for need in recipe.needs)):
        left = [one.pieces for one in pools]
        for need in recipe.needs:
            for number in need.pools[: min(start, len(need.pools) - 1)]:
                left[number] = 0
        if filled := fill(recipe, left):
            yield filled


def fill(recipe: Recipe, left: Sequence[int], cheapest: bool = False) -> Filled | None:
    """A set of what is *left* of each pool, the dearest pieces first or the cheapest; None where they are not enough."""
    rest, taken = list(left), []
    for need in recipe.needs:
        missing = need.pieces
        for number in reversed(need.pools) if cheapest else need.pools:
            pieces = min(missing, rest[number])
            if pieces:
                taken.append((number, pieces))
                rest[number] -= pieces
                missing -= pieces
                if not missing:
                    break
        if missing:
            return None
    demand = _sum([taken])
    return demand, _free_of(recipe.needs, demand)


def times(demand: Demand, left: Sequence[int]) -> int:
    """How often *demand* can be taken of what is *left*."""
    return min([left[number] // pieces for number, pieces in demand])


def take(demand: Iterable[tuple[int, int]], count: int, left: list[int]) -> None:
    """Take *count* times *demand* out of what is *left*."""
    for number, pieces in demand:
        left[number] -= pieces * count


def _ways(numbers: Sequence[int], missing: int, pieces: Sequence[int]) -> Iterator[Demand]:
    """All ways to take *missing* pieces of pools that have so many *pieces*, by pool."""
    if missing == 1:  # of hundreds of pools, too
        return (((number, 1),) for number in numbers if pieces[number])
    return (tuple(sorted(way)) for way in _ordered_ways(numbers, missing, pieces))


def _ordered_ways(numbers: Sequence[int], missing: int, pieces: Sequence[int]) -> Iterator[tuple[tuple[int, int], ...]]:
    if not missing:
        yield ()
        return
    if not numbers:
        return
    first, others = numbers[0], numbers[1:]
    least = max(0, missing - sum([pieces[number] for number in others]))
    for taken in range(min(missing, pieces[first]), least - 1, -1):
        for way in _ordered_ways(others, missing - taken, pieces):
            yield ((first, taken), *way) if taken else way


def _sum(parts: Iterable[Iterable[tuple[int, int]]]) -> Demand:
    demand: dict[int, int] = {}
    for part in parts:
        for number, pieces in part:
            demand[number] = demand.get(number, 0) + pieces
    return tuple(sorted(demand.items()))


def _free_of(needs: Sequence[Need], demand: Demand) -> Demand:
    """The cheapest of the pieces that may be free."""
    left, free = dict(demand), []
    for need in needs:
        missing = need.pieces if need.free else 0
        for number in reversed(need.pools):
            taken = min(missing, left.get(number, 0))
            if taken:
                free.append((number, taken))
                left[number] -= taken
                missing -= taken
    return _sum([free])
