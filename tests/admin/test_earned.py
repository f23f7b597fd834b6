"""What the first page says was earned: revenue, orders, discounts and margin of 30 days, beside the 30 before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa
from admin_form import Merchants
from bundle_shop import BundleShop, bundle_shop
from made_bundles import set_of
from shop_pages import counted_sql
from small_shop import SmallShop, made_products

from storefront_plugin import CartLine, MemoryCatalog, Merchant, Order, OrderLine
from storefront_plugin.admin.home import earned
from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.store.tables import BundleUse

MakeShop = Callable[..., SmallShop]
UTC = dt.timezone.utc


@pytest.fixture
def shop(make_shop: MakeShop) -> SmallShop:
    """Nothing sold yet."""
    return make_shop(admin_access=lambda: Merchant("First editor"))


def place(shop: SmallShop, ago: int, *prices: str | None, currency: str = "EUR", number: str = "") -> str:
    """An order of so many days *ago*, of a product a price."""
    lines = [OrderLine(f"p{n}", 1, None if price is None else Decimal(price)) for n, price in enumerate(prices, 1)]
    moment = dt.datetime.now(UTC) - dt.timedelta(days=ago)
    order = Order(id=number or f"{ago}-{currency}-{prices}", placed_at=moment, currency=currency, lines=lines)
    with shop.app.app_context():
        shop.storefront.order_placed(order, commit=True)
        shop.storefront.drain()
    return str(order.id)


def figures(browser: Merchants) -> dict[str, str]:
    """The figures by their headings."""
    found = browser.soup.select(".figure")
    return {
        " ".join(one.select("dt")[0].text.split()): " ".join(one.select("dd")[0].get_text(" ").split()) for one in found
    }


def test_revenue_and_orders_stand_beside_those_of_the_month_before(shop: SmallShop) -> None:
    """Today is the last of the 30 days; what is older than 60 days is no part of it."""
    for ago, price in ((0, "10"), (29, "20.50"), (30, "10"), (59, "10"), (60, "1000")):
        place(shop, ago, price)
    browser = Merchants(shop)
    browser.get("")
    found = figures(browser)
    assert found["Revenue"] == "€31 +52% on the previous 30 days · €10 today"
    assert found["Orders"] == "2 same as the previous 30 days · 1 today"
    assert found["Bundle discounts"].startswith("€0.00 0 orders")
    assert found["Margin of bundles"] == "– No bundles sold"


def test_the_chart_has_a_point_a_day_and_a_table_behind(shop: SmallShop) -> None:
    """Of both months, each with its amounts; the way to today, which is not over, is a line of its own."""
    place(shop, 0, "10")
    place(shop, 30, "40")
    browser = Merchants(shop)
    browser.get("")
    (chart,) = browser.soup.select("figure.chart")
    points = [str(line["points"]).split() for line in chart.select("polyline")]
    before, now, today = points
    assert [len(each) for each in points] == [30, 29, 2]
    assert (before[-1], now[0], now[-1], today[-1]) == ("600.0,20.0", "0.0,180.0", today[0], "600.0,140.0")
    rows = [[cell.text for cell in row.select("td")][1:] for row in chart.select("tbody tr")]
    assert (len(rows), rows[-1], rows[0]) == (30, ["€10", "€40"], ["€0.00", "€0.00"])
    assert chart.select(".chart-label")[0].text == "€40"


def test_currencies_are_never_added_together(shop: SmallShop) -> None:
    """One at a time, the shop's own first, then that of most orders; a link leads to each other one."""
    place(shop, 1, "10")
    place(shop, 2, "20")
    for ago in (1, 2, 3):
        place(shop, ago, "5000", currency="JPY")
    place(shop, 1, "7", currency="CHF")
    browser = Merchants(shop)
    browser.get("")
    assert figures(browser)["Revenue"].startswith("€30 ")
    links = browser.soup.select(".currencies a")
    assert [link.text for link in links] == ["EUR", "JPY", "CHF"]
    browser.get(str(links[1]["href"]))
    assert figures(browser)["Revenue"].startswith("¥15,000 ")
    assert figures(browser)["Orders"].startswith("6 ")
    browser.get("?currency=XXX")
    assert figures(browser)["Revenue"].startswith("€30 ")


def test_unknown_prices_are_said_to_be_missing(shop: SmallShop) -> None:
    """How many orders the revenue is of; without any price the chart counts orders, and what helps is said."""
    place(shop, 1, None)
    browser = Merchants(shop)
    browser.get("")
    assert "Record orders with unit_price and currency" in figures(browser)["Revenue"]
    assert browser.texts("figure.chart b") == ["Orders per day"]
    place(shop, 1, "10", None)
    place(shop, 1, "10")
    browser.get("")
    assert figures(browser)["Revenue"].endswith("Prices known for 1 of 3 orders")


