"""Our connections are opened and treated as the shop's engine does, and are still never the shop's."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from postgres import postgres_url
from shops import baskets, plain
from shops.grounds import closed, grounded
from shops.plain import Item, OpenShop, PlainShop, Sale, SaleRow, opening, product_id
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from storefront_plugin import Storefront
from storefront_plugin.core.errors import DatabaseUnavailable
from storefront_plugin.core.sql.database import Database
from storefront_plugin.orderlog.tables import LoggedOrder, ProductNumber
from storefront_plugin.shop.inspection import Finding
from storefront_plugin.shop.memory import MemoryCatalog
from storefront_plugin.shop.sqlalchemy import SQLAlchemyCatalog


@pytest.fixture
def open_shop(tmp_path: Path, redis_url: str) -> Iterator[OpenShop]:
    """Opens shops without an extension, with the plugin mounted; all are closed at the end."""
    with opening(tmp_path, redis_url) as open_it:
        yield open_it


def with_schema(uri: str) -> None:
    """A schema that only a shop which asks for it works in."""
    engine = sa.create_engine(uri)
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema("tenant"))
    engine.dispose()


def by_map(uri: str) -> sa.Engine:
    with_schema(uri)
    return sa.create_engine(uri, execution_options={"schema_translate_map": {None: "tenant"}})


def by_option_engine(uri: str) -> sa.Engine:
    with_schema(uri)
    return sa.create_engine(uri).execution_options(schema_translate_map={None: "tenant"})


def by_connect_event(uri: str) -> sa.Engine:
    with_schema(uri)
    engine = sa.create_engine(uri)
    event.listen(engine, "connect", set_path)
    return engine


def by_pool_event(uri: str) -> sa.Engine:
    with_schema(uri)
    engine = sa.create_engine(uri)
    event.listen(engine.pool, "checkout", lambda connection, record, proxy: set_path(connection, record))
    return engine


def by_connection_event(uri: str) -> sa.Engine:
    with_schema(uri)
    engine = sa.create_engine(uri)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("SET LOCAL search_path TO tenant"))
    return engine


def by_do_connect(uri: str) -> sa.Engine:
    with_schema(uri)
    engine = sa.create_engine(uri)
    event.listen(engine, "do_connect", lambda dialect, record, args, arguments: arguments.update(OPTIONS))
    return engine


def by_connect_args(uri: str) -> sa.Engine:
    with_schema(uri)
    return sa.create_engine(uri, connect_args=OPTIONS)


def by_creator(uri: str) -> sa.Engine:
    with_schema(uri)
    address = sa.make_url(uri).set(drivername="postgresql").render_as_string(False)
    return sa.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(address, **OPTIONS))


OPTIONS: dict[str, Any] = {"options": "-c search_path=tenant"}


def set_path(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET search_path TO tenant")
    connection.commit()


WAYS: list[Callable[[str], sa.Engine]] = [
    by_map,
    by_option_engine,
    by_connect_event,
    by_pool_event,
    by_connection_event,
    by_do_connect,
    by_connect_args,
    by_creator,
]


@pytest.mark.parametrize("way", WAYS)
def test_a_shop_in_a_schema_of_its_own_has_cards_and_counts_orders(open_shop: OpenShop, way: Any) -> None:
    """Whichever way its connections come there; our tables stand beside its own."""
    shop = open_shop("postgres", make_engine=way)
    assert {"items", LoggedOrder.__tablename__} <= tables(shop, "tenant")
    assert not tables(shop, "public")
    assert counts_orders(shop)
    assert not errors(shop)


def counts_orders(shop: PlainShop) -> bool:
    """Whether an order that the shop commits is counted, and shown on the page of a product."""
    with shop.app.app_context():
        order = Sale(at=dt.datetime(2024, 5, 1), rows=[SaleRow(sku=product_id(n), pieces=1, yen=5) for n in (1, 2)])
        shop.session.add(order)
        shop.session.flush()
        recorded = shop.storefront.order_placed(order)
        shop.session.commit()
        shop.storefront.catch_up()
        shop.storefront.drain()
        cards = shop.storefront.recommend("related", [product_id(1)])
        counted = shop.storefront.services.database
        with counted.reading() as session:
            return bool(recorded and cards and session.scalar(sa.select(sa.func.count()).select_from(LoggedOrder)))


def tables(shop: PlainShop, schema: str) -> set[str]:
    with shop.engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'")
        return set(found.scalars())


def errors(shop: PlainShop) -> list[str]:
    return [finding.text for finding in findings(shop) if finding.level == "error"]


def findings(shop: PlainShop) -> list[Finding]:
    with shop.app.app_context():
        return list(shop.storefront.check())


def test_options_of_the_sessions_count_as_those_of_the_engine(open_shop: OpenShop) -> None:
    """A sessionmaker may have execution options, too, from SQLAlchemy 2.1 on."""
    if not hasattr(Session(), "execution_options"):
        return
    options = {"execution_options": {"schema_translate_map": {None: "tenant"}}}
    shop = open_shop("postgres", make_engine=plain_in_schema, session_options=options, filled=False)
    plain.Base.metadata.create_all(shop.engine.execution_options(**options["execution_options"]))
    with shop.app.app_context():
        shop.storefront.init_db()
    assert {"items", LoggedOrder.__tablename__} <= tables(shop, "tenant")


def plain_in_schema(uri: str) -> sa.Engine:
    with_schema(uri)
    return sa.create_engine(uri)


def with_function(uri: str) -> sa.Engine:
    engine = sa.create_engine(uri)
    event.listen(engine, "connect", add_function)
    return engine


def add_function(connection: Any, _record: Any) -> None:
    connection.create_function("shown", 1, lambda name: f"{name}!")


def test_a_function_of_a_connect_event_may_stand_in_a_mapping(open_shop: OpenShop) -> None:
    """SQLite has the functions that each connection was given."""
    shop = open_shop(make_engine=with_function)
    catalog = plain.catalog(shop.session, title=sa.func.shown(Item.name))
    with shop.app.app_context():
        assert catalog.get_many([product_id(5)])[product_id(5)].title == f"{baskets.title(5)}!"
    assert counts_orders(shop)


@pytest.mark.parametrize("pool", [None, sa.pool.NullPool])
def test_a_creator_opens_our_connections_of_sqlite_too(open_shop: OpenShop, tmp_path: Path, pool: Any) -> None:
    """Also connections that only the thread may use which opened them."""

    def make(uri: str) -> sa.Engine:
        file = sa.make_url(uri).database or ""
        return sa.create_engine(uri, creator=lambda: opened(file), **({"poolclass": pool} if pool else {}))

    def opened(file: str) -> sqlite3.Connection:
        connection = sqlite3.connect(file)
        add_function(connection, None)
        return connection

    shop = open_shop(make_engine=make)
    catalog = plain.catalog(shop.session, title=sa.func.shown(Item.name))
    found: list[str] = []

    def look() -> None:
        with shop.app.app_context():
            found.append(catalog.get_many([product_id(5)])[product_id(5)].title)

    for _ in range(2):
        look()
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert found == [f"{baskets.title(5)}!"] * 4


def test_the_shops_pool_stays_the_shops(open_shop: OpenShop) -> None:
    """A shop whose connections are all in use has cards."""
    shop = open_shop("postgres", make_engine=lambda uri: sa.create_engine(uri, pool_size=1, max_overflow=0))
    with shop.app.app_context(), shop.engine.connect():
        assert shop.storefront.catalog.get_many([product_id(5)])
        assert shop.engine.pool.checkedout() == 1  # type: ignore[attr-defined]


def test_listeners_for_the_first_connection_hear_of_ours(open_shop: OpenShop) -> None:
    """A pool has a first connection, and each of ours is a pool."""
    heard: list[str] = []

    def make(uri: str) -> sa.Engine:
        engine = sa.create_engine(uri)
        event.listen(engine, "first_connect", lambda connection, record: heard.append("first"))
        return engine

    shop = open_shop(make_engine=make)
    before = len(heard)
    with shop.app.app_context():
        assert shop.storefront.catalog.get_many([product_id(5)])
        assert shop.storefront.catalog.get_many([product_id(6)])
    assert len(heard) <= before + 1
    assert before


@pytest.mark.parametrize("store", ["file", "postgres"])
def test_a_shop_that_commits_by_itself_has_transactions_of_ours(open_shop: OpenShop, store: str) -> None:
    """Numbering of orders must hold a lock to its end."""
    for make in (
        lambda uri: sa.create_engine(uri, isolation_level="AUTOCOMMIT"),
        lambda uri: sa.create_engine(uri).execution_options(isolation_level="AUTOCOMMIT"),
    ):
        shop = open_shop(store, make_engine=make, filled=False)
        with shop.app.app_context():
            shop.storefront.init_db()
            database: Database = shop.storefront.services.database
            with database.writing() as session:
                session.execute(sa.insert(ProductNumber), [{"number": 1, "product_id": "a"}])
                session.rollback()
            with database.reading() as session:
                assert session.scalar(sa.select(sa.func.count()).select_from(ProductNumber)) == 0


def test_what_listens_to_the_connections_of_a_shop_that_commits_by_itself_hears_of_ours(open_shop: OpenShop) -> None:
    """Once each, whether it listens to this engine or to all."""
    heard: list[str] = []

    def of_this(connection: sa.Connection) -> None:
        heard.append("this")

    def of_all(connection: sa.Connection) -> None:
        heard.append("all")

    def make(uri: str) -> sa.Engine:
        engine = sa.create_engine(uri).execution_options(isolation_level="AUTOCOMMIT")
        event.listen(engine, "engine_connect", of_this)
        return engine

    event.listen(sa.Engine, "engine_connect", of_all)
    try:
        shop = open_shop(make_engine=make)
        with shop.app.app_context():
            shop.storefront.init_db()
            heard.clear()
            with shop.storefront.services.database.reading() as session:
                session.connection()
                assert sorted(heard) == ["all", "this"]
    finally:
        event.remove(sa.Engine, "engine_connect", of_all)


def immediate(uri: str) -> sa.Engine:
    """SQLite as many shops set it up: transactions begin with the lock for writing."""
    engine = sa.create_engine(uri)
    event.listen(engine, "connect", lambda connection, record: setattr(connection, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def test_pages_that_read_wait_for_no_writer(open_shop: OpenShop) -> None:
    """Where the shop's transactions begin with the lock for writing, ours do not."""
    shop = open_shop(make_engine=immediate, STOREFRONT_DEADLINE_MS=50)
    with shop.app.app_context():
        shop.session.add(Item(sku="new", name="New", yen=5, stock=1))
        shop.session.flush()
        assert shop.storefront.catalog.get_many([product_id(5)])
        shop.session.rollback()
    assert counts_orders(shop)


