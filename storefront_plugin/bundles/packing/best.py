"""Choosing the bundles of a cart: which are on, in how many ways each can be made, and the combination that saves most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import NamedTuple, TypeAlias

from ..bundle import Bundle
from ..pools import Chosen, Pool
from ..quote import NoSaving, quote
from ..rounding import spread
from ..tier import Tier
from .candidates import PackingProblem, add_offers, add_only_way, fill_greedily, items_of
from .fillings import Mix, Need, Recipe, filled_up, recipes, take
from .search import NODES, Packing, pack
from .stacks import Candidate, PoolIndex, merge_equivalent
from .steps import StepSweep

_Worth: TypeAlias = Mapping[int, Fraction]


def most_saving(problem: PackingProblem, recipes: Sequence[Recipe], packing: Packing) -> int:
    """No combination of all sets, those of *recipes* in all their ways too, saves more; minor units."""
    known = sum(-(-one.ceiling // one.scale) for one in packing.subproblems)
    pools: dict[int, Fraction] = {}
    limits: dict[int, Fraction] = {}
    for one in packing.subproblems:
        keys = [(pools, number) for number in one.pools] + [(limits, bundle_id) for bundle_id in one.limited]
        for (where, key), worth in zip(keys, one.worth, strict=True):
            where[key] = Fraction(worth, one.scale)
    more = Fraction(0)
    for recipe in recipes:
        above = _above(problem, recipe, pools) - limits.get(recipe.bundle_id, 0)
        more += max(Fraction(0), above) * _most_sets(problem, recipe)
    return known + ceil(more)


def _most_sets(problem: PackingProblem, recipe: Recipe) -> int:
    sets = min(sum(problem.pools[number].quantity for number in need.pools) // need.quantity for need in recipe.needs)
    return min(sets, problem.limits.get(recipe.bundle_id, sets))


def _above(problem: PackingProblem, recipe: Recipe, worth: _Worth) -> Fraction:
    """At least what a set of *recipe* saves above what its items are worth."""
    highest = problem.pools[recipe.needs[0].pools[0]].unit_price if recipe.tier.least else 0
    found = Fraction(recipe.tier.price.rule.base_saving(highest, problem.currency))
    for need in recipe.needs:
        found += _best_items(problem, recipe, need, worth)
    return found


def _best_items(problem: PackingProblem, recipe: Recipe, need: Need, worth: _Worth) -> Fraction:
    """What the best items of *need* save by themselves above what they are worth."""
    missing, found = need.quantity, Fraction(0)
    part = recipe.tier.price.rule.item_share(need.free)
    gains = sorted(
        [(part * problem.pools[number].unit_price - worth.get(number, 0), number) for number in need.pools],
        reverse=True,
    )
    for gain, number in gains:
        taken = min(missing, problem.pools[number].quantity)
        found += gain * taken
        missing -= taken
    return found


_Use: TypeAlias = tuple[Candidate, int]
"""A set and how often it is made."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What applies to a cart, and how sure it is that nothing saves more.

    Attributes:
        chosen: The bundles that apply.
        saving, bound: Minor units; no combination saves more than *bound*.
        pools: The cart's items, in canonical order.
        pool_index: Which of the pools hold which product.
        refused: Bundles whose components are all there and that save nothing, and why; by id.
        step: The shop's price step, minor units.
    """

    chosen: tuple[Chosen, ...]
    saving: int
    bound: int
    pools: Sequence[Pool]
    pool_index: PoolIndex
    refused: tuple[tuple[int, NoSaving], ...]
    step: int


class _Combination(NamedTuple):
    """What a search found, and the decisions that it took."""

    chosen: tuple[Chosen, ...]
    saving: int
    bound: int
    nodes: int


def choose(kinds: Sequence[Pool], bundles: Sequence[Bundle], currency: str, nodes: int | None = None) -> Choice:
    """The combination that saves most: bundles that stand together, or one that stands alone.

    Of equal ones those that stand together come first, then the lower id.

    Args:
        kinds: The cart's items.
        currency: Of their prices.
        nodes: Decisions at most; the search's own budget when None.
    """
    problem = _problem_of(kinds, bundles, currency)
    budget = NODES if nodes is None else nodes
    alone = sorted(bundle.id for bundle in bundles if bundle.definition.stacking == "alone")
    best = _choose_among(problem, {bundle.id for bundle in bundles} - set(alone), budget)
    bound, spent = best.bound, best.nodes
    for bundle_id in alone:
        one = _choose_among(problem, {bundle_id}, budget - spent)
        bound, spent = max(bound, one.bound), spent + one.nodes
        best = one if one.saving > best.saving else best
    refused = sorted(problem.refused.items(), key=lambda item: item[0])
    return Choice(
        best.chosen,
        best.saving,
        bound,
        problem.pools,
        problem.pool_index,
        tuple([(bundle_id, why) for (bundle_id, _), why in refused]),
        problem.step,
    )


def _problem_of(kinds: Sequence[Pool], bundles: Sequence[Bundle], currency: str) -> PackingProblem:
    """The ways in which *bundles*, in the order of their ids, can be made of *kinds* of items."""
    pools, numbers = merge_equivalent(kinds, bundles)
    step = bundles[0].definition.tiers[0].price.rule.step(currency) if bundles else 1
    problem = PackingProblem(pools, currency, PoolIndex(kinds, numbers, pools), step)
    found: list[Recipe] = []
    for bundle in sorted(bundles, key=lambda bundle: bundle.id):
        limit = bundle.limit()
        if limit is not None:
            problem.limits[bundle.id] = limit
        if bundle.definition.kind == "steps":
            _add_steps(problem, bundle)
            continue
        for number, tier in enumerate(bundle.definition.tiers):
            if tier.least < tier.most:
                _add_mix(problem, bundle.id, tier)
            if not add_only_way(problem, bundle.id, number, tier):
                found += recipes(bundle.id, number, tier, problem.pool_index, pools, currency)
    add_offers(problem, found)
    return problem


def _add_mix(problem: PackingProblem, bundle_id: int, tier: Tier) -> None:
    pools = problem.pool_index.of_any(tier.components)
    quantity = sum([problem.pools[number].quantity for number in pools])
    problem.mixes[bundle_id] = Mix(tier, pools)
    most = tier.sets_in(quantity)
    if most < quantity // tier.least:
        problem.limits[bundle_id] = min(most, problem.limits.get(bundle_id, most))


def _add_steps(problem: PackingProblem, bundle: Bundle) -> None:
    pools = problem.pool_index.of_any(bundle.definition.tiers[0].components)
    tiers = bundle.definition.tiers
    if not pools or sum(problem.pools[pool].quantity for pool in pools) < tiers[0].least:
        return
    if not any(tier.price.has(problem.currency) for tier in tiers):
        refused = quote(tiers[0], (), problem.currency).refused
        assert refused is not None
        problem.refused[bundle.id, refused.why] = refused
        return
    problem.sweeps.append(
        StepSweep(bundle.id, bundle.definition, tuple(sorted(pools)), problem.pools, problem.currency)
    )


def _choose_among(problem: PackingProblem, ids: set[int], nodes: int) -> _Combination:
    offers = [offer for offer in problem.offers if offer.bundle_id in ids]
    sweeps = [sweep for sweep in problem.sweeps if sweep.bundle_id in ids]
    still_open = [recipe for recipe in problem.open if recipe.bundle_id in ids]
    left = [pool.quantity for pool in problem.pools]
    simple = fill_greedily(problem, offers, still_open, list(left), problem.limits) if still_open else []
    if simple:
        offers = list(dict.fromkeys([*offers, *[one for one, _ in simple]]))
    packing = pack(left, offers, sweeps, problem.limits, nodes)
    if packing.saving < _saved(simple):
        uses, swept = simple, []
    else:
        uses, swept = [(offers[at], count) for at, count in packing.uses], [sweeps[at] for at in packing.sweeps]
    chosen = _completed(problem, uses, swept, still_open, left)
    saving = sum(one.saving for one in chosen)
    bound = max(saving, most_saving(problem, still_open, packing)) if still_open else packing.bound
    return _Combination(tuple(chosen), saving, bound, packing.nodes)


def _completed(
    problem: PackingProblem, uses: list[_Use], swept: Sequence[StepSweep], still_open: Sequence[Recipe], left: list[int]
) -> list[Chosen]:
    """*uses* and *swept*, with more sets of what they leave of all that was *left*, and full mixes."""
    for one, count in uses:
        take(one.demand, count, left)
    steps = _swept(problem, swept, left)
    if still_open:
        uses = uses + fill_greedily(problem, (), still_open, left, _still(problem.limits, uses))
    if problem.mixes:
        uses = [pair for use in uses for pair in _filled_up(problem, *use, left)]
    return [*_sets(problem, uses), *steps]


def _saved(uses: Iterable[_Use]) -> int:
    return sum(one.saving * count for one, count in uses)


def _still(limits: Mapping[int, int], uses: Iterable[_Use]) -> dict[int, int]:
    """How often bundles may apply after *uses*."""
    still = dict(limits)
    for one, count in uses:
        if one.bundle_id in still:
            still[one.bundle_id] -= count
    return still


def _filled_up(problem: PackingProblem, one: Candidate, count: int, left: list[int]) -> list[_Use]:
    mix = problem.mixes.get(one.bundle_id)
    if mix is None:
        return [(one, count)]

    def saves_the_same(larger: Candidate) -> bool:
        if problem.step == 1:
            return True
        return quote(mix.tier, items_of(larger.demand, problem.pools), problem.currency).saving == larger.saving

    return filled_up(mix, one, count, left, saves_the_same)


def _sets(problem: PackingProblem, uses: Iterable[_Use]) -> list[Chosen]:
    chosen = []
    for offer, count in uses:
        discounts = _spread_set(problem, offer)
        chosen.append(Chosen(offer.bundle_id, offer.tier, count, offer.demand, tuple(discounts)))
    return sorted(chosen, key=lambda one: (one.bundle_id, one.tier, one.demand))


def _spread_set(problem: PackingProblem, offer: Candidate) -> list[int]:
    """The saving of one set over its pools: on the free items where some are free, else on all like their prices."""
    paying = dict(offer.free or offer.demand)
    weights = [problem.pools[pool].unit_price * paying.get(pool, 0) for pool, _ in offer.demand]
    return spread(offer.saving, weights, problem.step)


def _swept(problem: PackingProblem, sweeps: Iterable[StepSweep], left: list[int]) -> list[Chosen]:
    """What *sweeps* take of what is *left*, in their turn."""
    chosen = []
    for sweep in sweeps:
        there = dict(enumerate(left))
        number = sweep.tier(there)
        assert number is not None
        tier: Tier = sweep.definition.tiers[number]
        discounts = spread(sweep.tier_saving(tier, there), sweep.weights(tier, there), problem.step)
        taken = [(pool, left[pool], off) for pool, off in zip(sweep.pools, discounts, strict=True) if left[pool]]
        demand = tuple((pool, quantity) for pool, quantity, _ in taken)
        chosen.append(Chosen(sweep.bundle_id, number, 1, demand, tuple(off for _, _, off in taken)))
        for pool in sweep.pools:
            left[pool] = 0
    return chosen
