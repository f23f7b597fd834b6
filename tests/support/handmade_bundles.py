"""Bundles of every kind made of the handmade products, as the read journey would choose them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handmade import LONG, products
from made_bundles import NOW

from storefront_plugin.bundles.bundle import Bundle
from storefront_plugin.bundles.cart.lines import LineItem
from storefront_plugin.bundles.cart.pricing import price_cart
from storefront_plugin.bundles.definition import BundleText, Definition
from storefront_plugin.bundles.price import amount_off, fixed_price, free_items, percent_off
from storefront_plugin.bundles.slots.offers import BundleOffer, best_offers
from storefront_plugin.bundles.tier import Component, Tier
from storefront_plugin.money import to_minor
from storefront_plugin.recommending.page import Page
from storefront_plugin.shop.ports import Product, Variant

TEXTS = {
    "set": ("Slow morning set", "朝のコーヒーセット", "The dripper sits on the mug.", "ドリッパーはマグにぴったり。"),
    "ladder": ("Start, or go all the way", "はじめてセットと本格セット", "", ""),
    "mix": ("Any three for the kitchen", "キッチン雑貨3点", "Two of one kind are fine.", "同じ品を選んでもかまいません。"),
    "extra": ("A candle on us", "キャンドルをプレゼント", "", ""),
    "steps": ("More for less", "まとめ買い割引", "", ""),
    "variants": ("Kettle and pan", "ケトルとミルクパン", "", ""),
}  # fmt: skip


def definition_of(kind: str, ids: Sequence[str], hostile: bool = False) -> Definition:
    """A bundle of *kind*; ``variants`` is a set with choices and an optional part."""
    part = [Component(each) for each in ids]
    off = amount_off({"EUR": 500, "JPY": 600})
    tiers: Mapping[str, tuple[Tier, ...]] = {
        "set": (Tier((part[0], part[1], Component(ids[2], 2)), percent_off("12.5")),),
        "ladder": (
            Tier((part[0], part[1]), off),
            Tier((part[0], part[1], part[6], part[5]), fixed_price({"EUR": 9900, "JPY": 12000})),
        ),
        "mix": (Tier((part[0], part[2], part[5], part[7]), percent_off(20), 3, 4),),
        "extra": (Tier((part[0], part[1], Component(ids[7], free=True)), free_items()),),
        "steps": tuple(Tier((part[0],), percent_off(off), least) for least, off in ((3, 5), (6, 10), (12, 100))),
        "variants": (Tier((part[6], part[4], Component(ids[2], 2, optional=True)), percent_off(10)),),
    }
    title, ja, benefit, ja_benefit = TEXTS[kind]
    if hostile:
        title, benefit = f"{LONG} <b>set</b> \u202e\u05e1\u05d8", f"{LONG}{LONG} & <script>alert(1)</script>"
    texts = {
        "en": BundleText(title, benefit, "/picture/4.svg" if kind == "set" else None),
        "ja": BundleText(ja, ja_benefit),
    }
    return Definition(kind="set" if kind == "variants" else kind, tiers=tiers[kind], texts=texts)  # type: ignore[arg-type]


def variants_of(found: Sequence[Product]) -> Mapping[str, tuple[Variant, ...]]:
    """The kettle comes in three colours, one of them more expensive and one sold out."""
    return {
        product.id: (
            Variant("steel", "Steel"),
            Variant("copper", "Copper", product.price + 10),
            Variant("black", "Black", None, 0),
        )
        for product in found
        if product.id in ("7", "id <7>\"'&")
    }


def shown_bundles(page: Page, wanted: str) -> list[BundleOffer]:
    """Bundles of the kinds *wanted* ("set,steps"; "cart" for what a cart shows)."""
    hostile = "hostile" in wanted
    stock = {each.id: each for each in products("hostile" if hostile else "demo", page.locale[:2])}
    ids = list(stock)
    kinds = [kind for kind in wanted.split(",") if kind in TEXTS]
    bundles = [Bundle(number, definition_of(kind, ids, hostile)) for number, kind in enumerate(kinds, 1)]
    if "cart" in wanted.split(","):
        return in_cart(stock, page.locale[:2], hostile)
    found = best_offers(bundles, stock, None, (), variants_of, len(bundles), ids[0])
    return sorted(found, key=lambda offer: offer.bundle.id)


def in_cart(stock: Mapping[str, Product], language: str, hostile: bool = False) -> list[BundleOffer]:
    """A mix that applies, a set that lacks a product with choices, and another that lacks two products."""
    currency = "JPY" if language == "ja" and not hostile else "EUR"
    ids = list(stock)
    bundles = [
        Bundle(number, definition_of(kind, ids, hostile)) for number, kind in enumerate(("set", "variants", "mix"), 1)
    ]
    prices = {name: to_minor(product.price, currency) for name, product in stock.items()}
    quantities = {ids[0]: 1, ids[1]: 1, ids[2]: 4, ids[6]: 1}
    pricing = price_cart(
        [LineItem(name, n, prices[name]) for name, n in quantities.items()], bundles, currency, NOW, prices=prices
    )
    by_id = {bundle.id: bundle for bundle in bundles}
    applied = [BundleOffer(by_id[one.bundle_id], currency, applied=one) for one in pricing.applied]
    near = []
    for one in pricing.missing:
        there = [stock[name] for item in one.items for name in item.product_ids]
        near.append(
            BundleOffer(by_id[one.bundle_id], currency, missing=one, products=tuple(there), choices=variants_of(there))
        )
    return [*applied, *near]
