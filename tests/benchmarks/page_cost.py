"""What the widgets add to a product page, against the same page written by hand, in one run.

``python tests/benchmarks/page_cost.py [--small] [--pages 3000] [--redis /usr/bin/redis-server]``

The shop has 100 000 products and 1 000 000 orders; the page four slots with up to 32 cards. Pages are asked for as
often as their products sell, the three views in turn, so that whatever slows the machine slows them alike. What a view
costs is its time less that of a view that does nothing. The page by hand holds all products in a dict for ever; the
plugin asks the shop's catalogue and keeps a card for 30 seconds.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ground  # first: it opens the way to the next ones
import sqlalchemy as sa
from busy_shop import SMALL, PlainCart, Size, busy_shop, make_products, seen_products, views
from flask import Flask
from handmade_page import HandmadePage
from werkzeug.test import EnvironBuilder

from storefront_plugin import CartLine
from storefront_plugin.redis_store._wire import Wire

Ask = Callable[[str], bytes]
Times = dict[str, list[float]]
VIEWS = ("plugin", "handmade", "empty")
LINES = 500
WARM = 150
"""Pages asked again and again, so that all cards on them are held."""


def asker(app: Flask) -> Ask:
    """Asks *app* as a server does, without a test client's own work."""

    def ask(path: str) -> bytes:
        answered: list[str] = []
        environ = EnvironBuilder(path).get_environ()
        body = b"".join(app.wsgi_app(environ, lambda status, headers, trouble=None: answered.append(status)))  # type: ignore[arg-type,return-value]
        assert answered[0] == "200 OK", (path, answered)
        return body

    return ask


def timed(ask: Ask, path: str) -> tuple[float, float]:
    """Milliseconds of one page on the clock, and of this thread's work: others' load slows the former only."""
    began, worked = time.perf_counter(), time.thread_time()
    ask(path)
    return (time.perf_counter() - began) * 1000, (time.thread_time() - worked) * 1000


@contextmanager
def counted_trips() -> Iterator[dict[str, int]]:
    """Counts this thread's trips to Redis and SQL statements while the block runs."""
    counts, thread, send = {"redis": 0, "sql": 0}, threading.get_ident(), Wire.send

    def counting_send(wire: Wire, payload: bytes, ends: float) -> None:
        counts["redis"] += threading.get_ident() == thread
        send(wire, payload, ends)

    def statement(*_: Any) -> None:
        counts["sql"] += threading.get_ident() == thread

    Wire.send = counting_send  # type: ignore[method-assign]
    sa.event.listen(sa.Engine, "before_cursor_execute", statement)
    try:
        yield counts
    finally:
        Wire.send = send  # type: ignore[method-assign]
        sa.event.remove(sa.Engine, "before_cursor_execute", statement)


def measure_pages(ask: Ask, seen: list[int]) -> tuple[Times, Times]:
    """Times of each view, asked in turn: on the clock, and of work."""
    clock: Times = {name: [] for name in VIEWS}
    work: Times = {name: [] for name in VIEWS}
    for turn, number in enumerate(seen):
        for step in range(3):
            name = VIEWS[(turn + step) % 3]
            passed, worked = timed(ask, f"/{name}/{number}")
            clock[name].append(passed)
            work[name].append(worked)
    return clock, work


def same_cards(ask: Ask, seen: list[int]) -> float:
    """Share of the pages on which both show the same products in the same order."""
    alike = 0
    for number in seen:
        pages = [ask(f"/{name}/{number}").decode() for name in ("plugin", "handmade")]
        cards = [re.findall(r'data-storefront-product="(\w+)"', page) for page in pages]
        alike += cards[0] == cards[1]
    return alike / len(seen)


def measure_cart(ask: Ask, cart: PlainCart, seen: list[int], pages: int) -> list[float]:
    """Times of a cart page with many lines."""
    products = list(dict.fromkeys(seen))
    times = []
    for start in range(pages):
        cart.content = [CartLine(str(number), 1) for number in (products[start:] + products[:start])[:LINES]]
        times.append(timed(ask, "/cart")[0])
    return times


def add_ratio(table: ground.Table, name: str, times: Times, promise: str = "") -> None:
    """Two rows: what both add, and how they relate."""
    plugin, by_hand = added(times)
    table.add(f"p50 added, {name}", f"{plugin:.2f}", f"{by_hand:.2f}")
    table.add(f"ratio of p50 added, {name}", f"{plugin / by_hand:.2f}", "1", "", promise)


def added(times: Times) -> tuple[float, float]:
    """What the plugin and the page by hand add to a view that does nothing."""
    empty = ground.median(times["empty"])
    return ground.median(times["plugin"]) - empty, ground.median(times["handmade"]) - empty


def spread(times: list[float]) -> float:
    """How much longer the slowest of a hundred takes than the middle one."""
    return ground.percentile(times, 0.99) / ground.median(times)


def main() -> None:
    """Build the shop, ask for its pages, print the table."""
    options = ground.options(__doc__, pages=3000)
    size, pages = (SMALL, 50) if options.small else (Size(), options.pages)
    with ground.own_folder() as folder, ground.own_redis(folder, options.redis) as url:
        cart = PlainCart()
        shop = busy_shop(folder, url, size, make_products(size), cart)
        app = views(shop)
        with app.app_context():
            HandmadePage(shop, url).mount(app)
        report(asker(app), cart, seen_products(folder, pages), size)
        shop.close()


def report(ask: Ask, cart: PlainCart, seen: list[int], size: Size) -> None:
    """Measure and print."""
    alike = same_cards(ask, seen[:100])  # warms everything, too
    clock, work = measure_pages(ask, seen)
    for number in seen[:WARM]:
        ask(f"/plugin/{number}")
    warm_clock, warm_work = measure_pages(ask, seen[:WARM] * 5)
    with counted_trips() as trips:
        for number in seen[:WARM]:
            ask(f"/plugin/{number}")
    carts = measure_cart(ask, cart, seen, 30)
    table = ground.Table(
        f"page_cost: {size.products:,} products, {size.orders:,} orders, 4 slots, {len(seen):,} pages",
        *("milliseconds", "plugin", "by hand", "empty view", "promise"),
    )
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
        table.add(name, *(f"{ground.percentile(clock[view], share):.2f}" for view in VIEWS))
    table.add("p50 warm", *(f"{ground.median(warm_clock[view]):.2f}" for view in VIEWS))
    add_ratio(table, "warm", warm_clock, "<= 1.5")
    add_ratio(table, "warm, work of the thread", warm_work, "<= 1.5")
    add_ratio(table, "as seen", clock)
    add_ratio(table, "as seen, work of the thread", work)
    table.add("p99 / p50", *(f"{spread(clock[view]):.1f}" for view in VIEWS), "<= 10")
    table.add("trips to Redis a page", f"{trips['redis'] / len(seen[:WARM]):.2f}", "1", "0", "<= 2")
    table.add("SQL queries a page", f"{trips['sql'] / len(seen[:WARM]):.2f}", "0", "0", "0 warm")
    table.add(f"cart of {LINES} lines, p50", f"{ground.median(carts):.2f}", "", "", "<= 50")
    table.add("pages with the same cards", f"{alike:.0%}")
    table.show()


if __name__ == "__main__":
    main()
