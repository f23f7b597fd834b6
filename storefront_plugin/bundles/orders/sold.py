"""What bundles took off orders, and what was paid for the products in them, from the records kept with the orders."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..store.tables import BundleUse, PricedOrder


class Discount(NamedTuple):
    """Orders that had bundles, and what these saved, in minor units."""

    orders: int = 0
    saving: int = 0


@dataclass(frozen=True, slots=True)
class SoldInBundles:
    """What one order sold in bundles: products with their quantities, and what was paid for them.

    *paid* is in minor units of *currency*, without tax, before refunds.
    """

    currency: str
    paid: int
    products: Sequence[tuple[str, int]]


def discounts(
    session: Session, first: dt.datetime, middle: dt.datetime, end: dt.datetime
) -> tuple[dict[str, Discount], dict[str, Discount]]:
    """By currency, the discounts of bundles in orders stored from *first* until before *middle*, and from then before *end*.

    Times are naive UTC.
    """
    is_late = sa.case((BundleUse.used_at < middle, 0), else_=1)
    keys = sa.select(BundleUse.currency, is_late.label("is_late"), BundleUse.order_id, BundleUse.saving)
    used = keys.where(_used(first, end)).subquery()
    figures = (sa.func.count(used.c.order_id.distinct()), sa.func.sum(used.c.saving))
    found: tuple[dict[str, Discount], dict[str, Discount]] = {}, {}
    query = sa.select(used.c.currency, used.c.is_late, *figures).group_by(used.c.currency, used.c.is_late)
    for currency, late, orders, saving in session.execute(query):
        found[late][currency] = Discount(orders, int(saving))
    return found


def sold_in_bundles(session: Session, since: dt.datetime, until: dt.datetime, limit: int) -> list[SoldInBundles]:
    """The orders with bundles of that time, the newest first, at most *limit* of them."""
    used = sa.select(BundleUse.order_id).where(_used(since, until))
    query = sa.select(PricedOrder.record).where(PricedOrder.order_id.in_(used))
    records = session.scalars(query.order_by(PricedOrder.created_at.desc(), PricedOrder.order_id).limit(limit))
    return [_sold(json.loads(record)) for record in records]


def _used(since: dt.datetime, until: dt.datetime) -> sa.ColumnElement[bool]:
    return sa.and_(BundleUse.used_at >= since, BundleUse.used_at < until)


def _sold(record: dict[str, object]) -> SoldInBundles:
    """Of the JSON of an `OrderRecord` only what is needed: its bundles as they were then are most of it."""
    parts = [part for part in record["parts"] if part.get("bundle") is not None]  # type: ignore[attr-defined]
    tax = sum(part.get("tax", 0) for part in parts) if record["tax_included"] else 0
    paid = sum(part["paid"] for part in parts) - tax
    return SoldInBundles(str(record["currency"]), paid, [(part["product"], part["quantity"]) for part in parts])
