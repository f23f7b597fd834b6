"""What can be chosen of a bundle: the variants of a product, and products that fill the same place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...bundles.bundle import Bundle
from ...bundles.cart.next_offers import MissingItem
from ...bundles.cart.stock import enough
from ...money import to_minor
from ...shop.ports import Product, Variant
from .bundle_labels import BundleLabels
from .slot_contexts import OptionView


def options_of(
    product: Product,
    variants: Sequence[Variant],
    chosen: Variant | None,
    quantity: int,
    currency: str | None,
    labels: BundleLabels,
) -> tuple[OptionView, ...]:
    """The *variants* to choose from, those without *quantity* disabled; none where there is only one."""
    if len(variants) < 2:
        return ()
    return tuple(
        OptionView(
            value=one.id,
            title=titled(product, one, currency, labels),
            amount=to_minor(product.price if one.price is None else one.price, currency),
            chosen=one is chosen,
            disabled=not enough(one.stock, quantity),
        )
        for one in variants
    )


def titled(product: Product, variant: Variant, currency: str | None, labels: BundleLabels) -> str:
    """The name of *variant*, with its price where that is not the product's."""
    if variant.price is None or variant.price == product.price:
        return variant.title
    return f"{variant.title} – {labels.money(to_minor(variant.price, currency), currency)}"


def product_positions(bundle: Bundle) -> list[str]:
    """The products of *bundle* in the order by which a form names them: what is available now does not change it."""
    return sorted(bundle.definition.product_ids)


def missing_variants(item: MissingItem, product_id: str, variants: Iterable[Variant]) -> tuple[Variant, ...]:
    """The variants of a product that fill *item*; by name where the catalogue knows none of them."""
    named = item.variants_of(product_id)
    known = tuple(variants) or tuple(Variant(one, one) for one in named)
    return tuple(one for one in known if not named or one.id in named)
