"""Which products are of one department, whatever shape a shop's categories have: trees, flat lists, tags, or none."""

from __future__ import annotations

from collections import Counter
from typing import Final

from ..shop.ports import Product

NEARLY_ALL: Final = 0.9
"""A category with a larger share of the products that have any ("All products") says nothing about one."""


class Departments:
    """The categories of a catalogue, counted.

    Two products are of one department where they share a category. In a tree, where products name their category and
    those above it, that is its top; in a flat list the category itself; of tags any one will do.
    """

    def __init__(self) -> None:
        self._sizes: Counter[str] = Counter()
        self._products = 0

    def add(self, product: Product) -> None:
        """Count *product*."""
        self._products += bool(product.category_ids)
        self._sizes.update(set(product.category_ids))

    def of(self, product: Product) -> frozenset[str]:
        """The categories of *product* that say something."""
        most = NEARLY_ALL * self._products
        return frozenset(one for one in product.category_ids if self._sizes[one] <= most)

    def same(self, one: Product, other: Product) -> bool | None:
        """Whether both are of one department; None where there are no categories to tell by."""
        first, second = self.of(one), self.of(other)
        return bool(first & second) if first and second else None
