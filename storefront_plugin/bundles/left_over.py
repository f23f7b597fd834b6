"""Sets made of what is left, one after the other: the simple answer, and what fills up a cart in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import TypeAlias

from .candidates import Candidate, Demand
from .fillings import fill, take, times
from .offers import offer
from .price import NoSaving
from .recipes import Recipe
from .table import Table

_Next: TypeAlias = tuple[int, int, int, Demand, int, Candidate]
"""Its saving (negative, for the heap), bundle, tier and pieces; its place, of a recipe the complement; the set itself."""


def one_by_one(
    table: Table, offers: Iterable[Candidate], recipes: Sequence[Recipe], left: list[int], limits: Mapping[int, int]
) -> list[tuple[Candidate, int]]:
    """The set that saves most of what is *left*, as often as it goes, then the next; *left* is taken away.

    Args:
        recipes: Filled anew from what is left, the dearest pieces first.
        limits: How often a bundle may still apply, by id.
    """
    waiting = [_next(one, at) for at, one in enumerate(offers)]
    waiting += [found for at in range(len(recipes)) if (found := _filled(table, recipes, at, left)) is not None]
    heapify(waiting)
    uses: dict[int, int] = {}
    taken = []
    while waiting:
        *_, at, one = heappop(waiting)
        limit = limits.get(one.bundle_id)
        most = times(one.demand, left)
        count = most if limit is None else min(most, limit - uses.get(one.bundle_id, 0))
        if count:
            uses[one.bundle_id] = uses.get(one.bundle_id, 0) + count
            take(one.demand, count, left)
            taken.append((one, count))
        if at < 0 and (count or not most) and (again := _filled(table, recipes, ~at, left)) is not None:
            heappush(waiting, again)
    return taken


def _filled(table: Table, recipes: Sequence[Recipe], at: int, left: Sequence[int]) -> _Next | None:
    filled = fill(recipes[at], left)
    found = None if filled is None else offer(table, recipes[at], *filled)
    return None if found is None or isinstance(found, NoSaving) else _next(found, ~at)


def _next(one: Candidate, at: int) -> _Next:
    return -one.saving, one.bundle_id, one.tier, one.demand, at, one
