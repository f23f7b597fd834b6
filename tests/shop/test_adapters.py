"""`SQLAlchemyCatalog` over four odd shops, none of whose models was changed to fit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, url_for
from flask_sqlalchemy import SQLAlchemy
from shops import baskets, carts, relational, skus, variants
from shops.grounds import Opened, closed, grounded, opening

from storefront_plugin.core.errors import ConfigurationError
from storefront_plugin.shop.inspection import counted_queries
from storefront_plugin.shop.memory import MemoryCatalog
from storefront_plugin.shop.ports import LiveStock, Product
from storefront_plugin.shop.sqlalchemy import SQLAlchemyCatalog, SQLAlchemyOrders

SHOPS = [relational, variants, skus, carts]
NAMES = ["relational", "variants", "skus", "carts"]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens filled shops on any database."""
    with opening(tmp_path) as open_shop:
        yield open_shop


@pytest.mark.parametrize("shop", SHOPS, ids=NAMES)
def test_products_come_as_the_shop_knows_them(opened: Opened, shop: Any) -> None:
    """Price, stock, visibility, currency and address, from columns, cents, floats and properties alike."""
    with opened(shop).app_context():
        found = shop.catalog().get_many([shop.product_id(number) for number in range(baskets.PRODUCTS)])
    assert len(found) == baskets.PRODUCTS
    for number in range(baskets.PRODUCTS):
        product = found[shop.product_id(number)]
        assert product.title == baskets.title(number)
        assert product.price == baskets.price(number)
        assert product.visible is (number != baskets.HIDDEN)
        assert product.stock in (baskets.stock(number), None)
        assert (product.stock == 0) is (number == baskets.SOLD_OUT)
        assert product.currency in ("EUR", "USD", "GBP")
        assert product.url is not None
        assert product.url.startswith("/")


@pytest.mark.parametrize("store", ["file", "memory"])
@pytest.mark.parametrize("shop", [relational, skus, carts], ids=["relational", "skus", "carts"])
def test_forty_products_are_one_query(opened: Opened, shop: Any, store: str) -> None:
    """With columns, expressions and a URL callable; so is their live stock."""
    app, ids = opened(shop, store), [shop.product_id(number) for number in range(40)]
    with app.app_context():
        catalog = shop.catalog()
        catalog.get_many(ids)
        with counted_queries() as looked_up:
            assert len(catalog.get_many([*ids, "unknown"])) == 40
        with counted_queries() as stock:
            assert len(catalog.live_stock(ids)) == 40
    assert (looked_up.queries, stock.queries) == (1, 1)


def test_unknown_and_impossible_ids_run_no_query(opened: Opened) -> None:
    """An id that the column cannot hold, or would write otherwise, is not looked for at all."""
    with opened(relational).app_context():
        catalog = relational.catalog()
        with counted_queries() as count:
            assert not catalog.get_many(["", "x", "007", "+7", "7 ", "٧", "1e3", "9" * 40, "1.0", "\x00"])
    assert count.queries == 0


@pytest.mark.parametrize("shop", [relational, variants])
def test_ids_out_of_the_columns_range_are_unknown_on_postgres(opened: Opened, shop: Any) -> None:
    """PostgreSQL would refuse the whole query for one id that is no 4-byte integer or UUID."""
    with opened(shop, "postgres").app_context():
        found = shop.catalog().get_many(
            ["2147483648", str(2**63), "zz", variants.product_id(0).upper(), shop.product_id(1)]
        )
    assert list(found) == [shop.product_id(1)]


def test_many_ids_are_asked_in_chunks_and_all_products_in_pages(opened: Opened) -> None:
    """500 ids a query, 1 000 products a page, nothing lost at the borders."""
    app = opened(skus)
    with app.app_context():
        skus.db.session.execute(
            sa.insert(skus.Article),
            [
                {"sku": f"X{n:05}", "title": "x", "cents": 1, "currency": "EUR", "available": True, "hidden": False}
                for n in range(2052 - baskets.PRODUCTS)
            ],
        )
        skus.db.session.commit()
        catalog = skus.catalog()
        with counted_queries() as pages:
            ids = [product.id for product in catalog.iter_products()]
        with counted_queries() as chunks:
            assert len(catalog.get_many(ids[:1001])) == 1001
    assert len(set(ids)) == len(ids) == 2052
    assert (pages.queries, chunks.queries) == (3, 3)


def test_the_shops_own_transaction_is_untouched(opened: Opened) -> None:
    """In memory we share the shop's connection: what it flushed is neither lost nor kept by our reading."""
    with opened(relational).app_context():
        session = relational.db.session
        session.add(relational.Category(id=7, name="New"))
        session.flush()
        assert relational.catalog().get_many(["1"])
        session.rollback()
        assert session.get(relational.Category, 7) is None
        session.add(relational.Category(id=8, name="Newer"))
        session.flush()
        list(relational.catalog().iter_products())
        session.commit()
        session.remove()
        assert session.get(relational.Category, 8) is not None


