"""Catalogue and orders from plain Python objects: for tests, small shops, and shops whose data is not in SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..core.clock import aware
from ..core.typed import folded
from .ports import NamesOf, Order, Product, VariantsOf


class MemoryCatalog:
    """A catalogue of *products*; the last one with an id wins.

    *variants* is as `ports.OffersVariants.variants`, *category_names* as `ports.NamesCategories.category_names`.
    """

    variants: VariantsOf
    category_names: NamesOf
    """Only set if given."""

    def __init__(
        self, products: Iterable[Product], variants: VariantsOf | None = None, category_names: NamesOf | None = None
    ) -> None:
        self._products = {product.id: product for product in products}
        if variants is not None:
            self.variants = variants
        if category_names is not None:
            self.category_names = category_names

    def get_many(self, ids: Sequence[str]) -> Mapping[str, Product]:
        """The products of *ids*; unknown ids are left out."""
        return {id: self._products[id] for id in ids if id in self._products}

    def iter_products(self) -> Iterator[Product]:
        """All products, in the order given."""
        return iter(tuple(self._products.values()))

    def search(self, text: str, limit: int) -> Sequence[Product]:
        """Products that have every word of *text* in id, title or brand; titles that begin with it come first.

        Case, width, accents and the kind of kana do not matter, as `core.typed.folded` compares.
        """
        words = folded(text).split()
        if not words or limit < 1:
            return []
        found = [product for product in self._products.values() if all(word in _searched(product) for word in words)]
        found.sort(key=lambda product: _rank(product, " ".join(words)))
        return found[:limit]


class MemoryOrders:
    """Orders from a list. Naive times are compared as UTC."""

    def __init__(self, orders: Iterable[Order]) -> None:
        self._orders = sorted(orders, key=lambda order: (aware(order.placed_at), order.id))

    def iter_orders(self, since: dt.datetime | None = None) -> Iterator[Order]:
        """Orders placed at or after *since*, the oldest first."""
        return (order for order in self._orders if since is None or aware(order.placed_at) >= aware(since))


def _searched(product: Product) -> str:
    return "\n".join(map(folded, (product.id, product.title, product.brand or "")))


def _rank(product: Product, text: str) -> int:
    if folded(product.id) == text:
        return 0
    return 1 if folded(product.title).startswith(text) else 2
