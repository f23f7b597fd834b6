"""Numbering: appends events to the log as its next batch, under a portable lock.

The first statement of the transaction updates the single applier row, which is a lock on SQLite, PostgreSQL and MySQL;
without it, two appliers would assign the same number twice. A numbered batch never changes.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..core import clock
from ..core.sql.database import Database, table_of
from ..core.sql.dialects import Row, insert_rows
from .counted_days import NEWEST_ORDERS, CountedDays
from .events import Event, Kind, day_of
from .order_state import LineState, OrderState
from .product_numbers import ProductNumbers
from .settling import Entry, Settled, dump_entries, settle
from .tables import Applier, Batch, LoggedLine, LoggedOrder, OrderEvent

BATCH_EVENTS = 1000
"""Maximum events per batch: Redis counts them in a fifth of a second, a hundredth per shard."""

BATCH_ORDERS = BATCH_EVENTS
BATCH_PAIRS = 100_000
"""Maximum orders and directed pairs per batch, so that no script blocks Redis for long."""

_IN_LIST = 500

# Expanding parameters: SQLAlchemy inspects each value of a list that is passed to `in_`.
_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_ORDERS = sa.select(LoggedOrder.__table__).where(LoggedOrder.order_id.in_(_IDS))
_LINES = sa.select(LoggedLine.__table__).where(LoggedLine.order_id.in_(_IDS)).order_by(LoggedLine.position)
_EVENTS = (
    sa.select(OrderEvent.id, OrderEvent.kind, OrderEvent.order_id, OrderEvent.payload, OrderEvent.recorded_at)
    .order_by(OrderEvent.id)
    .limit(sa.bindparam("limit"))
)
_SETTLED = sa.delete(table_of(OrderEvent)).where(
    table_of(OrderEvent).c.id.between(sa.bindparam("first"), sa.bindparam("last"))
)


_ORDER_COLUMNS = table_of(LoggedOrder).columns.keys()
_order_row: Callable[[OrderState], Row] = attrgetter(*_ORDER_COLUMNS)
_LINE_COLUMNS = ("order_id", "position", "product", "variant_id", "quantity", "quantity_left", "unit_price")
_line_row: Callable[[LineState], Row] = attrgetter(*_LINE_COLUMNS[1:])


@dataclass(frozen=True, slots=True)
class Position:
    """A position in the log: number and token of a batch. ``Position(0, start token)`` is before the first."""

    number: int
    token: str

    def __str__(self) -> str:
        return f"{self.number}:{self.token}"

    @classmethod
    def parse(cls, text: str) -> Position | None:
        """Parse a position; None for invalid text."""
        number, _, token = text.partition(":")
        return cls(int(number), token) if number.isdigit() and token else None


@contextmanager
def locked_applier(database: Database, numbers: ProductNumbers) -> Iterator[tuple[Session, Applier]]:
    """A write transaction that holds the applier's lock from its first statement."""
    learned: dict[str, int] = {}
    with database.writing() as session:
        changed: Any = session.execute(sa.update(Applier).where(Applier.id == 1).values(locks=Applier.locks + 1))
        if not changed.rowcount:
            session.add(Applier(id=1, number=0, token=secrets.token_hex(8), products=0, locks=1))
            session.flush()
        applier = session.get_one(Applier, 1)
        numbers.check(session)
        session.info["learned"] = learned
        yield session, applier
    numbers.learn(learned)


def number_events(database: Database, numbers: ProductNumbers, limit: int = BATCH_EVENTS) -> Settled | None:
    """Settle at most *limit* recorded events into a batch; None when there are no events."""
    if not events_waiting(database):
        return None
    with locked_applier(database, numbers) as (session, applier):
        rows = session.execute(_EVENTS, {"limit": limit}).all()
        events = [Event.from_payload(cast(Kind, kind), *told) for _, kind, *told in rows]  # type: ignore[arg-type]
        settled = append_batch(session, applier, numbers, events)
        for first, last in _stretches([row.id for row in rows]):
            session.execute(_SETTLED, {"first": first, "last": last})
    return settled if rows else None


def number_all(database: Database, numbers: ProductNumbers) -> None:
    """Settle all recorded events, a batch at a time."""
    while number_events(database, numbers) is not None:
        pass


