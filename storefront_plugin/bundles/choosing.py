"""Choosing the bundles of a cart: which are on, in how many ways each can be made, and the combination that saves most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .bundle import Bundle
from .candidates import Demand
from .definition import Tier
from .lines import Pool
from .offers import MAX_OFFERS, MAX_WAYS, Offer, Places, find_offers
from .packing import NODES, Packing, pack
from .price import NoSaving
from .spreading import spread
from .steps import StepSweep


@dataclass(frozen=True, slots=True)
class Chosen:
    """One bundle as it applies: *count* sets of the pieces *demand* each, or all pieces of *demand* for steps.

    Attributes:
        discounts: By pool of *demand*, what its pieces cost less in one set; minor units.
    """

    bundle_id: int
    tier: int
    count: int
    demand: Demand
    discounts: tuple[int, ...]

    @property
    def saving(self) -> int:
        """Of all sets, minor units."""
        return self.count * sum(self.discounts)


@dataclass(frozen=True, slots=True)
class Choice:
    """What applies to a cart, and how sure it is that nothing saves more."""

    chosen: tuple[Chosen, ...] = ()
    saving: int = 0
    bound: int = 0
    nodes: int = 0


@dataclass(slots=True)
class Table:
    """All ways of all bundles on a cart."""

    pools: Sequence[Pool]
    currency: str
    places: Places
    offers: list[Offer] = field(default_factory=list)
    sweeps: list[StepSweep] = field(default_factory=list)
    limits: dict[int, int] = field(default_factory=dict)
    slack: dict[int, int] = field(default_factory=dict)
    refused: list[tuple[int, NoSaving]] = field(default_factory=list)


def lay_out(pools: Sequence[Pool], bundles: Sequence[Bundle], currency: str) -> Table:
    """The ways in which *bundles*, in the order of their ids, can be made of *pools*."""
    table = Table(pools, currency, Places(pools))
    for bundle in sorted(bundles, key=lambda bundle: bundle.id):
        limit = bundle.limit()
        if limit is not None:
            table.limits[bundle.id] = limit
        if bundle.definition.kind == "steps":
            _add_steps(table, bundle)
        else:
            _add_sets(table, bundle)
    return table


def choose(table: Table, bundles: Sequence[Bundle], nodes: int = NODES) -> Choice:
    """The combination that saves most: bundles that stand together, or one that stands alone.

    Of equal ones those that stand together come first, then the lower id.
    """
    alone = sorted(bundle.id for bundle in bundles if bundle.definition.stacking == "alone")
    best = _choose_among(table, {bundle.id for bundle in bundles} - set(alone), nodes)
    bound, spent = best.bound, best.nodes
    for bundle_id in alone:
        one = _choose_among(table, {bundle_id}, nodes - spent)
        bound, spent = max(bound, one.bound), spent + one.nodes
        best = one if one.saving > best.saving else best
    return Choice(best.chosen, best.saving, bound, spent)


def _add_steps(table: Table, bundle: Bundle) -> None:
    pools = table.places.of_any(bundle.definition.tiers[0].components)
    tiers = bundle.definition.tiers
    if not pools or sum(table.pools[pool].pieces for pool in pools) < tiers[0].least:
        return
    if not any(tier.price.has(table.currency) for tier in tiers):
        saving = tiers[0].price.saving(0, 0, table.currency)
        assert isinstance(saving, NoSaving)
        table.refused.append((bundle.id, saving))
        return
    table.sweeps.append(StepSweep(bundle.id, bundle.definition, tuple(sorted(pools)), table.pools, table.currency))


def _add_sets(table: Table, bundle: Bundle) -> None:
    ways = MAX_WAYS if len(table.offers) < MAX_OFFERS else 1
    found = find_offers(bundle.id, bundle.definition, table.pools, table.places, table.currency, ways)
    table.offers += found.offers
    table.refused += [(bundle.id, why) for why in found.refused]
    if found.slack:
        table.slack[bundle.id] = found.slack


def _choose_among(table: Table, ids: set[int], nodes: int) -> Choice:
    offers = [offer for offer in table.offers if offer.bundle_id in ids]
    sweeps = [sweep for sweep in table.sweeps if sweep.bundle_id in ids]
    packing = pack([pool.pieces for pool in table.pools], offers, sweeps, table.limits, nodes)
    chosen = (*_sets(table, offers, packing), *_swept(table, offers, sweeps, packing))
    slack = sum(more for bundle_id, more in table.slack.items() if bundle_id in ids)
    return Choice(chosen, packing.saving, packing.bound + slack, packing.nodes)


def _sets(table: Table, offers: Sequence[Offer], packing: Packing) -> list[Chosen]:
    chosen = []
    for at, count in packing.uses:
        offer = offers[at]
        discounts = _spread_set(table.pools, offer)
        chosen.append(Chosen(offer.bundle_id, offer.tier, count, offer.demand, tuple(discounts)))
    return sorted(chosen, key=lambda one: (one.bundle_id, one.tier, one.demand))


def _spread_set(pools: Sequence[Pool], offer: Offer) -> list[int]:
    """The saving of one set over its pools: on the free pieces where some are free, else on all like their prices."""
    paying = dict(offer.free or offer.demand)
    return spread(offer.saving, [pools[pool].unit_price * paying.get(pool, 0) for pool, _ in offer.demand])


def _swept(table: Table, offers: Sequence[Offer], sweeps: Sequence[StepSweep], packing: Packing) -> list[Chosen]:
    left = {number: pool.pieces for number, pool in enumerate(table.pools)}
    for at, count in packing.uses:
        for pool, pieces in offers[at].demand:
            left[pool] -= count * pieces
    chosen = []
    for at in packing.sweeps:
        sweep = sweeps[at]
        number = sweep.tier(left)
        assert number is not None
        tier: Tier = sweep.definition.tiers[number]
        discounts = spread(sweep.tier_saving(tier, left), sweep.parts(tier, left))
        taken = [(pool, left[pool], off) for pool, off in zip(sweep.pools, discounts, strict=True) if left[pool]]
        demand = tuple((pool, pieces) for pool, pieces, _ in taken)
        chosen.append(Chosen(sweep.bundle_id, number, 1, demand, tuple(off for _, _, off in taken)))
        left.update(dict.fromkeys(sweep.pools, 0))
    return chosen
