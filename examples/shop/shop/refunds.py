"""Partial refunds: the storefront says what is owed, and items, stock and money are booked in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from storefront_plugin import OrderLine as PlacedLine
from storefront_plugin.bundles.orders.refunds import Policy, RefundQuote, Return
from storefront_plugin.bundles.orders.uses import RefundConflict
from storefront_plugin.core.errors import InputError
from storefront_plugin.money import from_minor

from .database import db
from .models import CANCELLED, REFUNDED, Order, Product, Refund, utc_now
from .storefront import is_mounted, storefront

Quantities = Mapping[str, int]
"""How many items come back, by SKU; each above 0 and no more than are left."""


class StaleRefund(Exception):
    """A colleague, or a second click, refunded the order since it was looked at."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What is paid back under one policy.

    Attributes:
        amounts: By SKU; with money that earlier refunds held back.
        shipping: Delivery, which is paid back with the last item.
        held_back: What stays owed until more comes back.
        rest: What the customer has paid for the goods that stay.
    """

    policy: Policy
    amounts: Mapping[str, Decimal]
    shipping: Decimal
    held_back: Decimal
    rest: Decimal

    @property
    def amount(self) -> Decimal:
        """All that is paid back."""
        return sum(self.amounts.values(), self.shipping)


def quote(order: Order, quantities: Quantities, policy: Policy) -> Quote | None:
    """What would be paid back for *quantities*; None for orders that cannot be refunded here."""
    if not is_mounted() or order.status in (CANCELLED, REFUNDED):
        return None
    try:
        return _quote(order, quantities, storefront.refund_quote(order.number, _returns(quantities), policy))
    except InputError:  # placed before the storefront priced the shop's orders
        return None


def refund(order: Order, quantities: Quantities, policy: Policy, seen: int) -> Refund:
    """Pay back *quantities* of *order*, of which *seen* refunds were known; raises `StaleRefund` with nothing done."""
    booked = Refund(number=seen + 1, made_at=utc_now(), amount=Decimal(0))
    if len(order.refunds) != seen:
        raise StaleRefund
    order.refunds.append(booked)
    try:
        db.session.flush()  # the number is taken now, or was before
        stored = storefront.refund_stored(order.number, _returns(quantities), policy)
    except (IntegrityError, RefundConflict) as error:
        db.session.rollback()
        raise StaleRefund from error
    booked.amount = _quote(order, quantities, stored).amount
    _take_back(order, quantities)
    storefront.order_refunded(order.number, [PlacedLine(sku, count) for sku, count in quantities.items()])
    db.session.commit()
    return booked


def _take_back(order: Order, quantities: Quantities) -> None:
    for line in order.lines:
        line.returned += quantities.get(line.sku, 0)
    for sku, count in quantities.items():
        db.session.execute(update(Product).where(Product.sku == sku).values(stock=Product.stock + count))
    if not any(line.left for line in order.lines):
        order.status = REFUNDED


def _quote(order: Order, quantities: Quantities, given: RefundQuote) -> Quote:
    amounts: dict[str, Decimal] = {}
    for line in given.lines:
        before = amounts.get(line.product_id, Decimal(0))
        amounts[line.product_id] = before + from_minor(line.amount, given.currency)
    is_last = all(line.left == quantities.get(line.sku, 0) for line in order.lines)
    return Quote(
        given.policy,
        amounts,
        order.shipping if is_last else Decimal(0),
        from_minor(given.held_back, given.currency),
        from_minor(given.rest, given.currency),
    )


def _returns(quantities: Quantities) -> list[Return]:
    return [Return(sku, count) for sku, count in quantities.items()]
