"""The HTML of one bundle, stored or not: what the merchant's editor shows beside its form."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from markupsafe import Markup

from ..bundles.bundle import Bundle
from ..bundles.definition import Definition
from ..errors import AdapterError
from ..proxies import current_storefront
from ..recommending.offers import BundleOffer, tier_offer
from ..recommending.variants import Choices
from ..shop.ports import Product
from ..texts import known_locale, texts_for
from .bundle_views import BundleMaker
from .bundle_words import BundleWords
from .cards import CardMaker
from .forms import CartForms
from .rendering import render_bundle


def preview(definition: Definition, locale: str, currency: str | None) -> Markup:
    """The widget of *definition* as shoppers would see it, whether or not it is stored, published or on.

    Nothing can be added from it. Products that are hidden or sold out are shown as others are; those that the shop does
    not have, or has no price for in *currency*, are marked as not available and count nothing.
    """
    texts = texts_for(known_locale(locale) or "en")
    money = currency or current_storefront.settings.currency
    known = _known(definition, texts.locale)
    shown = {name: _shown(known.get(name), money) for name in definition.product_ids}
    products = {name: product or _unavailable(name, known.get(name), money) for name, product in shown.items()}
    unknown = {name for name, product in shown.items() if product is None}
    tiers = [
        tier
        for number in range(len(definition.tiers))
        if (tier := tier_offer(definition, number, products, _variants(known), money)) is not None
    ]
    forms = CartForms(None, current_storefront.name, private=False)
    maker = BundleMaker(BundleWords(texts), CardMaker(texts, forms, money), None, unknown=frozenset(unknown))
    view = maker.bundle(BundleOffer(Bundle(0, definition), money, tuple(tiers)), headed=True)
    return render_bundle(view, texts.locale)


def _known(definition: Definition, locale: str) -> dict[str, Product]:
    found = current_storefront.mounted.cards.get_many(sorted(definition.product_ids), locale, patient=True)
    return {name: product for name, product in found.items() if product is not None}


def _shown(product: Product | None, currency: str | None) -> Product | None:
    """*product* as if it were in stock; None where it has no price in *currency*."""
    if product is None or (product.currency or current_storefront.settings.currency or currency) != currency:
        return None
    return replace(product, stock=None, currency=currency)


def _unavailable(product_id: str, product: Product | None, currency: str | None) -> Product:
    title = product.title if product else product_id
    return Product(id=product_id, title=title, price=Decimal(0), currency=currency)


def _variants(products: dict[str, Product]) -> Choices:
    try:
        found = current_storefront.mounted.variants.of(products.values())
    except AdapterError:
        return {}  # the editor goes on without the choice
    return {name: tuple(replace(one, stock=None) for one in variants) for name, variants in found.items()}
