"""Where a shop's database is found, and how its models are read on sessions of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from shops import baskets, plain
from shops.plain import OpenShop, PlainShop, opening, product_id
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from storefront_plugin.bundles.store.tables import PricedOrder
from storefront_plugin.core.errors import ConfigurationError
from storefront_plugin.orderlog.tables import LoggedOrder
from storefront_plugin.testing import CatalogContract, OrdersContract


@pytest.fixture
def open_shop(tmp_path: Path, redis_url: str) -> Iterator[OpenShop]:
    """Opens shops without an extension, with the plugin mounted; all are closed at the end."""
    with opening(tmp_path, redis_url) as open_it:
        yield open_it


@pytest.fixture(params=plain.STORES)
def shop(request: pytest.FixtureRequest, open_shop: OpenShop) -> Iterator[PlainShop]:
    """A filled shop that gave its scoped session, on every database, inside its app context."""
    opened = open_shop(request.param)
    with opened.app.app_context():
        yield opened


def test_our_tables_stand_beside_the_shops_own(shop: PlainShop) -> None:
    """No second file is made, and no address of the database has to be repeated."""
    names = set(sa.inspect(shop.engine).get_table_names())
    assert {"items", "sales", LoggedOrder.__tablename__, PricedOrder.__tablename__} <= names
    assert not list(Path(shop.app.instance_path).rglob("storefront.sqlite"))


def test_reading_leaves_no_session_behind(open_shop: OpenShop) -> None:
    """A callable that asks the shop's session begins one in our threads, where nobody would end it."""
    shop = open_shop()

    def sold(item: plain.Item) -> str:
        count = shop.session.scalar(sa.select(sa.func.count()).where(plain.SaleRow.sku == item.sku))
        return f"{item.name}, sold {count} times"

    catalog = plain.catalog(shop.session, title=sold)
    with shop.app.app_context():
        assert catalog.get_many([product_id(5)])[product_id(5)].title == f"{baskets.title(5)}, sold 6 times"
    assert not shop.session.registry.has()
    assert shop.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_reading_flushes_nothing_of_the_shops(open_shop: OpenShop) -> None:
    """A half-made object in the shop's session is neither written nor complained about by a page."""
    shop = open_shop()
    catalog = plain.catalog(
        shop.session, title=lambda item: shop.session.scalar(sa.select(sa.func.max(plain.Item.name)))
    )
    with shop.app.app_context():
        shop.session.add(plain.Item(sku="half-made"))
        assert catalog.get_many([product_id(5)])
        assert [type(one) for one in shop.session.new] == [plain.Item]


def test_in_memory_the_current_session_must_be_known(open_shop: OpenShop) -> None:
    """There is one connection, and our commit would be the shop's."""
    shop = open_shop("memory", "engine", filled=False)
    with shop.app.app_context(), pytest.raises(ConfigurationError, match="scoped_session"):
        shop.storefront.recommend("related", [product_id(0)])


def test_a_session_without_an_engine_is_named(open_shop: OpenShop) -> None:
    """It may be bound after the mount, and must be before the first use."""
    shop = open_shop()
    later: scoped_session[Session] = scoped_session(sessionmaker())
    catalog = plain.catalog(later)
    with shop.app.app_context():
        with pytest.raises(ConfigurationError, match="bind=engine"):
            catalog.get_many([product_id(5)])
        later.configure(bind=shop.engine)
        assert catalog.get_many([product_id(5)])[product_id(5)].title == baskets.title(5)


@pytest.mark.parametrize("wrong", ["sqlite:///shop.sqlite", object(), Session()])
def test_what_is_no_database_is_refused_when_the_adapter_is_made(wrong: object) -> None:
    """An address, a lone session or a stray object is met before a shopper can meet it."""
    with pytest.raises(ConfigurationError, match=r"scoped_session.*engine"):
        plain.catalog(wrong)


@pytest.mark.parametrize("store", ["file", "postgres"])
def test_a_missing_table_of_the_shops_own_is_not_called_ours(store: str, open_shop: OpenShop) -> None:
    """init-db would not help there; it does where a table of ours is missing."""
    shop = open_shop(store, filled=False)
    with shop.app.app_context():
        assert any("init-db" in error for error in errors(shop))
        shop.storefront.init_db()
        found = [error for error in errors(shop) if "items" in error]
        assert found
        assert all("init-db" not in error and "create_all()" in error for error in found)
        plain.Base.metadata.create_all(shop.engine)
        assert not any("create_all" in error or "init-db" in error for error in errors(shop))


def errors(shop: PlainShop) -> list[str]:
    return [finding.text for finding in shop.storefront.check() if finding.level == "error"]


class TestCatalogOfAPlainShop(CatalogContract):
    """`SQLAlchemyCatalog` keeps the contract over a plain session, on every database."""

    @pytest.fixture
    def catalog(self, shop: PlainShop) -> Any:
        return shop.storefront.catalog


class TestOrdersOfAPlainShop(OrdersContract):
    """`SQLAlchemyOrders` keeps the contract over a plain session, on every database."""

    @pytest.fixture
    def orders(self, shop: PlainShop) -> Any:
        return shop.storefront.orders
