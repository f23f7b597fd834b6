"""The most that bundles can save on a small cart, by trying all sets of real items: a model for the tests of pricing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_DOWN, Decimal
from functools import cache
from itertools import combinations
from typing import TypeAlias

from storefront_plugin.bundles.bundle import Bundle
from storefront_plugin.bundles.cart.lines import LineItem
from storefront_plugin.bundles.price import Price
from storefront_plugin.bundles.tier import Component, Tier

Quantities: TypeAlias = tuple[int, ...]
"""Items of each line."""


def most_saving(lines: Sequence[LineItem], bundles: Sequence[Bundle], currency: str = "EUR") -> int:
    """The most that all combinations of *bundles*, which are on, save on *lines*."""
    together = [one for one in bundles if one.definition.stacking == "best"]
    alone = [[one] for one in bundles if one.definition.stacking == "alone"]
    return max(_most(lines, some, currency) for some in [together, *alone])


def _most(lines: Sequence[LineItem], bundles: Sequence[Bundle], currency: str) -> int:
    sets = [one for one in bundles if one.definition.kind != "steps"]
    steps = [one for one in bundles if one.definition.kind == "steps"]
    ways = [_ways(lines, one, currency) for one in sets]
    limits = [_limit(lines, one) for one in sets]

    @cache
    def stepped(left: Quantities, waiting: frozenset[int]) -> int:
        """Each step takes all items of its products that are left."""
        found = 0
        for at in waiting:
            saving, rest = _step(lines, steps[at], left, currency)
            if saving:
                found = max(found, saving + stepped(rest, waiting - {at}))
        return found

    @cache
    def best(at: int, made: int, left: Quantities) -> int:
        if at == len(sets):
            return stepped(left, frozenset(range(len(steps))))
        found = best(at + 1, 0, left)
        if made < limits[at]:
            for demand, saving in ways[at].items():
                rest = tuple(there - taken for there, taken in zip(left, demand, strict=True))
                if min(rest) >= 0:
                    found = max(found, saving + best(at, made + 1, rest))
        return found

    return best(0, 0, tuple(line.quantity for line in lines))


def _limit(lines: Sequence[LineItem], bundle: Bundle) -> int:
    limit, tier = bundle.limit(), bundle.definition.tiers[0]
    most = sum(line.quantity for line in lines) if limit is None else limit
    if tier.least == tier.most:
        return most
    there = sum(line.quantity for line in lines if _takes(tier.components, line))
    return min(most, there // tier.most + (1 if there % tier.most >= tier.least else 0)) if tier.most else most


def _takes(components: Sequence[Component], line: LineItem) -> bool:
    return any(one.takes(line.product_id, line.variant_id) for one in components)


def _ways(lines: Sequence[LineItem], bundle: Bundle, currency: str) -> dict[Quantities, int]:
    """All sets of items that the bundle can be made of, with what each saves; where roles differ, the least."""
    found: dict[Quantities, int] = {}
    for tier in bundle.definition.tiers:
        of_tier: dict[Quantities, int] = {}
        for bought, free in _mixes(lines, tier) if bundle.definition.kind == "mix" else _sets(lines, tier):
            demand = tuple(one + other for one, other in zip(bought, free, strict=True))
            if all(taken <= line.quantity for taken, line in zip(demand, lines, strict=True)):
                saving = _saving(lines, tier, demand, free, currency)
                of_tier[demand] = min(saving, of_tier.get(demand, saving))
        for demand, saving in of_tier.items():
            if saving > 0:
                found[demand] = max(saving, found.get(demand, 0))
    return found


def _mixes(lines: Sequence[LineItem], tier: Tier) -> Iterator[tuple[Quantities, Quantities]]:
    """The free items of a mix are the cheapest of its most expensive *least*."""
    group = [line if _takes(tier.components, line) else None for line in lines]
    for count in range(tier.least, tier.most + 1):
        for demand in _choices(group, count):
            dearest = sorted(
                (at for at, quantity in enumerate(demand) for _ in range(quantity)),
                key=lambda at: -lines[at].unit_price,
            )
            given = dearest[: tier.least][-tier.price.pieces :] if tier.price.kind == "free" else []
            free = tuple(given.count(at) for at in range(len(lines)))
            yield tuple(quantity - one for quantity, one in zip(demand, free, strict=True)), free


def _sets(lines: Sequence[LineItem], tier: Tier) -> Iterator[tuple[Quantities, Quantities]]:
    optional = [one for one in tier.components if one.optional]
    firm = [one for one in tier.components if not one.optional]
    for size in range(len(optional) + 1):
        for chosen in combinations(optional, size):
            yield from _roles(lines, [*firm, *chosen])


def _roles(lines: Sequence[LineItem], components: Sequence[Component]) -> Iterator[tuple[Quantities, Quantities]]:
    nothing = (0,) * len(lines)
    if not components:
        yield nothing, nothing
        return
    first = components[0]
    group = [line if first.takes(line.product_id, line.variant_id) else None for line in lines]
    for taken in _choices(group, first.quantity):
        for bought, free in _roles(lines, components[1:]):
            mine, other = (free, bought) if first.free else (bought, free)
            mine = tuple(one + more for one, more in zip(mine, taken, strict=True))
            yield (other, mine) if first.free else (mine, other)


def _choices(group: Sequence[LineItem | None], count: int) -> Iterator[Quantities]:
    """All ways to take *count* items of the lines of *group*."""
    if not group:
        if not count:
            yield ()
        return
    there = group[0].quantity if group[0] is not None else 0
    for taken in range(min(there, count) + 1):
        for others in _choices(group[1:], count - taken):
            yield (taken, *others)


def _saving(lines: Sequence[LineItem], tier: Tier, demand: Quantities, free: Quantities, currency: str) -> int:
    total = sum(line.unit_price * quantity for line, quantity in zip(lines, demand, strict=True))
    given = sum(line.unit_price * quantity for line, quantity in zip(lines, free, strict=True))
    return _reduced(tier.price, total, given, currency)


def _reduced(price: Price, total: int, free: int, currency: str) -> int:
    """What *price* takes off a set that costs *total*, of which *free* is free: worked out apart from the code under test."""
    if price.kind == "free":
        return free
    amount = price.amounts.get(currency)
    if price.percent is None and amount is None:
        return 0
    if price.percent is not None:
        exact = total * (1 - price.percent / 100)
    else:
        assert amount is not None
        exact = Decimal(amount if price.kind == "fixed" else max(0, total - amount))
    step = price.steps.get(currency, 1)
    return max(0, total - int((exact / step).to_integral_value(ROUND_HALF_DOWN)) * step)


def _step(lines: Sequence[LineItem], bundle: Bundle, left: Quantities, currency: str) -> tuple[int, Quantities]:
    """What the best step reached saves on all its items *left*, and what is left then."""
    mine = [_takes(bundle.definition.tiers[0].components, line) for line in lines]
    taken = [(line.unit_price, quantity) for line, quantity, one in zip(lines, left, mine, strict=True) if one]
    found = 0
    for tier in bundle.definition.tiers:
        if sum(quantity for _, quantity in taken) < tier.least:
            continue
        if tier.price.kind == "percent":
            found = max(found, _reduced(tier.price, sum(price * quantity for price, quantity in taken), 0, currency))
        elif currency in tier.price.amounts:
            each = [_reduced(tier.price, price, 0, currency) for price, _ in taken]
            found = max(found, sum(off * quantity for off, (_, quantity) in zip(each, taken, strict=True)))
    return found, tuple(0 if one else quantity for quantity, one in zip(left, mine, strict=True))
