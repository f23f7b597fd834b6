"""Bundles, carts and the strategies that draw them, for the tests of bundles."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from storefront_plugin.bundles.bundle import Bundle
from storefront_plugin.bundles.cart.lines import LineItem
from storefront_plugin.bundles.cart.pricing import CartPricing, price_cart
from storefront_plugin.bundles.definition import BundleText, Definition
from storefront_plugin.bundles.price import Price, amount_off, fixed_price, free_items, percent_off
from storefront_plugin.bundles.tier import Component, Tier

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.timezone.utc)
TEXTS = {"en": BundleText("Set")}
PRODUCTS = [f"p{number}" for number in range(6)]


def set_of(*products: str, price: Price, **more: Any) -> Definition:
    """A fixed set of one item each."""
    parts = tuple(Component(product) for product in products)
    return Definition(kind="set", tiers=(Tier(parts, price),), texts=TEXTS, **more)


def mix_of(*products: str, price: Price, least: int, most: int | None = None) -> Definition:
    """Choose some of a group."""
    parts = tuple(Component(product) for product in products)
    return Definition(kind="mix", tiers=(Tier(parts, price, least, most or least),), texts=TEXTS)


def steps_of(*products: str, steps: dict[int, Price]) -> Definition:
    """Quantity steps: number of items to price."""
    parts = tuple(Component(product) for product in products)
    tiers = tuple(Tier(parts, price, least) for least, price in sorted(steps.items()))
    return Definition(kind="steps", tiers=tiers, texts=TEXTS)


def bundles(*definitions: Definition) -> list[Bundle]:
    """Bundles with ids from 1."""
    return [Bundle(number, definition) for number, definition in enumerate(definitions, 1)]


def priced(lines: list[LineItem], *definitions: Definition, currency: str = "EUR", **options: Any) -> CartPricing:
    """The price of a cart."""
    return price_cart(lines, bundles(*definitions), currency, NOW, **options)


def carts(most: int = 8, quantity: int = 4) -> st.SearchStrategy[list[LineItem]]:
    """Carts with zero prices, lines of the same product, variants and mixed tax rates."""
    line = st.builds(
        LineItem,
        st.sampled_from(PRODUCTS),
        st.integers(1, quantity),
        st.one_of(st.sampled_from([0, 1, 333, 1000]), st.integers(0, 20_000)),
        st.sampled_from([None, "red", "blue"]),
        st.sampled_from([None, Decimal("7.7"), Decimal(19), Decimal(0)]),
    )
    return st.lists(line, min_size=1, max_size=most)


def currencies() -> st.SearchStrategy[str]:
    """With no, two and three decimals."""
    return st.sampled_from(["JPY", "EUR", "KWD"])


@st.composite
def prices(draw: st.DrawFn) -> Price:
    """Percent, amount or fixed price; amounts sometimes lack a currency."""
    kind = draw(st.sampled_from(["percent", "amount", "fixed"]))
    if kind == "percent":
        return percent_off(draw(st.sampled_from(["100", "0.01", "10", "33.3333", "50"])))
    known = draw(st.sets(currencies(), min_size=1))
    amounts = {currency: draw(st.integers(1, 15_000)) for currency in sorted(known)}
    return amount_off(amounts) if kind == "amount" else fixed_price(amounts)


@st.composite
def mixes(draw: st.DrawFn, price: Price, **more: Any) -> Definition:
    """Choose two to five of a group, some of it in some variants only; the cheapest are free instead of *price* at times."""
    names = draw(st.lists(st.sampled_from(PRODUCTS), min_size=1, max_size=5, unique=True))
    parts = tuple(
        Component(name, variants=draw(st.sampled_from([(), (), (), ("red",), ("blue", "red")]))) for name in names
    )
    least = draw(st.integers(2, 4))
    if draw(st.integers(0, 3)) == 0:
        price = free_items(draw(st.integers(1, least - 1)))
    most = least if price.kind == "fixed" else draw(st.sampled_from([least, least + 1, 5]))
    return Definition(kind="mix", tiers=(Tier(parts, price, least, most),), texts=TEXTS, **more)


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    """A bundle of any kind."""
    kind = draw(st.sampled_from(["set", "ladder", "mix", "extra", "steps"]))
    products = draw(st.lists(st.sampled_from(PRODUCTS), min_size=2, max_size=3, unique=True))
    more: dict[str, Any] = {
        "limit_per_order": draw(st.sampled_from([None, None, 1, 2])),
        "stacking": draw(st.sampled_from(["best", "best", "best", "alone"])),
    }
    price = draw(prices())
    if kind == "mix":
        return draw(mixes(price, **more))
    if kind == "steps":
        return steps_of(*products, steps={2: price, 4: draw(prices())})
    variants = draw(st.sampled_from([(), (), ("red",), ("blue", "red")]))
    parts = [Component(product, draw(st.integers(1, 2)), variants=variants) for product in products]
    if kind == "extra":
        parts.append(Component(draw(st.sampled_from(products)), free=True))
        return Definition(kind="extra", tiers=(Tier(tuple(parts), free_items()),), texts=TEXTS, **more)
    if price.kind != "fixed" and draw(st.booleans()):
        parts.append(Component(draw(st.sampled_from(PRODUCTS)), 3, optional=True))
    if kind == "set":
        return Definition(kind="set", tiers=(Tier(tuple(parts), price),), texts=TEXTS, **more)
    starter = Tier((Component(products[0]), Component(products[1])), draw(prices()))
    return Definition(kind="ladder", tiers=(starter, Tier(tuple(parts), price)), texts=TEXTS, **more)
