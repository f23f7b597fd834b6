"""The variants of the products that a bundle shows, kept as long as the product they belong to."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TypeAlias

from ..errors import AdapterError, InputError
from ..locks import ProcessLock
from ..shop.ports import Catalog, OffersVariants, Product, Variant, clean_id

MAX_HELD = 5_000

Choices: TypeAlias = Mapping[str, tuple[Variant, ...]]
"""Variants by product id; products without any are not in it."""


class Variants:
    """Asks a catalogue that offers variants; of others no product has any.

    An answer holds for the very `Product` it was asked for: when the product is read afresh, so are its variants.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog if isinstance(catalog, OffersVariants) else None
        self._held: OrderedDict[str, tuple[Product, tuple[Variant, ...]]] = OrderedDict()
        self._lock = ProcessLock()

    @property
    def offered(self) -> bool:
        """Whether the catalogue offers variants at all."""
        return self._catalog is not None

    def of(self, products: Iterable[Product]) -> Choices:
        """The variants of *products*, in at most one call of the catalogue; raises `AdapterError`."""
        if self._catalog is None:
            return {}
        wanted = {product.id: product for product in products}
        found: dict[str, tuple[Variant, ...]] = {}
        for product in wanted.values():
            held = self._held.get(product.id)
            if held is not None and held[0] is product:
                found[product.id] = held[1]
        unknown = [product_id for product_id in wanted if product_id not in found]
        if unknown:
            asked = _asked(self._catalog, unknown)
            self._keep({product_id: (wanted[product_id], asked[product_id]) for product_id in unknown})
            found.update(asked)
        return {product_id: variants for product_id, variants in found.items() if variants}

    def _keep(self, answers: Mapping[str, tuple[Product, tuple[Variant, ...]]]) -> None:
        with self._lock:
            for product_id, answer in answers.items():
                self._held[product_id] = answer
                self._held.move_to_end(product_id)
            while len(self._held) > MAX_HELD:
                self._held.popitem(last=False)


def _asked(catalog: OffersVariants, ids: list[str]) -> dict[str, tuple[Variant, ...]]:
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
