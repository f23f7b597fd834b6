"""What a cart saves at most where not all ways to make its sets were tried.

The packing's prices of pieces pay for every set that it knows. A set that it does not know may save more than its
pieces are worth; by how much at most is found without trying its ways, by taking its best pieces one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import TypeAlias

from .packing import Packing
from .price import WHOLE
from .recipes import Need, Recipe
from .table import Table

_Worth: TypeAlias = Mapping[int, Fraction]


def most_saving(table: Table, recipes: Sequence[Recipe], packing: Packing) -> int:
    """No combination of all sets, those of *recipes* in all their ways too, saves more; minor units."""
    known = sum(-(-part.ceiling // part.scale) for part in packing.parts)
    pools: dict[int, Fraction] = {}
    limits: dict[int, Fraction] = {}
    for part in packing.parts:
        keys = [(pools, number) for number in part.pools] + [(limits, bundle_id) for bundle_id in part.limited]
        for (where, key), worth in zip(keys, part.worth, strict=True):
            where[key] = Fraction(worth, part.scale)
    more = Fraction(0)
    for recipe in recipes:
        above = _above(table, recipe, pools) - limits.get(recipe.bundle_id, 0)
        more += max(Fraction(0), above) * _most_sets(table, recipe)
    return known + ceil(more)


def _most_sets(table: Table, recipe: Recipe) -> int:
    sets = min(sum(table.pools[number].pieces for number in need.pools) // need.pieces for need in recipe.needs)
    return min(sets, table.limits.get(recipe.bundle_id, sets))


def _above(table: Table, recipe: Recipe, worth: _Worth) -> Fraction:
    """At least what a set of *recipe* saves above what its pieces are worth."""
    price, found = recipe.tier.price, Fraction(0)
    for need in recipe.needs:
        found += _best_pieces(table, recipe, need, worth)
    if price.kind == "percent":
        return found + Fraction(1, 2)  # rounding
    if price.kind == "amount":
        return found + price.amounts.get(table.currency, 0)
    if price.kind == "fixed":
        return found - price.amounts.get(table.currency, 0)
    if recipe.tier.least:
        return found + price.pieces * table.pools[recipe.needs[0].pools[0]].unit_price
    return found


def _best_pieces(table: Table, recipe: Recipe, need: Need, worth: _Worth) -> Fraction:
    """What the best pieces of *need* save by themselves above what they are worth."""
    price, missing, found = recipe.tier.price, need.pieces, Fraction(0)
    part = {"percent": Fraction(price.rate, WHOLE), "fixed": Fraction(1)}.get(price.kind, Fraction(need.free))
    gains = sorted(
        [(part * table.pools[number].unit_price - worth.get(number, 0), number) for number in need.pools], reverse=True
    )
    for gain, number in gains:
        taken = min(missing, table.pools[number].pieces)
        found += gain * taken
        missing -= taken
    return found
