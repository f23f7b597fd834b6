"""A real server whose processor is the limit: what is late is shown all the same, in bounded time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic

import pytest
from bs4 import BeautifulSoup
from live_processes import free_port, running
from redis_proxy import Proxy
from shop_pages import wait_until
from small_shop import SmallShop

from storefront_plugin.redis_store import EmbeddedServer, stop

pytestmark = pytest.mark.slow

MakeShop = Callable[..., SmallShop]
SHOPPERS, PAGES = 24, 60
BOUND = 5.0
"""Seconds within which each page is there, waiting for a thread of the server included."""

SIX_HOGS = 6
BASKETS = [[f"p{1 + n % 7}", f"p{8 + n % 5}", f"p{13 + n % 6}"] for n in range(60)]


@dataclass
class Seen:
    """A page as a shopper got it."""

    status: int
    text: str
    seconds: float

    @property
    def cards(self) -> int:
        """How many products the widgets show."""
        return len(BeautifulSoup(self.text, "html.parser").select("li.storefront-card"))


def ask(port: int, product: int) -> Seen:
    """The page of a product."""
    connection, began = HTTPConnection("127.0.0.1", port, timeout=30), monotonic()
    try:
        connection.request("GET", f"/p/p{product}")
        answer = connection.getresponse()
        return Seen(answer.status, answer.read().decode(), monotonic() - began)
    except OSError:
        return Seen(0, "", monotonic() - began)
    finally:
        connection.close()


@contextmanager
def serving(shop: SmallShop, **environment: str) -> Iterator[int]:
    """The shop behind gunicorn, with two processes of eight threads; its port."""
    port = free_port()
    options = ("-w", "2", "--threads", "8", "-b", f"127.0.0.1:{port}", "--log-level", "error")
    with running(shop, "gunicorn", *options, "hosts.busy_server:create_app()", **environment):
        wait_until(lambda: ask(port, 1).status == 200, 30)
        yield port


@contextmanager
def busy_processor(processes: int) -> Iterator[None]:
    """Others that never rest."""
    hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def calm_cards(port: int) -> list[int]:
    """How many cards each page has while nothing is late, after every process has seen them all."""
    rush(port, pages=20)
    return [max(ask(port, 1 + product).cards for _ in range(3)) for product in range(20)]


def rush(port: int, pages: int = PAGES) -> list[tuple[int, Seen]]:
    """What all shoppers see, who ask without a pause."""

    def shop_around(shopper: int) -> list[tuple[int, Seen]]:
        products = [(shopper + 7 * step) % 20 for step in range(pages)]
        return [(product, ask(port, 1 + product)) for product in products]

    with ThreadPoolExecutor(SHOPPERS) as pool:
        return [one for seen in pool.map(shop_around, range(SHOPPERS)) for one in seen]


@pytest.mark.parametrize(("catalogue", "hogs"), [("0", 0), ("80", SIX_HOGS)], ids=["busy", "far catalogue, busier"])
def test_pages_have_their_widgets_at_full_load(make_shop: MakeShop, catalogue: str, hogs: int) -> None:
    """On 99 % of them all, within a bounded time, with the deadline that shops have by default."""
    shop = make_shop(TESTING=False, STOREFRONT_DRAIN="off")
    with shop.app.app_context():
        shop.place(*BASKETS)
        shop.storefront.rebuild()
    with serving(shop, SHOP_CATALOGUE_MS=catalogue) as port:
        calm = calm_cards(port)
        assert min(calm) > 0
        with busy_processor(hogs):
            seen = rush(port)
    assert {one.status for _, one in seen} == {200}
    whole = sum(one.cards >= calm[product] for product, one in seen)
    assert whole >= 0.99 * len(seen)
    assert max(one.seconds for _, one in seen) < BOUND


def test_a_redis_that_dies_breaks_no_page_and_takes_no_widgets_that_were_shown(
    make_shop: MakeShop, tmp_path: Path
) -> None:
    """First it falls silent, then it refuses connections: pages that were seen before show what they showed."""
    EmbeddedServer(tmp_path / "redis").connect().close()
    proxy = Proxy((tmp_path / "redis" / "socket").read_text().strip())
    shop = make_shop(TESTING=False, STOREFRONT_DRAIN="off", STOREFRONT_REDIS_URL=f"redis://127.0.0.1:{proxy.port}")
    with shop.app.app_context():
        shop.place(*BASKETS)
        shop.storefront.rebuild()
    with serving(shop) as port:
        calm = calm_cards(port)
        for outage in (lambda: setattr(proxy, "mode", "silent"), proxy.close):
            outage()
            seen = rush(port, pages=20)
            assert all(one.status == 200 and "<h1>" in one.text for _, one in seen)
            assert sum(one.cards >= calm[product] for product, one in seen) >= 0.99 * len(seen)
            assert max(one.seconds for _, one in seen) < BOUND
    stop(tmp_path / "redis")