@pytest.mark.parametrize("store", ["file", "memory"])
def test_a_price_that_queries_does_not_flush_the_shops_session(opened: Opened, store: str) -> None:
    """A half-made object in the shop's session stays as it is while our callables query."""
    with opened(variants, store).app_context():
        variants.db.session.add(variants.Style(uid=None, headline=None, state=None))
        found = variants.catalog().get_many([variants.product_id(0)])
        variants.db.session.rollback()
    assert found[variants.product_id(0)].price == baskets.price(0)


def test_a_callable_that_raises_costs_its_field_only(opened: Opened, caplog: pytest.LogCaptureFixture) -> None:
    """The product goes without the field, or is left out if it needs it; said once."""
    with opened(carts).app_context(), caplog.at_level(logging.WARNING):
        without = carts.catalog(brand=lambda ware: ware.nothing).get_many(["1000", "1001"])
        none = carts.catalog(price=lambda ware: 1 / 0).get_many(["1000", "1001"])
    assert [product.brand for product in without.values()] == [None, None]
    assert not none
    assert sum("AttributeError" in record.getMessage() for record in caplog.records) == 1


def test_one_nonsense_row_leaves_the_others(opened: Opened) -> None:
    """A product without price is missing, its neighbours are not."""
    with opened(carts, "postgres").app_context():
        carts.db.session.execute(sa.update(carts.Ware).where(carts.Ware.code == 1001).values(price=float("nan")))
        carts.db.session.execute(sa.update(carts.Ware).where(carts.Ware.code == 1002).values(label="", pieces=-5))
        carts.db.session.execute(sa.update(carts.Ware).where(carts.Ware.code == 1003).values(pieces=-5))
        carts.db.session.commit()
        catalog = carts.catalog()
        found = catalog.get_many(["1000", "1001", "1002", "1003"])
        stock = catalog.live_stock(["1003"])
    assert set(found) == {"1000", "1003"}
    assert found["1003"].stock == 0
    assert stock == {"1003": 0}


def test_live_stock_is_offered_only_where_asked_for(opened: Opened) -> None:
    """The attribute itself is absent otherwise, so that isinstance tells the truth."""
    assert isinstance(relational.catalog(), LiveStock)
    assert not isinstance(variants.catalog(), LiveStock)
    assert not hasattr(relational.catalog(live_stock=False), "live_stock")


def test_urls_work_outside_requests_and_below_any_path(opened: Opened) -> None:
    """A worker has no request; a shop mounted at /shop serves the same cards as one at /."""
    app = opened(carts)
    with app.app_context():
        outside = carts.catalog().get_many(["1001"])["1001"].url
    with app.test_request_context("/", base_url="https://example.org/shop"):
        assert url_for("ware", code=1001) == "/shop/w/1001"
        below = carts.catalog().get_many(["1001"])["1001"].url
    assert outside == below == "/w/1001"


def test_cents_follow_the_currency(opened: Opened) -> None:
    """1 050 minor units are 10.50 EUR, 1 050 JPY and 1.050 KWD."""
    with opened(skus).app_context():
        prices = {
            currency: skus.catalog(currency=currency).get_many([skus.product_id(0)])[skus.product_id(0)].price
            for currency in ("EUR", "jpy", "KWD")
        }
    assert prices == {"EUR": Decimal("10.50"), "jpy": Decimal(1050), "KWD": Decimal("1.050")}


def test_search_takes_signs_as_signs(opened: Opened) -> None:
    """Per cent is not "anything"; the id is found whatever its type; titles that begin with the text come first."""
    with opened(relational).app_context():
        session = relational.db.session
        session.get(relational.Item, 9).name = "100% wool"
        session.get(relational.Item, 10).name = "The article 05 cover"
        session.commit()
        catalog = relational.catalog()
        assert [product.id for product in catalog.search("%", 9)] == ["9"]
        assert [product.id for product in catalog.search("12", 9)] == ["12", "13"]
        assert [product.id for product in catalog.search("article 05", 9)] == ["6", "10"]
        assert [product.id for product in catalog.search("05 ARTICLE", 9)] == ["6", "10"]
        assert len(catalog.search("article", 3)) == 3


@pytest.mark.parametrize("adapter", ["memory", "sqlalchemy"])
def test_titles_that_begin_with_the_text_come_first_in_whatever_writing(opened: Opened, adapter: str) -> None:
    """The rank goes by the same spellings as the search; so does an id."""
    titles = {"1": "黒いカメラ", "2": "ｶﾒﾗ", "3": "カメラバッグ"}
    with opened(relational).app_context():
        for id, title in titles.items():
            relational.db.session.get(relational.Item, int(id)).name = title
        relational.db.session.commit()
        catalog: Any = relational.catalog()
        if adapter == "memory":
            made = [Product(id=id, title=title, price=Decimal(1)) for id, title in titles.items()]
            catalog = MemoryCatalog([*made, Product(id="ＡＢ", title="Z", price=Decimal(1))])
        for text in ("かめら", "カメラ", "ｶﾒﾗ"):
            assert {product.id for product in catalog.search(text, 2)} == {"2", "3"}
        if adapter == "memory":
            assert [product.id for product in catalog.search("ab", 2)] == ["ＡＢ"]


