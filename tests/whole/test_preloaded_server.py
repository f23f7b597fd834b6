"""A server that preloads the app and forks while orders are being counted, started again and again under traffic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest
import sqlalchemy as sa
from counting_model import expected, stored
from live_processes import preloaded
from shop_pages import add_pages, wait_until
from small_shop import SmallShop

pytestmark = pytest.mark.slow

MakeShop = Callable[..., SmallShop]
SHOPPERS, REQUESTS = 3, 16


def ask(port: int, method: str, path: str) -> int:
    """The status that a shopper gets; 0 while the server starts."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def shop_around(port: int, shopper: int) -> Counter[int]:
    """Pages and orders in turn."""
    paths = [
        ("POST", f"/buy/p{shopper + n % 5 + 1}/p{n % 7 + 9}") if n % 2 else ("GET", "/p/p1") for n in range(REQUESTS)
    ]
    return Counter(ask(port, method, path) for method, path in paths)


@pytest.mark.parametrize("start", range(4))
def test_orders_and_pages_of_all_workers_succeed(make_shop: MakeShop, start: int) -> None:
    """No order and no page fails in any start, the database is whole, and each order counts once."""
    shop = add_pages(make_shop(TESTING=False, STOREFRONT_DRAIN="off"))
    with preloaded(shop) as port:
        wait_until(lambda: ask(port, "GET", "/p/p1") == 200, 30)
        with ThreadPoolExecutor(SHOPPERS) as pool:
            answers = sum(pool.map(lambda shopper: shop_around(port, shopper), range(SHOPPERS)), Counter[int]())
    assert answers == {200: SHOPPERS * REQUESTS}
    with shop.app.app_context():
        assert shop.db.session.scalar(sa.text("PRAGMA integrity_check")) == "ok"
        shop.db.session.remove()
        shop.storefront.drain()
        assert stored(shop) == expected(shop)
