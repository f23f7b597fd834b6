"""What a packing chooses from: sets that take items from pools, and quantity steps that take what is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol, TypeAlias

from ..bundle import Bundle
from ..pools import Demand, Pool
from ..tier import Component


class Candidate(NamedTuple):
    """A set that may be made again and again: one way to fill a tier of a bundle.

    A tuple, because a cart has hundreds, and tuples are made three times as fast as frozen dataclasses.

    Attributes:
        demand: The items it takes.
        saving: Minor units, above 0.
        free: Those of its items that cost nothing.
    """

    bundle_id: int
    demand: Demand
    saving: int
    tier: int = 0
    free: Demand = ()


class Sweep(Protocol):
    """A quantity step bundle: it takes all items of its pools that are left, or none."""

    @property
    def bundle_id(self) -> int: ...

    @property
    def pools(self) -> Sequence[int]: ...

    def rate(self, pool: int) -> int:
        """The most that one item of *pool* can save, rounded up to whole minor units."""
        ...

    def saving(self, left: Mapping[int, int]) -> int:
        """What is saved on the items *left* in its pools; 0 where no step is reached."""
        ...


class PoolIndex:
    """Which pools hold which product, the most expensive first.

    Args:
        kinds: Items by product and variant.
        numbers: The pool that each of *kinds* is in.
        pools: All pools.
    """

    def __init__(self, kinds: Sequence[Pool], numbers: Sequence[int], pools: Sequence[Pool]) -> None:
        self._pools = pools
        by_product: dict[str, list[tuple[tuple[int, int], str | None]]] = {}
        for kind, number in zip(kinds, numbers, strict=True):
            by_product.setdefault(kind.product_id, []).append((self._rank(number), kind.variant_id))
        self._kinds = by_product
        self._by_product = {name: _numbers([rank for rank, _ in ranks]) for name, ranks in by_product.items()}

    def __contains__(self, product_id: str) -> bool:
        return product_id in self._by_product

    def of_product(self, product_id: str) -> tuple[int, ...]:
        """Pools of all variants of a product, the most expensive first."""
        return self._by_product.get(product_id, ())

    def of(self, component: Component) -> tuple[int, ...]:
        """Pools whose items count as *component*, the most expensive first, then in canonical order."""
        if not component.variants:
            return self.of_product(component.product_id)
        kinds = self._kinds.get(component.product_id, ())
        return _numbers([rank for rank, variant in kinds if variant in component.variants])

    def of_any(self, components: Sequence[Component]) -> tuple[int, ...]:
        """Pools whose items count as any of *components*, in the same order."""
        return _numbers([self._rank(number) for component in components for number in self.of(component)])

    def only_way(self, quantities_of: Sequence[tuple[str, int]]) -> Demand | None:
        """The only items to fill a set of products with, which is how most sets of most carts are filled.

        Empty where they are not there; None where a product has more than one pool.
        """
        demand = []
        for product_id, quantity in quantities_of:
            found = self._by_product.get(product_id, ())
            if len(found) > 1:
                return None
            if not found or quantity > self._pools[found[0]].quantity:
                return ()
            demand.append((found[0], quantity))
        demand.sort()
        return tuple(demand)

    def _rank(self, number: int) -> tuple[int, int]:
        return -self._pools[number].unit_price, number


def _numbers(ranks: list[tuple[int, int]]) -> tuple[int, ...]:
    """The pools of *ranks*, each once and in their order."""
    return (ranks[0][1],) if len(ranks) == 1 else tuple([number for _, number in sorted(set(ranks))])


_Key: TypeAlias = "tuple[int, str, frozenset[object]]"


@dataclass(slots=True)
class _Uses:
    """How bundles use one product: the groups that it is in, and whether some set names it."""

    groups: list[tuple[int, Component]] = field(default_factory=list)
    components: set[Component] = field(default_factory=set)


def merge_equivalent(pools: Sequence[Pool], bundles: Iterable[Bundle]) -> tuple[list[Pool], list[int]]:
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
            merged[number] = replace(first, quantity=first.quantity + one.quantity, lines=first.lines + one.lines)
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