def _stretches(ids: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of consecutive *ids*."""
    first = last = ids[0] if ids else 0
    for number in ids:
        if number > last + 1:
            yield first, last
            first = number
        last = number
    if ids:
        yield first, last


def events_waiting(database: Database) -> bool:
    """Whether any events are unnumbered. Takes no lock."""
    with database.reading(blocking=True) as session:
        return session.execute(sa.select(OrderEvent.id).limit(1)).first() is not None


def append_batch(session: Session, applier: Applier, numbers: ProductNumbers, events: Sequence[Event]) -> Settled:
    """Settle *events* under the lock and append the changes as the next batches of the log."""
    states = load_states(session, [event.order_id for event in events])
    named = dict.fromkeys(line.product_id for e in events for line in (e.lines + e.refunds if e.refunds else e.lines))
    assigned = numbers.assign(session, applier, named)
    session.info["learned"].update((id, number) for id, number in assigned.items() if numbers.number(id) is None)
    settled = settle(events, states, assigned, _counted_days(session, events))
    _store_states(session, states.values())
    for entries in _runs(settled.entries):
        _append(session, applier, entries)
    session.flush()
    return settled


def _runs(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    run: list[Entry] = []
    pairs = 0
    for entry in entries:
        weight = 0 if entry.size > 100 else len(entry.products) * (len(entry.products) + 2 * len(entry.others))
        if run and (len(run) == BATCH_ORDERS or pairs + weight > BATCH_PAIRS):
            yield run
            run, pairs = [], 0
        run.append(entry)
        pairs += weight
    if run:
        yield run


def _append(session: Session, applier: Applier, entries: Sequence[Entry]) -> None:
    token = secrets.token_hex(8)
    row = {
        "number": applier.number + 1,
        "token": token,
        "previous_token": applier.token,
        "day": max(entry.day for entry in entries),
        "orders": len(entries),
        "entries": dump_entries(entries),
        "created_at": clock.now_in_sql(),
    }
    session.execute(sa.insert(table_of(Batch)), row)
    applier.number, applier.token = applier.number + 1, token


def last_position(database: Database) -> Position | None:
    """The end of the log; None before its first use."""
    with database.reading(blocking=True) as session:
        row = session.execute(sa.select(Applier.number, Applier.token).where(Applier.id == 1)).first()
    return Position(row.number, row.token) if row else None


def is_small(database: Database, orders: int) -> bool:
    """Whether the log has at most *orders* orders; reads no more than that."""
    some = sa.select(LoggedOrder.order_id).limit(orders + 1).subquery()
    with database.reading(blocking=True) as session:
        return (session.scalar(sa.select(sa.func.count()).select_from(some)) or 0) <= orders


def count_orders(database: Database) -> int:
    """Number of orders that are not cancelled."""
    query = sa.select(sa.func.count()).select_from(LoggedOrder).where(LoggedOrder.status == "placed")
    with database.reading(blocking=True) as session:
        return session.scalar(query) or 0


def newest_day(database: Database) -> int | None:
    """The last day of an order that counts, at most today; None when there is none."""
    with database.reading(blocking=True) as session:
        day = session.scalar(newest_orders(LoggedOrder.day).limit(1))
    return None if day is None else min(day, day_of(clock.now_in_sql()))


def newest_orders(*columns: Any) -> sa.Select[Any]:
    """The query for *columns* of the orders that count, the newest first. What is cancelled is forgotten."""
    counting = (LoggedOrder.status == "placed", LoggedOrder.day.is_not(None))
    return sa.select(*columns).where(*counting).order_by(LoggedOrder.day.desc())


def _counted_days(session: Session, events: Iterable[Event]) -> CountedDays:
    """By the orders of the log and of *events*: an order that is said several times is one order."""
    known = session.execute(newest_orders(LoggedOrder.order_id, LoggedOrder.placed_at).limit(NEWEST_ORDERS))
    placed = {row.order_id: row.placed_at for row in known}
    placed |= {event.order_id: event.placed_at for event in events if event.placed_at is not None}
    return CountedDays(clock.now_in_sql(), placed.values())


def batches_after(database: Database, number: int, limit: int) -> list[Batch]:
    """At most *limit* batches after *number*, in order."""
    with database.reading(blocking=True) as session:
        return list(session.scalars(sa.select(Batch).where(Batch.number > number).order_by(Batch.number).limit(limit)))


def is_ours(database: Database, position: Position) -> bool:
    """Whether *position* is in this log; another token means the history of another log."""
    with database.reading(blocking=True) as session:
        if position.number == 0:
            first = session.scalar(sa.select(Batch.previous_token).where(Batch.number == 1))
            token = first or session.scalar(sa.select(Applier.token).where(Applier.id == 1))
        else:
            token = session.scalar(sa.select(Batch.token).where(Batch.number == position.number))
    return token == position.token


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _IN_LIST):
        yield values[start : start + _IN_LIST]


def load_states(session: Session | sa.Connection, order_ids: Iterable[str]) -> dict[str, OrderState]:
    """What the log knows of *order_ids*; orders that it does not know are left out."""
    states: dict[str, OrderState] = {}
    for part in _parts(list(dict.fromkeys(order_ids))):
        for order in session.execute(_ORDERS, {"ids": part}):
            states[order.order_id] = OrderState(**order._mapping, stored=True)
    for part in _parts(list(states)):
        for row in session.execute(_LINES, {"ids": part}):
            line = dict(row._mapping)
            states[line.pop("order_id")].lines.append(LineState(**line))
    return states


def _store_states(session: Session, states: Collection[OrderState]) -> None:
    changed = [state for state in states if state.changed]
    for part in _parts([state.order_id for state in changed if state.stored]):
        for table in (LoggedLine, LoggedOrder):
            session.execute(sa.delete(table_of(table)).where(table_of(table).c.order_id.in_(part)))
    insert_rows(session, table_of(LoggedOrder), _ORDER_COLUMNS, [_order_row(state) for state in changed])
    insert_rows(session, table_of(LoggedLine), _LINE_COLUMNS, [row for state in changed for row in _line_rows(state)])
    _note_repeated(session, [state for state in states if state.repeated and not state.changed])


def _note_repeated(session: Session, states: Iterable[OrderState]) -> None:
    """Store when, and by whom, the same was said of *states* again."""
    names = ("updated_at", "from_call", "from_adapter")
    alike: defaultdict[Row, list[str]] = defaultdict(list)
    for state in states:
        alike[attrgetter(*names)(state)].append(state.order_id)
    for values, order_ids in alike.items():
        for part in _parts(order_ids):
            where = table_of(LoggedOrder).c.order_id.in_(part)
            session.execute(sa.update(table_of(LoggedOrder)).where(where).values(dict(zip(names, values, strict=True))))


def _line_rows(state: OrderState) -> list[Row]:
    id = state.order_id
    if state.touched is not None:
        return [(id, *_line_row(line)) for line in state.touched]
    # Hot path: a batch has thousands of lines, nearly all of them untouched; creating a `LineState` for each is slow.
    return [
        (id, place, product, line.variant_id, line.quantity, line.quantity, line.unit_price)
        for place, (product, line) in enumerate(zip(state.products, state.placed, strict=True))
    ]
