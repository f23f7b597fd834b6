"""A product page and a cart page for a small shop, visited as a shopper would."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import render_template_string, request
from small_shop import SmallShop, small_shop

OWN = "The shop's own words"
DEADLINE_MS = 150
LIMIT = 4 * DEADLINE_MS / 1000 + 0.05
"""Seconds a page of ours may take on a busy machine; a missing time-out costs whole seconds."""

_PAGE = "<h1>{{ own }}</h1>{{ storefront.placement(placement, *products) }}"


@dataclass
class Visit:
    """What a shopper got."""

    status: int
    soup: BeautifulSoup
    seconds: float

    @property
    def is_whole(self) -> bool:
        """Whether the shop's own page was served."""
        heading = self.soup.find("h1")
        return self.status == 200 and heading is not None and heading.text == OWN

    def shown(self, slot: str | None = None) -> list[str]:
        """Ids of the cards, of one slot or of all."""
        within = f"[data-storefront-slot={slot}] " if slot else ""
        return [str(card["data-storefront-product"]) for card in self.soup.select(f"{within}li.storefront-card")]


def add_pages(shop: SmallShop) -> SmallShop:
    """Give *shop* its pages: ``/p/<id>``, ``/any?id=`` for ids that no path takes, and ``/cart``."""

    @shop.app.get("/p/<path:product>")
    def product_page(product: str) -> str:
        return render_template_string(_PAGE, own=OWN, placement="product", products=[product])

    @shop.app.get("/any")
    def any_product() -> str:
        return render_template_string(_PAGE, own=OWN, placement="product", products=[request.args["id"]])

    @shop.app.get("/cart")
    def cart_page() -> str:
        return render_template_string(_PAGE, own=OWN, placement="cart", products=[])

    return shop


def twin_of(shop: SmallShop, **options: Any) -> SmallShop:
    """Another process's stand-in: a second app on the same database and Redis."""
    kept = {k: v for k, v in shop.app.config.items() if k.startswith(("STOREFRONT_", "SQLALCHEMY_DATABASE", "TESTING"))}
    return add_pages(small_shop(Path(shop.app.instance_path), **{**kept, **options}))


def visit(shop: SmallShop, path: str = "/p/p1") -> Visit:
    """One visit of a new shopper."""
    client = shop.app.test_client()
    began = time.monotonic()
    response = client.get(path)
    seconds = time.monotonic() - began
    return Visit(response.status_code, BeautifulSoup(response.text, "html5lib"), seconds)


def warm(shop: SmallShop, path: str = "/p/p1") -> Visit:
    """A visit after everything was counted and read, so that templates and connections are there."""
    with shop.app.app_context():
        shop.storefront.drain()
        shop.storefront.services.snapshots.refresh()
    visit(shop, path)
    return visit(shop, path)


def wait_until(condition: Callable[[], Any], seconds: float = 15.0) -> None:
    """Wait for what a background thread does."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.03)


@contextmanager
def counted_sql() -> Iterator[list[str]]:
    """The statements of all engines inside, as far as this thread waits for them."""
    statements: list[str] = []
    here = threading.get_ident()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if threading.get_ident() == here:
            statements.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
