"""The shop's tables: catalogue, reviews, customers and orders. Times are UTC without a zone."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Numeric, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .database import Base

Money = Numeric(12, 2)

CANCELLED = "cancelled"
REFUNDED = "refunded"


def utc_now() -> dt.datetime:
    """The present moment as the tables store it."""
    return dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)


class Category(Base):
    """A department, or one of the kinds within it."""

    __tablename__ = "category"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("category.id"))
    position: Mapped[int]
    name_en: Mapped[str] = mapped_column(String(80))
    name_ja: Mapped[str] = mapped_column(String(80))
    intro_en: Mapped[str | None] = mapped_column(Text)
    intro_ja: Mapped[str | None] = mapped_column(Text)

    parent: Mapped[Category | None] = relationship(remote_side=[id], back_populates="kinds")
    kinds: Mapped[list[Category]] = relationship(back_populates="parent", order_by="Category.position")


class Product(Base):
    """One thing that can be bought. Both price lists are kept by hand; no price is converted."""

    __tablename__ = "product"

    sku: Mapped[str] = mapped_column(String(40), primary_key=True)
    category_id: Mapped[str] = mapped_column(ForeignKey("category.id"), index=True)
    family: Mapped[str] = mapped_column(String(40), index=True)
    variant_group: Mapped[str | None] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(40))
    brand: Mapped[str] = mapped_column(String(40))
    title_en: Mapped[str] = mapped_column(String(160))
    title_ja: Mapped[str] = mapped_column(String(160))
    description_en: Mapped[str] = mapped_column(Text)
    description_ja: Mapped[str] = mapped_column(Text)
    attributes: Mapped[dict[str, str]] = mapped_column(JSON)
    price_jpy: Mapped[Decimal] = mapped_column(Money)
    price_usd: Mapped[Decimal] = mapped_column(Money)
    list_price_jpy: Mapped[Decimal | None] = mapped_column(Money)
    list_price_usd: Mapped[Decimal | None] = mapped_column(Money)
    cost_jpy: Mapped[Decimal] = mapped_column(Money)
    cost_usd: Mapped[Decimal] = mapped_column(Money)
    stock: Mapped[int | None]
    visible: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[dt.datetime]
    rating: Mapped[float | None]
    review_count: Mapped[int] = mapped_column(default=0)
    picture_version: Mapped[str] = mapped_column(String(12))

    category: Mapped[Category] = relationship(lazy="joined")
    reviews: Mapped[list[Review]] = relationship(back_populates="product", order_by="Review.created_at.desc()")

    @property
    def sold_out(self) -> bool:
        """True where stock is tracked and none is left."""
        return self.stock is not None and self.stock <= 0


class Picture(Base):
    """The drawn picture of a product."""

    __tablename__ = "picture"

    sku: Mapped[str] = mapped_column(ForeignKey("product.sku"), primary_key=True)
    svg: Mapped[str] = mapped_column(Text)


class Customer(Base):
    """A simulated customer; there are no names, only numbers."""

    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(120), unique=True)
    language: Mapped[str] = mapped_column(String(5))
    region: Mapped[str] = mapped_column(String(40))
    branch: Mapped[str] = mapped_column(String(40))
    newsletter: Mapped[bool] = mapped_column(default=False)
    joined_at: Mapped[dt.datetime]

    orders: Mapped[list[Order]] = relationship(back_populates="customer", order_by="Order.placed_at.desc()")


class Review(Base):
    """What a customer thought of a product; the text may be empty."""

    __tablename__ = "review"

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(ForeignKey("product.sku"), index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    rating: Mapped[int]
    language: Mapped[str] = mapped_column(String(5))
    text: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[dt.datetime]

    product: Mapped[Product] = relationship(back_populates="reviews")


class Order(Base):
    """An order and where it goes. ``checkout_key`` makes sending the same form twice harmless."""

    __tablename__ = "shop_order"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    checkout_key: Mapped[str | None] = mapped_column(String(40), unique=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    placed_at: Mapped[dt.datetime] = mapped_column(index=True)
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[str] = mapped_column(String(12), default="placed")
    shipping: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    address: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    customer: Mapped[Customer | None] = relationship(back_populates="orders")
    lines: Mapped[list[OrderLine]] = relationship(
        back_populates="order", order_by="OrderLine.position", cascade="all, delete-orphan"
    )
    discounts: Mapped[list[OrderDiscount]] = relationship(
        order_by="OrderDiscount.position", cascade="all, delete-orphan"
    )
    refunds: Mapped[list[Refund]] = relationship(order_by="Refund.number", cascade="all, delete-orphan")

    @property
    def goods(self) -> Decimal:
        """What all lines cost one by one."""
        return sum((line.gross for line in self.lines), Decimal(0))

    @property
    def discount(self) -> Decimal:
        """What the bundles took off."""
        return sum((each.amount for each in self.discounts), Decimal(0))

    @property
    def total(self) -> Decimal:
        """What was paid: goods without the discount, and shipping."""
        return self.goods - self.discount + self.shipping

    @property
    def refunded(self) -> Decimal:
        """What was paid back so far."""
        return sum((refund.amount for refund in self.refunds), Decimal(0))


class OrderLine(Base):
    """One product of an order: its price, what bundles took off all of its items, and how many came back."""

    __tablename__ = "shop_order_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    position: Mapped[int]
    sku: Mapped[str] = mapped_column(ForeignKey("product.sku"), index=True)
    quantity: Mapped[int]
    unit_price: Mapped[Decimal] = mapped_column(Money)
    discount: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    returned: Mapped[int] = mapped_column(default=0)

    order: Mapped[Order] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()

    @property
    def left(self) -> int:
        """Items that have not come back."""
        return self.quantity - self.returned

    @property
    def gross(self) -> Decimal:
        """Price times quantity."""
        return self.unit_price * self.quantity

    @property
    def total(self) -> Decimal:
        """What was paid for it."""
        return self.gross - self.discount


class OrderDiscount(Base):
    """What one bundle took off an order, with its title of that day in the shop's languages."""

    __tablename__ = "shop_order_discount"

    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    title_en: Mapped[str] = mapped_column(String(200))
    title_ja: Mapped[str] = mapped_column(String(200))
    amount: Mapped[Decimal] = mapped_column(Money)


class Refund(Base):
    """Money paid back for returned items. Its *number* within the order keeps two clerks from refunding the same."""

    __tablename__ = "shop_refund"

    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[dt.datetime]
    amount: Mapped[Decimal] = mapped_column(Money)
