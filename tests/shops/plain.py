"""Shop (e): SQLAlchemy by itself, without Flask-SQLAlchemy; text keys, whole yen, one session a thread."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, render_template_string
from postgres import postgres_url
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, scoped_session, sessionmaker

from storefront_plugin import SQLAlchemyCatalog, SQLAlchemyOrders, Storefront

from . import baskets

STORES = ("file", "memory", "postgres")


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"

    sku: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    yen: Mapped[int]
    stock: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    kind: Mapped[str] = mapped_column(sa.String(20), default="things")


class Sale(Base):
    __tablename__ = "sales"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    member_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(sa.String(20), default="paid")
    rows: Mapped[list[SaleRow]] = relationship()


class SaleRow(Base):
    __tablename__ = "sale_rows"

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(sa.ForeignKey("sales.id"))
    sku: Mapped[str] = mapped_column(sa.String(20))
    pieces: Mapped[int]
    yen: Mapped[int]


@dataclass
class PlainShop:
    """The shop as its owner wrote it, with the plugin on what is given to the adapters: by default its scoped session."""

    uri: str
    folder: Path
    given: str = "scoped"
    config: dict[str, Any] = field(default_factory=dict)
    make_engine: Callable[[str], sa.Engine] = sa.create_engine
    session_options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.engine = self.make_engine(self.uri)
        self.make = sessionmaker(self.engine, **self.session_options)
        self.session: scoped_session[Session] = scoped_session(self.make)
        self.app = Flask("plain_shop", instance_path=str(self.folder))
        self.app.config.update(SECRET_KEY="test", TESTING=True, STOREFRONT_CURRENCY="JPY", STOREFRONT_DEADLINE_MS=2000)
        self.app.config.update(self.config)
        db = {"scoped": self.session, "sessionmaker": self.make, "engine": self.engine}[self.given]
        self.storefront = Storefront(self.app, catalog=catalog(db), orders=orders(db))
        self.app.add_url_rule("/items/<sku>", "item", self.item)
        self.app.teardown_appcontext(lambda error: self.session.remove())

    def item(self, sku: str) -> str:
        item = self.session.get_one(Item, sku)
        return render_template_string("<h1>{{ i.name }}</h1>{{ storefront.placement('product', i.sku) }}", i=item)

    def fill(self) -> PlainShop:
        """The known products and orders, and our tables."""
        Base.metadata.create_all(self.engine)
        with self.make() as session:
            session.add_all(map(_item, range(baskets.PRODUCTS)))
            session.add_all(map(_sale, baskets.baskets()))
            session.commit()
        with self.app.app_context():
            self.storefront.init_db()
        return self

    def close(self) -> None:
        """Let go of every connection."""
        with self.app.app_context():
            self.storefront.services.close()
        self.session.remove()
        self.engine.dispose()


OpenShop = Callable[..., PlainShop]


@contextmanager
def opening(folder: Path, redis_url: str) -> Iterator[OpenShop]:
    """Opens shops, filled if not told otherwise: ``open_shop("file" | "memory" | "postgres", given, **config)``."""
    opened: list[PlainShop] = []

    def open_it(
        store: str = "file",
        given: str = "scoped",
        filled: bool = True,
        make_engine: Callable[[str], sa.Engine] = sa.create_engine,
        session_options: dict[str, Any] | None = None,
        **config: Any,
    ) -> PlainShop:
        uris = {"memory": "sqlite://", "file": f"sqlite:///{folder / 'shop.sqlite'}"}
        config = {"STOREFRONT_REDIS_URL": redis_url, "STOREFRONT_REDIS_PREFIX": folder.name, **config}
        uri = uris.get(store) or postgres_url()
        shop = PlainShop(uri, folder, given, config, make_engine, session_options or {})
        opened.append(shop)
        return shop.fill() if filled else shop

    yield open_it
    for shop in opened:
        shop.close()


def catalog(db: Any, **changes: Any) -> SQLAlchemyCatalog:
    """Columns, and an address that is a callable."""
    fields = {
        "id": Item.sku,
        "title": Item.name,
        "price": Item.yen,
        "stock": Item.stock,
        "visible": Item.active,
        "category_ids": Item.kind,
        "url": lambda item: f"/items/{item.sku}",
    }
    return SQLAlchemyCatalog(db, Item, **{**fields, **changes})


def orders(db: Any) -> SQLAlchemyOrders:
    """Lines by a relationship."""
    return SQLAlchemyOrders(
        db,
        Sale,
        id=Sale.id,
        placed_at=Sale.at,
        customer_id=Sale.member_id,
        status=Sale.state,
        lines=Sale.rows,
        line_product_id=SaleRow.sku,
        line_quantity=SaleRow.pieces,
        line_unit_price=SaleRow.yen,
    )


def product_id(number: int) -> str:
    """This shop's id of a product of `baskets`."""
    return f"item-{number:02}"


def new_sale(*numbers: int, quantity: int = 1) -> Sale:
    """A sale of today, not yet in any session."""
    rows = [SaleRow(sku=product_id(number), pieces=quantity, yen=yen(number)) for number in numbers]
    return Sale(at=dt.datetime.now(dt.timezone.utc).replace(tzinfo=None), rows=rows)


def yen(number: int) -> int:
    return 1000 + 100 * number


def _item(number: int) -> Item:
    return Item(
        sku=product_id(number),
        name=baskets.title(number),
        yen=yen(number),
        stock=baskets.stock(number),
        active=number != baskets.HIDDEN,
    )


def _sale(basket: baskets.Basket) -> Sale:
    return Sale(
        at=basket.placed_at.replace(tzinfo=None),
        state="cancelled" if basket.cancelled else "paid",
        member_id=basket.customer,
        rows=[
            SaleRow(sku=product_id(number), pieces=baskets.quantity(number), yen=yen(number))
            for number in basket.products
        ],
    )
