"""What a page costs and what it promises: trips, statements, no repeats, pins, exclusions, freshness."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from counting_model import expected, stored
from shop_pages import add_pages, counted_sql, visit, wait_until, warm
from small_shop import SmallShop, made_products, small_shop

from storefront_plugin import AddForm, CartLine, MemoryCatalog, MemoryOrders, Product, Slot
from storefront_plugin.orderlog import events, importing, numbering, recording
from storefront_plugin.proxies import SERVICES

MakeShop = Callable[..., SmallShop]


class CatalogInSql(MemoryCatalog):
    """A catalogue that asks the database once a call."""

    shop: SmallShop

    def _ask(self) -> None:
        with self.shop.storefront.database.reading() as session:
            session.execute(sa.text("SELECT count(*) FROM storefront_applier"))

    def get_many(self, ids: Sequence[str]) -> Mapping[str, Product]:
        self._ask()
        return super().get_many(ids)


class CatalogWithStock(CatalogInSql):
    """One that can tell stock afresh."""

    def live_stock(self, ids: Sequence[str]) -> Mapping[str, int | None]:
        self._ask()
        return dict.fromkeys(ids, 3)


class OneCart:
    """A cart with one line."""

    def lines(self) -> list[CartLine]:
        return [CartLine("p1")]

    def add_form(self, product: Product) -> AddForm | None:
        return None


def make_live(make_shop: MakeShop, catalog: CatalogInSql | None = None, **options: Any) -> SmallShop:
    catalog = catalog or CatalogInSql(made_products())
    options = {"STOREFRONT_DRAIN": "off", "STOREFRONT_DEADLINE_MS": 1000, **options}
    catalog.shop = shop = add_pages(make_shop(TESTING=False, catalog=catalog, cart=OneCart(), **options))
    with shop.app.app_context():
        shop.place(*([f"p{a}", f"p{b}"] for a in range(1, 8) for b in range(a + 1, 8) for _ in range(3)))
    return shop


@pytest.fixture
def live(make_shop: MakeShop) -> Iterator[SmallShop]:
    """A shop in production mode with a few dozen orders."""
    return make_live(make_shop)


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of reads of each trip that pages make."""
    from storefront_plugin.redis_store import RedisStore

    made: list[int] = []
    real = RedisStore.fetch

    def fetch(self: RedisStore, reads: Any, *rest: Any) -> Any:
        made.append(len(reads))
        return real(self, reads, *rest)

    monkeypatch.setattr(RedisStore, "fetch", fetch)
    return made


@pytest.mark.parametrize("path", ["/p/p1", "/p/p19", "/cart", "/any?id=unknown"])
def test_a_warm_page_makes_two_trips_and_no_statement(live: SmallShop, trips: list[int], path: str) -> None:
    """All slots share one pipeline; numbers, popularity and cards are held in process."""
    warm(live, path)
    trips.clear()
    with counted_sql() as statements:
        page = visit(live, path)
    assert page.is_whole
    assert page.shown()
    assert len(trips) <= 2
    assert statements == []


def test_a_cold_page_asks_the_catalogue_once(make_shop: MakeShop) -> None:
    """Cards of all slots are looked up together."""
    shop = make_live(make_shop)
    warm(shop)
    shop.app.extensions[SERVICES].products.forget(None)
    with counted_sql() as statements:
        assert visit(shop).shown()
    assert len(statements) == 1


@pytest.mark.parametrize("is_cold", [True, False])
def test_live_stock_is_the_pages_one_statement(make_shop: MakeShop, is_cold: bool) -> None:
    """Products that were just loaded bring their stock with them."""
    shop = make_live(make_shop, CatalogWithStock(made_products()))
    warm(shop)
    if is_cold:
        shop.app.extensions[SERVICES].products.forget(["p2", "p3"])
    with counted_sql() as statements:
        assert visit(shop).shown()
    assert len(statements) == 1


def test_slots_never_repeat_a_product(live: SmallShop) -> None:
    """Neither each other nor the page's own."""
    for path in ("/p/p1", "/p/p5", "/cart"):
        shown = [each for each in warm(live, path).shown() if each != path.removeprefix("/p/")]
        assert len(shown) == len(set(shown)) > 3


