"""Orders that count, and what they brought, in figures for the merchant: by day on the shop's clock, and by currency."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..core import clock
from .events import day_of
from .tables import LoggedLine, LoggedOrder

_EPOCH = dt.date(1970, 1, 1)


@dataclass(slots=True)
class DailySales:
    """Sales of some days, the oldest first.

    Attributes:
        orders: Placed orders a day.
        known: By currency, how many of them have a price on every line.
        revenue: By currency, what those sold a day, in minor units, without what was refunded.
    """

    orders: list[int]
    known: dict[str, list[int]] = field(default_factory=dict)
    revenue: dict[str, list[int]] = field(default_factory=dict)


def orders_since(session: Session, day: int) -> int:
    """How many placed orders count on *day* (days since 1970-01-01 UTC) or later."""
    query = sa.select(sa.func.count()).where(LoggedOrder.day >= day, LoggedOrder.status == "placed")
    return session.scalar(query) or 0


def daily_sales(session: Session, days: Sequence[dt.date], zone: ZoneInfo) -> DailySales:
    """The sales of *days*, which follow each other, on the clock of *zone*; one query, over the index of days."""
    found = DailySales([0] * len(days))
    places = {day: place for place, day in enumerate(days)}
    for utc_day, is_late, currency, orders, known, revenue in session.execute(_query(days, zone)):
        began = dt.datetime.combine(_EPOCH + dt.timedelta(days=utc_day), dt.time(), dt.timezone.utc)
        place = places.get(began.astimezone(zone).date() + dt.timedelta(days=is_late))
        if place is None:
            continue
        found.orders[place] += orders
        if known and currency is not None:
            found.known.setdefault(currency, [0] * len(days))[place] += known
            found.revenue.setdefault(currency, [0] * len(days))[place] += int(revenue)
    return found


def _turns(days: Iterable[dt.date], zone: ZoneInfo) -> Mapping[int, dt.datetime]:
    """By the days of UTC within which one of *days* begins in *zone*, the moment at which it does."""
    began = [clock.to_sql(dt.datetime.combine(day, dt.time(), zone)) for day in days]
    return {day_of(moment): moment for moment in began if moment.time() != dt.time()}


def _query(days: Sequence[dt.date], zone: ZoneInfo) -> sa.Select[Any]:
    """Orders by day of UTC, by whether the shop's next day had begun within it, and by currency.

    What an order brought is unknown where a line has no price. It is looked up order by order, by the key of the lines:
    grouping all of them takes twice as long.
    """
    order, line = LoggedOrder, LoggedLine
    first, last = ((day - _EPOCH).days for day in (days[0], days[-1]))
    turns = _turns([*days, days[-1] + dt.timedelta(days=1)], zone)
    is_late = sa.case((order.placed_at >= sa.case(turns, value=order.day), 1), else_=0) if turns else sa.literal(0)
    brought = sa.case(
        (sa.func.count() == sa.func.count(line.unit_price), sa.func.sum(line.quantity_left * line.unit_price))
    )
    of_order = sa.select(brought).where(line.order_id == order.order_id).scalar_subquery()
    each = (
        sa.select(order.day, is_late.label("is_late"), order.currency, of_order.label("brought"))
        .where(order.day.between(first - 1, last + 1), order.status == "placed")
        .subquery()
    )
    figures = (sa.func.count(), sa.func.count(each.c.brought), sa.func.coalesce(sa.func.sum(each.c.brought), 0))
    keys = (each.c.day, each.c.is_late, each.c.currency)
    return sa.select(*keys, *figures).group_by(*keys)
