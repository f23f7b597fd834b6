"""Why shoppers are not shown a bundle that is on: what it needs is sold out, hidden or gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...bundles.availability import bundle_available
from ...bundles.definition import Definition
from ...shop.ports import Product
from .language import say


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a bundle cannot be had: *label* in the place of its state, *sentence* with the name of the product."""

    label: str
    sentence: str


def absence(definition: Definition, products: Mapping[str, Product | None]) -> Absence | None:
    """Why no set of *definition* can be had of *products*; None where one can."""
    found = {name: products.get(name) for name in sorted(definition.product_ids)}
    stock = {name: one.stock for name, one in found.items() if one is not None and one.visible}
    if bundle_available(definition, stock):
        return None
    troubled = [(one.title if one else name, words) for name, one in found.items() if (words := trouble(one))]
    if not troubled:
        return Absence(
            say("On, not shown: too few pieces"),
            say("Shoppers are not shown this now: there are too few pieces of its products."),
        )
    title, words = troubled[0]
    return Absence(
        _label([one for one in found.values() if trouble(one)]),
        say("Shoppers are not shown this now: %(product)s %(is)s.", product=title, **{"is": words}),
    )


def trouble(product: Product | None) -> str:
    """What is wrong with a part, in words that follow its name; "" where nothing is."""
    if product is None:
        return say("is not in the catalogue any more")
    if not product.visible:
        return say("is hidden")
    return say("is sold out") if product.stock is not None and product.stock <= 0 else ""


def _label(troubled: list[Product | None]) -> str:
    if None in troubled:
        return say("On, not shown: a product is gone")
    if any(one is not None and not one.visible for one in troubled):
        return say("On, not shown: a product is hidden")
    return say("On, not shown: sold out")
