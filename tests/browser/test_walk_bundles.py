"""The whole way of a bundle on the demo shop, in a real browser: from a proposal to the last refunded item.

At each step the sums that the page shows are compared with integers counted here, from the catalogue's prices alone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from chromium import View, served, settle
from demo_shop import DELIVERY, FREE_FROM, closed, create_demo, line_totals, minor, number_in, seed, sums
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from storefront_plugin.bundles.store import proposals

TITLE, PERCENT = "Walked together", 13


@pytest.fixture(scope="module")
def demo(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The seeded demo shop as it runs, not as under test."""
    app = create_demo(tmp_path_factory.mktemp("walk"), redis_url, TESTING=False)
    seed(app)
    yield app
    closed(app)


@pytest.fixture(scope="module")
def address(demo: Flask) -> Iterator[str]:
    with served(demo) as address:
        yield address


@pytest.fixture(params=[True, False], ids=["script", "without script"])
def page(request: pytest.FixtureRequest, view: View) -> Page:
    return view(script=request.param).new_page()


def read(page: Page) -> BeautifulSoup:
    return BeautifulSoup(page.content(), "html5lib")


def press(button: Locator) -> None:
    """Press a button that leads to another page, and wait for it."""
    with button.page.expect_navigation():
        button.click()


def sign_in(page: Page, who: str) -> None:
    page.goto("/sign-in")
    press(page.locator(f"button[value={who}]"))


def prices(demo: Flask, skus: list[str]) -> dict[str, int]:
    """What each costs in yen, from the shop's own table."""
    from shop.database import db
    from shop.models import Product

    with demo.app_context():
        return {sku: int(db.session.get_one(Product, sku).price_jpy) for sku in skus}


def a_free_proposal(demo: Flask, keys: list[str]) -> proposals.Proposal:
    """The first of the proposals whose products are in no bundle yet, so that only ours can apply to them."""
    storefront = demo.extensions["storefront"]
    with demo.app_context():
        taken = set(storefront.services.pricer.published.get(blocking=True).by_product)
        found = [proposals.load(storefront.database, key) for key in keys]
        return next(one for one in found if not taken & set(one.product_ids))


def accept(page: Page, demo: Flask) -> list[str]:
    """Press "Accept" at a proposal of the list, which names the right prices; its products."""
    answer = page.goto("/storefront/admin/bundles/proposals")
    assert answer is not None
    assert answer.ok
    links = page.locator("a[href*='proposal=']")
    keys = [re.findall(r"proposal=(\w+)", str(link.get_attribute("href")))[0] for link in links.all()]
    chosen = a_free_proposal(demo, keys)
    skus = list(chosen.product_ids)
    link = page.locator(f"a[href*='proposal={chosen.key}']")
    percent, singly, together = shown_amounts(page.locator("tr", has=link).locator(".price").text_content() or "")
    single = sum(prices(demo, skus).values())
    assert (singly, together) == (single, single - half_up(single, -percent))
    press(link)
    return skus


def edit_and_publish(page: Page, skus: list[str]) -> None:
    """Another discount and another title than were proposed."""
    in_form = page.locator(".component input[type=hidden]")
    assert [each.get_attribute("value") for each in in_form.all()] == skus
    page.locator("input[name$=title]").first.fill(TITLE)
    page.locator("input[name$=percent]").first.fill(str(PERCENT))
    press(page.locator("button[name=do][value=publish]"))
    assert page.locator("h1").inner_text() == TITLE


def is_accepted(page: Page) -> bool:
    """Whether the list of accepted proposals leads back to the bundle of this page; the page stays."""
    bundle = urlsplit(page.url).path
    page.goto("/storefront/admin/bundles/proposals?state=accepted")
    found = page.locator(f"a[href='{bundle}']").count()
    page.goto(bundle)
    return found == 1


def bundle_price(bundle: Locator) -> tuple[int, int]:
    """What the widget asks for all, and for the items one by one."""
    now = bundle.locator(".storefront-total-amount").inner_text()
    return minor(now), minor(bundle.locator(".storefront-was-amount").inner_text())


def open_product(page: Page, sku: str) -> Locator:
    """The bundle on the product's page, which follows the admin within seconds."""
    ends = time.monotonic() + 30
    bundle = page.locator("[data-storefront-bundle]", has_text=TITLE)
    page.goto(f"/product/{sku}")
    while not bundle.count():
        assert time.monotonic() < ends, "the published bundle is not shown"
        page.wait_for_timeout(300)
        page.reload()
    return bundle


