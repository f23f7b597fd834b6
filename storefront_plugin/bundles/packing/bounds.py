"""What a cart saves at most where not all ways to make its sets were tried.

The packing's prices of items pay for every set that it knows. A set that it does not know may save more than its items
are worth; by how much at most is found without trying its ways, by taking its best items one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import TypeAlias

from .fillings import Need, Recipe
from .problem import PackingProblem
from .search import Packing

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