@pytest.mark.parametrize("store", ["file", "postgres"])
def test_our_patience_stays_our_own(open_shop: OpenShop, store: str) -> None:
    """A shop that waits as long as it takes does not make our pages wait."""

    def make(uri: str) -> sa.Engine:
        engine = sa.create_engine(uri, **({"connect_args": {"timeout": 30}} if store == "file" else {}))
        event.listen(engine, "connect", wait_long)
        return engine

    def wait_long(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 30000" if store == "file" else "SET statement_timeout = 0")
        connection.commit()

    shop = open_shop(store, make_engine=make, STOREFRONT_DEADLINE_MS=50)
    lock = "BEGIN EXCLUSIVE" if store == "file" else "LOCK TABLE items IN ACCESS EXCLUSIVE MODE"
    with shop.app.app_context(), shop.engine.connect() as connection:
        connection.exec_driver_sql(lock)
        before = dt.datetime.now()
        with pytest.raises(DatabaseUnavailable):
            shop.storefront.catalog.get_many([product_id(5)])
        assert dt.datetime.now() - before < dt.timedelta(seconds=3)


def test_check_says_where_both_see_the_same(open_shop: OpenShop) -> None:
    """And that there is nothing to do."""
    shop = open_shop("postgres", make_engine=by_connect_event)
    assert any("as its session does" in one.text and "tenant" in one.text for one in findings(shop))


def test_check_names_what_the_shop_sets_for_its_sessions_alone(open_shop: OpenShop) -> None:
    """Our sessions cannot have it: `check` shows both numbers and places, and where to set it instead."""
    shop = open_shop("postgres", make_engine=plain_in_schema, filled=False)
    plain.Base.metadata.create_all(shop.engine)
    with shop.app.app_context():
        shop.storefront.init_db()
    event.listen(shop.make, "after_begin", lambda session, transaction, connection: connection.exec_driver_sql(TENANT))
    with shop.make() as session:
        plain.Base.metadata.create_all(session.connection())
        session.add(Item(sku="a", name="A", yen=5, stock=1))
        session.commit()
    found = "\n".join(errors(shop))
    assert "differ on items: ours sees 0 rows" in found
    assert "the shop's sees 1 row in" in found
    assert "search_path tenant" in found
    assert "set it on the engine" in found
    assert "does not see our tables" in found


TENANT = "SET LOCAL search_path TO tenant"


def test_check_names_rows_that_only_the_shops_sessions_leave_out(open_shop: OpenShop) -> None:
    """Such as deleted products, which would be shown."""
    shop = open_shop()

    def leave_out(state: ORMExecuteState) -> None:
        state.statement = state.statement.options(with_loader_criteria(Item, Item.active.is_(True)))

    event.listen(shop.make, "do_orm_execute", leave_out)
    assert any("as where=" in error for error in errors(shop))


def test_options_and_binds_of_flask_sqlalchemy_are_those_of_its_engines(tmp_path: Path) -> None:
    """Each bind key has its own options, and listeners."""
    db = SQLAlchemy()

    class Book(db.Model):  # type: ignore[name-defined, misc]
        __bind_key__ = "stock"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)

    uri = postgres_url()
    with_schema(uri)
    app = Flask(__name__, instance_path=str(tmp_path))
    app.config.update(
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'main.sqlite'}",
        SQLALCHEMY_BINDS={
            "stock": {"url": uri, "execution_options": {"schema_translate_map": {None: "tenant"}}},
        },
        STOREFRONT_CURRENCY="EUR",
        STOREFRONT_DEADLINE_MS=2000,
    )
    db.init_app(app)
    with grounded(app).app_context():
        event.listen(db.engine, "connect", add_function)
        db.create_all()
        db.session.add(Book(id=1, name="B"))
        db.session.commit()
        catalog = SQLAlchemyCatalog(db, Book, id=Book.id, title=Book.name, price=sa.literal(5))
        assert [*catalog.get_many(["1"])] == ["1"]
        sights = catalog.sights()
        assert sights
        assert sights[0] == sights[1]
        assert "tenant" in sights[0].place
        with app.extensions["storefront.mount"].database.reading() as session:
            assert session.scalar(sa.text("SELECT shown('x')")) == "x!"
        catalog._reads._others[app].dispose()
    closed(app)


def test_engine_options_of_flask_sqlalchemy(tmp_path: Path, redis_url: str) -> None:
    """`SQLALCHEMY_ENGINE_OPTIONS` with a creator and execution options."""
    db, file = SQLAlchemy(), str(tmp_path / "shop.sqlite")
    app = Flask(__name__, instance_path=str(tmp_path))
    app.config.update(
        SECRET_KEY="test",
        TESTING=True,
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{file}",
        SQLALCHEMY_ENGINE_OPTIONS={"creator": lambda: sqlite3.connect(file), "poolclass": sa.pool.NullPool},
        STOREFRONT_REDIS_URL=redis_url,
        STOREFRONT_REDIS_PREFIX=tmp_path.name,
    )
    db.init_app(app)
    storefront = Storefront(app, catalog=MemoryCatalog([]))
    with app.app_context():
        storefront.init_db()
        assert LoggedOrder.__tablename__ in sa.inspect(db.engine).get_table_names()
        storefront.services.close()
