"""Counting uses exactly, in the shop's own transaction: order, uses and record commit or roll back together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ...core import clock
from ...core.errors import InputError, StorefrontError
from ...core.sql.database import Database, table_of
from ...core.sql.dialects import begin_before_savepoint
from ..store.tables import BundleRow, BundleUse, PricedOrder
from .record import OrderRecord, UsedBundle
from .refunds import Policy, RefundLine, RefundQuote, Return, refund_quote, refunds_from_json, refunds_to_json

PAGE: Final = 1000
_ORDERS, _USES, _BUNDLES = table_of(PricedOrder), table_of(BundleUse), table_of(BundleRow)


class LimitReached(StorefrontError):
    """Bundles were used up by other orders since the cart was priced; price it again. *bundle_ids* are theirs."""

    def __init__(self, bundle_ids: Sequence[int]) -> None:
        names = ", ".join(map(str, bundle_ids))
        super().__init__(f"The bundles {names} have reached their limits; price the cart again and show the new total.")
        self.bundle_ids = tuple(bundle_ids)


class RefundConflict(StorefrontError):
    """Another refund of the order was stored since this one was quoted, or this one was stored before."""


class RefundedAlready(StorefrontError):
    """The order has refunds, so that how it was priced cannot change any more."""


def store_order(session: Session, database: Database, order_id: str, record: OrderRecord) -> bool:
    """Store how *order_id* was priced and count its bundles; False where it is stored like that already.

    An order that was priced otherwise before, or was cancelled since then, is stored again and counted as it is now.
    Bundles with a limit in all are counted by one guarded update each, by id, so that two orders can neither pass the
    limit together nor wait for each other in a circle. Raises `LimitReached`, and `RefundedAlready` where items came
    back already and something would change; then nothing is stored.

    The savepoint is the connection's: the session's would flush what the shop has pending.
    """
    connection = session.connection()
    begin_before_savepoint(connection)
    database.prepare(connection)
    with connection.begin_nested():
        # First a change, then reads: the other way round SQLite refuses the lock where it could wait for it.
        counted: dict[int, int] = {}
        if not _insert(connection, order_id, record):
            before, refunds = _locked(connection, order_id)
            counted = _counted(connection, order_id)
            if before.is_like(record) and counted == {used.id: used.count for used in record.bundles}:
                return False
            if refunds:
                raise RefundedAlready(
                    f"Order {order_id!r:.80} already has refunds and can't be priced again; give the new order another id."
                )
            written = {"record": record.to_json(), "created_at": clock.now_in_sql()}
            connection.execute(sa.update(_ORDERS).where(_ORDERS.c.order_id == order_id).values(written))
        _count(connection, order_id, counted, record.bundles, record.currency)
    return True


def release_order(session: Session, database: Database, order_id: str) -> bool:
    """Give the uses of a cancelled order back; False where none were counted. The record stays, for refunds.

    As `store_order` behind a savepoint of the connection: nothing of it stands where it raises.
    """
    connection = session.connection()
    begin_before_savepoint(connection)
    database.prepare(connection)
    with connection.begin_nested():
        if not _lock(connection, order_id):
            return False
        counted = _counted(connection, order_id)
        _count(connection, order_id, counted)
    return bool(counted)


def restore_order(session: Session, database: Database, order_id: str) -> bool:
    """Count the uses of an order again that was cancelled and is placed after all; False where none are to count.

    The order stands at the price it was given, so its uses count even above a limit. As `release_order` otherwise.
    """
    connection = session.connection()
    begin_before_savepoint(connection)
    database.prepare(connection)
    with connection.begin_nested():
        if not _lock(connection, order_id) or _counted(connection, order_id):
            return False
        record, _ = _locked(connection, order_id)
        _count(connection, order_id, {}, record.bundles, record.currency, limited=False)
    return bool(record.bundles)


def restore_orders(session: Session, database: Database, order_ids: Iterable[str]) -> None:
    """`restore_order` of all of *order_ids*; those without bundles, which most are, cost a part of one query."""
    given = iter(order_ids)
    counted = sa.exists().where(_USES.c.order_id == _ORDERS.c.order_id)
    while part := list(islice(given, PAGE)):
        found = sa.select(_ORDERS.c.order_id).where(_ORDERS.c.order_id.in_(part), ~counted)
        for order_id in session.connection().scalars(found.order_by(_ORDERS.c.order_id)).all():
            restore_order(session, database, order_id)


def release_orders(database: Database, order_ids: Iterable[str]) -> int:
    """Give back the uses of all cancelled orders of *order_ids*, a transaction each; how many orders that were."""
    released, given = 0, iter(order_ids)
    while part := list(islice(given, PAGE)):
        with database.reading(blocking=True) as session:
            query = sa.select(BundleUse.order_id).distinct().where(BundleUse.order_id.in_(part))
            found = list(session.scalars(query))
        for order_id in found:
            with database.writing() as session:
                released += release_order(session, database, order_id)
    return released


def quote_refund(session: Session, order_id: str, lines: Sequence[Return], policy: Policy = "keep") -> RefundQuote:
    """What is refundable now; nothing is stored. Raises `InputError` as `refund_quote`."""
    record, refunded, _ = load_order(session, order_id)
    return refund_quote(record, refunded, lines, policy)


def load_order(session: Session, order_id: str) -> tuple[OrderRecord, list[RefundLine], int]:
    """How an order was priced, what was refunded of it and in how many refunds; raises `InputError` for an unknown one."""
    row = _row(session, order_id)
    record = OrderRecord.from_json(row.record)
    return record, refunds_from_json(record, json.loads(row.refunded)), row.refunds


def store_refund(
    session: Session, order_id: str, lines: Sequence[Return], policy: Policy = "keep", refund_id: str | None = None
) -> RefundQuote:
    """Quote a refund and store it at once, so that the next quote knows of it.

    Raises `RefundConflict` when another refund came between or *refund_id* was stored before, and `InputError` as
    `refund_quote`.
    """
    row = _row(session, order_id)
    stored = json.loads(row.refunded)
    if refund_id is not None and any(line[4:] == [refund_id] for line in stored):
        raise RefundConflict(
            f"Refund {refund_id!r:.80} of order {order_id!r:.80} has already been stored; nothing was refunded again."
        )
    record = OrderRecord.from_json(row.record)
    quote = refund_quote(record, refunds_from_json(record, stored), lines, policy)
    text = json.dumps([*stored, *refunds_to_json(quote.lines, refund_id)], separators=(",", ":"))
    guard = sa.update(PricedOrder).where(PricedOrder.order_id == order_id, PricedOrder.refunds == row.refunds)
    if not _run(session, guard.values(refunded=text, refunds=row.refunds + 1)):
        raise RefundConflict(f"Order {order_id!r:.80} has been refunded by someone else; quote it again.")
    return quote


def _row(session: Session, order_id: str) -> Any:
    columns = (PricedOrder.record, PricedOrder.refunded, PricedOrder.refunds)
    row = session.execute(sa.select(*columns).where(PricedOrder.order_id == order_id)).first()
    if row is None:
        raise InputError(
            f"Order {order_id!r:.80} was not priced here, so it can't be refunded; call bundles_applied when an "
            "order is placed."
        )
    return row


def _insert(connection: sa.Connection, order_id: str, record: OrderRecord) -> bool:
    """Store a new order; False where its id stands there already."""
    row = {"record": record.to_json(), "refunded": "[]", "refunds": 0, "created_at": clock.now_in_sql()}
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(_ORDERS), row | {"order_id": order_id})
    except sa.exc.IntegrityError:
        return False
    return True


def _lock(connection: sa.Connection, order_id: str) -> bool:
    """Hold the order's row to the end of the transaction, by a change that changes nothing; False where there is none."""
    held = sa.update(_ORDERS).where(_ORDERS.c.order_id == order_id).values(refunds=_ORDERS.c.refunds)
    return bool(connection.execute(held).rowcount)


