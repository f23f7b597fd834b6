"""`SQLAlchemyOrders` over four odd shops: wherever orders and lines are kept, the same orders come out."""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from shops import baskets, carts, relational, skus, variants
from shops.grounds import Opened, opening

from storefront_plugin.core.errors import InputError
from storefront_plugin.shop.inspection import counted_queries
from storefront_plugin.shop.ports import OrderLine

SHOPS = [relational, variants, skus, carts]
NAMES = ["relational", "variants", "skus", "carts"]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens filled shops on any database."""
    with opening(tmp_path) as open_shop:
        yield open_shop


@pytest.mark.parametrize("store", ["file", "memory", "postgres"])
@pytest.mark.parametrize("shop", SHOPS, ids=NAMES)
def test_orders_give_the_pairs_that_were_sold(opened: Opened, shop: Any, store: str) -> None:
    """Every standing order with its products, wherever lines are kept; cancelled and unpaid ones are told apart."""
    app = opened(shop, store)
    numbers = {shop.product_id(number): number for number in range(baskets.PRODUCTS)}
    together: Counter[tuple[int, ...]] = Counter()
    with app.app_context():
        orders = list(shop.orders().iter_orders())
    for order in orders:
        if order.status == "placed":
            together.update(combinations(sorted(numbers[line.product_id] for line in order.lines), 2))
    assert len(orders) == baskets.ORDERS
    assert sum(order.status == "cancelled" for order in orders) == 9
    assert dict(together) == baskets.TOGETHER
    assert sum(order.customer_id is None for order in orders) == baskets.ORDERS // 3
    line = orders[-1].lines[-1]
    assert line.quantity == baskets.quantity(numbers[line.product_id])


def test_orders_are_read_without_a_query_an_order(opened: Opened) -> None:
    """At most three queries for a page of 500: orders, lines, variants."""
    for shop in SHOPS:
        with opened(shop).app_context(), counted_queries() as count:
            list(shop.orders().iter_orders())
        assert count.queries <= 3, shop.__name__


@pytest.mark.parametrize("store", ["file", "memory"])
def test_orders_of_one_second_are_paged_without_loss(opened: Opened, store: str) -> None:
    """SQLite writes CURRENT_TIMESTAMP without microseconds and SQLAlchemy with; both forms meet at page borders."""
    app = opened(carts, store)
    with app.app_context():
        connection = carts.db.session.connection()
        connection.execute(sa.text("DELETE FROM orders"))
        for time in ("2024-05-01 10:00:00", "2024-05-01 10:00:00.000000"):
            rows = [{"time": time} for _ in range(610)]
            connection.execute(sa.text("INSERT INTO orders (cart_id, paid_on) VALUES (1, :time)"), rows)
        carts.db.session.commit()
        found = list(carts.orders().iter_orders())
        since = list(carts.orders().iter_orders(dt.datetime(2024, 5, 1, 10, tzinfo=dt.timezone.utc)))
    assert len({order.id for order in found}) == len(found) == 1220
    assert len(since) == 1220


def test_a_late_cancellation_is_found_by_the_time_of_change(opened: Opened) -> None:
    """`since` looks at the time of placement and at the mapped column of the last change."""
    with opened(relational).app_context():
        order = relational.db.session.get(relational.Order, 1)
        order.status, order.updated_at = "cancelled", dt.datetime(2024, 6, 1)
        relational.db.session.commit()
        found = list(relational.orders().iter_orders(dt.datetime(2024, 5, 31, tzinfo=dt.timezone.utc)))
    assert [(order.id, order.status) for order in found] == [("1", "cancelled")]


def test_an_order_is_read_in_the_shops_own_transaction(opened: Opened) -> None:
    """Flushed and not yet committed; of another model or without id is a sentence."""
    for shop, model in (
        (relational, relational.Order),
        (variants, variants.Purchase),
        (skus, skus.Sale),
        (carts, carts.Order),
    ):
        with opened(shop).app_context():
            orders, session = shop.orders(), shop.db.session
            instance = session.scalars(sa.select(model).limit(1)).one()
            key = sa.inspect(instance).identity[0]
            assert orders.order_of(instance) == next(order for order in orders.iter_orders() if order.id == str(key))
            with pytest.raises(InputError, match="flush"):
                orders.order_of(model())
            with pytest.raises(InputError, match="flush"):
                orders.order_of("12")
    with opened(relational).app_context():
        placed = relational.Order(created_at=dt.datetime(2024, 7, 1))
        placed.items.append(relational.OrderItem(item_id=3, quantity=2, price=Decimal(1)))
        relational.db.session.add(placed)
        relational.db.session.flush()
        assert relational.orders().order_of(placed).lines == (OrderLine("3", 2, Decimal("1.00")),)
        relational.db.session.rollback()


def _lines(opened: Opened, lines: Any, **changes: Any) -> tuple[OrderLine, ...] | None:
    """The lines of the first order when the shop of carts keeps *lines*."""
    with opened(carts).app_context():
        fields = {
            "line_product_id": "p",
            "line_quantity": "q",
            "line_unit_price": "at",
            "line_variant_id": "v",
            **changes,
        }
        order = next(carts.orders(lines=lambda order: lines, options=(), **fields).iter_orders())
        return None if order.lines is None else tuple(order.lines)


def test_lines_may_be_dicts_json_text_objects_or_order_lines(opened: Opened) -> None:
    """Whatever a callable gives is read; what is sold by weight counts as the next whole item."""
    expected = (OrderLine("7", 3, Decimal("1.5"), "7-s"),)
    assert _lines(opened, [{"p": 7, "q": 2.5, "at": 1.5, "v": "7-s"}]) == expected
    assert _lines(opened, '[{"p": "7", "q": "3", "at": "1.5", "v": "7-s"}]') == expected
    assert _lines(opened, expected) == expected


def test_lines_that_cannot_count_are_left_out(opened: Opened, caplog: pytest.LogCaptureFixture) -> None:
    """No product, nothing sold: the rest of the order stands. What is no list is not an order without lines."""
    with caplog.at_level(logging.WARNING):
        found = _lines(opened, [{"q": 1}, {"p": 1, "q": 0}, {"p": 2, "q": -1}, {"p": 3, "q": 1, "at": "?"}, 17])
        assert found == (OrderLine("3", 1),)
        assert _lines(opened, [{"q": 1}]) == _lines(opened, []) == ()
        assert _lines(opened, {"p": 1}) is None
        assert _lines(opened, "not json") is None
    assert "without a product" in caplog.text


@pytest.mark.parametrize("product_of", [{"7-s": "7"}, lambda ids: {id: id.split("-")[0] for id in ids if id != "9-x"}])
def test_variants_are_folded_by_a_dict_or_one_call_a_page(opened: Opened, product_of: Any) -> None:
    """A variant whose product is unknown is left out, and said."""
    found = _lines(opened, [{"v": "7-s"}, {"v": "9-x"}], product_of=product_of, line_product_id=None)
    assert [(line.product_id, line.variant_id) for line in found or ()] == [("7", "7-s")]
