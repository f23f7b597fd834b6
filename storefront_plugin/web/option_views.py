"""The variants of a product as a list to choose from."""

from __future__ import annotations

from collections.abc import Sequence

from ..bundles.remaining import enough
from ..money import to_minor
from ..shop.ports import Product, Variant
from .bundle_contexts import OptionView
from .bundle_words import BundleWords


def options_of(
    product: Product,
    variants: Sequence[Variant],
    chosen: Variant | None,
    pieces: int,
    currency: str | None,
    words: BundleWords,
) -> tuple[OptionView, ...]:
    """The *variants* to choose from, those without so many *pieces* disabled; none where there is only one."""
    if len(variants) < 2:
        return ()
    return tuple(
        OptionView(
            value=one.id,
            title=titled(product, one, currency, words),
            amount=to_minor(product.price if one.price is None else one.price, currency),
            chosen=one is chosen,
            disabled=not enough(one.stock, pieces),
        )
        for one in variants
    )


def titled(product: Product, variant: Variant, currency: str | None, words: BundleWords) -> str:
    """The name of *variant*, with its price where that is not the product's."""
    if variant.price is None or variant.price == product.price:
        return variant.title
    return f"{variant.title} – {words.money(to_minor(variant.price, currency), currency)}"
