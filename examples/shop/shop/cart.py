"""The shopper's cart, kept in the session as SKU → quantity, the latest line last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from flask import session
from sqlalchemy import select

from . import money
from .database import db
from .models import Product

KEY = "cart"
MOST_LINES = 50
MAX_QUANTITY = 99


@dataclass(frozen=True, slots=True)
class Line:
    """A product in the cart; *discount* is what bundles take off all of its items."""

    product: Product
    quantity: int
    discount: Decimal = Decimal(0)

    @property
    def unit_price(self) -> Decimal:
        """Today's price of one."""
        return money.price(self.product)

    @property
    def gross(self) -> Decimal:
        """Price times quantity."""
        return self.unit_price * self.quantity

    @property
    def total(self) -> Decimal:
        """What the line costs."""
        return self.gross - self.discount


def quantities() -> dict[str, int]:
    """What the session holds."""
    held: dict[str, int] = session.get(KEY, {})
    return dict(held)


def count() -> int:
    """Items in the cart."""
    return sum(quantities().values())


def lines() -> list[Line]:
    """The cart's products that can still be bought."""
    held = quantities()
    if not held:
        return []
    found = {product.sku: product for product in products(held)}
    return [Line(found[sku], quantity) for sku, quantity in held.items() if sku in found]


def products(skus: Iterable[str]) -> list[Product]:
    """Visible products with these SKUs, in no order."""
    return list(db.session.scalars(select(Product).where(Product.sku.in_(list(skus)), Product.visible)))


def put(sku: str, quantity: int) -> int:
    """Set the quantity of one product within its stock and return it; 0 takes it out."""
    held = quantities()
    product = db.session.get(Product, sku)
    most = 0
    if product is not None and product.visible:
        most = MAX_QUANTITY if product.stock is None else min(max(product.stock, 0), MAX_QUANTITY)
    quantity = min(quantity, most)
    if quantity <= 0 or (sku not in held and len(held) >= MOST_LINES):
        held.pop(sku, None)
        quantity = 0
    else:
        held[sku] = quantity
    session[KEY] = held
    return quantity


def add(sku: str, quantity: int) -> int:
    """Put more of a product in, as the latest line, and return how many there are now."""
    held = quantities()
    before = held.pop(sku, 0)
    session[KEY] = held
    return put(sku, before + max(quantity, 0))


def clear() -> None:
    """Empty the cart."""
    session.pop(KEY, None)
