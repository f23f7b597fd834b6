"""What shoppers read in a real browser: it stands where they are, and is whole without script."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from bundle_shop import BundleShop, bundle_shop, stocked
from chromium import View, served, settle, violations
from flask import Response
from made_bundles import set_of
from playwright.sync_api import Page, expect
from small_shop import SmallShop

from storefront_plugin import MemoryCatalog, Product
from storefront_plugin.bundles.price import percent_off

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/tall.css">{{ storefront.head() }}</head>
<body><main><h1>The shop's own words</h1><div class="tall"></div>{{ storefront.placement(placement, *products) }}
<p class="tall">The page goes on.</p></main></body></html>"""


@pytest.fixture
def shop(make_shop: Callable[..., SmallShop], monkeypatch: pytest.MonkeyPatch) -> BundleShop:
    """A shop with whole, tall pages under a strict CSP; of p10 there are five items."""
    monkeypatch.setattr("shop_pages._PAGE", PAGE)
    tenth = Product(id="p10", title="Product 10", price=Decimal(10), stock=5, url="/p/p10")
    made = bundle_shop(make_shop, MemoryCatalog(stocked(p10=tenth)))
    app = made.shop.app

    @app.get("/tall.css")
    def tall() -> Response:
        return Response(".tall { height: 1500px; }", mimetype="text/css")

    @app.after_request
    def strict(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = "default-src 'self'"
        return response

    return made


@pytest.fixture
def address(shop: BundleShop) -> Iterator[str]:
    with served(shop.shop.app) as address:
        yield address


def sell_out(shop: BundleShop, product: str) -> None:
    catalog: Any = shop.shop.storefront.catalog
    catalog._products[product] = replace(catalog._products[product], stock=0)
    with shop.shop.app.app_context():
        shop.shop.storefront.product_changed(product)


def sold_out_meanwhile(shop: BundleShop, view: View, script: bool) -> Page:
    """The page after a button was pressed whose bundle had sold out in the meantime."""
    shop.publish(set_of("p3", "p10", price=percent_off(20)))
    shop.publish(set_of("p3", "p4", price=percent_off(10)))
    page = view(script=script).new_page()
    page.goto("/p/p3")
    page.locator("form.storefront-set").first.scroll_into_view_if_needed()
    if script:
        settle(page)
    sell_out(shop, "p10")
    page.locator("form.storefront-set button").first.click()
    return page


def test_with_script_the_notice_stands_where_the_shopper_is(shop: BundleShop, view: View) -> None:
    """It is in view on a tall page, which nobody left, and it is announced once."""
    page = sold_out_meanwhile(shop, view, script=True)
    notice = page.get_by_role("alert")
    expect(notice).to_have_text("Product 10 has just sold out.")
    expect(notice).to_be_in_viewport()
    assert violations(page, "storefront-fragment") == []
    page.reload()
    settle(page)
    expect(notice).to_have_count(0)


def test_without_script_a_page_between_says_it_and_leads_back(shop: BundleShop, view: View) -> None:
    """It is a whole page, and the link leads to where the shopper was."""
    page = sold_out_meanwhile(shop, view, script=False)
    expect(page.get_by_role("heading")).to_have_text("Product 10 has just sold out.")
    with page.expect_navigation():
        page.get_by_role("link").click()
    assert page.url.endswith("/p/p3")


def test_the_page_between_has_no_fault_that_axe_finds(shop: BundleShop, view: View) -> None:
    """As a link shows it that works no more."""
    page = view().new_page()
    page.goto("/storefront/offer/forged")
    expect(page.get_by_role("heading")).to_have_text("This link isn't valid or has expired.")
    assert violations(page) == []


@pytest.mark.parametrize("script", [True, False])
def test_a_typed_code_is_answered_where_it_was_typed(shop: BundleShop, view: View, script: bool) -> None:
    """What does not work stays in its field, in view; the link of one that works leads to its bundle."""
    shop.publish(set_of("p3", "p5", price=percent_off(10)))
    number = shop.publish(set_of("p3", "p4", price=percent_off(10), staff_only=True))
    page = view(script=script).new_page()
    page.goto("/cart")
    page.get_by_text("Discount code").click()
    page.get_by_label("Code").fill("WRONG")
    with page.expect_navigation():
        page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("alert")).to_have_text("This code isn't valid or has expired.")
    expect(page.get_by_role("alert")).to_be_in_viewport()
    expect(page.get_by_label("Code")).to_have_value("WRONG")
    if script:
        assert violations(page, "storefront-fragment") == []
    page.get_by_label("Code").fill(code_of(shop, number))
    with page.expect_navigation():
        page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("status").first).to_contain_text("Offer unlocked: Set")
    with page.expect_navigation():
        page.get_by_role("link", name="View offer").click()
    assert page.url.endswith(f"/p/p3#storefront-bundle-{number}")
    if script:
        expect(page.locator(f"#storefront-bundle-{number}")).to_be_in_viewport()


def code_of(shop: BundleShop, number: int) -> str:
    with shop.shop.app.app_context():
        until = dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=3)
        return shop.shop.storefront.services.pricer.codes.code(number, until)
