"""JSON, arrays and dicts anywhere in a mapping, beside callables; and what a database refuses is named by its field."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from postgres import postgres_url
from shops.grounds import closed, grounded
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from storefront_plugin.core.settings import Settings
from storefront_plugin.shop.inspection import inspect_orders
from storefront_plugin.shop.memory import MemoryCatalog
from storefront_plugin.shop.product_inspection import inspect_catalog
from storefront_plugin.shop.sqlalchemy import SQLAlchemyCatalog, SQLAlchemyOrders

db = SQLAlchemy()
AT = dt.datetime(2024, 5, 1)
Json = sa.JSON().with_variant(JSONB(), "postgresql")
Texts = sa.JSON().with_variant(ARRAY(sa.String), "postgresql")


class Gadget(db.Model):  # type: ignore[name-defined, misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    plain: Mapped[Any] = mapped_column(sa.JSON)
    data: Mapped[dict[str, Any]] = mapped_column(MutableDict.as_mutable(Json))
    tags: Mapped[list[str]] = mapped_column(Texts)
    variants: Mapped[list[GadgetVariant]] = relationship()


class GadgetVariant(db.Model):  # type: ignore[name-defined, misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    gadget_id: Mapped[int] = mapped_column(sa.ForeignKey("gadget.id"))
    data: Mapped[dict[str, Any]] = mapped_column(Json)


class Receipt(db.Model):  # type: ignore[name-defined, misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    basket: Mapped[Any] = mapped_column(sa.JSON)


class ReceiptLine(db.Model):  # type: ignore[name-defined, misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    receipt_id: Mapped[int]
    data: Mapped[dict[str, Any]] = mapped_column(Json)


@pytest.fixture(params=["file", "postgres"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """Three gadgets with two variants each, and two receipts of gadgets 1 and 2."""
    app = Flask(__name__, instance_path=str(tmp_path))
    uri = f"sqlite:///{tmp_path / 'shop.sqlite'}" if request.param == "file" else postgres_url()
    app.config.update(SQLALCHEMY_DATABASE_URI=uri, STOREFRONT_CURRENCY="EUR", STOREFRONT_DEADLINE_MS=2000)
    db.init_app(app)
    with grounded(app).app_context():
        db.create_all()
        for number in (1, 2, 3):
            data = {"colour": "red", "sizes": [1, 2], "brand": f"Maker {number}"}
            variants = [GadgetVariant(data={"sku": f"{number}-{one}"}) for one in "ab"]
            db.session.add(
                Gadget(id=number, name=f"G{number}", plain=data, data=data, tags=["x", "y"], variants=variants)
            )
        for number in (1, 2):
            basket = [{"product_id": one, "quantity": 1, "engraving": {"text": "hi"}} for one in (1, 2)]
            db.session.add(Receipt(id=number, at=AT, basket=basket))
            db.session.add_all(ReceiptLine(receipt_id=number, data={"sku": f"{one}-a"}) for one in (1, 2))
        db.session.commit()
        yield app
        db.session.remove()
    closed(app)


def catalog(**changes: Any) -> SQLAlchemyCatalog:
    fields = {"id": Gadget.id, "title": Gadget.name, "price": sa.literal(5), "url": lambda gadget: f"/{gadget.id}"}
    return SQLAlchemyCatalog(db, Gadget, **{**fields, **changes})


def orders(**changes: Any) -> SQLAlchemyOrders:
    return SQLAlchemyOrders(db, Receipt, **{"id": Receipt.id, "placed_at": Receipt.at, **changes})


@pytest.mark.parametrize("column", [Gadget.plain, Gadget.data], ids=["json", "jsonb"])
@pytest.mark.parametrize("options", [(), (lambda: joinedload(Gadget.variants),)], ids=["alone", "joined"])
def test_attributes_of_a_json_column_stand_beside_a_callable(app: Flask, column: Any, options: Any) -> None:
    """Each product comes once, also where eager loading repeats its rows."""
    mapped = catalog(attributes=column, options=options)
    found = [*mapped.get_many(["1", "2", "3"]).values()]
    assert found == list(mapped.iter_products())
    assert [product.id for product in found] == ["1", "2", "3"]
    assert [found[0]] == list(mapped.search("G1", 5))
    assert found[0].attributes == {"colour": "red", "sizes": "1, 2", "brand": "Maker 1"}


def test_arrays_and_parts_of_json_are_categories_brand_and_group(app: Flask) -> None:
    """Lists of a column are ids; a part of a JSON value is a field like any other."""
    [product] = (
        catalog(category_ids=Gadget.tags, brand=Gadget.data["brand"], variant_group=Gadget.data["colour"])
        .get_many(["2"])
        .values()
    )
    assert (product.category_ids, product.brand, product.variant_group) == (("x", "y"), "Maker 2", "red")


LINES: dict[str, Callable[[], dict[str, Any]]] = {
    "column": lambda: {"lines": Receipt.basket, "customer_id": lambda receipt: receipt.id},
    "callable": lambda: {"lines": lambda receipt: receipt.basket, "status": Receipt.basket},
    "model": lambda: {
        "lines": ReceiptLine,
        "line_order_id": ReceiptLine.receipt_id,
        "line_variant_id": ReceiptLine.data["sku"],
        "line_quantity": lambda line: 1,
        "product_of": (GadgetVariant.data["sku"].as_string(), GadgetVariant.gadget_id),
    },
}


@pytest.mark.parametrize("lines", LINES)
def test_lines_of_json_stand_beside_callables(app: Flask, lines: str) -> None:
    """Of the order's own column, of a callable, and of lines of a model of their own with variants in JSON."""
    found = list(orders(**LINES[lines]()).iter_orders())
    assert [[line.product_id for line in order.lines] for order in found] == [["1", "2"], ["1", "2"]]


