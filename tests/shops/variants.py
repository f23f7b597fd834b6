"""Shop (b): UUID ids, a price that is a Python property with a query, variants sold while products are shown, order
lines without a relationship, orders without customer."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import Flask, url_for
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, mapped_column

from storefront_plugin.shop import ports
from storefront_plugin.shop.sqlalchemy import SQLAlchemyCatalog, SQLAlchemyOrders

from . import baskets

db = SQLAlchemy()
SIZES = 2
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Style(db.Model):  # type: ignore[name-defined, misc]
    uid: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    headline: Mapped[str] = mapped_column(sa.String(200))
    state: Mapped[str] = mapped_column(sa.String(20))

    @property
    def price(self) -> Decimal | None:
        """The cheapest variant's price, asked each time."""
        cheapest = Variant.query.filter_by(style_uid=self.uid).order_by(Variant.amount).first()
        return None if cheapest is None else cheapest.amount


class Variant(db.Model):  # type: ignore[name-defined, misc]
    uid: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    style_uid: Mapped[uuid.UUID]
    size: Mapped[str] = mapped_column(sa.String(10))
    amount: Mapped[Decimal] = mapped_column(sa.Numeric(12, 4))
    on_hand: Mapped[int]


class Purchase(db.Model):  # type: ignore[name-defined, misc]
    uid: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    placed: Mapped[dt.datetime] = mapped_column(sa.DateTime(timezone=True))
    buyer: Mapped[str | None] = mapped_column(sa.String(80))
    void: Mapped[bool] = mapped_column(default=False)


class PurchaseLine(db.Model):  # type: ignore[name-defined, misc]
    number: Mapped[int] = mapped_column(primary_key=True)
    purchase_uid: Mapped[uuid.UUID]
    variant_uid: Mapped[uuid.UUID]
    pieces: Mapped[int]
    each: Mapped[Decimal] = mapped_column(sa.Numeric(12, 4))


def create_app(database_uri: str, **config: Any) -> Flask:
    """The shop as its owner wrote it."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY="test", TESTING=True, SQLALCHEMY_DATABASE_URI=database_uri)
    app.config.update(STOREFRONT_CURRENCY="USD", STOREFRONT_DEADLINE_MS=2000)
    app.config.update(config)
    db.init_app(app)

    @app.get("/styles/<uuid:uid>")
    def style(uid: uuid.UUID) -> str:
        return db.get_or_404(Style, uid).headline  # type: ignore[no-any-return]

    return app


def sizes(ids: Sequence[str]) -> dict[str, list[ports.Variant]]:
    """The variants of styles, in one query of the shop's own."""
    known = [uuid.UUID(one) for one in ids if UUID.fullmatch(one)]
    found: dict[str, list[ports.Variant]] = {}
    for row in db.session.scalars(sa.select(Variant).where(Variant.style_uid.in_(known)).order_by(Variant.size)):
        sized = ports.Variant(str(row.uid), row.size, row.amount, row.on_hand)
        found.setdefault(str(row.style_uid), []).append(sized)
    return found


def catalog(**changes: Any) -> SQLAlchemyCatalog:
    """The price as the property it is; the rest by column, expression and callable."""
    fields = {
        "id": Style.uid,
        "title": Style.headline,
        "price": Style.price,
        "stock": sa.select(sa.func.sum(Variant.on_hand)).where(Variant.style_uid == Style.uid),
        "visible": Style.state == "published",
        "url": lambda style: url_for("style", uid=style.uid),
        "variants": sizes,
    }
    return SQLAlchemyCatalog(db, Style, **{**fields, **changes})


def orders(**changes: Any) -> SQLAlchemyOrders:
    """Lines from a model beside, folded from variants to styles."""
    fields = {
        "id": Purchase.uid,
        "placed_at": Purchase.placed,
        "customer_id": Purchase.buyer,
        "cancelled": Purchase.void,
        "lines": PurchaseLine,
        "line_order_id": PurchaseLine.purchase_uid,
        "line_variant_id": PurchaseLine.variant_uid,
        "line_quantity": PurchaseLine.pieces,
        "line_unit_price": PurchaseLine.each,
        "product_of": (Variant.uid, Variant.style_uid),
    }
    return SQLAlchemyOrders(db, Purchase, **{**fields, **changes})


def cart() -> None:
    """This shop sells through an app; the website has no cart."""
    return None


def mount(app: Flask) -> Any:
    """The extension on this shop."""
    from storefront_plugin.extension import Storefront

    return Storefront(app, catalog=catalog(), orders=orders())


def product_id(number: int) -> str:
    """This shop's id of a product of `baskets`."""
    return str(_uid("style", number))


def fill(app: Flask) -> None:
    """The known products and orders."""
    with app.app_context():
        db.create_all()
        for number in range(baskets.PRODUCTS):
            _add_style(number)
        for basket in baskets.baskets():
            _add_purchase(basket)
        db.session.commit()


def _uid(kind: str, number: int) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{kind} {number}")


def _add_style(number: int) -> None:
    state = "draft" if number == baskets.HIDDEN else "published"
    db.session.add(Style(uid=_uid("style", number), headline=baskets.title(number), state=state))
    for size in range(SIZES):
        left = (baskets.stock(number) - size + 1) // SIZES
        db.session.add(
            Variant(
                uid=_uid("variant", number * SIZES + size),
                style_uid=_uid("style", number),
                size=f"size {size}",
                amount=baskets.price(number) + size,
                on_hand=left,
            )
        )


def _add_purchase(basket: baskets.Basket) -> None:
    uid = _uid("purchase", basket.number)
    buyer = None if basket.customer is None else f"buyer-{basket.customer}"
    db.session.add(Purchase(uid=uid, placed=basket.placed_at, buyer=buyer, void=basket.cancelled))
    for number in basket.products:
        size = basket.number % SIZES
        db.session.add(
            PurchaseLine(
                purchase_uid=uid,
                variant_uid=_uid("variant", number * SIZES + size),
                pieces=baskets.quantity(number),
                each=baskets.price(number) + size,
            )
        )