def test_pins_come_first_and_exclusions_hold_everywhere(live: SmallShop) -> None:
    """Whatever the counts say, on product and cart pages, and in Python."""
    before = warm(live, "/p/p1").shown("also_bought")
    assert "p4" in before + warm(live, "/p/p1").shown()
    with live.app.app_context():
        live.storefront.pin("p17", "p1", "also_bought")
        live.storefront.exclude("p4")
        live.storefront.exclude("p5", on="p1")
        assert not {"p4", "p5"} & set(live.ids("also_bought", "p1"))
        assert "p5" in live.ids("also_bought", "p2")
    page = warm(live, "/p/p1")
    assert page.shown("also_bought")[0] == "p17"
    for path in ("/p/p1", "/p/p2", "/cart"):
        assert "p4" not in warm(live, path).shown()


def test_special_pages_are_not_led_by_the_bestseller(make_shop: MakeShop) -> None:
    """Sixty of a hundred baskets hold it, and it is among the first five of none that it has nothing to do with."""
    shop = make_shop()
    groups = [[f"p{n}" for n in range(first, first + 6)] for first in (2, 8, 14)]
    chance = random.Random(7)
    baskets = [[*chance.sample(groups[n % 3], 4), *(["p1"] if n % 5 < 3 else [])] for n in range(300)]
    with shop.app.app_context():
        shop.place(*baskets)
        counts = stored(shop)
        assert counts.sold[shop.storefront.services.numbers.number("p1")] == 180
        for group in groups:
            for seed in group:
                assert "p1" not in shop.ids("also_bought", seed, specialness=0.5, limit=5)


def test_a_changed_product_is_seen_by_another_process_within_a_second(make_shop: MakeShop) -> None:
    """Also when it is the first change that the shop ever told."""
    catalog = CatalogInSql(made_products())
    shop = make_live(make_shop, catalog)
    kept = {k: v for k, v in shop.app.config.items() if k.startswith(("STOREFRONT_", "SQLALCHEMY_DATABASE", "TESTING"))}
    other = add_pages(small_shop(Path(shop.app.instance_path), catalog=catalog, **kept))
    try:
        for price in (Decimal(777), Decimal(778)):
            warm(other)
            catalog._products["p2"] = Product(id="p2", title=f"For {price}", price=price)
            with shop.app.app_context():
                shop.storefront.product_changed("p2")
            began = time.monotonic()
            wait_until(lambda price=price: f"For {price}" in visit(other).soup.text, 5)
            assert time.monotonic() - began < 1
    finally:
        other.close()


def test_a_card_read_while_its_product_changed_is_not_kept(make_shop: MakeShop) -> None:
    """Which of the two states it shows cannot be known."""
    shop = make_live(make_shop)
    cards = shop.app.extensions[SERVICES].products
    catalog: Any = shop.storefront.catalog
    real = catalog.get_many

    def slow(ids: Sequence[str]) -> Any:
        answer = real(ids)
        cards.forget(["p2"])
        return answer

    with shop.app.app_context():
        catalog.get_many = slow
        cards.get_many(["p2"])
        catalog.get_many = real
        catalog._products["p2"] = Product(id="p2", title="New", price=Decimal(1))
        assert cards.get_many(["p2"])["p2"].title == "New"


def test_shared_pages_are_the_same_for_all_and_personal_ones_private(live: SmallShop) -> None:
    """A product page shows what is in the cart too; the cart page does not, and no cache may keep it."""
    assert "p1" in warm(live, "/p/p2").shown()
    assert "p1" not in warm(live, "/cart").shown()
    client = live.app.test_client()
    assert "private" not in client.get("/p/p2").headers.get("Cache-Control", "")
    assert client.get("/cart").cache_control.no_store
    fragment = str(visit(live, "/p/p2").soup.select("storefront-fragment")[0]["src"])
    answer = client.get(fragment)
    assert answer.cache_control.private
    assert "p1" not in answer.text.split('data-storefront-product="')


