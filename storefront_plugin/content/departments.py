"""Which products are of one department, whatever shape a shop's categories have: trees, flat lists, tags, or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
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

    def same(self, product: Product, others: Iterable[Product]) -> bool | None:
        """Whether *product* is of the department of any of *others*; None where there are no categories to tell by."""
        own, theirs = self.of(product), [self.of(other) for other in others]
        if not own or not all(theirs):
            return None
        return any(own & each for each in theirs)
