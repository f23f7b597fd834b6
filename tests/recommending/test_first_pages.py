"""The first page of a process shows its slots if Redis is up, however busy the machine; what trouble leaves out comes later."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from redis_proxy import Proxy
from shop_pages import DEADLINE_MS, LIMIT, Visit, add_pages, twin_of, visit, wait_until, warm
from small_shop import SmallShop

from storefront_plugin.proxies import SERVICES
from storefront_plugin.recommending import refresher
from storefront_plugin.redis_store import EmbeddedServer, stop
from storefront_plugin.signals import slot_failed

MakeShop = Callable[..., SmallShop]
BUSY_DEADLINE_MS = 300
BUSY = 0.6
"""Seconds, two such deadlines: what one step of a start takes in these tests."""


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    """The way to a server that this test may spoil."""
    EmbeddedServer(tmp_path / "redis").connect().close()
    proxy = Proxy((tmp_path / "redis" / "socket").read_text().strip())
    yield proxy
    proxy.close()
    stop(tmp_path / "redis")


@pytest.fixture
def shop(make_shop: MakeShop, proxy: Proxy) -> SmallShop:
    """A shop in production mode that has counted a few orders."""
    url = f"redis://127.0.0.1:{proxy.port}"
    made = add_pages(
        make_shop(
            TESTING=False,
            STOREFRONT_DRAIN="off",
            STOREFRONT_DEADLINE_MS=DEADLINE_MS,
            STOREFRONT_REDIS_URL=url,
            cart=OneInCart(),
        )
    )
    with made.app.app_context():
        made.place(*[["p1", "p2"]] * 4, ["p1", "p3"])
        made.storefront.rebuild()
    return made


class OneInCart:
    def lines(self) -> list[Any]:
        return []

    def add_form(self, product: object) -> None:
        return None


@pytest.fixture
def fresh(shop: SmallShop, proxy: Proxy) -> Iterator[SmallShop]:
    """A process that has served no page yet."""
    other = twin_of(shop)
    yield other
    proxy.close()  # its thread need not wait for a silent one
    other.close()


@pytest.fixture
def busy(shop: SmallShop, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallShop]:
    """The same on a machine so busy that all times are longer."""
    monkeypatch.setattr(refresher, "FIRST_SECONDS", 10 * refresher.FIRST_SECONDS)
    monkeypatch.setattr(refresher, "GREETING_SECONDS", 10 * refresher.GREETING_SECONDS)
    other = twin_of(shop, STOREFRONT_DEADLINE_MS=BUSY_DEADLINE_MS)
    yield other
    other.close()


def parts(shop: SmallShop) -> Any:
    return shop.app.extensions[SERVICES]


def slowly(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    """Have a step of the start take `BUSY` seconds."""
    step = getattr(owner, name)

    def slow(*args: Any, **options: Any) -> Any:
        time.sleep(BUSY)
        return step(*args, **options)

    monkeypatch.setattr(owner, name, slow)


def placement_of(page: Visit) -> Tag:
    (found,) = page.soup.select("storefront-fragment")
    return found


def fragment_of(shop: SmallShop, page: Visit) -> tuple[int, list[str]]:
    """What the script of *page* is answered: the status and the cards."""
    answer = shop.app.test_client().get(str(placement_of(page)["src"]))
    soup = BeautifulSoup(answer.text, "html5lib")
    return answer.status_code, [str(card["data-storefront-product"]) for card in soup.select("li.storefront-card")]


@pytest.mark.parametrize("step", ["connecting", "loading"])
def test_the_first_page_waits_for_a_busy_start(busy: SmallShop, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Twice the deadline and more, for the first connection or for what a process holds."""
    if step == "connecting":
        slowly(monkeypatch, parts(busy).store._address, "connect")
    else:
        slowly(monkeypatch, refresher, "load_snapshot")
    assert "p2" in visit(busy).shown()


def test_pages_that_come_together_first_all_wait(busy: SmallShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker with threads may get several at once."""
    slowly(monkeypatch, refresher, "load_snapshot")
    pages: list[Visit] = []
    visitors = [threading.Thread(target=lambda: pages.append(visit(busy))) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert ["p2" in page.shown() for page in pages] == [True] * 4


def test_a_silent_redis_is_waited_for_once(fresh: SmallShop, proxy: Proxy) -> None:
    """A quarter of a second, though the first page asks thrice for what is held; later pages wait their deadline only."""
    proxy.mode = "silent"
    began = time.monotonic()
    for _ in range(3):
        assert not parts(fresh).snapshots.get().is_read
    assert time.monotonic() - began < refresher.GREETING_SECONDS + 0.2
    assert visit(fresh).is_whole
    page = visit(fresh)
    assert page.is_whole
    assert page.seconds < LIMIT


@pytest.mark.slow
def test_what_was_left_out_comes_by_the_fragment(fresh: SmallShop, proxy: Proxy) -> None:
    """The page leaves the place for it, though it shows nothing; while the trouble lasts, that changes nothing."""
    proxy.mode = "silent"
    page = visit(fresh)
    assert page.shown() == []
    assert placement_of(page)["when"] == "near"
    assert fragment_of(fresh, page) == (204, [])
    proxy.mode = "pass"
    with fresh.app.app_context():
        wait_until(lambda: parts(fresh).store.ping() and parts(fresh).store.probe())
    wait_until(lambda: fragment_of(fresh, page)[0] == 200)
    assert "p2" in fragment_of(fresh, page)[1]


def test_a_page_of_one_shopper_asks_again_too(fresh: SmallShop, proxy: Proxy) -> None:
    """A cart page shows all at once, and fetches only after the cart changed, or after trouble."""
    proxy.mode = "silent"
    page = visit(fresh, "/cart")
    assert placement_of(page)["when"] == "near"
    assert "have=" in str(placement_of(page)["src"])


def test_a_page_with_nothing_to_show_has_no_place_for_it(shop: SmallShop) -> None:
    """Without trouble nothing is asked for in vain."""
    with shop.app.app_context():
        for number in range(1, 21):
            shop.storefront.exclude(f"p{number}")
    page = warm(shop)
    assert page.is_whole
    assert page.soup.select("storefront-fragment") == []


def test_trouble_is_signalled_each_time_logged_once_and_not_counted_as_empty(
    fresh: SmallShop, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    """A minute's log has one line a placement; a slot that trouble emptied is not one that finds too little."""
    proxy.mode = "silent"
    failed: list[str] = []

    def note(_app: object, slot: str, error: Exception) -> None:
        failed.append(slot)

    caplog.set_level(logging.WARNING, "storefront_plugin")
    with slot_failed.connected_to(note, fresh.app):
        for _ in range(4):
            visit(fresh)
    assert failed == ["product"] * 4
    assert sum("'product' is left out" in record.getMessage() for record in caplog.records) == 1
    assert parts(fresh).slot_stats._counts == {}
