"""A shop with SQLAlchemy by itself: the main job, one transaction with its orders, and bundles at its checkout."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from made_bundles import set_of
from shops import baskets, plain
from shops.plain import OpenShop, PlainShop, new_sale, opening, product_id, yen
from small_shop import made_products

from storefront_plugin import CartLine, InputError, MemoryCatalog, MemoryOrders, Order, OrderLine, Storefront
from storefront_plugin.bundles.orders.refunds import Return
from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.bundles.store.tables import BundleUse, PricedOrder
from storefront_plugin.core.sql.database import BLOCKING_SECONDS
from storefront_plugin.orderlog.tables import OrderEvent


@pytest.fixture
def open_shop(tmp_path: Path, redis_url: str) -> Iterator[OpenShop]:
    """Opens filled shops with the plugin mounted; all are closed at the end."""
    with opening(tmp_path, redis_url) as open_it:
        yield open_it


@pytest.fixture(params=plain.STORES)
def shop(request: pytest.FixtureRequest, open_shop: OpenShop) -> Iterator[PlainShop]:
    """A filled shop that gave its scoped session, on every database, inside its app context."""
    opened = open_shop(request.param)
    with opened.app.app_context():
        yield opened


def rows(shop: PlainShop, model: Any) -> int:
    """How many rows of *model* are committed; in memory, how many there are."""
    with shop.make() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def make_kit(shop: PlainShop) -> int:
    """A published set of products 0 and 1 at half their price; its id."""
    database = shop.storefront.database
    stored = BundleRepository(database).create(set_of(product_id(0), product_id(1), price=percent_off(50)))
    BundleRepository(database).set_state(stored.id, stored.version, "publish")
    return stored.id


@pytest.mark.parametrize("store", ["file", "postgres"])
@pytest.mark.parametrize("given", ["scoped", "sessionmaker", "engine"])
def test_a_shop_without_an_extension_sees_its_own_co_purchases(store: str, given: str, open_shop: OpenShop) -> None:
    """Whatever of SQLAlchemy the adapters get: mount, catch up, right answers, a page, and nothing that check calls broken."""
    shop = open_shop(store, given)
    with shop.app.app_context():
        shop.storefront.catch_up()
        for seed, bought in baskets.ALSO_BOUGHT.items():
            found = shop.storefront.recommend("also_bought", [product_id(seed)])
            assert [item.product_id for item in found if item.support] == [product_id(number) for number in bought]
        assert [finding.text for finding in shop.storefront.check() if finding.level == "error"] == []
    page = BeautifulSoup(shop.app.test_client().get(f"/items/{product_id(0)}").text, "html5lib")
    cards = page.select(
        "[data-storefront-slot=also_bought] .storefront-card, [data-storefront-slot=bought_together] li"
    )
    assert {product_id(number) for number in (1, 2, 3)} <= {str(card.get("data-storefront-product")) for card in cards}
    assert page.h1 is not None
    assert page.h1.text == baskets.title(0)


def test_a_sale_and_its_record_stand_or_fall_together(shop: PlainShop) -> None:
    """The current session is found by itself, and nothing waits for a lock that the sale itself holds."""
    began = time.monotonic()
    for ending, recorded in ((shop.session.rollback, 0), (shop.session.commit, 1)):
        shop.session.add(sale := new_sale(20, 21))
        shop.session.flush()
        assert shop.storefront.order_placed(sale)
        ending()
        assert rows(shop, OrderEvent) == recorded
    assert time.monotonic() - began < BLOCKING_SECONDS


def test_bundles_are_priced_kept_and_refunded_in_the_shops_transaction(shop: PlainShop) -> None:
    """A sale that is rolled back keeps nothing of its pricing; one that stands gives back exactly what was paid."""
    make_kit(shop)
    pricing = shop.storefront.price_cart([CartLine(product_id(0)), CartLine(product_id(1))])
    assert pricing.total == (yen(0) + yen(1)) // 2
    shop.storefront.bundles_applied("gone", pricing)
    shop.session.rollback()
    assert (rows(shop, PricedOrder), rows(shop, BundleUse)) == (0, 0)
    shop.storefront.bundles_applied("kept", pricing)
    shop.session.commit()
    assert (rows(shop, PricedOrder), rows(shop, BundleUse)) == (1, 1)
    lost = shop.storefront.refund_stored("kept", [Return(product_id(0))])
    shop.session.rollback()
    back = shop.storefront.refund_stored("kept", [Return(product_id(0))])
    rest = shop.storefront.refund_stored("kept", [Return(product_id(1))])
    shop.session.commit()
    assert lost.amount == back.amount
    assert back.amount + rest.amount == pricing.total


def test_a_cancelled_sale_gives_its_bundles_back_with_the_shops_commit(shop: PlainShop) -> None:
    """Not before, and not where the shop rolls back."""
    make_kit(shop)
    pricing = shop.storefront.price_cart([CartLine(product_id(0)), CartLine(product_id(1))])
    shop.storefront.bundles_applied("7", pricing)
    shop.session.commit()
    shop.storefront.order_cancelled("7")
    shop.session.rollback()
    assert rows(shop, BundleUse) == 1
    shop.storefront.order_cancelled("7")
    shop.session.commit()
    assert rows(shop, BundleUse) == 0


@pytest.mark.parametrize("given", ["sessionmaker", "engine"])
def test_where_the_current_session_is_not_known_it_must_be_passed(given: str, open_shop: OpenShop) -> None:
    """A sentence says so at once in tests; with session= all is one transaction."""
    shop = open_shop(given=given)
    with shop.app.app_context():
        make_kit(shop)
        pricing = shop.storefront.price_cart([CartLine(product_id(0)), CartLine(product_id(1))])
        for call in (
            lambda: shop.storefront.order_placed(new_sale(20, 21)),
            lambda: shop.storefront.bundles_applied("1", pricing),
            lambda: shop.storefront.refund_stored("1", [Return(product_id(0))]),
            lambda: shop.storefront.order_cancelled("1"),
        ):
            with pytest.raises(InputError, match="session="):
                call()
        with shop.make() as session:
            session.add(sale := new_sale(20, 21))
            assert shop.storefront.order_placed(sale, session=session)
            assert shop.storefront.bundles_applied(sale.id, pricing, session=session)
            session.rollback()
            assert (rows(shop, OrderEvent), rows(shop, PricedOrder)) == (0, 0)
            assert shop.storefront.bundles_applied("1", pricing, session=session)
            session.commit()
            back = shop.storefront.refund_stored("1", [Return(product_id(0))], session=session)
            assert 0 < back.amount < pricing.total


def test_a_missing_session_never_breaks_a_checkout(open_shop: OpenShop, caplog: pytest.LogCaptureFixture) -> None:
    """In production it is in the log, and the sale goes on; what the shop has committed is recorded alone."""
    shop = open_shop(given="engine", TESTING=False, STOREFRONT_DRAIN="off")
    with shop.app.app_context(), shop.make() as session:
        session.add(sale := new_sale(20, 21))
        session.flush()
        assert not shop.storefront.order_placed(sale)
        assert "Pass session=" in caplog.text
        session.commit()
        assert shop.storefront.order_placed(sale, commit=True)
    assert rows(shop, OrderEvent) == 1


def test_an_order_that_the_shop_committed_before_is_cancelled_alone_too(open_shop: OpenShop) -> None:
    """The uses of its bundles come back in the same call."""
    shop = open_shop(given="engine")
    with shop.app.app_context():
        make_kit(shop)
        pricing = shop.storefront.price_cart([CartLine(product_id(0)), CartLine(product_id(1))])
        with shop.make() as session:
            shop.storefront.bundles_applied("7", pricing, session=session)
            session.commit()
        assert shop.storefront.order_cancelled("7", commit=True)
    assert (rows(shop, BundleUse), rows(shop, OrderEvent)) == (0, 1)


def test_the_shops_address_given_once_more_changes_nothing(open_shop: OpenShop, tmp_path: Path) -> None:
    """A second connection would wait five seconds for the lock that the sale holds."""
    shop = open_shop(STOREFRONT_DATABASE_URL=f"sqlite:///{tmp_path / 'shop.sqlite'}")
    with shop.app.app_context():
        shop.session.add(sale := new_sale(20, 21))
        shop.session.flush()
        assert shop.storefront.order_placed(sale)
        shop.session.rollback()
    assert rows(shop, OrderEvent) == 0


def test_a_file_of_our_own_is_written_at_once(open_shop: OpenShop, tmp_path: Path) -> None:
    """With another address our tables are apart: what was recorded stands, whatever becomes of the shop's session."""
    shop = open_shop(STOREFRONT_DATABASE_URL=f"sqlite:///{tmp_path / 'ours.sqlite'}")
    assert OrderEvent.__tablename__ not in sa.inspect(shop.engine).get_table_names()
    with shop.app.app_context():
        make_kit(shop)
        pricing = shop.storefront.price_cart([CartLine(product_id(0)), CartLine(product_id(1))])
        shop.session.add(sale := new_sale(20, 21))
        shop.session.commit()
        assert shop.storefront.order_placed(sale)
        shop.storefront.bundles_applied(sale.id, pricing)
        shop.session.rollback()
        with shop.storefront.database.reading() as session:
            assert session.scalar(sa.select(OrderEvent.order_id)) == str(sale.id)
            assert session.scalar(sa.select(PricedOrder.order_id)) == str(sale.id)


