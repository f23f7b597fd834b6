"""A fork at any moment: the child can use the shop's database and Redis, and nothing of its parent's stays with it."""

from __future__ import annotations

import ctypes
import gc
import logging
import multiprocessing
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from children import in_child
from counting_model import expected, stored
from postgres import postgres_url
from shop_pages import add_pages, visit, wait_until, warm
from small_shop import SmallShop, small_shop

from storefront_plugin.core.forks import REST_SECONDS
from storefront_plugin.orderlog.tables import Applier
from storefront_plugin.proxies import SERVICES

MakeShop = Callable[..., SmallShop]


@pytest.fixture
def shop(make_shop: MakeShop) -> Iterator[SmallShop]:
    """A shop in production mode that counts when a test says so."""
    made = add_pages(make_shop(TESTING=False, STOREFRONT_DRAIN="off", STOREFRONT_MIN_SUPPORT=1))
    with made.app.app_context():
        made.place(["p1", "p2"], ["p1", "p2"])
        assert "p2" in warm(made).shown()
        made.db.session.remove()
        yield made


@contextmanager
def counting_elsewhere(shop: SmallShop, seconds: float) -> Iterator[None]:
    """Another thread has the applier's lock for *seconds* from the beginning of the block on."""
    begun = threading.Event()

    def count() -> None:
        with shop.app.app_context(), shop.storefront.database.writing() as session:
            session.execute(sa.update(Applier).values(locks=Applier.locks + 1))
            begun.set()
            time.sleep(seconds)

    thread = threading.Thread(target=count)
    thread.start()
    assert begun.wait(5)
    try:
        yield
    finally:
        thread.join()


def commit_by_hand(shop: SmallShop) -> str:
    """A commit of the shop's own, which has no patience."""
    with sqlite3.connect(Path(shop.app.instance_path) / "shop.sqlite", timeout=0.5) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS own (number INTEGER)")
        connection.execute("INSERT INTO own VALUES (1)")
    connection.close()
    return "committed"


def buy_and_look(shop: SmallShop) -> list[str]:
    """An order and a page, as a worker that was just forked meets them."""
    shop.place(["p1", "p3"], drain=False)
    return warm(shop).shown()


def locks_of(shop: SmallShop) -> int:
    with shop.storefront.database.reading(blocking=True) as session:
        return session.scalar(sa.select(Applier.locks)) or 0


def test_a_child_that_was_forked_amid_counting_can_commit(shop: SmallShop) -> None:
    """The fork waits for the transaction, which is committed in the parent and forgotten in the child."""
    before = locks_of(shop)
    with counting_elsewhere(shop, 0.4):
        assert in_child(lambda: commit_by_hand(shop)) == "committed"
    assert locks_of(shop) == before + 1
    assert commit_by_hand(shop) == "committed"
    assert stored(shop) == expected(shop)


def open_files(words: str) -> set[str]:
    """What this process has open under a name with *words*, each with its number."""
    found = set()
    for number in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
        except FileNotFoundError:  # the listing itself
            continue
        if words in target:
            found.add(f"{number} {target}")
    return found


def test_a_child_has_neither_files_nor_sockets_of_ours(make_shop: MakeShop) -> None:
    """The parent keeps its sockets, and opens its database again."""
    sockets = open_files("socket:")
    shop = add_pages(make_shop(TESTING=False, STOREFRONT_DRAIN="off", STOREFRONT_MIN_SUPPORT=1))
    with shop.app.app_context():
        shop.place(["p1", "p2"])
        warm(shop)
        shop.db.session.remove()
        shop.db.engine.dispose()  # its own connections are the shop's affair
        file = str(Path(shop.app.instance_path, "shop.sqlite"))  # tests before have left their own open
        assert open_files(file)
        ours = open_files("socket:") - sockets
        assert ours
        assert in_child(lambda: [open_files(file), open_files("socket:") & ours]) == "[set(), set()]"
        assert open_files("socket:") >= ours
        assert "p2" in visit(shop).shown()


