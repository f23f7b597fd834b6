"""Pools that are alike to all bundles of a cart become one: two sizes at one price are no choice to be made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from .bundle import Bundle
from .definition import Component
from .lines import Pool

_Key: TypeAlias = "tuple[int, str, frozenset[object]]"


@dataclass(slots=True)
class _Uses:
    """How bundles use one product: the groups that it is in, and whether some set names it."""

    groups: list[tuple[int, Component]] = field(default_factory=list)
    components: set[Component] = field(default_factory=set)


def merge_alike(pools: Sequence[Pool], bundles: Iterable[Bundle]) -> tuple[list[Pool], list[int]]:
    """*pools* without a difference that any of *bundles* sees, in canonical order, and which of them each became.

    What is bought in a set is told apart by its product and price, what is only chosen from groups (in mixes and steps)
    by its price and its groups; variants count where a component names some.
    """
    prices = [one.unit_price for one in pools]
    if len(set(prices)) == len(prices):
        return list(pools), list(range(len(pools)))
    uses = _uses(bundles, {one.product_id for one in pools})
    merged: list[Pool] = []
    numbers: list[int] = []
    known: dict[_Key, int] = {}
    for one in pools:
        number = known.setdefault(_key(one, uses), len(merged))
        numbers.append(number)
        if number == len(merged):
            merged.append(one)
        else:
            first = merged[number]
            merged[number] = replace(first, pieces=first.pieces + one.pieces, lines=first.lines + one.lines)
    return merged, numbers


def _uses(bundles: Iterable[Bundle], products: Iterable[str]) -> dict[str, _Uses]:
    uses = {product_id: _Uses() for product_id in products}
    for bundle in bundles:
        definition = bundle.definition
        if definition.kind in ("mix", "steps"):
            for component in definition.tiers[0].components:
                if component.product_id in uses:
                    uses[component.product_id].groups.append((bundle.id, component))
            continue
        for tier in definition.tiers:
            for component in tier.components:
                if component.product_id in uses:
                    uses[component.product_id].components.add(component)
    return uses


def _key(one: Pool, uses: Mapping[str, _Uses]) -> _Key:
    known = uses[one.product_id]
    seen: set[object] = {
        number for number, component in known.groups if component.takes(one.product_id, one.variant_id)
    }
    if seen and not known.components:
        return one.unit_price, "", frozenset(seen)
    seen.update(component.variants for component in known.components if component.takes(one.product_id, one.variant_id))
    return one.unit_price, one.product_id, frozenset(seen)