def test_a_shop_without_any_database_keeps_its_pricing_at_once(tmp_path: Path, redis_url: str) -> None:
    """Our own file holds all; there is no transaction of the shop to wait for."""
    app = Flask("lists", instance_path=str(tmp_path))
    app.config.update(TESTING=True, SECRET_KEY="test", STOREFRONT_CURRENCY="EUR", STOREFRONT_REDIS_URL=redis_url)
    app.config.update(STOREFRONT_REDIS_PREFIX=tmp_path.name)
    storefront = Storefront(app, catalog=MemoryCatalog(made_products()), orders=MemoryOrders([]))
    with app.app_context():
        storefront.init_db()
        assert (tmp_path / "storefront" / "storefront.sqlite").exists()
        stored = BundleRepository(storefront.database).create(set_of("p5", "p6", price=percent_off(50)))
        BundleRepository(storefront.database).set_state(stored.id, stored.version, "publish")
        pricing = storefront.price_cart([CartLine("p5"), CartLine("p6")])
        order = Order(id="1", placed_at=dt.datetime.now(dt.timezone.utc), lines=[OrderLine("p5"), OrderLine("p6")])
        assert storefront.order_placed(order)
        assert storefront.bundles_applied("1", pricing)
        assert (
            storefront.refund_quote("1", [Return("p5")]).amount == storefront.refund_stored("1", [Return("p5")]).amount
        )
        assert pricing.total - storefront.refund_stored("1", [Return("p6")]).amount > 0
        assert storefront.order_cancelled("1")
        assert storefront.drain() == 1
        storefront.services.close()