def test_a_fork_does_not_wait_for_long(shop: SmallShop, caplog: pytest.LogCaptureFixture) -> None:
    """A transaction that does not end is told in the log, and goes on in the parent."""
    before = locks_of(shop)
    with counting_elsewhere(shop, REST_SECONDS * 2.5), caplog.at_level(logging.WARNING):
        began = time.monotonic()
        assert in_child(lambda: "forked") == "forked"
        assert time.monotonic() - began < REST_SECONDS * 2
    assert ["amid a transaction" in record.message for record in caplog.records] == [True]
    assert locks_of(shop) == before + 1


def test_sessions_that_begin_during_a_fork_wait_for_it(shop: SmallShop) -> None:
    """They begin at once after it, and a page is late by no more than its deadline."""
    database, answers = shop.storefront.database, []

    def read() -> None:
        with shop.app.app_context():
            answers.append(locks_of(shop))

    assert database.drop(0.1)
    reader = threading.Thread(target=read)
    reader.start()
    reader.join(0.2)
    assert answers == []
    database.resume()
    reader.join(5)
    assert len(answers) == 1


def test_a_shop_that_is_mounted_during_a_fork_works_afterwards(shop: SmallShop, make_shop: MakeShop) -> None:
    """It was not asked to rest, so nobody tells it to go on."""
    mounted: list[SmallShop] = []

    def mount() -> None:
        time.sleep(0.2)
        mounted.append(make_shop(TESTING=False, STOREFRONT_DRAIN="off", STOREFRONT_MIN_SUPPORT=1))

    mounting = threading.Thread(target=mount)
    with counting_elsewhere(shop, REST_SECONDS * 1.5):
        mounting.start()
        assert in_child(lambda: "forked") == "forked"
        mounting.join(5)
    with mounted[0].app.app_context():
        mounted[0].place(["p1", "p2"])
        assert stored(mounted[0]) == expected(mounted[0])


def test_a_turn_of_the_thread_ends_before_the_fork(make_shop: MakeShop) -> None:
    """The child has no thread until somebody wakes it, then its own; the parent's works on."""
    shop = add_pages(make_shop(TESTING=False))
    thread, turns = shop.app.extensions[SERVICES].thread, []

    def turn() -> None:
        time.sleep(0.2)
        turns.append(os.getpid())

    def drainers() -> int:
        return sum(one.name == "storefront-drainer" for one in threading.enumerate())

    def child() -> list[int]:
        ended, before = len(turns), drainers()
        thread.wake()
        wait_until(lambda: len(turns) > ended)
        return [before, drainers(), int(turns[-1] == os.getpid())]

    thread.does(turn)
    thread.wake()
    wait_until(lambda: bool(thread._gate._inside))
    assert in_child(child) == "[0, 1, 1]"
    assert len(turns) == 1
    thread.wake()
    wait_until(lambda: len(turns) == 2)
    thread.stop()


def locks_within(found: Any, seen: set[int]) -> Iterator[Any]:
    """All locks that objects of the package hold, however deep."""
    if id(found) in seen or isinstance(found, (type, str, bytes, int, float)):
        return
    seen.add(id(found))
    if type(found).__name__ in ("lock", "RLock"):
        yield found
    elif type(found).__module__.startswith(("storefront_plugin", "threading")):
        for attribute in [*getattr(found, "__dict__", {}).values(), *_in_slots(found)]:
            yield from locks_within(attribute, seen)
    elif isinstance(found, dict):
        for value in list(found.values()):
            yield from locks_within(value, seen)
    elif isinstance(found, (list, tuple, set, frozenset)):
        for value in list(found):
            yield from locks_within(value, seen)


def _in_slots(found: Any) -> list[Any]:
    names = [name for kind in type(found).__mro__ for name in getattr(kind, "__slots__", ()) if name[:2] != "__"]
    return [getattr(found, name, None) for name in names]


