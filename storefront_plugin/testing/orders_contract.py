"""What the import and catch-up expect of a shop's orders."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import islice, pairwise

import pytest

from ..shop.ports import Order, OrderLine, Orders, clean_id

MANY = 2000


class OrdersContract:
    """Needs a fixture ``orders`` with at least two orders, inside an app context."""

    @pytest.fixture
    def some(self, orders: Orders) -> list[Order]:
        """The first orders; every test here needs two."""
        found = list(islice(orders.iter_orders(), MANY))
        assert len(found) > 1, "the orders of the fixture are too few; fill it with two or more"
        return found

    def test_it_offers_what_orders_must(self, orders: object) -> None:
        """iter_orders is there."""
        assert isinstance(orders, Orders)

    def test_orders_can_be_recorded(self, some: list[Order]) -> None:
        """Id, time, status and lines are what the log takes."""
        for order in some:
            assert clean_id(order.id, "order id") == order.id
            assert isinstance(order.placed_at, dt.datetime)
            assert order.status in ("placed", "cancelled")
            assert order.customer_id is None or clean_id(order.customer_id, "customer id")
            for line in order.lines:
                self._check_line(line)

    def _check_line(self, line: OrderLine) -> None:
        assert clean_id(line.product_id) == line.product_id
        assert isinstance(line.quantity, int)
        assert line.quantity > 0
        assert line.unit_price is None or isinstance(line.unit_price, Decimal)

    def test_the_oldest_comes_first(self, some: list[Order]) -> None:
        """Times never go back."""
        assert all(earlier.placed_at <= later.placed_at for earlier, later in pairwise(some))

    def test_each_order_comes_once_and_again(self, orders: Orders, some: list[Order]) -> None:
        """No id is repeated, and a second reading gives the same."""
        assert len({order.id for order in some}) == len(some)
        assert list(islice(orders.iter_orders(), MANY)) == some

    def test_since_gives_all_from_then_on(self, orders: Orders, some: list[Order]) -> None:
        """Orders placed at the very moment are among them."""
        since = some[len(some) // 2].placed_at
        found = {order.id for order in orders.iter_orders(since)}
        assert {order.id for order in some if order.placed_at >= since} <= found

    def test_nothing_is_placed_in_a_hundred_years(self, orders: Orders) -> None:
        """A moment far ahead gives nothing."""
        ahead = dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=36500)
        assert not list(orders.iter_orders(ahead))
