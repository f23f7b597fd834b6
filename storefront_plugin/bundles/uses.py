"""Counting uses exactly, in the shop's own transaction: order, uses and record commit or roll back together."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..database import Database, table_of
from ..errors import StorefrontError
from ..orderlog.recording import begin_on_sqlite
from ..orderlog.tables import LoggedOrder
from .record import OrderRecord
from .refunds import Policy, RefundLine, RefundQuote, Return, refund_quote, refunds_from_json, refunds_to_json
from .tables import BundleUse, PricedOrder, StoredBundle


class LimitReached(StorefrontError):
    """Bundles were used up by other orders since the cart was priced; price it again. *bundle_ids* are theirs."""

    def __init__(self, bundle_ids: Sequence[int]) -> None:
        names = ", ".join(map(str, bundle_ids))
        super().__init__(f"The bundles {names} were used up meanwhile; price the cart again and show the new total.")
        self.bundle_ids = tuple(bundle_ids)


class RefundConflict(StorefrontError):
    """Another refund of the order was stored since this one was quoted; quote it again."""


def store_order(session: Session, database: Database, order_id: str, record: OrderRecord) -> bool:
    """Store how *order_id* was priced and count its bundles; False where it was stored before (nothing changes then).

    Bundles with a limit in all are counted by one guarded update each, by id, so that two orders can neither pass the
    limit together nor wait for each other in a circle. Raises `LimitReached` with nothing stored.

    The savepoint is the connection's: the session's would flush what the shop has pending.
    """
    connection = session.connection()
    begin_on_sqlite(connection)
    database.prepare(connection)
    now = dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)
    try:
        with connection.begin_nested():
            # First a change, then reads: the other way round SQLite refuses the lock where it could wait for it.
            row = {"record": record.to_json(), "refunded": "[]", "refunds": 0, "created_at": now}
            connection.execute(sa.insert(table_of(PricedOrder)), row | {"order_id": order_id})
            _count(connection, [(used.id, used.count) for used in record.bundles])
            for used in record.bundles:
                use = {"order_id": order_id, "bundle_id": used.id, "count": used.count, "saving": used.saving}
                connection.execute(sa.insert(table_of(BundleUse)), use | {"currency": record.currency, "used_at": now})
    except sa.exc.IntegrityError:
        return False
    return True


def release_order(session: Session, database: Database, order_id: str) -> bool:
    """Give the uses of a cancelled order back; False where none were counted. The record stays, for refunds.

    As `store_order` behind a savepoint of the connection: nothing of it stands where it raises.
    """
    connection = session.connection()
    begin_on_sqlite(connection)
    database.prepare(connection)
    counted = sa.select(BundleUse.bundle_id, BundleUse.count).where(BundleUse.order_id == order_id)
    # A change that changes nothing: it tells whether there is anything to do, and comes before reads as in `store_order`.
    lock = sa.update(PricedOrder).where(PricedOrder.order_id == order_id).values(refunds=PricedOrder.refunds)
    released = False
    with connection.begin_nested():
        if not connection.execute(lock).rowcount:
            return False
        for bundle_id, count in connection.execute(counted.order_by(BundleUse.bundle_id)).all():
            own = sa.and_(BundleUse.order_id == order_id, BundleUse.bundle_id == bundle_id)
            if connection.execute(sa.delete(BundleUse).where(own)).rowcount:  # else another process gave it back
                released = True
                lowered = sa.update(StoredBundle).where(StoredBundle.id == bundle_id, StoredBundle.uses >= count)
                connection.execute(lowered.values(uses=StoredBundle.uses - count))
    return released


def release_cancelled(database: Database) -> int:
    """Give back the uses of all orders that are cancelled in the order log; how many orders that were."""
    cancelled = sa.select(BundleUse.order_id).distinct().join(LoggedOrder, LoggedOrder.order_id == BundleUse.order_id)
    with database.reading(patient=True) as session:
        order_ids = list(session.scalars(cancelled.where(LoggedOrder.status.in_(("cancelled", "tombstone")))))
    released = 0
    for order_id in order_ids:
        with database.writing() as session:
            released += release_order(session, database, order_id)
    return released


def load_order(session: Session, order_id: str) -> tuple[OrderRecord, list[RefundLine], int] | None:
    """How an order was priced, what was refunded of it and in how many refunds; None for an unknown order."""
    columns = (PricedOrder.record, PricedOrder.refunded, PricedOrder.refunds)
    row = session.execute(sa.select(*columns).where(PricedOrder.order_id == order_id)).first()
    if row is None:
        return None
    record = OrderRecord.from_json(row.record)
    return record, refunds_from_json(record, json.loads(row.refunded)), row.refunds


def store_refund(session: Session, order_id: str, lines: Sequence[Return], policy: Policy = "keep") -> RefundQuote:
    """Quote a refund and store it at once, so that the next quote knows of it.

    Raises `RefundConflict` when another refund came between, and `InputError` as `refund_quote`.
    """
    found = load_order(session, order_id)
    if found is None:
        raise StorefrontError(f"Order {order_id!r:.80} was not priced here; call store_order when it is placed.")
    record, refunded, refunds = found
    quote = refund_quote(record, refunded, lines, policy)
    text = json.dumps(refunds_to_json([*refunded, *quote.lines]), separators=(",", ":"))
    guard = sa.update(PricedOrder).where(PricedOrder.order_id == order_id, PricedOrder.refunds == refunds)
    if not _run(session, guard.values(refunded=text, refunds=refunds + 1)):
        raise RefundConflict(f"Order {order_id!r:.80} was refunded by somebody else meanwhile; quote it again.")
    return quote


def _count(connection: sa.Connection, uses: Sequence[tuple[int, int]]) -> None:
    """Raise the uses of bundles that have a limit in all; raises `LimitReached` where it does not suffice."""
    ids = [bundle_id for bundle_id, _ in uses]
    query = sa.select(StoredBundle.id).where(StoredBundle.id.in_(ids), StoredBundle.limit_in_all.is_not(None))
    limited = set(connection.scalars(query))
    reached = []
    for bundle_id, count in sorted(uses):
        if bundle_id in limited:
            enough = StoredBundle.uses + count <= StoredBundle.limit_in_all
            raised = sa.update(StoredBundle).where(StoredBundle.id == bundle_id, enough)
            if not connection.execute(raised.values(uses=StoredBundle.uses + count)).rowcount:
                reached.append(bundle_id)
    if reached:
        raise LimitReached(reached)


def _run(session: Session, statement: sa.Update) -> int:
    changed: Any = session.execute(statement, execution_options={"synchronize_session": False})
    return int(changed.rowcount)
