"""Shop (c): SKU texts as ids, prices in cents, order lines in a JSON column."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, mapped_column

from storefront_plugin.shop.sqlalchemy import SQLAlchemyCatalog, SQLAlchemyOrders

from . import baskets

db = SQLAlchemy()


class Article(db.Model):  # type: ignore[name-defined, misc]
    sku: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    cents: Mapped[int]
    was_cents: Mapped[int | None]
    currency: Mapped[str] = mapped_column(sa.String(3))
    available: Mapped[bool]
    hidden: Mapped[bool]
    details: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)


class Sale(db.Model):  # type: ignore[name-defined, misc]
    number: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    sold_at: Mapped[dt.datetime]
    email: Mapped[str | None] = mapped_column(sa.String(80))
    state: Mapped[str] = mapped_column(sa.String(20))
    basket: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)


def create_app(database_uri: str, **config: Any) -> Flask:
    """The shop as its owner wrote it."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY="test", TESTING=True, SQLALCHEMY_DATABASE_URI=database_uri)
    app.config.update(STOREFRONT_DEADLINE_MS=2000)
    app.config.update(config)
    db.init_app(app)

    @app.get("/a/<path:sku>")
    def article(sku: str) -> str:
        return db.get_or_404(Article, sku).title  # type: ignore[no-any-return]

    return app


def catalog(**changes: Any) -> SQLAlchemyCatalog:
    """All fields columns; stock is a yes or no."""
    fields = {
        "id": Article.sku,
        "title": Article.title,
        "price": Article.cents,
        "list_price": Article.was_cents,
        "price_unit": "minor",
        "currency": Article.currency,
        "stock": Article.available,
        "visible": ~Article.hidden,
        "attributes": Article.details,
        "url": sa.literal("/a/") + Article.sku,
        "live_stock": True,
    }
    return SQLAlchemyCatalog(db, Article, **{**fields, **changes})


def orders(**changes: Any) -> SQLAlchemyOrders:
    """Lines as dicts in a JSON column."""
    fields = {
        "id": Sale.number,
        "placed_at": Sale.sold_at,
        "customer_id": Sale.email,
        "currency": "EUR",
        "status": Sale.state,
        "cancelled": {"storno", "refused"},
        "lines": Sale.basket,
        "line_product_id": "sku",
        "line_quantity": "qty",
        "line_unit_price": "cents",
        "price_unit": "minor",
    }
    return SQLAlchemyOrders(db, Sale, **{**fields, **changes})


def cart() -> None:
    """An API only; the cart lives in the app."""
    return None


def mount(app: Flask) -> Any:
    """The extension on this shop."""
    from storefront_plugin.extension import Storefront

    return Storefront(app, catalog=catalog(), orders=orders())


def product_id(number: int) -> str:
    """This shop's id of a product of `baskets`; spaces, slashes and umlauts are in its SKUs."""
    return f"AB {number:03}/Ü"


def fill(app: Flask) -> None:
    """The known products and orders."""
    with app.app_context():
        db.create_all()
        db.session.add_all(_article(number) for number in range(baskets.PRODUCTS))
        db.session.add_all(_sale(basket) for basket in baskets.baskets())
        db.session.commit()


def _article(number: int) -> Article:
    cents = int(baskets.price(number) * 100)
    return Article(
        sku=product_id(number),
        title=baskets.title(number),
        cents=cents,
        was_cents=cents + 500 if number % 2 else None,
        currency="EUR",
        available=baskets.stock(number) > 0,
        hidden=number == baskets.HIDDEN,
        details={"colour": "red" if number % 2 else "blue", "weight": number},
    )


def _sale(basket: baskets.Basket) -> Sale:
    lines = [
        {"sku": product_id(number), "qty": baskets.quantity(number), "cents": int(baskets.price(number) * 100)}
        for number in basket.products
    ]
    return Sale(
        number=f"S-{basket.number:05}",
        sold_at=basket.placed_at.replace(tzinfo=None),
        email=None if basket.customer is None else f"c{basket.customer}@example.org",
        state="storno" if basket.cancelled else "sold",
        basket=lines,
    )
