"""Sales by day on the shop's clock and by currency, as the merchant's first page shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from postgres import postgres_url
from small_shop import SmallShop

from storefront_plugin import Order, OrderLine
from storefront_plugin.orderlog.sales import DailySales, daily_sales

MakeShop = Callable[..., SmallShop]


def place(shop: SmallShop, number: str, moment: str, *prices: str | None, currency: str | None = "EUR") -> None:
    """Record an order of two items of a product a price, placed at *moment*, in UTC."""
    lines = [
        OrderLine(f"p{n}", 2, None if price is None else Decimal(price)) for n, price in enumerate(prices, start=1)
    ]
    at = dt.datetime.fromisoformat(moment).replace(tzinfo=dt.timezone.utc)
    shop.storefront.order_placed(Order(id=number, placed_at=at, currency=currency, lines=lines), commit=True)


def sales(shop: SmallShop, first: str, count: int, zone: str = "UTC") -> DailySales:
    """The sales of *count* days from *first* on."""
    shop.storefront.drain()
    began = dt.date.fromisoformat(first)
    days = [began + dt.timedelta(days=more) for more in range(count)]
    with shop.storefront.database.reading() as session:
        return daily_sales(session, days, ZoneInfo(zone))


def test_revenue_is_what_was_sold_without_refunds(make_shop: MakeShop) -> None:
    """Of placed orders, by currency, which are never added together; orders with a line without price are no part of it."""
    shop = make_shop()
    with shop.app.app_context():
        place(shop, "a", "2026-03-01 12:00", "10", "2.50")
        place(shop, "b", "2026-03-01 13:00", "1000", currency="JPY")
        place(shop, "c", "2026-03-02 09:00", "10", None)
        place(shop, "d", "2026-03-03 09:00", "10")
        shop.storefront.order_refunded("d", [OrderLine("p1", 1)], commit=True)
        place(shop, "e", "2026-03-03 10:00", "10")
        shop.storefront.order_cancelled("e", commit=True)
        found = sales(shop, "2026-03-01", 3)
    assert found.orders == [2, 1, 1]
    assert found.known == {"EUR": [1, 0, 1], "JPY": [1, 0, 0]}
    assert found.revenue == {"EUR": [2500, 0, 1000], "JPY": [2000, 0, 0]}


@pytest.mark.parametrize(
    ("zone", "first", "moments", "orders"),
    [
        ("UTC", "2026-03-01", ["02-28 23:59", "03-01 00:00", "03-01 23:59", "03-02 00:00"], [2, 1]),
        ("Asia/Tokyo", "2026-03-01", ["02-28 14:59", "02-28 15:00", "03-01 14:59", "03-01 15:00"], [2, 1]),
        ("America/New_York", "2026-03-01", ["03-01 04:59", "03-01 05:00", "03-02 04:59", "03-02 05:00"], [2, 1]),
        # London's clock goes forward on this day, which begins at 0:00 and ends at 23:00 in UTC.
        ("Europe/London", "2026-03-29", ["03-28 23:59", "03-29 00:00", "03-29 22:59", "03-29 23:00"], [2, 1]),
        ("Europe/London", "2025-10-26", ["10-25 22:59", "10-25 23:00", "10-26 23:59", "10-27 00:00"], [2, 1]),
        ("Asia/Kathmandu", "2026-03-01", ["02-28 18:14", "02-28 18:15", "03-01 18:14", "03-01 18:15"], [2, 1]),
    ],
)
def test_days_begin_when_they_do_in_the_shop(
    make_shop: MakeShop, zone: str, first: str, moments: list[str], orders: list[int]
) -> None:
    """Whatever its zone, and on the days when its clock changes."""
    shop = make_shop()
    with shop.app.app_context():
        for number, moment in enumerate(moments):
            place(shop, str(number), f"{first[:4]}-{moment}", "1")
        found = sales(shop, first, 2, zone)
    assert found.orders == orders
    assert found.revenue == {"EUR": [200 * count for count in orders]}


def test_postgresql_counts_the_same(make_shop: MakeShop) -> None:
    """Moments are compared as moments there, too."""
    shop = make_shop(SQLALCHEMY_DATABASE_URI=postgres_url())
    with shop.app.app_context():
        place(shop, "a", "2026-02-28 14:59", "10")
        place(shop, "b", "2026-02-28 15:00", "10", "0.01")
        found = sales(shop, "2026-03-01", 1, "Asia/Tokyo")
    assert (found.orders, found.revenue) == ([1], {"EUR": [2002]})
