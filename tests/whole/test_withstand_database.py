"""A database that is locked, full of connections or gone costs cards at most, never the page or an exact count."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from counting_model import expected, stored
from postgres import postgres_url
from shop_pages import DEADLINE_MS, LIMIT, add_pages, visit, warm
from small_shop import SmallShop, made_products

from storefront_plugin import MemoryCatalog, Product, Storefront
from storefront_plugin.core.errors import DatabaseUnavailable
from storefront_plugin.orderlog.tables import Applier, ProductNumber
from storefront_plugin.proxies import SERVICES

MakeShop = Callable[..., SmallShop]


class CatalogInSql(MemoryCatalog):
    """A catalogue that asks the database each time, through our own short session."""

    def __init__(self, products: Sequence[Product]) -> None:
        super().__init__(products)
        self.storefront: Storefront | None = None

    def get_many(self, ids: Sequence[str]) -> Any:
        assert self.storefront is not None
        with self.storefront.database.reading() as session:
            session.execute(sa.text("SELECT count(*) FROM storefront_applier"))
        return super().get_many(ids)


def make_live(make_shop: MakeShop, **options: Any) -> SmallShop:
    catalog = CatalogInSql(made_products())
    options = {
        "TESTING": False,
        "STOREFRONT_DEADLINE_MS": DEADLINE_MS,
        "STOREFRONT_PRODUCT_CACHE_SECONDS": 0,
        **options,
    }
    shop = add_pages(make_shop(catalog=catalog, **options))
    catalog.storefront = shop.storefront
    with shop.app.app_context():
        shop.place(["p1", "p2"], ["p1", "p3"])
    return shop


def assert_exact(shop: SmallShop) -> None:
    with shop.app.app_context():
        shop.db.session.remove()
        shop.storefront.drain()
        assert stored(shop) == expected(shop)


def test_a_locked_sqlite_costs_the_deadline(make_shop: MakeShop) -> None:
    """Somebody holds the file exclusively: pages come without cards and in time, and with cards again after that."""
    shop = make_live(make_shop, STOREFRONT_DRAIN="off")
    assert warm(shop).shown()
    with closing(sqlite3.connect(Path(shop.app.instance_path) / "shop.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for _ in range(3):
            page = visit(shop)
            assert page.is_whole
            assert page.seconds < LIMIT
        other.execute("ROLLBACK")
    shop.app.extensions[SERVICES].products._skip_until = 0.0
    assert visit(shop).shown()
    assert_exact(shop)


@pytest.fixture
def postgres_shop(make_shop: MakeShop) -> Iterator[SmallShop]:
    """A shop on PostgreSQL with SQLAlchemy's own pool settings."""
    shop = make_live(make_shop, SQLALCHEMY_DATABASE_URI=postgres_url())

    @shop.app.before_request
    def hold_a_connection() -> None:
        if "TOGETHER" in shop.app.config:
            shop.db.session.execute(sa.text("SELECT 1"))
            shop.app.config["TOGETHER"].wait()

    assert warm(shop).shown()
    yield shop
    shop.app.extensions[SERVICES].close()


def test_fifteen_requests_that_hold_all_of_the_shops_connections_are_all_served(postgres_shop: SmallShop) -> None:
    """We never ask the shop's pool for a second connection: each of them would wait 30 s for another."""
    shop, pages = postgres_shop, []
    shop.app.config["TOGETHER"] = threading.Barrier(15, timeout=20)
    threads = [threading.Thread(target=lambda: pages.append(visit(shop))) for _ in range(15)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [page.is_whole for page in pages] == [True] * 15
    assert max(page.seconds for page in pages) < 10


def administer(shop: SmallShop, *statements: str) -> None:
    """Run *statements* as from another database of the same server."""
    url = shop.app.config["SQLALCHEMY_DATABASE_URI"]
    name = sa.make_url(url).database
    engine = sa.create_engine(sa.make_url(url).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(sa.text(statement.format(name=name)))
    engine.dispose()


GONE = (
    "ALTER DATABASE {name} ALLOW_CONNECTIONS false",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
)
BACK = ("ALTER DATABASE {name} ALLOW_CONNECTIONS true",)


def test_postgresql_gone_and_back(postgres_shop: SmallShop) -> None:
    """Pages that need no SQL of the shop's own are served; afterwards cards and counts are right again."""
    shop = postgres_shop
    administer(shop, *GONE)
    try:
        for _ in range(3):
            page = visit(shop)
            assert page.is_whole
            assert page.seconds < LIMIT
        with shop.app.app_context(), pytest.raises(DatabaseUnavailable):
            shop.storefront.drain()
    finally:
        administer(shop, *BACK)
    with shop.app.app_context():
        shop.db.session.remove()
        shop.db.engine.dispose()
        shop.place(["p1", "p2", "p4"], drain=False)
    assert_exact(shop)
    visit(shop)
    assert visit(shop).shown()


def test_restarted_connections_cost_one_page_its_cards_at_most(postgres_shop: SmallShop) -> None:
    """The server has dropped every connection; the second page has its cards."""
    administer(postgres_shop, GONE[1])
    assert visit(postgres_shop).is_whole
    assert visit(postgres_shop).shown()


def test_a_database_restored_under_a_running_process_gives_numbers_again(make_shop: MakeShop) -> None:
    """Another product has got a number that this process remembers: neither counts nor cards are mixed up."""
    shop = make_shop()
    with shop.app.app_context():
        shop.place(["p1", "p2"], ["p1", "p2"], ["p1", "p2"])
        with shop.db.engine.begin() as connection:
            for table in ("batch", "order", "order_line", "product", "applier", "generation"):
                connection.execute(sa.text(f'DELETE FROM "storefront_{table}"'))
            others = [{"number": number, "product_id": f"p{20 - number}"} for number in range(1, 15)]
            connection.execute(sa.insert(ProductNumber), others)
            connection.execute(
                sa.insert(Applier), {"id": 1, "number": 0, "token": "restored", "products": len(others), "locks": 0}
            )
        shop.storefront.services.upkeep.forget_standings()
        shop.place(["p19", "p18"], ["p19", "p18"], ["p19", "p18"])
        assert shop.ids("also_bought", "p19", limit=1) == ["p18"]
        assert stored(shop) == expected(shop)