def test_whatever_lock_a_thread_holds_the_child_has_its_own(shop: SmallShop) -> None:
    """It shows pages, answers fragments and counts, though the threads that held them are not there."""
    client = shop.app.test_client()
    address = "/storefront/api/v1/openapi.json"
    assert client.get(address).status_code in (200, 404)
    locks = list(locks_within([shop.storefront.services, list(shop.app.extensions.values())], set()))
    assert len(locks) > 10
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        taken = [lock for lock in locks if lock.acquire(timeout=1)]
        held.set()
        over.wait(20)
        for lock in taken:
            lock.release()

    holder = threading.Thread(target=hold)

    def child() -> object:
        assert client.get(address).status_code in (200, 404)
        seen = buy_and_look(shop)
        shop.storefront.drain()
        return seen

    gates = [shop.storefront.database._gate, shop.storefront.services.thread._gate]
    locks = [lock for lock in locks if not any(lock is gate._changed._lock for gate in gates)]
    holder.start()
    held.wait(5)
    answer = in_child(child)
    over.set()
    holder.join()
    assert "'p2'" in answer
    shop.db.session.remove()
    assert stored(shop) == expected(shop)


def test_both_sides_of_a_fork_go_on_with_postgresql(make_shop: MakeShop) -> None:
    """Neither reads the other's answers: the parent's connections are closed before, whoever was at work."""
    shop = add_pages(
        make_shop(
            TESTING=False, STOREFRONT_DRAIN="off", STOREFRONT_MIN_SUPPORT=1, SQLALCHEMY_DATABASE_URI=postgres_url()
        )
    )
    with shop.app.app_context():
        shop.place(["p1", "p2"], ["p1", "p2"])
        assert "p2" in warm(shop).shown()
        shop.db.session.remove()
        shop.db.engine.dispose()  # its own connections are the shop's affair

        def child() -> list[str]:
            seen = buy_and_look(shop)
            shop.storefront.drain()
            shop.close()
            return seen

        with counting_elsewhere(shop, 0.3):
            assert "'p2'" in in_child(child)
        shop.place(["p1", "p4"])
        assert "p2" in visit(shop).shown()
        assert stored(shop) == expected(shop)


def test_a_process_of_multiprocessing_sells(shop: SmallShop) -> None:
    """Its fork calls the same hooks."""
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    with counting_elsewhere(shop, 0.3):
        process = context.Process(target=lambda: answers.put(buy_and_look(shop)))
        process.start()
        process.join(10)
    assert "p2" in answers.get()
    shop.storefront.drain()
    assert stored(shop) == expected(shop)


def test_a_grandchild_sells(shop: SmallShop) -> None:
    """Servers fork once more for each worker."""
    assert "p2" in in_child(lambda: in_child(lambda: buy_and_look(shop)))
    shop.storefront.drain()
    assert stored(shop) == expected(shop)


def test_a_server_that_forks_in_c_and_tells_python_afterwards(shop: SmallShop) -> None:
    """As uWSGI does: nobody asked before the fork, but nothing was under way."""

    def fork() -> int:
        child = int(ctypes.PyDLL(None).fork())
        if child == 0:
            ctypes.pythonapi.PyOS_AfterFork_Child()
        return child

    shop.storefront.services.thread.stop()
    assert "p2" in in_child(lambda: buy_and_look(shop), fork)
    assert "p2" in visit(shop).shown()
    shop.storefront.drain()
    assert stored(shop) == expected(shop)


def test_a_database_in_memory_is_copied(make_shop: MakeShop) -> None:
    """Its one connection is the shop's: nothing is closed, and each process goes on with its own copy."""
    shop = add_pages(make_shop(SQLALCHEMY_DATABASE_URI="sqlite://", STOREFRONT_MIN_SUPPORT=1))
    with shop.app.app_context():
        shop.place(["p1", "p2"])
        assert "p2" in in_child(lambda: visit(shop).shown())
        assert "p2" in visit(shop).shown()


def test_forks_hold_no_app(tmp_path: Path) -> None:
    """Test suites make hundreds."""
    shop = small_shop(tmp_path, TESTING=False, STOREFRONT_REDIS_URL="redis://127.0.0.1:1")
    services = shop.app.extensions[SERVICES]
    gone = [weakref.ref(one) for one in (services.database, services.store, services.thread, services.snapshots)]
    shop.close()
    del shop, services
    gc.collect()
    assert [one() for one in gone] == [None] * 4
