"""What can still be sold beside a cart: of products, and of their variants where these are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from .lines import Line

Stock: TypeAlias = Mapping[str, int | None]
"""Pieces that can be sold by product id; None where stock is not tracked. A product that is not in it cannot be had."""


class Remaining:
    """Stock from which pieces are taken one after another.

    Args:
        stock: Of products.
        variants: Of the variants of each product that has some, by their ids.
        lines: The cart, which is taken first.
    """

    def __init__(self, stock: Stock, variants: Mapping[str, Stock] | None = None, lines: Iterable[Line] = ()) -> None:
        self._products = dict(stock)
        self._variants = {name: dict(known) for name, known in (variants or {}).items() if known}
        self._loose: dict[str, int] = {}
        for line in lines:
            self.take(line.product_id, line.variant_id, line.stock_pieces)

    def of(self, product_id: str, variant_id: str | None = None) -> int | None:
        """Pieces of a product, in all its variants together, or of one variant; None where nothing limits them."""
        limits = [self._products.get(product_id, 0), self._of_variants(product_id, variant_id)]
        known = [max(0, limit) for limit in limits if limit is not None]
        return min(known, default=None)

    def has(self, product_id: str, variant_id: str | None, pieces: int) -> bool:
        """Whether *pieces* are left."""
        return enough(self.of(product_id, variant_id), pieces)

    def take(self, product_id: str, variant_id: str | None, pieces: int) -> None:
        """Take *pieces* away; more than there are leaves none."""
        _subtract(self._products, product_id, pieces)
        known = self._variants.get(product_id, {})
        if variant_id in known:
            _subtract(known, variant_id, pieces)
        elif known:  # in a variant that nobody knows, so that all of them together are fewer
            self._loose[product_id] = self._loose.get(product_id, 0) + pieces

    def _of_variants(self, product_id: str, variant_id: str | None) -> int | None:
        known = self._variants.get(product_id)
        if known is None:
            return None
        if variant_id is not None:
            return known.get(variant_id, 0)
        pieces = [left for left in known.values() if left is not None]
        if len(pieces) < len(known):
            return None
        return sum(max(0, left) for left in pieces) - self._loose.get(product_id, 0)


def enough(stock: int | None, pieces: int) -> bool:
    """Whether *pieces* can be sold."""
    return stock is None or stock >= pieces


def _subtract(stock: dict[str, int | None], name: str | None, pieces: int) -> None:
    left = stock.get(name) if name is not None else None
    if left is not None and name is not None:
        stock[name] = left - pieces