def _locked(connection: sa.Connection, order_id: str) -> tuple[OrderRecord, int]:
    _lock(connection, order_id)
    query = sa.select(_ORDERS.c.record, _ORDERS.c.refunds).where(_ORDERS.c.order_id == order_id)
    row = connection.execute(query.with_for_update()).one()  # with the lock MySQL reads what stands now, too
    return OrderRecord.from_json(row.record), row.refunds


def _counted(connection: sa.Connection, order_id: str) -> dict[int, int]:
    """How often each bundle counts for the order, whose row is held."""
    query = sa.select(_USES.c.bundle_id, _USES.c.count).where(_USES.c.order_id == order_id)
    return {row[0]: row[1] for row in connection.execute(query.with_for_update())}


def _count(
    connection: sa.Connection,
    order_id: str,
    before: Mapping[int, int],
    used: Sequence[UsedBundle] = (),
    currency: str = "",
    limited: bool = True,
) -> None:
    """Count what the order *used* in place of what is counted for it *before*; raises `LimitReached` if *limited*."""
    changes = {bundle_id: -count for bundle_id, count in before.items()}
    for one in used:
        changes[one.id] = changes.get(one.id, 0) + one.count
    _raise_uses(connection, changes, limited)
    if before:
        connection.execute(sa.delete(_USES).where(_USES.c.order_id == order_id))
    for one in used:
        row = {"order_id": order_id, "bundle_id": one.id, "count": one.count, "saving": one.saving}
        connection.execute(sa.insert(_USES), row | {"currency": currency, "used_at": clock.now_in_sql()})


def _raise_uses(connection: sa.Connection, changes: Mapping[int, int], limited: bool) -> None:
    """Raise or lower the uses of bundles that have a limit in all.

    Raises `LimitReached` where that does not suffice and they are *limited* by it.
    """
    counting = sa.select(_BUNDLES.c.id).where(_BUNDLES.c.id.in_(changes), _BUNDLES.c.limit_in_all.is_not(None))
    reached = []
    for bundle_id in sorted(connection.scalars(counting)):
        change = changes[bundle_id]
        after = _BUNDLES.c.uses + change
        fits = after <= _BUNDLES.c.limit_in_all if change > 0 else after >= 0
        fits = fits if limited or change < 0 else sa.true()
        raised = sa.update(_BUNDLES).where(_BUNDLES.c.id == bundle_id, fits).values(uses=after)
        if change and not connection.execute(raised).rowcount and change > 0:
            reached.append(bundle_id)
    if reached:
        raise LimitReached(reached)


def _run(session: Session, statement: sa.Update) -> int:
    changed: Any = session.execute(statement, execution_options={"synchronize_session": False})
    return int(changed.rowcount)
