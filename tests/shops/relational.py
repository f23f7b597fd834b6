"""Shop (a): integer ids, relationships, a Numeric price, a cart in a table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import Flask, redirect, session, url_for
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storefront_plugin.shop.ports import AddForm, CartLine, Product
from storefront_plugin.shop.sqlalchemy import SQLAlchemyCatalog, SQLAlchemyOrders

from . import baskets

db = SQLAlchemy()


class Category(db.Model):  # type: ignore[name-defined, misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Item(db.Model):  # type: ignore[name-defined, misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    price: Mapped[Decimal] = mapped_column(sa.Numeric(10, 2))
    stock: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    category_id: Mapped[int] = mapped_column(sa.ForeignKey("category.id"))
    category: Mapped[Category] = relationship()


class Order(db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime | None]
    status: Mapped[str] = mapped_column(sa.String(20), default="paid")
    user_id: Mapped[int | None]
    items: Mapped[list[OrderItem]] = relationship(back_populates="order")


class OrderItem(db.Model):  # type: ignore[name-defined, misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"))
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"))
    quantity: Mapped[int]
    price: Mapped[Decimal] = mapped_column(sa.Numeric(10, 2))
    order: Mapped[Order] = relationship(back_populates="items")


class CartItem(db.Model):  # type: ignore[name-defined, misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    visitor: Mapped[str] = mapped_column(sa.String(40))
    item_id: Mapped[int]
    quantity: Mapped[int]


class TableCart:
    """The cart as this shop keeps it: rows by the visitor in the session."""

    def lines(self) -> Iterable[CartLine]:
        rows = db.session.execute(
            sa.select(CartItem).where(CartItem.visitor == session.get("visitor", "")).order_by(CartItem.id)
        )
        return [CartLine(str(row.item_id), row.quantity) for row in rows.scalars()]

    def add_form(self, product: Product) -> AddForm | None:
        return AddForm(action=url_for("add", item_id=int(product.id)), fields={"quantity": "1"})


def create_app(database_uri: str, **config: Any) -> Flask:
    """The shop as its owner wrote it."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY="test", TESTING=True, SQLALCHEMY_DATABASE_URI=database_uri)
    app.config.update(STOREFRONT_CURRENCY="EUR", STOREFRONT_DEADLINE_MS=2000)
    app.config.update(config)
    db.init_app(app)

    @app.get("/items/<int:item_id>")
    def item(item_id: int) -> str:
        return db.get_or_404(Item, item_id).name  # type: ignore[no-any-return]

    @app.post("/cart/<int:item_id>")
    def add(item_id: int) -> Any:
        visitor = session.setdefault("visitor", "v1")
        db.session.add(CartItem(visitor=visitor, item_id=item_id, quantity=1))
        db.session.commit()
        return redirect("/")

    return app


def catalog(**changes: Any) -> SQLAlchemyCatalog:
    """All fields columns: one SELECT of them."""
    fields = {
        "id": Item.id,
        "title": Item.name,
        "price": Item.price,
        "stock": Item.stock,
        "visible": Item.active,
        "category_ids": Item.category_id,
        "brand": sa.select(Category.name).where(Category.id == Item.category_id).scalar_subquery(),
        "url": sa.literal("/items/") + sa.cast(Item.id, sa.String),
        "live_stock": True,
        "category_names": category_names,
    }
    return SQLAlchemyCatalog(db, Item, **{**fields, **changes})


def category_names(ids: Sequence[str]) -> dict[str, str]:
    """By the shop's own session."""
    numbers = [int(one) for one in ids if one.isdigit()]
    return {str(one.id): one.name for one in db.session.scalars(sa.select(Category).where(Category.id.in_(numbers)))}


def orders(**changes: Any) -> SQLAlchemyOrders:
    """Lines by a relationship."""
    fields = {
        "id": Order.id,
        "placed_at": Order.created_at,
        "since": Order.updated_at,
        "customer_id": Order.user_id,
        "status": Order.status,
        "lines": Order.items,
        "line_product_id": OrderItem.item_id,
        "line_quantity": OrderItem.quantity,
        "line_unit_price": OrderItem.price,
    }
    return SQLAlchemyOrders(db, Order, **{**fields, **changes})


def cart() -> TableCart:
    return TableCart()


def mount(app: Flask) -> Any:
    """The extension on this shop."""
    from storefront_plugin.extension import Storefront

    return Storefront(app, catalog=catalog(), orders=orders(), cart=cart())


def product_id(number: int) -> str:
    """This shop's id of a product of `baskets`."""
    return str(number + 1)


def fill(app: Flask) -> None:
    """The known products and orders."""
    with app.app_context():
        db.create_all()
        db.session.add(Category(id=1, name="Things"))
        db.session.flush()
        db.session.add_all(_items())
        db.session.flush()
        db.session.add_all(_orders())
        db.session.commit()


def _items() -> list[Item]:
    return [
        Item(
            id=number + 1,
            name=baskets.title(number),
            price=baskets.price(number),
            stock=baskets.stock(number),
            active=number != baskets.HIDDEN,
            category_id=1,
        )
        for number in range(baskets.PRODUCTS)
    ]


def _orders() -> list[Order]:
    return [
        Order(
            created_at=basket.placed_at.replace(tzinfo=None),
            status="cancelled" if basket.cancelled else "paid",
            user_id=basket.customer,
            items=[
                OrderItem(item_id=number + 1, quantity=baskets.quantity(number), price=baskets.price(number))
                for number in basket.products
            ],
        )
        for basket in baskets.baskets()
    ]