def test_related_categories_become_their_keys(opened: Opened) -> None:
    """A relationship mapped to category_ids gives primary keys, loaded for all products at once."""
    with opened(relational).app_context():
        catalog = relational.catalog(category_ids=relational.Item.category)
        with counted_queries() as count:
            found = catalog.get_many(["1", "2", "3"])
    assert {product.category_ids for product in found.values()} == {("1",)}
    assert count.queries == 2


def test_where_says_what_a_product_is(opened: Opened) -> None:
    """Rows outside the criterion are unknown everywhere."""
    with opened(relational).app_context():
        catalog = relational.catalog(where=relational.Item.id > 40)
        assert set(catalog.get_many(["40", "41"])) == set(catalog.live_stock(["40", "41"])) == {"41"}
        assert len(list(catalog.iter_products())) == 8
        assert not catalog.search("article 05", 5)


def test_models_are_read_where_they_live(opened: Opened, tmp_path: Path) -> None:
    """Also when our own tables were given a database of their own."""
    for store in ("file", "memory"):
        app = opened(relational, store, STOREFRONT_DATABASE_URL=f"sqlite:///{tmp_path / 'ours.sqlite'}")
        with app.app_context():
            assert len(relational.catalog().get_many(["1", "2"])) == 2


@pytest.mark.parametrize("store", ["file", "memory"])
def test_a_model_under_a_bind_key_is_read_from_its_own_database(tmp_path: Path, store: str) -> None:
    """The products of a second database, next to a first that holds none; uncommitted work there is untouched."""
    db = SQLAlchemy()

    class Part(db.Model):  # type: ignore[name-defined, misc]
        __bind_key__ = "parts"
        id: sa.orm.Mapped[int] = sa.orm.mapped_column(primary_key=True)
        name: sa.orm.Mapped[str]

    second = "sqlite:///:memory:" if store == "memory" else f"sqlite:///{tmp_path / 'parts.sqlite'}"
    app = Flask(__name__)
    app.config.update(SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'shop.sqlite'}", STOREFRONT_DEADLINE_MS=2000)
    app.config.update(SQLALCHEMY_BINDS={"parts": second})
    db.init_app(grounded(app))
    with app.app_context():
        db.create_all()
        db.session.add(Part(id=1, name="Bolt"))
        db.session.commit()
        catalog = SQLAlchemyCatalog(db, Part, id=Part.id, title=Part.name, price=1)
        db.session.add(Part(id=2, name="Nut"))
        if store == "memory":
            db.session.flush()  # in a file this would lock out everyone, us too
        assert catalog.get_many(["1"])["1"].title == "Bolt"
        db.session.commit()
        assert len(list(catalog.iter_products())) == 2
    closed(app)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda: relational.catalog(brand=relational.Item.category), "relationship 'category'"),
        (lambda: relational.catalog(id=lambda item: item.id), "id of Item must be a column"),
        (lambda: relational.catalog(title="name"), "title of Item is 'name'"),
        (lambda: relational.catalog(price_unit="cents"), "'minor'"),
        (lambda: relational.catalog(stock=lambda item: 1), "stock of Item must be a column"),
        (lambda: relational.orders(cancelled={"x"}, status=None), "map status"),
        (lambda: relational.orders(product_of={}), "line_variant_id"),
        (lambda: variants.orders(line_order_id=None), "line_order_id=PurchaseLine.order_id"),
        (lambda: variants.orders(product_of=17), r"\(Variant.id, Variant.product_id\)"),
        (lambda: relational.orders(lines=17), "a relationship, a JSON column"),
    ],
)
def test_a_wrong_mapping_is_refused_with_the_remedy(mistake: Callable[[], Any], words: str) -> None:
    """At mount time, in a sentence that names what to write instead."""
    with pytest.raises(ConfigurationError, match=words):
        mistake()


def test_models_may_be_mapped_before_all_of_them_are_imported() -> None:
    """Mapping does not configure mappers: a relationship may still name a class that comes later."""

    class Base(sa.orm.DeclarativeBase):
        pass

    class Early(Base):
        __tablename__ = "early"
        id: sa.orm.Mapped[int] = sa.orm.mapped_column(primary_key=True)
        lines: sa.orm.Mapped[Any] = sa.orm.relationship("NotImportedYet")

    SQLAlchemyCatalog(None, Early, id=Early.id, title=lambda early: "", price=lambda early: 1, category_ids=Early.lines)
    SQLAlchemyOrders(None, Early, id=Early.id, placed_at=Early.id, lines=Early.lines)
    Base.registry.dispose()


def test_the_id_of_an_instance_is_known(opened: Opened) -> None:
    """So that a changed model can be told to the cards."""
    assert relational.catalog().id_of(relational.Item(id=5)) == "5"
    assert relational.catalog().id_of(relational.Category(id=5)) is None