def test_a_shop_without_orders_is_told_what_comes(shop: SmallShop) -> None:
    """And one whose orders have stopped, how to find them."""
    browser = Merchants(shop)
    browser.get("")
    assert not browser.soup.select(".figures")
    assert any("No orders yet." in text for text in browser.texts("main p"))
    place(shop, 100, "10")
    browser.get("")
    assert not browser.soup.select(".figures")
    assert any("flask storefront catch-up" in text for text in browser.texts("main p"))


@pytest.fixture
def sets(make_shop: MakeShop) -> BundleShop:
    """p1 to p3 cost the shop half of their price, others nobody knows what."""
    products = made_products(6)
    products[:3] = [replace(one, cost=one.price / 2) for one in products[:3]]
    return bundle_shop(make_shop, MemoryCatalog(products), admin_access=lambda: Merchant("First editor"))


def sell(sets: BundleShop, number: str, *products: str) -> None:
    """Price a cart and keep the order."""
    storefront = sets.shop.storefront
    with sets.shop.app.app_context():
        pricing = storefront.price_cart([CartLine(name) for name in products])
        storefront.bundles_applied(number, pricing)
        sets.shop.db.session.commit()
    place(sets.shop, 0, *["1"] * len(products), number=number)


def test_discounts_and_margin_are_those_of_the_bundles(sets: BundleShop) -> None:
    """The discount of all; the margin of what was sold in bundles at known costs, and of how many orders that is."""
    sets.publish(set_of("p2", "p3", price=percent_off(20)))
    sets.publish(set_of("p4", "p5", price=percent_off(20)))
    sell(sets, "a", "p2", "p3", "p1")
    browser = Merchants(sets.shop)
    browser.get("")
    found = figures(browser)
    assert found["Bundle discounts"] == "€1.00 1 order · none in the previous 30 days"
    assert found["Margin of bundles"] == "€1.50 38% of what they sold for"
    sell(sets, "b", "p4", "p5")
    browser.get("")
    assert figures(browser)["Bundle discounts"].startswith("€2.80 2 orders")
    assert figures(browser)["Margin of bundles"].endswith("Costs known for 1 of 2 orders")


def test_the_margin_of_a_busy_shop_is_that_of_its_latest_orders(
    sets: BundleShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is said; nothing claims that costs are unknown."""
    monkeypatch.setattr(earned, "MOST_RECORDS", 2)
    sets.publish(set_of("p2", "p3", price=percent_off(20)))
    for number in ("a", "b", "c"):
        sell(sets, number, "p2", "p3")
    browser = Merchants(sets.shop)
    browser.get("")
    found = figures(browser)
    assert found["Bundle discounts"].startswith("€3.00 3 orders")
    assert found["Margin of bundles"] == "€3.00 38% of what they sold for The latest 2 orders"


def test_margin_needs_costs(sets: BundleShop) -> None:
    """Where none is known, that is said."""
    sets.publish(set_of("p4", "p5", price=percent_off(20)))
    sell(sets, "a", "p4", "p5")
    browser = Merchants(sets.shop)
    browser.get("")
    assert figures(browser)["Margin of bundles"] == "– Needs the cost of products"


def test_last_month_s_discounts_are_the_comparison(sets: BundleShop) -> None:
    """By when the order was kept."""
    sets.publish(set_of("p2", "p3", price=percent_off(20)))
    sell(sets, "a", "p2", "p3")
    sell(sets, "b", "p2", "p3")
    earlier = dt.datetime.now(UTC).replace(tzinfo=None) - dt.timedelta(days=40)
    with sets.shop.app.app_context(), sets.shop.storefront.database.writing() as session:
        session.execute(sa.update(BundleUse).where(BundleUse.order_id == "a").values(used_at=earlier))
    browser = Merchants(sets.shop)
    browser.get("")
    assert figures(browser)["Bundle discounts"] == "€1.00 1 order · same as the previous 30 days"


def test_more_orders_take_no_more_queries(shop: SmallShop) -> None:
    """The days are read at once."""
    counts = []
    browser = Merchants(shop)
    for ago in (1, 20, 40):
        place(shop, ago, "10")
        browser.get("")
        with counted_sql() as statements:
            browser.get("")
        counts.append(len(statements))
    assert counts == [counts[0]] * 3
