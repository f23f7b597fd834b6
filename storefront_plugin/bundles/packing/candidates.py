"""The sets that bundles can be made of on a cart, each with what it saves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Final, TypeAlias

from ..pools import Demand, Pool
from ..price_kinds import Items
from ..quote import NoSaving, Why, quote
from ..tier import Tier
from .fillings import MANY, Mix, Recipe, all_fillings, fill, some_fillings, take, times
from .search import SMALL_POOLS
from .stacks import Candidate, PoolIndex
from .steps import StepSweep


@dataclass(slots=True)
class PackingProblem:
    """All ways of all bundles on a cart.

    Attributes:
        offers, sweeps: Sets and quantity steps that can be made.
        step: The shop's price step, minor units.
        open: Recipes of which only some ways are among *offers*.
        mixes: Mixes of a range, by bundle.
        limits: How often a bundle may apply, by id.
        refused: Bundles with sets whose components are all there and that save nothing, and why.
    """

    pools: Sequence[Pool]
    currency: str
    pool_index: PoolIndex
    step: int
    offers: list[Candidate] = field(default_factory=list)
    open: list[Recipe] = field(default_factory=list)
    sweeps: list[StepSweep] = field(default_factory=list)
    mixes: dict[int, Mix] = field(default_factory=dict)
    limits: dict[int, int] = field(default_factory=dict)
    refused: dict[tuple[int, Why], NoSaving] = field(default_factory=dict)


ALL_WAYS: Final = 300
SMALL_WAYS: Final = 1500
"""Ways of the recipes of a cart that are all tried, together, and of a cart of few items; of recipes with the most ways
only some are."""

FEW_PIECES: Final = 24

SOME_WAYS: Final = 200
"""Ways of all other recipes together."""


def add_only_way(problem: PackingProblem, bundle_id: int, number: int, tier: Tier) -> bool:
    """Whether *tier* can be made in one way at most, which is added: most sets of most carts need no more."""
    demand = None if tier.plain is None else problem.pool_index.only_way(tier.plain)
    if demand is None:
        return False
    if demand:
        found = quote(tier, items_of(demand, problem.pools), problem.currency)
        if found.refused is None:
            problem.offers.append(Candidate(bundle_id, demand, found.saving, number))
        else:
            problem.refused.setdefault((bundle_id, found.refused.why), found.refused)
    return True


def add_offers(problem: PackingProblem, recipes: Sequence[Recipe]) -> None:
    """Add the sets of *recipes* to *problem*: all ways of those with few, some of the others, which stay open.

    Which stay open depends on their ways only, never on the ids of bundles.
    """
    few = sum([one.quantity for one in problem.pools]) <= FEW_PIECES and len(problem.pools) <= SMALL_POOLS
    most = _most_ways(recipes, SMALL_WAYS if few else ALL_WAYS)
    problem.open = [recipe for recipe in recipes if recipe.ways > most]
    some = max(4, SOME_WAYS // max(1, len(problem.open)))
    least: dict[tuple[int, int, Demand], Candidate | NoSaving] = {}
    for recipe in recipes:
        ways = (
            all_fillings(recipe, problem.pools) if recipe.ways <= most else some_fillings(recipe, problem.pools, some)
        )
        for demand, free in ways:
            key, found = (recipe.bundle_id, recipe.number, demand), offer(problem, recipe, demand, free)
            # Of items that may be the free or the bought ones the cheaper are free.
            if key not in least or _saving(found) < _saving(least[key]):
                least[key] = found
    for (bundle_id, _, _), found in least.items():
        if isinstance(found, NoSaving):
            problem.refused.setdefault((bundle_id, found.why), found)
        else:
            problem.offers.append(found)


def _saving(found: Candidate | NoSaving) -> int:
    return 0 if isinstance(found, NoSaving) else found.saving


def _most_ways(recipes: Iterable[Recipe], limit: int) -> int:
    """Up to how many ways recipes are tried in all of them, *limit* ways together."""
    total, ways = 0, sorted([recipe.ways for recipe in recipes])
    for count in ways:
        total += count
        if total > limit or count >= MANY:
            return max([one for one in ways if one < count], default=0)
    return limit


def offer(problem: PackingProblem, recipe: Recipe, demand: Demand, free: Demand) -> Candidate | NoSaving:
    """The set of *demand*, of which *free* may be free, with its saving."""
    items = items_of(demand, problem.pools)
    if recipe.tier.least:
        free = _free_of_mix(recipe.tier, demand, items)
    found = quote(recipe.tier, items, problem.currency, items_of(free, problem.pools) if free else ())
    return found.refused or Candidate(recipe.bundle_id, demand, found.saving, recipe.number, free)


def _free_of_mix(tier: Tier, demand: Demand, items: Items) -> Demand:
    """The items of a mix that are free, where some are."""
    counts = tier.price.rule.free_of_mix(items, tier.least)
    return tuple([(number, count) for (number, _), count in zip(demand, counts, strict=False) if count])


def items_of(demand: Demand, pools: Sequence[Pool]) -> Items:
    """The unit prices and quantities of *demand*."""
    return [(pools[number].unit_price, quantity) for number, quantity in demand]


_Next: TypeAlias = tuple[int, int, int, Demand, int, Candidate]
"""Its saving (negative, for the heap), bundle, tier and items; its position, of a recipe the complement; the set itself."""


def fill_greedily(
    problem: PackingProblem,
    offers: Iterable[Candidate],
    recipes: Sequence[Recipe],
    left: list[int],
    limits: Mapping[int, int],
) -> list[tuple[Candidate, int]]:
    """The set that saves most of what is *left*, as often as it goes, then the next; *left* is taken away.

    Args:
        recipes: Filled again from what is left, the most expensive items first.
        limits: How often a bundle may still apply, by id.
    """
    waiting = [_next(one, at) for at, one in enumerate(offers)]
    waiting += [found for at in range(len(recipes)) if (found := _filled(problem, recipes, at, left)) is not None]
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
        if at < 0 and (count or not most) and (again := _filled(problem, recipes, ~at, left)) is not None:
            heappush(waiting, again)
    return taken


def _filled(problem: PackingProblem, recipes: Sequence[Recipe], at: int, left: Sequence[int]) -> _Next | None:
    filled = fill(recipes[at], left)
    found = None if filled is None else offer(problem, recipes[at], *filled)
    return None if found is None or isinstance(found, NoSaving) else _next(found, ~at)


def _next(one: Candidate, at: int) -> _Next:
    return -one.saving, one.bundle_id, one.tier, one.demand, at, one