def test_check_is_content_with_json(app: Flask) -> None:
    """No finding tells of uniqueness."""
    mapped = catalog(attributes=Gadget.plain, category_ids=Gadget.tags)
    found = [*inspect_catalog(mapped, Settings()), *inspect_orders(orders(**LINES["column"]()), mapped)]
    assert not [one.text for one in found if one.level == "error"]


WRONG: dict[str, Callable[[], Any]] = {
    "brand": lambda: catalog(brand=sa.func.no_such_function(Gadget.name)),
    "where": lambda: catalog(where=sa.func.no_such_function(Gadget.name) == 1),
    "rating": lambda: catalog(rating=sa.literal_column("no_such_column")),
    "cost": lambda: catalog(cost=lambda gadget: db.session.scalar(sa.select(sa.literal_column("no_such_column")))),
    "attributes": lambda: catalog(attributes=sa.type_coerce(Gadget.name, Unreadable)),
}


class Unreadable(sa.TypeDecorator[Any]):
    """A type of the shop's own that cannot decode what is stored."""

    impl = sa.String
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        raise ValueError("cannot be decoded")


@pytest.mark.parametrize("field", WRONG)
def test_check_names_the_field_that_cannot_be_read(app: Flask, field: str) -> None:
    """And no other; a whole query that fails does not say which of twenty fields it is about."""
    texts = [one.text for one in inspect_catalog(WRONG[field](), Settings()) if one.level == "error"]
    assert [text.split()[1] for text in texts if text.startswith("Field ")] == [field]


def test_check_names_an_id_that_cannot_be_sorted(app: Flask) -> None:
    """PostgreSQL compares no plain JSON; SQLite does, as text."""
    if db.engine.dialect.name == "postgresql":
        texts = [one.text for one in inspect_catalog(catalog(id=Gadget.plain["brand"]), Settings())]
        assert any(text.startswith("Field id cannot be read") for text in texts)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("currency", lambda: {"lines": Receipt.basket, "currency": sa.literal_column("no_such_column")}),
        ("lines", lambda: {"lines": sa.type_coerce(Receipt.basket, Unreadable)}),
        ("line_quantity", lambda: {**LINES["model"](), "line_quantity": sa.literal_column("no_such_column")}),
    ],
)
def test_check_names_the_field_of_an_order_that_cannot_be_read(app: Flask, field: str, changes: Any) -> None:
    """Also of its lines."""
    found = inspect_orders(orders(**changes()), MemoryCatalog([]))
    assert [one.text.split()[1] for one in found if one.text.startswith("Field ")] == [field]
