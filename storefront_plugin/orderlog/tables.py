"""Tables of the order log."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ..core.sql.database import Base
from ..core.sql.dialects import BigKey, Id, LongText


class OrderEvent(Base):
    """A recorded event that is not in a batch yet; inserted in the shop's transaction, deleted when it is settled.

    *order_id* is not unique on purpose: a repeated call must not fail the shop's commit.
    """

    __tablename__ = "storefront_order_event"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    order_id: Mapped[str] = mapped_column(Id)
    payload: Mapped[str] = mapped_column(sa.Text)
    recorded_at: Mapped[dt.datetime] = mapped_column(sa.DateTime)


class LoggedOrder(Base):
    """An order as the shop last said it.

    Attributes:
        day: The day on which it counts: that of *placed_at*, unless that lies far ahead of all other orders.
        size: Its number of distinct products.
        status: ``placed``, ``cancelled``, ``unplaced``, or ``tombstone`` for one that was cancelled before it was placed.
        updated_at: When the shop last said so.
        from_call: Whether the shop's own code recorded it.
        from_adapter: Whether the orders adapter has given it.
    """

    __tablename__ = "storefront_order"

    order_id: Mapped[str] = mapped_column(Id, primary_key=True)
    placed_at: Mapped[dt.datetime | None] = mapped_column(sa.DateTime)
    day: Mapped[int | None] = mapped_column(index=True)
    size: Mapped[int]
    customer_id: Mapped[str | None] = mapped_column(Id, index=True)
    currency: Mapped[str | None] = mapped_column(sa.String(3))
    status: Mapped[str] = mapped_column(sa.String(16))
    updated_at: Mapped[dt.datetime] = mapped_column(sa.DateTime)
    from_call: Mapped[bool]
    from_adapter: Mapped[bool]


class LoggedLine(Base):
    """An order line with its quantity after refunds. Prices are in minor units of the order's currency."""

    __tablename__ = "storefront_order_line"

    order_id: Mapped[str] = mapped_column(Id, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    product: Mapped[int] = mapped_column(sa.Integer)
    variant_id: Mapped[str | None] = mapped_column(Id)
    quantity: Mapped[int]
    quantity_left: Mapped[int]
    unit_price: Mapped[int | None] = mapped_column(sa.BigInteger)


class Batch(Base):
    """A numbered, immutable part of the log: entries as JSON lines, chained to the previous batch by random tokens."""

    __tablename__ = "storefront_batch"

    number: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(sa.String(16))
    previous_token: Mapped[str] = mapped_column(sa.String(16))
    day: Mapped[int]
    orders: Mapped[int]
    entries: Mapped[str] = mapped_column(LongText)
    created_at: Mapped[dt.datetime] = mapped_column(sa.DateTime)


class Applier(Base):
    """A single row whose update is the lock for numbering; it has the position of the last batch."""

    __tablename__ = "storefront_applier"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(sa.BigInteger)
    token: Mapped[str] = mapped_column(sa.String(16))
    products: Mapped[int]
    locks: Mapped[int] = mapped_column(sa.BigInteger)


class ProductNumber(Base):
    """The short number of a product id; append-only, without gaps."""

    __tablename__ = "storefront_product"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    product_id: Mapped[str] = mapped_column(Id, unique=True)