def place_order(page: Page) -> str:
    page.goto("/checkout")
    for field in ("name", "postal_code", "region", "city", "street"):
        page.fill(f"#{field}", "x")
    page.fill("#email", "walk@example.org")
    press(page.locator("form.address .button"))
    return number_in(read(page))


def refund(page: Page, number: str, quantities: dict[str, int], policy: str) -> int:
    """Give items back; what the confirmed quote said."""
    page.goto(f"/staff/orders/{number}")
    for sku, count in quantities.items():
        page.locator(f"li:has(input[value='{sku}']) input[type=number]").fill(str(count))
    press(page.locator(".after .button"))
    form = page.locator(f"form[data-policy={policy}]")
    quoted = sums(BeautifulSoup(f"<main>{form.inner_html()}</main>", "html5lib"))
    parts = [amount for label, amount in quoted.items() if "×" in label]
    assert sum(parts) + quoted.get("Shipping", 0) == quoted["Refund"]
    press(form.locator("button"))
    return quoted["Refund"]


def shown_amounts(text: str) -> list[int]:
    """All numbers of *text*, with their signs."""
    return [minor(part) for part in re.findall(r"[-−]?¥?[\d,]+", text)]


def half_up(total: int, percent: int) -> int:
    """This many percent of *total*, in whole yen."""
    return (2 * total * percent + 100) // 200


def test_a_proposal_becomes_a_bundle_is_bought_and_given_back(page: Page, demo: Flask) -> None:
    """One set and one item more; the set is given back in two refunds after the single item."""
    sign_in(page, "staff")
    skus = accept(page, demo)
    edit_and_publish(page, skus)
    price = prices(demo, skus)
    first, second, *_ = skus
    single = sum(price.values())
    off = half_up(single, PERCENT)
    assert bundle_price(page.locator("#bundle-preview")) == (single - off, single)
    assert is_accepted(page)

    goods = single + price[first]
    delivery = 0 if goods - off >= FREE_FROM else DELIVERY
    total = goods - off + delivery
    expected = {"Subtotal": goods, TITLE: -off, "Shipping": delivery, "Total": total}

    bundle = open_product(page, first)
    assert bundle_price(bundle) == (single - off, single)
    bundle.locator("button[type=submit]").click()
    expect(page.locator("[data-cart-count]")).to_have_text(str(len(skus)))
    page.goto(f"/product/{first}")
    press(page.locator("form.buy .button"))
    page.goto("/cart")
    cart = read(page)
    assert sums(cart) == expected
    assert line_totals(cart).keys() == set(skus)
    assert sum(line_totals(cart).values()) == goods - off

    page.goto("/checkout")
    assert sums(read(page)) == expected
    number = place_order(page)
    thanks = read(page)
    assert sums(thanks) == expected
    paid = line_totals(thanks)
    assert paid == line_totals(cart)
    for sku in skus:  # less than a yen from its share of the discount
        whole = price[sku] * (2 if sku == first else 1)
        assert abs((whole - paid[sku]) * single - off * price[sku]) < single

    back = refund(page, number, {first: 1}, "keep")
    assert back == price[first]  # the item outside of the set goes back first
    assert sums(read(page))["Refunded"] == -back

    left, kept = goods - off - back, sum(price[sku] for sku in skus if sku != second)
    again = refund(page, number, {second: 1}, "recompute")
    assert again == max(0, min(left - kept, paid[second]))
    assert sums(read(page))["Refunded"] == -(back + again)

    last = refund(page, number, dict.fromkeys((sku for sku in skus if sku != second), 1), "keep")
    assert back + again + last == total
    after = read(page)
    assert sums(after)["Refunded"] == -total
    assert after.select_one(".status.refunded") is not None


def test_what_is_added_on_checkout_is_ordered_at_the_new_total(view: View) -> None:
    """The sums and the count in the header follow it, and what was typed before it is sent."""
    page = view().new_page()
    page.goto("/product/TSU-DR-WH")
    press(page.locator("form.buy .button"))
    page.goto("/checkout")
    settle(page)
    before = sums(read(page))
    page.locator("#name").fill("Aiko Tanaka")
    page.locator(".storefront-card form[data-storefront-add] [type=submit]").first.click()
    expect(page.locator("[data-cart-count]")).to_have_text("2")
    expect(page.locator(".order-lines li")).to_have_count(2)
    after = sums(read(page))
    assert after["Total"] > before["Total"]
    expect(page.locator("#name")).to_have_value("Aiko Tanaka")
    for field in ("postal_code", "region", "city", "street"):
        page.fill(f"#{field}", "x")
    page.fill("#email", "aiko@example.org")
    press(page.locator("form.address .button"))
    assert sums(read(page)) == after
