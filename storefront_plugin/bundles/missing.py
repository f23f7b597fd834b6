"""What is missing for the next offer: "add the case and save 3 000".

What is told is always kept: the pieces that no bundle uses (and those of the same bundle's lower tier) stay there, so
with what is missing the cart costs at least that much less than its pieces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .bundle import Bundle
from .choosing import Chosen, Table
from .definition import Component, Tier
from .lines import Pool
from .price import NoSaving

MAX_PIECES_AWAY = 5
"""An offer that lacks more pieces than these is no next offer."""


@dataclass(frozen=True, slots=True)
class Lack:
    """Pieces to add: of any of *product_ids* (one, except in a mix and in steps), in one of *variants* if not empty."""

    product_ids: tuple[str, ...]
    pieces: int
    variants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """A bundle that is not reached yet, what it lacks, and what is saved more then (None where prices are missing)."""

    bundle_id: int
    tier: int
    lacks: tuple[Lack, ...]
    saving: int | None


def find_missing(
    table: Table, chosen: Sequence[Chosen], bundles: Sequence[Bundle], prices: Mapping[str, int], limit: int
) -> tuple[Missing, ...]:
    """At most *limit* next offers of *bundles*, the most saving first, then those that lack fewest pieces."""
    alone = {bundle.id for bundle in bundles if bundle.definition.stacking == "alone"}
    if any(one.bundle_id in alone for one in chosen):
        return ()
    rest = _left(table.pools, chosen)
    own: dict[int, list[Chosen]] = {}
    for one in chosen:
        own.setdefault(one.bundle_id, []).append(one)
    there = {pool.product_id for pool, left in zip(table.pools, rest, strict=True) if left}
    found = []
    for bundle in sorted(bundles, key=lambda bundle: bundle.id):
        if bundle.id not in own and bundle.definition.product_ids.isdisjoint(there):
            continue  # it has no piece to begin with; most bundles of a full cart end here
        if bundle.id not in alone or not chosen:
            best = _best(_Look(table, rest, own.get(bundle.id, []), bundle, prices))
            if best is not None:
                found.append(best)
    return tuple(sorted(found, key=_rank)[:limit])


def _rank(one: Missing) -> tuple[int, int, int]:
    return -(one.saving or 0), sum(lack.pieces for lack in one.lacks), one.bundle_id


def _left(pools: Sequence[Pool], chosen: Sequence[Chosen]) -> list[int]:
    left = [one.pieces for one in pools]
    for one in chosen:
        for number, pieces in one.demand:
            left[number] -= pieces * one.count
    return left


@dataclass(frozen=True, slots=True)
class _Look:
    """One bundle against the rest of a cart."""

    table: Table
    rest: Sequence[int]
    own: Sequence[Chosen]
    bundle: Bundle
    prices: Mapping[str, int]


def _best(look: _Look) -> Missing | None:
    definition = look.bundle.definition
    limit = look.bundle.limit()
    full = limit is not None and sum(one.count for one in look.own) >= limit
    tries = {"steps": _next_step, "mix": _next_mix}.get(definition.kind, _next_set)
    found = []
    for number, tier in enumerate(definition.tiers):
        # A set that replaces a lower tier is no further use of the bundle.
        lower = next((one for one in look.own if one.tier < number), None)
        if full and lower is None and definition.kind != "steps":
            continue
        one = tries(look, number, tier, lower)
        if one is not None and (one.saving is None or one.saving > 0):
            found.append(one)
    return min(found, key=_rank, default=None)


def _next_set(look: _Look, number: int, tier: Tier, lower: Chosen | None) -> Missing | None:
    firm = [one for one in tier.components if not one.optional]
    if sum(one.quantity for one in firm if one.product_id not in look.table.places) > MAX_PIECES_AWAY:
        return None
    if lower is None and not any(look.rest[pool] for one in firm for pool in look.table.places.of(one)):
        return None  # the search would find nothing there
    left = list(look.rest)
    for pool, pieces in lower.demand if lower else ():
        left[pool] += pieces
    there, total, free, lacks = 0, 0, 0, []
    known = True
    for component in firm:
        missing, spent = _draw(look.table, left, component)
        there += component.quantity - missing
        price = look.prices.get(component.product_id)
        known = known and (price is not None or not missing)
        spent += missing * (price or 0)
        total += spent
        free += spent if component.free else 0
        if missing:
            lacks.append(Lack((component.product_id,), missing, component.variants))
    if not lacks or not there or sum(lack.pieces for lack in lacks) > MAX_PIECES_AWAY:
        return None
    before = sum(lower.discounts) if lower else 0
    return _told(look, number, tier, tuple(lacks), (total, free) if known else None, before)


def _next_mix(look: _Look, number: int, tier: Tier, lower: Chosen | None) -> Missing | None:
    pools = look.table.places.of_any(tier.components)
    prices = [look.table.pools[pool].unit_price for pool in pools for _ in range(min(look.rest[pool], tier.least))]
    missing = tier.least - len(prices)
    if not prices or not 0 < missing <= MAX_PIECES_AWAY:
        return None
    # The cheapest choice, so that the saving told is reached with any.
    known = [look.prices.get(component.product_id) for component in tier.components]
    cheapest = min((price for price in known if price is not None), default=None)
    lack = Lack(tuple(sorted({component.product_id for component in tier.components})), missing)
    if cheapest is None or None in known:
        return _told(look, number, tier, (lack,), None, 0)
    whole = sorted([*prices, *[cheapest] * missing])
    free = sum(whole[: tier.price.pieces])
    return _told(look, number, tier, (lack,), (sum(whole), free), 0)


def _next_step(look: _Look, number: int, tier: Tier, lower: Chosen | None) -> Missing | None:
    there = {pool: look.rest[pool] for pool in look.table.places.of_any(tier.components) if look.rest[pool]}
    for one in look.own:
        for pool, pieces in one.demand:
            there[pool] = there.get(pool, 0) + pieces
    missing = tier.least - sum(there.values())
    if not there or not 0 < missing <= max(MAX_PIECES_AWAY, tier.least // 4):
        return None
    lack = Lack(tuple(sorted({component.product_id for component in tier.components})), missing)
    known = [look.prices.get(component.product_id) for component in tier.components]
    if None in known:
        return Missing(look.bundle.id, number, (lack,), None)
    cheapest = min(price for price in known if price is not None)
    before = sum(one.saving for one in look.own)
    pieces_of = [(look.table.pools[pool].unit_price, pieces) for pool, pieces in there.items()] + [(cheapest, missing)]
    saving = _step_saving(tier, pieces_of, look.table.currency)
    return Missing(look.bundle.id, number, (lack,), saving - before)


def _step_saving(tier: Tier, pieces_of: Sequence[tuple[int, int]], currency: str) -> int:
    if tier.price.kind == "percent":
        saving = tier.price.saving(sum(price * pieces for price, pieces in pieces_of), 0, currency)
        return saving if isinstance(saving, int) else 0
    return sum(tier.price.most_for_piece(price, currency) * pieces for price, pieces in pieces_of)


def _told(
    look: _Look, number: int, tier: Tier, lacks: tuple[Lack, ...], cost: tuple[int, int] | None, before: int
) -> Missing | None:
    if cost is None:
        return Missing(look.bundle.id, number, lacks, None) if tier.price.has(look.table.currency) else None
    saving = tier.price.saving(*cost, look.table.currency)
    return None if isinstance(saving, NoSaving) else Missing(look.bundle.id, number, lacks, saving - before)


def _draw(table: Table, left: list[int], component: Component) -> tuple[int, int]:
    """Take *component* out of *left*, the cheapest pieces first; how many are missing, and what the others cost."""
    wanted, spent = component.quantity, 0
    for number in reversed(table.places.of(component)):
        taken = min(wanted, left[number])
        left[number] -= taken
        wanted -= taken
        spent += taken * table.pools[number].unit_price
    return wanted, spent
