"""Filling the needs of a set: in all ways, or from what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product
from typing import Final, TypeAlias

from ..pools import Demand, Pool
from ..tier import Component, Tier
from .stacks import Candidate, PoolIndex

MANY: Final = 5000
"""Ways to make one set are counted up to this number."""

MAX_COUNTED: Final = 100
"""Items of a need from several pools whose ways are counted; those of more are many."""


@dataclass(frozen=True, slots=True)
class Need:
    """Items that one part of a set takes, from any of *pools* (the most expensive first)."""

    pools: tuple[int, ...]
    quantity: int
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
    bundle_id: int, number: int, tier: Tier, pool_index: PoolIndex, pools: Sequence[Pool], currency: str
) -> Iterator[Recipe]:
    """The recipes of a tier (no quantity step) whose items are there."""
    sizes = _mix_needs(tier, pool_index, pools, currency) if tier.least else _set_needs(tier, pool_index)
    for needs in sizes:
        ways = _recipe_ways(needs, pools)
        if ways:
            yield Recipe(bundle_id, number, tier, needs, ways)


def _mix_needs(tier: Tier, pool_index: PoolIndex, pools: Sequence[Pool], currency: str) -> Iterator[tuple[Need, ...]]:
    """One need for each number of items; numbers that cannot save more than a smaller one are left out."""
    group = pool_index.of_any(tier.components)
    there = sum([pools[number].quantity for number in group])
    for quantity in range(tier.least, min(tier.most, there) + 1):
        cheapest = pools[group[-1]].unit_price * (quantity - 1)
        if quantity > tier.least and not tier.price.rule.larger_saves(cheapest, currency):
            return
        yield (Need(group, quantity),)


def _set_needs(tier: Tier, pool_index: PoolIndex) -> Iterator[tuple[Need, ...]]:
    """All components, with each choice of the optional ones that are there."""
    if any(component.product_id not in pool_index for component in tier.components if not component.optional):
        return
    firm = [_need(component, pool_index) for component in tier.components if not component.optional]
    there_too = [_need(c, pool_index) for c in tier.components if c.optional and c.product_id in pool_index]
    for size in range(len(there_too), -1, -1):
        for chosen in combinations(there_too, size):
            # Those with the least choice are filled first, and what is bought before what is free.
            yield tuple(sorted([*firm, *chosen], key=lambda need: (len(need.pools), need.free)))


def _need(component: Component, pool_index: PoolIndex) -> Need:
    return Need(pool_index.of(component), component.quantity, component.free)


def _recipe_ways(needs: Sequence[Need], pools: Sequence[Pool]) -> int:
    ways = 1
    for need in needs:
        ways = min(MANY, ways * _fillings(need, pools))
    return ways


def _fillings(need: Need, pools: Sequence[Pool]) -> int:
    """In how many ways *need* alone can be filled."""
    if len(need.pools) < 2:
        return int(bool(need.pools) and pools[need.pools[0]].quantity >= need.quantity)
    if need.quantity == 1:
        return len(need.pools)
    if need.quantity > MAX_COUNTED:
        return MANY if sum([pools[number].quantity for number in need.pools]) >= need.quantity else 0
    ways = [1] + [0] * need.quantity  # by items that are filled
    for number in need.pools:
        there = pools[number].quantity
        ways = [sum(ways[max(0, quantity - there) : quantity + 1]) for quantity in range(need.quantity + 1)]
        if ways[-1] >= MANY:
            return MANY
    return ways[-1]


Filled: TypeAlias = tuple[Demand, Demand]
"""The items of a set, and those of them that are free."""


def all_fillings(recipe: Recipe, pools: Sequence[Pool]) -> Iterator[Filled]:
    """Each way to make a set, the most expensive items first; the same items come again where others of them are free."""
    quantities = [one.quantity for one in pools]
    needs = recipe.needs
    for parts in product(*[list(_ways(need.pools, need.quantity, quantities)) for need in needs]):
        if len(parts) == 1:
            yield parts[0], parts[0] if needs[0].free else ()
            continue
        demand = _sum(parts)
        if not [number for number, taken in demand if taken > quantities[number]]:
            yield demand, _sum([part for part, need in zip(parts, needs, strict=True) if need.free])


def some_fillings(recipe: Recipe, pools: Sequence[Pool], most: int) -> Iterator[Filled]:
    """At most *most* different ways: sets that follow each other when always the most expensive items are taken, then when
    always the cheapest are; then, for each pool, the set that begins with its items."""
    found: set[Demand] = set()
    for filled in chain(_in_turn(recipe, pools, False), _in_turn(recipe, pools, True), _from_each_pool(recipe, pools)):
        if filled[0] not in found:
            found.add(filled[0])
            yield filled
        if len(found) >= most:
            return


def _in_turn(recipe: Recipe, pools: Sequence[Pool], cheapest: bool) -> Iterator[Filled]:
    left = [one.quantity for one in pools]
    while filled := fill(recipe, left, cheapest):
        yield filled
        take(filled[0], times(filled[0], left), left)


def _from_each_pool(recipe: Recipe, pools: Sequence[Pool]) -> Iterator[Filled]:
    for start in range(1, max(len(need.pools) for need in recipe.needs)):
        left = [one.quantity for one in pools]
        for need in recipe.needs:
            for number in need.pools[: min(start, len(need.pools) - 1)]:
                left[number] = 0
        if filled := fill(recipe, left):
            yield filled


def fill(recipe: Recipe, left: Sequence[int], cheapest: bool = False) -> Filled | None:
    """A set of what is *left* of each pool, the most expensive items first or the cheapest; None where they are not enough."""
    rest, taken = list(left), []
    for need in recipe.needs:
        missing = need.quantity
        for number in reversed(need.pools) if cheapest else need.pools:
            quantity = min(missing, rest[number])
            if quantity:
                taken.append((number, quantity))
                rest[number] -= quantity
                missing -= quantity
                if not missing:
                    break
        if missing:
            return None
    demand = _sum([taken])
    return demand, _free_of(recipe.needs, demand)


def times(demand: Demand, left: Sequence[int]) -> int:
    """How often *demand* can be taken of what is *left*."""
    return min([left[number] // quantity for number, quantity in demand])


def take(demand: Iterable[tuple[int, int]], count: int, left: list[int]) -> None:
    """Take *count* times *demand* out of what is *left*."""
    for number, quantity in demand:
        left[number] -= quantity * count


def _ways(numbers: Sequence[int], missing: int, quantities: Sequence[int]) -> Iterator[Demand]:
    """All ways to take *missing* items of pools in these *quantities*, by pool."""
    if missing == 1:  # of hundreds of pools, too
        return (((number, 1),) for number in numbers if quantities[number])
    return (tuple(sorted(way)) for way in _ordered_ways(numbers, missing, quantities))


def _ordered_ways(
    numbers: Sequence[int], missing: int, quantities: Sequence[int]
) -> Iterator[tuple[tuple[int, int], ...]]:
    if not missing:
        yield ()
        return
    if not numbers:
        return
    first, others = numbers[0], numbers[1:]
    least = max(0, missing - sum([quantities[number] for number in others]))
    for taken in range(min(missing, quantities[first]), least - 1, -1):
        for way in _ordered_ways(others, missing - taken, quantities):
            yield ((first, taken), *way) if taken else way


def _sum(parts: Iterable[Iterable[tuple[int, int]]]) -> Demand:
    demand: dict[int, int] = {}
    for part in parts:
        for number, quantity in part:
            demand[number] = demand.get(number, 0) + quantity
    return tuple(sorted(demand.items()))


def _free_of(needs: Sequence[Need], demand: Demand) -> Demand:
    """The cheapest of the items that may be free."""
    left, free = dict(demand), []
    for need in needs:
        missing = need.quantity if need.free else 0
        for number in reversed(need.pools):
            taken = min(missing, left.get(number, 0))
            if taken:
                free.append((number, taken))
                left[number] -= taken
                missing -= taken
    return _sum([free])


@dataclass(frozen=True, slots=True)
class Mix:
    """A mix whose sets may differ in size, and the *pools* of what may be chosen, the most expensive first."""

    tier: Tier
    pools: tuple[int, ...]


def filled_up(
    mix: Mix, one: Candidate, count: int, left: list[int], saves_the_same: Callable[[Candidate], bool]
) -> list[tuple[Candidate, int]]:
    """The sets of *one* with what is *left* of their mix in them, as far as they have room and *saves_the_same* holds.

    It is taken away from what is left.
    """
    if mix.tier.price.rule.each_item_saves:
        return [(one, count)]  # an item more would save more, if it could
    done: list[tuple[Candidate, int]] = []
    waiting = [(one, count)]
    while waiting:
        one, count = waiting.pop()
        room = mix.tier.most - sum([quantity for _, quantity in one.demand])
        number = max(mix.pools, key=lambda number: left[number])
        if not room or not left[number]:
            done.append((one, count))
            continue
        if left[number] < count:
            waiting.append((one, count - left[number]))
            count = left[number]
        more = min(room, left[number] // count)
        larger = _with(one, number, more)
        if saves_the_same(larger):
            left[number] -= more * count
            waiting.append((larger, count))
        else:
            done.append((one, count))
    return done


def _with(one: Candidate, number: int, more: int) -> Candidate:
    demand = dict(one.demand)
    demand[number] = demand.get(number, 0) + more
    return one._replace(demand=tuple(sorted(demand.items())))
