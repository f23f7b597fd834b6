"""The ways in which bundles can be made of a cart's pieces, each with what it saves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement, islice, product
from typing import Final

from .candidates import Candidate, Demand
from .definition import Component, Definition, Tier
from .lines import Pool
from .price import NoSaving, Why

MAX_WAYS: Final = 64
"""Ways to make one set that are all tried; of sets with more ways, only those of neighbouring prices are."""

MAX_OFFERS: Final = 2000
"""Ways of all bundles of a cart together; later bundles get neighbouring prices only."""


@dataclass(frozen=True, slots=True)
class Need:
    """Pieces that one part of a set takes, from any of *pools* (the dearest first)."""

    pools: tuple[int, ...]
    pieces: int
    free: bool = False


@dataclass(frozen=True, slots=True)
class Offer(Candidate):
    """One way to make a set of a tier; *free* are the pieces of its demand that cost nothing."""

    tier: int
    free: Demand


@dataclass(frozen=True, slots=True)
class Offers:
    """All ways of one bundle.

    Attributes:
        slack: What the ways that were not tried can save at most, all together; 0 when all were.
        refused: Why sets whose components are all there save nothing.
    """

    offers: tuple[Offer, ...] = ()
    slack: int = 0
    refused: tuple[NoSaving, ...] = ()


def find_offers(
    bundle_id: int, definition: Definition, pools: Sequence[Pool], places: Places, currency: str, ways: int = MAX_WAYS
) -> Offers:
    """The ways to make the sets of *definition* (not quantity steps) of *pools*; sets that lack a piece give none."""
    found: dict[tuple[int, Demand], Offer] = {}
    refused: dict[Why, NoSaving] = {}
    slack = 0
    for number, tier in enumerate(definition.tiers):
        plain = _plain_demand(tier, pools, places)
        if plain is not None:
            if plain:
                _add(found, refused, bundle_id, number, tier.price.saving(cost(plain, pools), 0, currency), plain, ())
            continue
        for needs in _needs(definition, tier, places, pools):
            demands, complete = _demands(needs, pools, ways)
            for demand, marked in demands:
                free = _free_part(tier, demand, marked, pools)
                saving = tier.price.saving(cost(demand, pools), cost(free, pools), currency)
                _add(found, refused, bundle_id, number, saving, demand, free)
            if not complete:
                slack += _most(definition, tier, needs, pools, currency)
    return Offers(tuple(found.values()), slack, tuple(refused.values()))


def _add(
    found: dict[tuple[int, Demand], Offer],
    refused: dict[Why, NoSaving],
    bundle_id: int,
    tier: int,
    saving: int | NoSaving,
    demand: Demand,
    free: Demand,
) -> None:
    if isinstance(saving, NoSaving):
        refused.setdefault(saving.why, saving)
        return
    # Pieces that may be the free or the bought ones: the cheaper are free.
    known = found.get((tier, demand))
    if known is None or saving < known.saving:
        found[tier, demand] = Offer(bundle_id, demand, saving, tier, free)


def _plain_demand(tier: Tier, pools: Sequence[Pool], places: Places) -> Demand | None:
    """The only way to fill a set where there is one and nothing is chosen: most sets of most carts.

    Empty where the pieces are not there; None where there is a choice.
    """
    if tier.plain is None:
        return None
    demand = []
    for product_id, pieces in tier.plain:
        found = places.of_product(product_id)
        if len(found) > 1:
            return None
        if not found or pieces > pools[found[0]].pieces:
            return ()
        demand.append((found[0], pieces))
    return tuple(sorted(demand))


class Places:
    """Which pools hold which product, the dearest first."""

    def __init__(self, pools: Sequence[Pool]) -> None:
        self._pools = pools
        by_product: dict[str, list[int]] = {}
        for number in sorted(range(len(pools)), key=self._rank):
            by_product.setdefault(pools[number].product_id, []).append(number)
        self._by_product = {product_id: tuple(numbers) for product_id, numbers in by_product.items()}

    def __contains__(self, product_id: str) -> bool:
        return product_id in self._by_product

    def of_product(self, product_id: str) -> tuple[int, ...]:
        """Pools of all variants of a product, the dearest first."""
        return self._by_product.get(product_id, ())

    def of(self, component: Component) -> tuple[int, ...]:
        """Pools whose pieces count as *component*, the dearest first, then in canonical order."""
        found = self.of_product(component.product_id)
        if not component.variants:
            return found
        return tuple(number for number in found if self._pools[number].variant_id in component.variants)

    def of_any(self, components: Sequence[Component]) -> tuple[int, ...]:
        """Pools whose pieces count as any of *components*, in the same order."""
        found = {number for component in components for number in self.of(component)}
        return tuple(sorted(found, key=self._rank))

    def _rank(self, number: int) -> tuple[int, int]:
        return -self._pools[number].unit_price, number


def _needs(definition: Definition, tier: Tier, places: Places, pools: Sequence[Pool]) -> Iterator[list[Need]]:
    """What a set takes: one list for each choice of optional components, and for each number of pieces of a mix."""
    if definition.kind == "mix":
        group = places.of_any(tier.components)
        there = sum(pools[number].pieces for number in group)
        yield from ([Need(group, pieces)] for pieces in range(tier.least, min(tier.most, there) + 1))
        return
    if any(component.product_id not in places for component in tier.components if not component.optional):
        return
    firm = [_need(component, places) for component in tier.components if not component.optional]
    there_too = [_need(c, places) for c in tier.components if c.optional and c.product_id in places]
    if not there_too:
        yield firm  # whether the pieces are enough is seen when they are counted
        return
    for size in range(len(there_too), -1, -1):
        for chosen in combinations(there_too, size):
            needs = firm + list(chosen)
            if all(sum(pools[number].pieces for number in need.pools) >= need.pieces for need in needs):
                yield needs


def _need(component: Component, places: Places) -> Need:
    return Need(places.of(component), component.quantity, component.free)


def _demands(needs: Sequence[Need], pools: Sequence[Pool], ways: int) -> tuple[list[tuple[Demand, Demand]], bool]:
    """The demands that fill *needs*, the dearest first, and whether they are all there are."""
    if all(len(need.pools) == 1 for need in needs):
        return _only_way(needs, pools), True
    count = math.prod(_fillings(need) for need in needs)
    complete = count <= ways
    choices = [_all_fillings(need) if complete else _neighbours(need, pools, ways) for need in needs]
    filled = product(*choices) if complete else islice(product(*choices), ways)
    demands = []
    for parts in filled:
        demand, free = _merged(parts, needs)
        if all(pieces <= pools[number].pieces for number, pieces in demand):
            demands.append((demand, free))
    return demands, complete


def _only_way(needs: Sequence[Need], pools: Sequence[Pool]) -> list[tuple[Demand, Demand]]:
    demand, free = _merged([((need.pools[0], need.pieces),) for need in needs], needs)
    return [(demand, free)] if all(pieces <= pools[number].pieces for number, pieces in demand) else []


def _fillings(need: Need) -> int:
    return math.comb(need.pieces + len(need.pools) - 1, need.pieces) if need.pools else 0


def _all_fillings(need: Need) -> list[Demand]:
    if len(need.pools) == 1:
        return [((need.pools[0], need.pieces),)]
    chosen = combinations_with_replacement(need.pools, need.pieces)
    return [_counted(numbers) for numbers in chosen]


def _neighbours(need: Need, pools: Sequence[Pool], ways: int) -> list[Demand]:
    """Fillings with neighbouring prices: from the dearest piece on, then from the first of each further pool."""
    starts = range(min(len(need.pools), ways))
    found: dict[Demand, None] = {}
    for start in starts:
        parts: list[tuple[int, int]] = []
        missing = need.pieces
        for number in need.pools[start:]:
            taken = min(missing, pools[number].pieces)
            parts.append((number, taken))
            missing -= taken
            if not missing:
                found[tuple(sorted(parts))] = None
                break
    return list(found) + [demand for demand in _in_a_row(need, pools, ways) if demand not in found]


def _in_a_row(need: Need, pools: Sequence[Pool], ways: int) -> Iterator[Demand]:
    """Sets as they come when the dearest pieces are taken away set by set."""
    if need.pieces > MAX_WAYS * 2:
        return
    pieces = (number for number in need.pools for _ in range(min(pools[number].pieces, need.pieces * ways)))
    for _ in range(ways):
        taken = list(islice(pieces, need.pieces))
        if len(taken) < need.pieces:
            return
        yield _counted(taken)


def _counted(numbers: Sequence[int]) -> Demand:
    counts: dict[int, int] = {}
    for number in numbers:
        counts[number] = counts.get(number, 0) + 1
    return tuple(sorted(counts.items()))


def _merged(parts: Sequence[Demand], needs: Sequence[Need]) -> tuple[Demand, Demand]:
    demand: dict[int, int] = {}
    free: dict[int, int] = {}
    for part, need in zip(parts, needs, strict=True):
        for number, pieces in part:
            demand[number] = demand.get(number, 0) + pieces
            if need.free:
                free[number] = free.get(number, 0) + pieces
    return tuple(sorted(demand.items())), tuple(sorted(free.items()))


def _free_part(tier: Tier, demand: Demand, marked: Demand, pools: Sequence[Pool]) -> Demand:
    """The pieces that are free: those *marked*, or in a mix the cheapest."""
    if tier.price.kind != "free" or not tier.least:
        return marked
    missing, free = tier.price.pieces, []
    for number, pieces in sorted(demand, key=lambda part: (pools[part[0]].unit_price, part[0])):
        free.append((number, min(missing, pieces)))
        missing -= free[-1][1]
        if not missing:
            break
    return tuple(sorted(free))


def cost(demand: Demand, pools: Sequence[Pool]) -> int:
    """What the pieces of *demand* cost one by one, minor units."""
    return sum([pools[number].unit_price * pieces for number, pieces in demand])


def _most(definition: Definition, tier: Tier, needs: Sequence[Need], pools: Sequence[Pool], currency: str) -> int:
    """At least what all sets that fill *needs* can save together."""
    sets = min(sum(pools[number].pieces for number in need.pools) // need.pieces for need in needs)
    dearest = [pools[need.pools[0]].unit_price * need.pieces for need in needs]
    free = sum(cost for cost, need in zip(dearest, needs, strict=True) if need.free)
    if tier.least:
        free = pools[needs[0].pools[0]].unit_price * tier.price.pieces
    saving = tier.price.saving(sum(dearest), free, currency)
    return 0 if isinstance(saving, NoSaving) else saving * min(sets, definition.limit_per_order or sets)
