"""Which pools of a cart hold which product."""

from __future__ import annotations

from collections.abc import Sequence

from .candidates import Demand
from .definition import Component
from .lines import Pool


class Places:
    """Which pools hold which product, the dearest first.

    Args:
        kinds: Pieces by product and variant.
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
        """Pools of all variants of a product, the dearest first."""
        return self._by_product.get(product_id, ())

    def of(self, component: Component) -> tuple[int, ...]:
        """Pools whose pieces count as *component*, the dearest first, then in canonical order."""
        if not component.variants:
            return self.of_product(component.product_id)
        kinds = self._kinds.get(component.product_id, ())
        return _numbers([rank for rank, variant in kinds if variant in component.variants])

    def of_any(self, components: Sequence[Component]) -> tuple[int, ...]:
        """Pools whose pieces count as any of *components*, in the same order."""
        return _numbers([self._rank(number) for component in components for number in self.of(component)])

    def only_way(self, pieces_of: Sequence[tuple[str, int]]) -> Demand | None:
        """The only pieces to fill a set of products with, which is how most sets of most carts are filled.

        Empty where they are not there; None where a product has more than one pool.
        """
        demand = []
        for product_id, pieces in pieces_of:
            found = self._by_product.get(product_id, ())
            if len(found) > 1:
                return None
            if not found or pieces > self._pools[found[0]].pieces:
                return ()
            demand.append((found[0], pieces))
        demand.sort()
        return tuple(demand)

    def _rank(self, number: int) -> tuple[int, int]:
        return -self._pools[number].unit_price, number


def _numbers(ranks: list[tuple[int, int]]) -> tuple[int, ...]:
    """The pools of *ranks*, each once and in their order."""
    return (ranks[0][1],) if len(ranks) == 1 else tuple([number for _, number in sorted(set(ranks))])
