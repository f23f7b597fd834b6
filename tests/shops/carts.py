"""Shop (d): an order points to a cart whose lines are the order's; float prices; the currency only in a setting; the
shopper's cart in the session."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import Flask, redirect, request, session, url_for
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from storefront_plugin.shop.ports import AddForm, CartLine, Product
from storefront_plugin.shop.sqlalchemy import SQLAlchemyCatalog, SQLAlchemyOrders

from . import baskets

db = SQLAlchemy()


class Ware(db.Model):  # type: ignore[name-defined, misc]
    code: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(sa.String(200))
    price: Mapped[float]
    pieces: Mapped[int]
    shown: Mapped[bool]


class Cart(db.Model):  # type: ignore[name-defined, misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[list[CartRow]] = relationship(order_by="CartRow.id")


class CartRow(db.Model):  # type: ignore[name-defined, misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    cart_id: Mapped[int] = mapped_column(sa.ForeignKey("cart.id"))
    ware_code: Mapped[int]
    n: Mapped[int]
    at: Mapped[float]


class Order(db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    cart_id: Mapped[int] = mapped_column(sa.ForeignKey("cart.id"))
    paid_on: Mapped[dt.datetime | None]
    withdrawn_on: Mapped[dt.datetime | None]
    customer: Mapped[int | None]
    cart: Mapped[Cart] = relationship()


class SessionCart:
    """The cart as this shop keeps it: codes and numbers in the session."""

    def lines(self) -> Iterable[CartLine]:
        return [CartLine(code, n) for code, n in session.get("cart", {}).items()]

    def add_form(self, product: Product) -> AddForm | None:
        return AddForm(action=url_for("add"), fields={"code": product.id, "n": "1"})

    def add_forms(self, products: Sequence[Product]) -> Mapping[str, AddForm | None]:
        return {product.id: self.add_form(product) for product in products}

    def add(self, lines: Sequence[CartLine]) -> None:
        held = dict(session.get("cart", {}))
        for line in lines:
            held[line.product_id] = held.get(line.product_id, 0) + line.quantity
        session["cart"] = held

    def remove(self, lines: Sequence[CartLine]) -> None:
        held = dict(session["cart"])
        for line in lines:
            held[line.product_id] -= line.quantity
        session["cart"] = {code: n for code, n in held.items() if n > 0}

    def count(self) -> int:
        return sum(session.get("cart", {}).values())


def create_app(database_uri: str, **config: Any) -> Flask:
    """The shop as its owner wrote it."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY="test", TESTING=True, SQLALCHEMY_DATABASE_URI=database_uri)
    app.config.update(STOREFRONT_CURRENCY="GBP", STOREFRONT_DEADLINE_MS=2000)
    app.config.update(config)
    db.init_app(app)

    @app.get("/w/<int:code>")
    def ware(code: int) -> str:
        return db.get_or_404(Ware, code).label  # type: ignore[no-any-return]

    @app.post("/add")
    def add() -> Any:
        SessionCart().add([CartLine(request.form["code"], int(request.form["n"]))])
        return redirect("/")

    return app


def catalog(**changes: Any) -> SQLAlchemyCatalog:
    """A callable for the URL, columns for the rest."""
    fields = {
        "id": Ware.code,
        "title": Ware.label,
        "price": Ware.price,
        "stock": Ware.pieces,
        "visible": Ware.shown,
        "url": lambda ware: url_for("ware", code=ware.code),
        "live_stock": True,
    }
    return SQLAlchemyCatalog(db, Ware, **{**fields, **changes})


def orders(**changes: Any) -> SQLAlchemyOrders:
    """Lines on the cart that the order points to; an order that is not paid yet is none."""
    fields = {
        "id": Order.id,
        "placed_at": Order.paid_on,
        "customer_id": Order.customer,
        "cancelled": Order.withdrawn_on,
        "lines": lambda order: order.cart.lines,
        "options": [selectinload(Order.cart).selectinload(Cart.lines)],
        "line_product_id": CartRow.ware_code,
        "line_quantity": CartRow.n,
        "line_unit_price": CartRow.at,
    }
    return SQLAlchemyOrders(db, Order, **{**fields, **changes})


def cart() -> SessionCart:
    return SessionCart()


def mount(app: Flask) -> Any:
    """The extension on this shop."""
    from storefront_plugin.extension import Storefront

    return Storefront(app, catalog=catalog(), orders=orders(), cart=cart())


def product_id(number: int) -> str:
    """This shop's id of a product of `baskets`."""
    return str(1000 + number)


def fill(app: Flask) -> None:
    """The known products and orders, and one order that is not paid."""
    with app.app_context():
        db.create_all()
        db.session.add_all(_ware(number) for number in range(baskets.PRODUCTS))
        db.session.add_all(_order(basket) for basket in baskets.baskets())
        db.session.add(Order(cart=Cart(lines=[CartRow(ware_code=1000, n=1, at=1.0)]), paid_on=None))
        db.session.commit()


def _ware(number: int) -> Ware:
    return Ware(
        code=1000 + number,
        label=baskets.title(number),
        price=float(baskets.price(number)),
        pieces=baskets.stock(number),
        shown=number != baskets.HIDDEN,
    )


def _order(basket: baskets.Basket) -> Order:
    rows = [
        CartRow(ware_code=1000 + number, n=baskets.quantity(number), at=float(baskets.price(number)))
        for number in basket.products
    ]
    paid_on = basket.placed_at.replace(tzinfo=None)
    return Order(
        cart=Cart(lines=rows),
        paid_on=paid_on,
        withdrawn_on=paid_on + dt.timedelta(days=1) if basket.cancelled else None,
        customer=basket.customer,
    )
