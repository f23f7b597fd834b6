"""Several processes on one shop, forked, killed and started again: pages are served, each order counts once."""

from __future__ import annotations

import os
import signal
import threading
import time
import uuid
from collections.abc import Callable
from http.client import HTTPConnection, HTTPResponse

import pytest
from bs4 import BeautifulSoup
from children import in_child
from counting_model import expected, stored
from live_processes import preloaded, running
from shop_pages import add_pages, visit, wait_until, warm
from small_shop import SmallShop

from storefront_plugin.core.forks import ProcessLock
from storefront_plugin.jobs.thread import BackgroundThread
from storefront_plugin.redis_store import Command

MakeShop = Callable[..., SmallShop]


@pytest.fixture
def shop(make_shop: MakeShop) -> SmallShop:
    """A shop in production mode, here and in the processes of `run`."""
    return add_pages(
        make_shop(TESTING=False, STOREFRONT_DRAIN="off", STOREFRONT_DEADLINE_MS=1000, STOREFRONT_MIN_SUPPORT=1)
    )


def test_two_workers_one_of_them_killed(shop: SmallShop) -> None:
    """kill -9 at any moment: the other one counts on, each order once."""
    worker = ("flask", "--app", "hosts.live_shop", "storefront", "worker", "--catch-up-at", "off")
    with running(shop, *worker) as first, running(shop, *worker) as second, shop.app.app_context():
        wait_until(lambda: shop.storefront.services.heartbeats.look().workers == 2, 30)
        for number in range(60):
            order = shop.order(f"p{number % 7 + 1}", f"p{number % 5 + 8}", id=f"o{number}-{uuid.uuid4().hex}")
            shop.storefront.order_placed(order, commit=True)
            if number == 40:
                parts = shop.storefront.services
                wait_until(lambda: _sold(shop) >= 20)
                os.kill(first.pid, signal.SIGKILL)
        wait_until(lambda: _sold(shop) == 120)
        assert second.poll() is None
        assert stored(shop) == expected(shop)
        assert parts.upkeep.rebuild_due is None


def _sold(shop: SmallShop) -> int:
    try:
        return sum(stored(shop).sold.values())
    except AssertionError:  # there is no generation yet
        return 0


@pytest.mark.slow
def test_a_preloaded_server_forks_after_everything_was_used(shop: SmallShop) -> None:
    """gunicorn --preload: both workers show suggestions, count the orders placed in the meantime, and outlive each other."""
    with preloaded(shop) as port:
        wait_until(lambda: _page(port)[0], 30)
        seen: set[str] = set()
        wait_until(lambda: len(_served(port, seen)) == 2, 30)
        os.kill(int(next(iter(seen))), signal.SIGKILL)
        assert all(_answered(port) for _ in range(5))
        with shop.app.app_context():
            for number in range(2):
                shop.storefront.order_placed(shop.order("p1", "p7", id=f"late-{number}"), commit=True)
        wait_until(lambda: "p7" in _page(port)[1], 30)
    with shop.app.app_context():
        shop.storefront.drain()
        assert stored(shop) == expected(shop)


def test_a_process_that_ends_while_products_are_compared_ends_well(shop: SmallShop) -> None:
    """Within seconds and without a word; DuckDB aborts processes that leave it at work. The next one indexes."""
    with running(shop, "hosts.ending_shop") as process:
        errors = process.communicate(timeout=60)[1]
    assert (process.returncode, errors) == (0, "")
    with shop.app.app_context():
        parts = shop.storefront.services
        indexing, edition = parts.store.execute(
            [Command(parts.keys.news, "HGET", (name,)) for name in ("indexing", "edition")]
        )
        assert (bool(indexing), edition) == (True, None)  # it was ended in the midst of it
        shop.storefront.drain()
        assert parts.store.execute([Command(parts.keys.news, "HGET", ("edition",))])[0]


def _get(port: int) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/p/p1")
    return connection.getresponse()


def _page(port: int) -> tuple[str, list[str]]:
    """The process that answered, and the ids of its cards; nothing while the server starts."""
    try:
        response = _get(port)
    except OSError:
        return "", []
    soup = BeautifulSoup(response.read(), "html5lib")
    return response.headers["X-Process"], [
        str(card["data-storefront-product"]) for card in soup.select(".storefront-card")
    ]


def _served(port: int, seen: set[str]) -> set[str]:
    process, cards = _page(port)
    if "p2" in cards:
        seen.add(process)
    return seen


def _answered(port: int) -> bool:
    time.sleep(0.2)
    return bool(_page(port)[0])


def test_a_forked_child_has_its_own_connections_and_locks(shop: SmallShop) -> None:
    """Also where a thread of the parent was holding them: both go on, and neither closes what is the other's."""
    with shop.app.app_context():
        shop.place(["p1", "p2"])
        assert warm(shop).shown()
        parts = shop.storefront.services
        with parts.upkeep._lock, parts.products._lock, parts.numbers._lock, parts.database._lock:
            answer = in_child(
                lambda: (visit(shop).shown("also_bought") + visit(shop).shown(), shop.place(["p1", "p3"]))[0]
            )
        assert "p2" in answer
        shop.db.session.remove()
        shop.storefront.drain()
        assert warm(shop).shown()
        assert stored(shop) == expected(shop)


def test_a_lock_is_each_processes_own() -> None:
    """A plain one would stay held in the child for ever."""
    lock = ProcessLock()
    with lock:
        assert in_child(lambda: lock.__enter__() or "free") == "free"


def test_one_thread_works_however_many_wake_it(shop: SmallShop) -> None:
    """It rests after trouble, whoever wakes it, and ends when it is stopped."""
    turns: list[float] = []

    def turn() -> None:
        turns.append(time.monotonic())
        raise RuntimeError("trouble")

    background = BackgroundThread(shop.app, lambda: False)
    background.does(turn)
    before = threading.active_count()
    wakers = [threading.Thread(target=background.wake) for _ in range(20)]
    for waker in wakers:
        waker.start()
    for waker in wakers:
        waker.join()
    assert threading.active_count() == before + 1
    for _ in range(50):
        background.wake()
        time.sleep(0.005)
    assert len(turns) == 1
    background.stop()
    assert threading.active_count() == before
