"""A shop of francs in a real browser: the script's sums lie on the price step, and are what the cart takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from bundle_shop import BundleShop, bundle_shop
from chromium import View, served, settle
from made_bundles import mix_of
from playwright.sync_api import expect
from small_shop import SmallShop

from storefront_plugin import CartLine, MemoryCatalog, Product
from storefront_plugin.bundles.price import percent_off

PRICES = {"p1": "4.50", "p2": "3.90", "p3": "2.25", "odd": "1.99"}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>{{ storefront.head() }}</head>
<body><h1>Shop</h1>{{ storefront.placement(placement, *products) }}</body></html>"""


@pytest.fixture
def shop(make_shop: Callable[..., SmallShop], monkeypatch: pytest.MonkeyPatch) -> BundleShop:
    """Any three to five for 15 % less, in steps of 0.05."""
    monkeypatch.setattr("shop_pages._PAGE", PAGE)
    products = [Product(id=name, title=name, price=Decimal(price), url=f"/p/{name}") for name, price in PRICES.items()]
    settings = {"STOREFRONT_CURRENCY": "CHF", "STOREFRONT_PRICE_STEP": "0.05"}
    made = bundle_shop(lambda **more: make_shop(**settings, **more), MemoryCatalog(products))
    made.publish(mix_of(*PRICES, price=percent_off(15), least=3, most=5))
    return made


@pytest.fixture
def address(shop: BundleShop) -> Iterator[str]:
    with served(shop.shop.app) as address:
        yield address


def test_a_mix_is_summed_up_in_steps_as_the_cart_is(shop: BundleShop, view: View) -> None:
    """Of products on the step and off it: each sum of the script is the total of the cart."""
    page = view().new_page()
    page.goto("/p/p1")
    settle(page)
    box = page.locator("form.storefront-set")
    numbers = box.locator("input[type=number]")
    for chosen in ((2, 1, 0, 0), (1, 1, 1, 0), (1, 0, 1, 1), (2, 2, 1, 0), (0, 1, 2, 2)):
        for at, number in enumerate(chosen):
            numbers.nth(at).fill(str(number))
        lines = [CartLine(name, number) for name, number in zip(PRICES, chosen, strict=True) if number]
        with shop.shop.app.app_context():
            total = shop.shop.storefront.price_cart(lines).total
        assert total % 5 == 0
        expect(box.locator(".storefront-total-amount")).to_have_text(re.compile(rf"CHF\s?{total / 100:.2f}"))
