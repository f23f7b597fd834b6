"""Orders of the log that the shop no longer has: deleted, or no longer among those that the adapter gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..core.sql.database import Database, table_of
from .events import Event, Origin, cancelled, day_of
from .tables import LoggedOrder

FEW = 100
"""This many orders may vanish, whatever share of all they are."""

RECENT = dt.timedelta(minutes=10)
"""An order placed this shortly before reading began may have been committed while it went on."""

_MARGIN = dt.timedelta(days=1)
"""Adapters compare times in their own way: near the beginning of what was read, an order may be left out."""

_PAGE = 500
_orders = table_of(LoggedOrder)


class Missing:
    """The orders that count and that the adapter, which was read at the time of *origin*, should have given.

    Orders that were only imported are never missing. Those that only calls recorded are missing if the adapter gives most
    orders of calls; otherwise they are of another place, such as a till.
    """

    def __init__(self, database: Database, origin: Origin, since: dt.datetime | None) -> None:
        assert origin.said_at is not None
        window = [] if since is None else _since(since + _MARGIN)
        # What lies a day ahead was written by a wrong clock.
        was_given = _orders.c.updated_at.between(origin.said_at, origin.said_at + _MARGIN)
        is_recent = _orders.c.placed_at.between(origin.said_at - RECENT, origin.said_at + _MARGIN)
        counting = [*window, _orders.c.status == "placed", ~was_given, ~is_recent]
        with database.reading(blocking=True) as session:
            called = _count(session, *counting, _orders.c.from_call, ~_orders.c.from_adapter)
            both = _count(session, *window, _orders.c.from_call, _orders.c.from_adapter) if called else 0
            given = _count(session, *counting, _orders.c.from_adapter)
        self.count = given + (called if called < both else 0)
        of_shop = sa.or_(_orders.c.from_adapter, _orders.c.from_call) if called < both else _orders.c.from_adapter
        self._where = [*counting, of_shop]
        self._origin = origin
        self._last = ""

    def is_suspicious(self, given: int) -> bool:
        """Whether more orders are missing than were *given*."""
        return self.count > max(FEW, given)

    def next_of(self, session: Session, most: int) -> list[Event]:
        """The cancellations of the next *most* missing orders; to be settled in the same transaction."""
        if not self.count:
            return []
        query = sa.select(_orders.c.order_id).where(*self._where, _orders.c.order_id > self._last)
        ids = list(session.scalars(query.order_by(_orders.c.order_id).limit(most)))
        self._last = ids[-1] if ids else self._last
        return [cancelled(order_id, self._origin) for order_id in ids]


def _since(begin: dt.datetime) -> list[sa.ColumnElement[bool]]:
    """Orders from *begin* on; the day has an index."""
    return [_orders.c.day >= day_of(begin), _orders.c.placed_at >= begin]


def _count(session: Session, *where: sa.ColumnElement[bool]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(_orders).where(*where)) or 0


def note_given(session: Session, order_ids: Sequence[str], origin: Origin) -> None:
    """Note that the adapter gave orders that were refused: they are not missing."""
    for start in range(0, len(order_ids), _PAGE):
        known = _orders.c.order_id.in_(order_ids[start : start + _PAGE])
        older = _orders.c.updated_at < origin.said_at
        session.execute(sa.update(_orders).where(known, older).values(updated_at=origin.said_at))


def still_cancelled(database: Database, order_ids: Iterable[str]) -> Iterator[str]:
    """Those of *order_ids* that are not placed: the shop may have placed one again in the meantime."""
    given = iter(order_ids)
    while part := list(islice(given, _PAGE)):
        with database.reading(blocking=True) as session:
            placed = sa.select(_orders.c.order_id).where(_orders.c.order_id.in_(part), _orders.c.status == "placed")
            counting = set(session.scalars(placed))
        yield from (order_id for order_id in part if order_id not in counting)
