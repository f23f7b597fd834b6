"""What a call does to an order, so that the call can return it. The order is settled later, by the same rules."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import cast

import sqlalchemy as sa

from ..core import clock
from .counted_days import CountedDays
from .events import Event, Kind
from .numbering import load_states
from .settling import Settled, settle
from .tables import OrderEvent, ProductNumber

WAITING = 1000
"""At most this many waiting events are looked through: they have no index by order, and there are rarely more than a few."""


class OrderChange(str, Enum):
    """What a call did to an order. Only `NOT_RECORDED` is false.

    Attributes:
        NEW: The order is new: its id was not known, or belonged to another order, which no longer counts.
        CHANGED: It is known and counts otherwise now: its lines differ, or it was cancelled before.
        KNOWN: It is as it was.
        CANCELLED: It no longer counts.
        UNPLACED: It is a draft, or its payment is pending or failed: it does not count until it is placed.
        REFUNDED: What came back is taken off.
        UNKNOWN: There is no such order to cancel or refund; once it is placed, it counts.
        NOT_RECORDED: Nothing was written; the log and a signal say why, and catching up repairs it.
    """

    NEW = "new"
    CHANGED = "changed"
    KNOWN = "known"
    CANCELLED = "cancelled"
    UNPLACED = "unplaced"
    REFUNDED = "refunded"
    UNKNOWN = "unknown"
    NOT_RECORDED = ""

    __str__ = str.__str__


_OF_UNKNOWN: Mapping[Kind, OrderChange] = {"placed": OrderChange.NEW, "unplaced": OrderChange.UNPLACED}


def change_by(connection: sa.Connection, event: Event, row: int) -> tuple[OrderChange, bool]:
    """What *event*, recorded as *row*, does to its order, after the events of that order that wait before it.

    And whether the order was cancelled and is placed after all.
    """
    columns = (OrderEvent.kind, OrderEvent.order_id, OrderEvent.payload, OrderEvent.recorded_at)
    recent = OrderEvent.id.between(row - WAITING, row - 1)
    query = sa.select(*columns).where(recent, OrderEvent.order_id == event.order_id)
    rows = connection.execute(query.order_by(OrderEvent.id))
    waiting = [Event.from_payload(cast(Kind, kind), id, payload, said_at) for kind, id, payload, said_at in rows]
    states = load_states(connection, [event.order_id])
    if not (states or waiting):
        return _OF_UNKNOWN.get(event.kind, OrderChange.UNKNOWN), False
    numbers = _numbers(connection, [*waiting, event])
    days = CountedDays(now=clock.now_in_sql())
    settle(waiting, states, numbers, days)
    settled = settle([event], states, numbers, days)
    return _name(settled), bool(settled.revived)


def _name(settled: Settled) -> OrderChange:
    names = {
        OrderChange.NEW: settled.placed,
        OrderChange.CHANGED: settled.changed,
        OrderChange.CANCELLED: settled.cancelled,
        OrderChange.UNPLACED: settled.unplaced,
        OrderChange.REFUNDED: settled.refunded,
        OrderChange.UNKNOWN: settled.unknown,
    }
    return next((name for name, times in names.items() if times), OrderChange.KNOWN)


def _numbers(connection: sa.Connection, events: list[Event]) -> Mapping[str, int]:
    """Numbers of the products that *events* name; those without one get negative ones, which no order has."""
    ids = list(dict.fromkeys(line.product_id for event in events for line in (*event.lines, *event.refunds)))
    numbers = {id: -place for place, id in enumerate(ids, 1)}
    for start in range(0, len(ids), 500):
        known = ProductNumber.product_id.in_(ids[start : start + 500])
        numbers.update(
            (id, number)
            for id, number in connection.execute(sa.select(ProductNumber.product_id, ProductNumber.number).where(known))
        )
    return numbers
