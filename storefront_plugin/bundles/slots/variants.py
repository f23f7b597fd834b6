"""The variants of products, cached in process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TypeAlias

from ...core.errors import AdapterError, InputError
from ...core.forks import ProcessLock
from ...shop.ports import Catalog, OffersVariants, Product, Variant, clean_id

MAX_CACHED = 5_000

Choices: TypeAlias = Mapping[str, tuple[Variant, ...]]
"""Variants by product id; products without any are not in it."""


class Variants:
    """Asks a catalogue that offers variants; of others no product has any.

    An answer holds for the very `Product` it was asked for: when the product is read again, so are its variants.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog if isinstance(catalog, OffersVariants) else None
        self._cached: OrderedDict[str, tuple[Product, tuple[Variant, ...]]] = OrderedDict()
        self._lock = ProcessLock()

    @property
    def offered(self) -> bool:
        """Whether the catalogue offers variants at all."""
        return self._catalog is not None

    def of(self, products: Iterable[Product]) -> Choices:
        """The variants of *products*, in at most one call of the catalogue; raises `AdapterError`."""
        if self._catalog is None:
            return {}
        by_id = {product.id: product for product in products}
        found: dict[str, tuple[Variant, ...]] = {}
        for product in by_id.values():
            cached = self._cached.get(product.id)
            if cached is not None and cached[0] is product:
                found[product.id] = cached[1]
        unknown = [product_id for product_id in by_id if product_id not in found]
        if unknown:
            loaded = _loaded(self._catalog, unknown)
            self._cache({product_id: (by_id[product_id], loaded[product_id]) for product_id in unknown})
            found.update(loaded)
        return {product_id: variants for product_id, variants in found.items() if variants}

    def _cache(self, answers: Mapping[str, tuple[Product, tuple[Variant, ...]]]) -> None:
        with self._lock:
            for product_id, answer in answers.items():
                self._cached[product_id] = answer
                self._cached.move_to_end(product_id)
            while len(self._cached) > MAX_CACHED:
                self._cached.popitem(last=False)


def _loaded(catalog: OffersVariants, ids: list[str]) -> dict[str, tuple[Variant, ...]]:
    try:
        given = catalog.variants(ids)
        return {product_id: tuple(map(_checked, given.get(product_id, ()))) for product_id in ids}
    except Exception as error:  # the shop's own code may raise anything
        raise AdapterError(f"Catalog.variants raised {type(error).__name__}: {error}") from error


def _checked(variant: Variant) -> Variant:
    price = variant.price
    if price is not None and not (isinstance(price, Decimal) and price.is_finite() and price >= 0):
        raise InputError(f"The price of variant {variant.id!r:.60} must be a Decimal from 0, not {price!r:.40}.")
    stock = None if variant.stock is None else max(0, int(variant.stock))
    return Variant(clean_id(variant.id, "variant id"), str(variant.title), price, stock)
