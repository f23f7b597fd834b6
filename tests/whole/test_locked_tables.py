"""Somebody else locks our tables: commands and the admin say so within seconds, on PostgreSQL as on SQLite."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from counting_model import expected, stored
from made_bundles import set_of
from merchant_pages import HOME, token_of
from postgres import postgres_url
from small_shop import START, SmallShop

from storefront_plugin import CartLine, MemoryOrders, Merchant, Order, OrderLine
from storefront_plugin.admin.kit.forms import TOKEN
from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.store.tables import PricedOrder
from storefront_plugin.core.errors import DatabaseUnavailable
from storefront_plugin.core.sql import database
from storefront_plugin.core.sql.database import BRIEF_SECONDS, Base
from storefront_plugin.migrations import VERSION_TABLE
from storefront_plugin.orderlog import recording

MakeShop = Callable[..., SmallShop]
PAGE_SECONDS = 2.0
PATIENCE = 0.3
"""Seconds that a test waits for a lock, where shops wait `BRIEF_SECONDS` for a page and `BLOCKING_SECONDS` for work."""
PAGES = (
    "",
    "/bundles",
    "/bundles/new",
    "/bundles/1",
    "/bundles/1/history",
    "/bundles/1/code",
    "/bundles/files",
    "/bundles/export",
    "/bundles/proposals",
    "/rules",
    "/rules/new",
    "/slots",
    "/slots/product",
    "/explain?placement=product&product=p1",
    "/log",
    "/products?q=Product",
    "/nothing",
)


@pytest.fixture(params=[pytest.param("sqlite", marks=pytest.mark.slow), "postgresql"])
def shop(request: pytest.FixtureRequest, make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> SmallShop:
    """A shop with a bundle, a rule and orders; it has less patience, so that the test is short."""
    monkeypatch.setattr(database, "BLOCKING_SECONDS", PATIENCE)
    monkeypatch.setattr(database, "BRIEF_SECONDS", PATIENCE)
    address = {"SQLALCHEMY_DATABASE_URI": postgres_url()} if request.param == "postgresql" else {}
    line = OrderLine("p1", 1)
    orders = MemoryOrders([Order(id="late", placed_at=START, lines=[line])])
    made = make_shop(orders=orders, admin_access=lambda: Merchant("Editor"), STOREFRONT_DEADLINE_MS=50, **address)
    with made.app.app_context():
        made.place(["p1", "p2"], ["p1", "p2"])
        made.storefront.publish_bundle(set_of("p1", "p2", price=percent_off(10)))
        made.storefront.exclude("p3")
        made.db.session.remove()
    made.app.test_client().get(HOME)  # templates and connections are there
    return made


@contextmanager
def waits() -> Iterator[list[str]]:
    """The statements that waited in vain for as long as `PATIENCE`, inside."""
    failed: list[str] = []
    began: list[float] = []

    def begin(*_: object) -> None:
        began.append(time.monotonic())

    def fail(context: sa.ExceptionContext) -> None:
        if time.monotonic() - began[-1] > PATIENCE * 0.8:
            failed.append(str(context.statement))

    sa.event.listen(sa.Engine, "before_cursor_execute", begin)
    sa.event.listen(sa.Engine, "handle_error", fail)
    try:
        yield failed
    finally:
        sa.event.remove(sa.Engine, "handle_error", fail)
        sa.event.remove(sa.Engine, "before_cursor_execute", begin)


@contextmanager
def locked(shop: SmallShop, *names: str) -> Iterator[None]:
    """All our tables are locked, as by a migration, a restore or a forgotten session; on PostgreSQL those of *names*."""
    address = sa.make_url(shop.app.config["SQLALCHEMY_DATABASE_URI"])
    if address.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(Path(shop.app.instance_path) / "shop.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield
            other.execute("ROLLBACK")
        return
    engine, tables = (
        sa.create_engine(address, poolclass=sa.NullPool),
        ", ".join(names or [*Base.metadata.tables, VERSION_TABLE]),
    )
    with engine.begin() as connection:
        connection.execute(sa.text(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE"))
        yield


def test_background_work_gives_up_and_says_why(shop: SmallShop) -> None:
    """Counting, catching up and tables that are brought up to date; afterwards all is counted."""
    with shop.app.app_context():
        shop.place(["p1", "p3"], drain=False)
        shop.db.session.remove()
        for work in (shop.storefront.drain, shop.storefront.catch_up, shop.storefront.init_db):
            with (
                locked(shop),
                waits() as waited,
                pytest.raises(DatabaseUnavailable, match="locked, slow or unreachable"),
            ):
                work()
            assert len(waited) == 1
        shop.storefront.catch_up()
        shop.storefront.drain()
        assert stored(shop) == expected(shop)


def test_commands_end_with_a_sentence(shop: SmallShop) -> None:
    """And exit status 1, after a few waits."""
    for command in ("drain", "catch-up", "stats", "check"):
        with locked(shop), waits() as waited:
            result = shop.app.test_cli_runner().invoke(args=["storefront", command])
        assert (result.exit_code, "locked, slow or unreachable" in result.output) == (1, True), command
        assert len(waited) <= 5, command


def test_the_admin_answers_beside_locked_tables(shop: SmallShop) -> None:
    """Each page waits once at most, which is within two seconds: what can be told, or that the database is locked."""
    assert BRIEF_SECONDS < PAGE_SECONDS
    client, waited = shop.app.test_client(), {}
    with locked(shop):
        for page in PAGES:
            with waits() as waited[page]:
                status = client.get(f"{HOME}{page}").status_code
            assert status in (200, 404, 503), page
    assert {page: failed for page, failed in waited.items() if len(failed) > 1} == {}


def test_a_change_beside_locked_tables_is_refused_in_time(shop: SmallShop) -> None:
    """What was typed is kept, and nothing was changed."""
    client = shop.app.test_client()
    token = token_of(client, f"{HOME}/bundles/1")
    with shop.app.app_context():
        version = shop.storefront.services.bundles.load(1).version
    change = {TOKEN: token, "action": "archive", "version": version}
    with locked(shop), waits() as waited:
        answer = client.post(f"{HOME}/bundles/1/state", data=change)
    assert len(waited) == 1
    assert answer.status_code == 503
    assert "archive" in answer.text
    assert client.post(f"{HOME}/bundles/1/state", data=change).status_code == 303
    with shop.app.app_context():
        assert shop.storefront.services.bundles.load(1).state == "archived"


def test_an_order_is_not_held_up_for_long(make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL, where the shop's own session waits for ever: what the shop wrote stays, and so does its patience."""
    monkeypatch.setattr(recording, "BLOCKING_SECONDS", 0.5)
    shop = make_shop(SQLALCHEMY_DATABASE_URI=postgres_url())
    patience = sa.text("SELECT current_setting('lock_timeout')")
    with shop.app.app_context():
        session = shop.db.session
        session.execute(sa.text("CREATE TABLE own (number INTEGER)"))
        session.commit()
        for own_patience in ("0", "300ms"):
            session.execute(sa.text(f"SET LOCAL lock_timeout = '{own_patience}'"))
            session.execute(sa.text("INSERT INTO own VALUES (1)"))
            with locked(shop):
                began = time.monotonic()
                assert not shop.storefront.order_placed(shop.order("p1", "p2"))
                assert time.monotonic() - began < PAGE_SECONDS
            assert shop.storefront.order_placed(shop.order("p1", "p3"))
            assert session.scalar(patience) == own_patience
            session.commit()
        assert session.scalar(sa.text("SELECT count(*) FROM own")) == 2
        assert session.scalar(patience) == "0"
        session.remove()
        shop.storefront.drain()
        assert stored(shop) == expected(shop)


def test_an_order_with_bundles_is_not_held_up_for_long(make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL, where the table of priced orders is locked: it is recorded, cancelled and placed again."""
    monkeypatch.setattr(recording, "BLOCKING_SECONDS", 0.5)
    shop = make_shop(SQLALCHEMY_DATABASE_URI=postgres_url())
    with shop.app.app_context():
        storefront, order = shop.storefront, shop.order("p1", "p2")
        storefront.publish_bundle(set_of("p1", "p2", price=percent_off(10)))
        storefront.bundles_applied(order.id, storefront.price_cart([CartLine("p1"), CartLine("p2")]))
        shop.db.session.commit()
        for happens in (
            lambda: storefront.order_placed(order),
            lambda: storefront.order_cancelled(order.id),
            lambda: storefront.order_placed(order),
        ):
            with locked(shop, PricedOrder.__tablename__):
                began = time.monotonic()
                assert happens()
                assert time.monotonic() - began < PAGE_SECONDS
            shop.db.session.commit()
        shop.db.session.remove()
        storefront.drain()
        assert stored(shop) == expected(shop)
