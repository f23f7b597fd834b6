"""What is missing for the next offer: "add the case and save 3 000".

It is only said where no more is missing than is there, in items and in money, so that nobody with a filter paper is told to add
a coffee machine. What comes free with the others counts for neither.

A promise is kept: the items that no bundle uses (and those of the same bundle's lower tier) stay there, so
with what is missing the cart costs at least that much less than its items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from ...core.errors import renamed
from ..bundle import Bundle
from ..packing import Choice
from ..pools import Chosen, Pool
from ..price_kinds import Items
from ..quote import quote
from ..tier import Component, Tier

MAX_MISSING = 5
"""An offer that lacks more items than these is no next offer."""


@renamed(pieces="quantity")
@dataclass(frozen=True, slots=True)
class MissingItem:
    """Items to add, of any of *product_ids*: one, except in a mix and in steps.

    Attributes:
        variants: Of products that do not count in all variants, those that do.
    """

    product_ids: tuple[str, ...]
    quantity: int
    variants: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def variants_of(self, product_id: str) -> tuple[str, ...]:
        """The variants of a product that count; all when empty."""
        return dict(self.variants).get(product_id, ())


@renamed(lacks="items")
@dataclass(frozen=True, slots=True)
class NextOffer:
    """A bundle that is not reached yet, the items that are missing, and what is saved more with them (None where prices are)."""

    bundle_id: int
    tier: int
    items: tuple[MissingItem, ...]
    saving: int | None


def find_missing(
    choice: Choice, bundles: Sequence[Bundle], currency: str, prices: Mapping[str, int], limit: int
) -> tuple[NextOffer, ...]:
    """At most *limit* next offers of *bundles*, the most saving first, then those that lack fewest items."""
    chosen, rest = choice.chosen, _left(choice.pools, choice.chosen)
    alone = {bundle.id for bundle in bundles if bundle.definition.stacking == "alone"}
    if any(one.bundle_id in alone for one in chosen):
        bundles = [bundle for bundle in bundles if bundle.id == chosen[0].bundle_id]
    own: dict[int, list[Chosen]] = {}
    for one in chosen:
        own.setdefault(one.bundle_id, []).append(one)
    there = {pool.product_id for pool, left in zip(choice.pools, rest, strict=True) if left}
    steps = {bundle.id: bundle for bundle in bundles if bundle.definition.kind == "steps"}
    found = []
    for bundle in sorted(bundles, key=lambda bundle: bundle.id):
        if bundle.id not in own and bundle.definition.product_ids.isdisjoint(there):
            continue  # it has no item to begin with; most bundles of a full cart end here
        if bundle.id not in alone or not chosen or bundle.id in own:
            swept = _swept(bundle, chosen, steps)
            best = _best(_Look(choice, rest, own.get(bundle.id, []), bundle, currency, prices, swept))
            if best is not None:
                found.append(best)
    return tuple(sorted(found, key=_rank)[:limit])


def _swept(bundle: Bundle, chosen: Sequence[Chosen], steps: Mapping[int, Bundle]) -> frozenset[str]:
    """The products of the quantity steps that take theirs before *bundle* does, if it is one."""
    before = takewhile(lambda one: one.bundle_id != bundle.id, chosen) if bundle.id in steps else ()
    products = (steps[one.bundle_id].definition.product_ids for one in before if one.bundle_id in steps)
    return frozenset().union(*products)


def _rank(one: NextOffer) -> tuple[int, int, int]:
    return -(one.saving or 0), sum(item.quantity for item in one.items), one.bundle_id


def _left(pools: Sequence[Pool], chosen: Sequence[Chosen]) -> list[int]:
    left = [one.quantity for one in pools]
    for one in chosen:
        for number, quantity in one.demand:
            left[number] -= quantity * one.count
    return left


@dataclass(frozen=True, slots=True)
class _Look:
    """One bundle against the rest of a cart; *swept* are products of quantity steps that come before it."""

    choice: Choice
    rest: Sequence[int]
    own: Sequence[Chosen]
    bundle: Bundle
    currency: str
    prices: Mapping[str, int]
    swept: frozenset[str]


def _best(look: _Look) -> NextOffer | None:
    definition = look.bundle.definition
    limit = look.bundle.limit()
    full = limit is not None and sum(one.count for one in look.own) >= limit
    next_offer = _NEXT.get(definition.kind, _next_set)
    found = []
    for number, tier in enumerate(definition.tiers):
        # A set that replaces a lower tier is no further use of the bundle.
        lower = next((one for one in look.own if one.tier < number), None)
        if full and lower is None and definition.kind != "steps":
            continue
        one = next_offer(look, number, tier, lower)
        if one is not None and (one.saving is None or one.saving > 0):
            found.append(one)
    return min(found, key=_nearest, default=None)


def _nearest(one: NextOffer) -> tuple[bool, int, int]:
    """Of one bundle the next step comes first: the more expensive ones when it is reached."""
    return one.saving is None, sum(item.quantity for item in one.items), -(one.saving or 0)


def _next_set(look: _Look, number: int, tier: Tier, lower: Chosen | None) -> NextOffer | None:
    left = list(look.rest)
    for pool, quantity in lower.demand if lower else ():
        left[pool] += quantity
    there, away, missing_items, is_priced = 0, 0, [], True
    had, rest = 0, 0
    items: dict[str, list[tuple[int, int]]] = {}
    given: dict[str, int] = {}
    for component in tier.components:
        if component.optional:
            continue
        drawn = _draw(look.choice, left, component)
        missing = component.quantity - sum([quantity for _, quantity in drawn])
        if missing:
            missing_items.append(_missing_item((component,), missing))
        if not component.free:
            there += component.quantity - missing
            away += missing
            had += _cost(drawn)
        if sum(item.quantity for item in missing_items) > MAX_MISSING:
            return None
        if missing:
            price = look.prices.get(component.product_id)
            is_priced = is_priced and price is not None
            rest += 0 if component.free else (price or 0) * missing
            drawn.append((price or 0, missing))
        items.setdefault(component.product_id, []).extend(drawn)
        if component.free:
            given[component.product_id] = given.get(component.product_id, 0) + component.quantity
    if not missing_items or not there or away > there or rest > had:
        return None
    before = sum(lower.discounts) if lower else 0
    free = [one for name, quantity in given.items() for one in _cheapest(items[name], quantity)]
    known = [one for each in items.values() for one in each] if is_priced else None
    return _offer(look, number, tuple(missing_items), known, free, before)


def _cost(items: Items) -> int:
    return sum(unit_price * quantity for unit_price, quantity in items)


def _cheapest(items: Items, quantity: int) -> Iterator[tuple[int, int]]:
    """*quantity* of the cheapest of *items*."""
    for unit_price, there in sorted(items):
        yield unit_price, min(quantity, there)
        quantity -= min(quantity, there)


def _next_mix(look: _Look, number: int, tier: Tier, lower: Chosen | None) -> NextOffer | None:
    pools = look.choice.pool_index.of_any(tier.components)
    prices = [look.choice.pools[pool].unit_price for pool in pools for _ in range(min(look.rest[pool], tier.least))]
    missing = tier.least - len(prices)
    if tier.least < tier.most:
        made, quantity = sum(one.count for one in look.own), sum(look.choice.pools[pool].quantity for pool in pools)
        while 0 < missing <= MAX_MISSING and tier.sets_in(quantity + missing) <= made:
            missing += 1
    if not prices or not 0 < missing <= min(MAX_MISSING, len(prices)):
        return None
    # The cheapest choice, so that the saving is reached with any.
    known = [look.prices.get(component.product_id) for component in tier.components]
    cheapest = min((price for price in known if price is not None), default=None)
    item = _missing_item(tier.components, missing)
    if cheapest is None or None in known:
        return _offer(look, number, (item,), None)
    if cheapest * missing > sum(prices):
        return None
    whole = sorted([*prices, *[cheapest] * missing])[-tier.least :]
    return _offer(look, number, (item,), [(price, 1) for price in whole])


def _next_step(look: _Look, number: int, tier: Tier, lower: Chosen | None) -> NextOffer | None:
    there = {pool: look.rest[pool] for pool in look.choice.pool_index.of_any(tier.components) if look.rest[pool]}
    for one in look.own:
        for pool, quantity in one.demand:
            there[pool] = there.get(pool, 0) + quantity
    count = sum(there.values())
    missing = tier.least - count
    # Steps that come before take all items of their products, those that are added too.
    free = [component for component in tier.components if component.product_id not in look.swept]
    if not there or not free or not 0 < missing <= min(count, max(MAX_MISSING, tier.least // 4)):
        return None
    item = _missing_item(free, missing)
    known = [look.prices.get(component.product_id) for component in free]
    if None in known:
        return NextOffer(look.bundle.id, number, (item,), None)
    cheapest = min(price for price in known if price is not None)
    before = sum(one.saving for one in look.own)
    items = [(look.choice.pools[pool].unit_price, quantity) for pool, quantity in there.items()]
    if cheapest * missing > _cost(items):
        return None
    return _offer(look, number, (item,), [*items, (cheapest, missing)], before=before)


def _offer(
    look: _Look, number: int, missing: tuple[MissingItem, ...], items: Items | None, free: Items = (), before: int = 0
) -> NextOffer | None:
    """What is saved on *items* beyond what was *before*; None where nothing is. *items* is None where prices are missing."""
    tier, currency = look.bundle.definition.tiers[number], look.currency
    if items is None:
        return NextOffer(look.bundle.id, number, missing, None) if tier.price.has(currency) else None
    found = quote(tier, items, currency, free)
    return None if found.refused else NextOffer(look.bundle.id, number, missing, _sure(look, found.saving) - before)


def _sure(look: _Look, saving: int) -> int:
    """*saving* as far as it is sure whatever is chosen: off the price step what costs more may save a little less."""
    step = look.choice.step
    return saving - step + 1 if step > 1 and any(price % step for price in look.prices.values()) else saving


def _missing_item(components: Sequence[Component], quantity: int) -> MissingItem:
    """*quantity* items of any of *components*."""
    if len(components) == 1:  # in most next offers
        (one,) = components
        return MissingItem((one.product_id,), quantity, ((one.product_id, one.variants),) if one.variants else ())
    some: dict[str, set[str]] = {}
    for component in components:
        if component.variants:
            some.setdefault(component.product_id, set()).update(component.variants)
    for component in components:
        if not component.variants:
            some.pop(component.product_id, None)
    names = tuple(sorted({component.product_id for component in components}))
    return MissingItem(names, quantity, tuple((name, tuple(sorted(some[name]))) for name in names if name in some))


def _draw(choice: Choice, left: list[int], component: Component) -> list[tuple[int, int]]:
    """Take *component* out of *left*, the cheapest items first; the unit price and quantity of what is there."""
    wanted = component.quantity
    drawn: list[tuple[int, int]] = []
    for number in reversed(choice.pool_index.of(component)):
        taken = min(wanted, left[number])
        if taken:
            left[number] -= taken
            wanted -= taken
            drawn.append((choice.pools[number].unit_price, taken))
    return drawn


_NEXT: Final[Mapping[str, Callable[[_Look, int, Tier, Chosen | None], NextOffer | None]]] = {
    "mix": _next_mix,
    "steps": _next_step,
}
"""How the next offer of a bundle is found; of kinds that are not here, with `_next_set`."""