def test_catch_up_finds_orders_that_we_never_heard_of(make_shop: MakeShop) -> None:
    """A shop need not call us at all; twice changes nothing, and a cancelled order stops counting."""
    shop = make_shop()
    orders = [shop.order("p1", "p2", id="a"), shop.order("p1", "p3", id="b"), shop.order("p2", "p3", id="c")]
    with shop.app.app_context():
        shop.storefront.orders = MemoryOrders(orders)
        assert shop.storefront.catch_up().placed == 3
        first = stored(shop)
        assert shop.storefront.import_orders(orders).repeated == 3
        assert shop.storefront.catch_up().orders == 0
        assert stored(shop) == first == expected(shop)
        orders[1] = shop.order("p1", "p3", id="b", status="cancelled")
        shop.storefront.orders = MemoryOrders(orders)
        assert shop.storefront.catch_up().cancelled == 1
        assert stored(shop) == expected(shop)
        assert sum(stored(shop).sold.values()) == 4


def test_an_idle_shop_does_not_fade(make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores depend on the newest order's day, not on the clock on the wall; after a rebuild too."""
    shop = make_shop()
    with shop.app.app_context():
        shop.place(["p1", "p2"], ["p1", "p3"], day=0)
        shop.place(["p1", "p2"], day=60)
        before = [(each.product_id, each.score) for each in shop.storefront.recommend("also_bought", ["p1"])]
        later = dt.datetime(2031, 1, 1)
        for module in (events, importing, numbering, recording):
            if hasattr(module, "now"):
                monkeypatch.setattr(module, "now", lambda: later)
        shop.storefront.services.snapshots.refresh()
        assert [(e.product_id, e.score) for e in shop.storefront.recommend("also_bought", ["p1"])] == before
        shop.storefront.rebuild()
        after = [(each.product_id, each.score) for each in shop.storefront.recommend("also_bought", ["p1"])]
        assert [each for each, _ in after] == [each for each, _ in before]
        assert [score for _, score in after] == pytest.approx([score for _, score in before], rel=1e-3)


def test_counts_of_another_history_are_not_shown(make_shop: MakeShop) -> None:
    """A staging copy on the production Redis lives on its fallbacks until it is rebuilt."""
    shop = make_shop()
    with shop.app.app_context():
        shop.place(["p1", "p2"], ["p1", "p2"])
        parts = shop.storefront.services
        token = parts.snapshots.current.popularity.generation
        parts.store.pipeline_write([("SET", parts.keys.position(token, 3), "99:another")])
        parts.snapshots.refresh()
        assert [each for each in shop.storefront.recommend("also_bought", ["p1"]) if each.support] == []


def test_one_slot_may_stand_alone_in_the_plan(make_shop: MakeShop) -> None:
    """A limit asked for is a limit reached, where this many exist."""
    plan = {"product": (Slot(name="mine", strategies=("also_bought", "bestsellers"), limit=6),)}
    assert len(warm(make_live(make_shop, STOREFRONT_PLAN=plan)).shown("mine")) == 6


def test_a_product_sold_for_the_first_time_is_suggested_by_other_processes_too(make_shop: MakeShop) -> None:
    """They do not know its number yet: the page that meets it has them look, within a second."""
    shop = make_live(make_shop)
    kept = {k: v for k, v in shop.app.config.items() if k.startswith(("STOREFRONT_", "SQLALCHEMY_DATABASE", "TESTING"))}
    other = add_pages(small_shop(Path(shop.app.instance_path), **kept))
    try:
        warm(other)
        with shop.app.app_context():
            orders = [shop.order("p1", "p20", id=f"first-{number}") for number in range(40)]
            for order in orders:
                shop.storefront.order_placed(order, commit=True)
            shop.storefront.drain()
        began = time.monotonic()
        wait_until(lambda: "p20" in visit(other, "/p/p1").shown(), 5)
        wait_until(lambda: "p1" in visit(other, "/p/p20").shown("bought_together"), 5)
        assert time.monotonic() - began < 2
    finally:
        other.close()
