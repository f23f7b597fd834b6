"""A catalogue that is slow, late or fails: what pages show meanwhile, and how often it is asked."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import pytest

from storefront_plugin import Product
from storefront_plugin.core.errors import AdapterError
from storefront_plugin.shop.product_cache import HELD_SECONDS, SKIP_SECONDS, WARM_UP, ProductCache

DEADLINE = 0.05


class Shop:
    """A catalogue that takes *needed* seconds of a clock of its own for each call."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.needed = 0.001
        self.fails = False
        self.calls = 0
        self.products = ProductCache(self, 30.0, DEADLINE, "EUR", clock=lambda: self.now)
        for number in range(WARM_UP):
            self.ask(f"warm-{number}")

    def get_many(self, ids: Iterable[str]) -> dict[str, Product]:
        self.calls += 1
        self.now += self.needed
        if self.fails:
            raise RuntimeError("The shop's own mistake")
        return {one: Product(id=one, title=one, price=Decimal(1)) for one in ids}

    def ask(self, product_id: str) -> bool:
        """Whether a page gets the product."""
        return self.products.get_many([product_id])[product_id] is not None

    def late_pages(self, pages: int) -> int:
        """Of as many pages about products that are not held, each a tenth of a second after the last, how many called."""
        before = self.calls
        for number in range(pages):
            self.now += 0.1
            try:
                self.ask(f"{self.now}-{number}")
            except AdapterError:
                continue
        return self.calls - before


def test_a_catalogue_that_always_needs_longer_than_the_deadline_is_asked_by_every_page() -> None:
    """80 ms behind a network is what this shop's own pages need, too."""
    shop = Shop()
    shop.needed = 0.08
    assert shop.late_pages(100) == 100


def test_a_catalogue_that_becomes_slower_is_not_silenced() -> None:
    """From one millisecond to 80 within a minute: two late pages teach what is usual now."""
    shop = Shop()
    assert shop.late_pages(20) == 20
    shop.needed = 0.08
    shop.products._latest.clear()
    assert shop.late_pages(100) == 100


def test_a_busy_minute_does_not_silence_a_catalogue() -> None:
    """One call in three takes ten times as long; each of these costs its own page only."""
    shop = Shop()
    for number in range(60):
        shop.needed = 0.2 if number % 3 == 0 else 0.02
        assert shop.ask(str(number))


def test_a_catalogue_that_hangs_is_asked_ever_more_rarely() -> None:
    """Each call holds a page for two seconds: three at first, then one after 5, 10, 20, 40 and 60 s."""
    shop = Shop()
    shop.products._latest.clear()
    shop.needed = 2.0
    assert shop.late_pages(40) == 3
    began = shop.now
    assert shop.late_pages(1300) == 4
    assert shop.now - began > sum(SKIP_SECONDS[0] * 2**turn for turn in range(4))


def test_a_catalogue_that_is_quick_again_is_asked_at_once_after_the_pause() -> None:
    """And its next bad minute begins with a short pause."""
    shop = Shop()
    shop.needed = 2.0
    shop.late_pages(20)
    shop.needed = 0.001
    shop.now += SKIP_SECONDS[0]
    assert shop.late_pages(20) == 20


def test_what_was_read_before_is_held_for_an_hour_for_pages_without_the_catalogue() -> None:
    """Longer than it counts as fresh; what the shop changed is never shown as it was."""
    shop = Shop()
    assert shop.ask("old")
    assert shop.ask("changed")
    shop.products.forget(["changed"])
    shop.fails = True
    shop.now += 60
    with pytest.raises(AdapterError):
        shop.ask("old")
    assert list(shop.products.held(["old", "changed", "never"])) == ["old"]
    shop.now += HELD_SECONDS
    assert shop.products.held(["old"]) == {}


def test_what_counts_as_fresh_is_held_however_long_that_is() -> None:
    """A shop may let product data count for a day."""
    shop = Shop()
    shop.products = ProductCache(shop, 86_400.0, DEADLINE, "EUR", clock=lambda: shop.now)
    assert shop.ask("old")
    shop.now += 2 * HELD_SECONDS
    assert list(shop.products.held(["old"])) == ["old"]


def test_calls_that_began_before_a_pause_do_not_lengthen_it() -> None:
    """Threads that were waiting already when the others gave up."""
    shop = Shop()
    shop.needed = 2.0
    shop.late_pages(20)
    for _ in range(4):
        shop.products._note(2.0)
    shop.needed = 0.001
    shop.now += SKIP_SECONDS[0]
    assert shop.late_pages(10) == 10
