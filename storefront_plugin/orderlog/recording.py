"""Recording of order events: one row in the shop's own transaction, without network and without failing its commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy import event
from sqlalchemy.orm import Session

from ..core import clock
from ..core.errors import AdapterError, DatabaseUnavailable, InputError, StorefrontError
from ..core.sql.database import BLOCKING_SECONDS, Database, table_of
from ..core.sql.dialects import begin_before_savepoint, limited_lock_waits
from ..core.sql.shop_database import ShopSession
from ..shop.adapters import Adapters
from ..shop.ports import Order, OrderLine
from ..signals import order_not_recorded, order_record_uncommitted
from . import events
from .events import Event, Origin
from .order_change import OrderChange, change_by
from .tables import OrderEvent

logger = logging.getLogger(__name__)

_PENDING = "storefront_pending"


class OrderRecorder:
    """Records what happens to orders, in the shop's own transaction.

    Args:
        shop: Its orders adapter may read the shop's order model.
        timezone, currency: Defaults for orders without one.
        wake: Called after the commit.
        released: Releases what a cancelled order uses, in the same transaction.
        restored: Lets it use that again, where it is placed after all.
    """

    def __init__(
        self,
        database: Database,
        shop: Adapters,
        timezone: str,
        currency: str | None,
        wake: Callable[[], object],
        released: Callable[[Session, str], object],
        restored: Callable[[Session, str], object],
    ) -> None:
        self._database = database
        self._shop = shop
        self._timezone = timezone
        self._currency = currency
        self._wake = wake
        self._released = released
        self._restored = restored

    def placed(self, order: Any, session: ShopSession | None = None, commit: bool = False) -> OrderChange:
        """Record a placed order, an `Order` or an instance of the shop's model. Returns what that does to the order.

        One whose status is cancelled or unplaced is recorded as that: a shop may call at every change of an order.
        Database errors are logged and signalled, never raised. An invalid order raises `InputError` in debug mode and
        tests only.
        """
        return self._record(lambda: self._said(order), getattr(order, "id", None), session, commit)

    def _said(self, order: Any) -> Event:
        origin = Origin("call" if isinstance(order, Order) else "model")
        return events.said(self._as_order(order), self._timezone, self._currency, clock.now_in_sql(), origin)

    def cancelled(self, order_id: object, session: ShopSession | None = None, commit: bool = False) -> OrderChange:
        """Record a cancelled order, and release what it uses. Otherwise as `placed`."""
        return self._record(lambda: events.cancelled(order_id), order_id, session, commit)

    def refunded(
        self, order_id: object, lines: Iterable[OrderLine], session: ShopSession | None = None, commit: bool = False
    ) -> OrderChange:
        """Record a refund of *lines*. Otherwise as `placed`."""
        return self._record(lambda: events.refunded(order_id, lines), order_id, session, commit)

    def _record(
        self, make: Callable[[], Event], order_id: object, session: ShopSession | None, commit: bool
    ) -> OrderChange:
        try:
            own, happened = self._database.shop_session(session, commit), make()
        except StorefrontError as error:
            if current_app.debug or current_app.testing:
                raise
            return not_recorded(order_id, error)
        if happened.kind == "cancelled":
            self._release(happened.order_id, session, commit)
        return self._write_alone(happened) if own is None else self._write(happened, own, commit)

    def _write(self, happened: Event, session: Session, commit: bool) -> OrderChange:
        """Record *happened* in the transaction of *session*, inside a savepoint. Returns what that does to the order.

        The others are woken when the outermost transaction of this session commits. With *commit* the session is
        committed at once, for shops that have already committed their own changes. Database errors are logged with the
        remedy and signalled, never raised: they must not fail the shop's order.
        """
        try:
            with self._savepoint(session) as connection:
                change, is_revived = _insert(happened, connection)
        except sa.exc.SQLAlchemyError as error:
            return not_recorded(happened.order_id, error)
        if is_revived:
            self._restore(happened.order_id, session)
        _watch(session, self._wake)
        session.info[_PENDING].append(happened.order_id)
        return _committed(happened, session, change) if commit else change

    @contextmanager
    def _savepoint(self, session: Session) -> Iterator[sa.Connection]:
        """A block in the transaction of *session* that is undone where it raises, and waits for no lock for long.

        The savepoint is set on the connection, not the session, which would flush the shop's pending changes and raise
        their errors here.
        """
        connection = session.connection()
        begin_before_savepoint(connection)
        self._database.prepare(connection)
        with connection.begin_nested(), limited_lock_waits(connection, BLOCKING_SECONDS):
            yield connection

    def _write_alone(self, happened: Event) -> OrderChange:
        """Record *happened* in a transaction of our own, when our tables are not in the shop's database."""
        try:
            with self._database.writing() as session:
                change, is_revived = _insert(happened, session.connection())
                if is_revived:
                    self._restore(happened.order_id, session)
        except (DatabaseUnavailable, sa.exc.SQLAlchemyError) as error:
            return not_recorded(happened.order_id, error)
        self._wake()
        return change

    def _release(self, order_id: str, session: ShopSession | None, commit: bool) -> None:
        """Errors are logged, never raised: the shop's cancellation must not fail, and catching up repairs it."""
        try:
            with self._database.shop_transaction(session, commit) as own, self._savepoint(own):
                self._released(own, order_id)
        except (StorefrontError, sa.exc.SQLAlchemyError) as error:
            logger.error(
                "The bundles of the cancelled order %.80r still count as used (%s); `flask storefront catch-up` gives "
                "them back.",
                order_id,
                _first_line(error),
            )

    def _restore(self, order_id: str, session: Session) -> None:
        """Errors are logged, never raised: an order that was paid after all must not fail."""
        try:
            with self._savepoint(session):
                self._restored(session, order_id)
        except (StorefrontError, sa.exc.SQLAlchemyError) as error:
            logger.error(
                "The bundles of order %.80r, which was cancelled and is placed again, do not count as used (%s); call "
                "`bundles_applied` again.",
                order_id,
                _first_line(error),
            )

    def _as_order(self, order: Any) -> Order:
        if isinstance(order, Order):
            return order
        read = getattr(self._shop.orders, "order_of", None)
        if read is None:
            raise InputError("order_placed takes a storefront_plugin.Order, or a model of the orders adapter.")
        session = getattr(sa.inspect(order, raiseerr=False), "session", None)
        if session is not None:
            session.flush()
        try:
            found: Order = read(order)
        except InputError:
            raise
        except Exception as error:  # the shop's own code may raise anything
            raise AdapterError(f"The orders adapter raised {type(error).__name__}: {error}") from error
        return found


def _committed(happened: Event, session: Session, change: OrderChange) -> OrderChange:
    try:
        session.commit()
    except sa.exc.SQLAlchemyError as error:
        session.rollback()
        return not_recorded(happened.order_id, error)
    return change


def _insert(happened: Event, connection: sa.Connection) -> tuple[OrderChange, bool]:
    """Write the event, then look what it does: a read that comes first would make SQLite refuse to wait for its lock."""
    written = connection.execute(sa.insert(table_of(OrderEvent)), _row(happened))
    assert written.inserted_primary_key is not None
    return change_by(connection, happened, written.inserted_primary_key[0])


def _row(happened: Event) -> dict[str, Any]:
    return {
        "kind": happened.kind,
        "order_id": happened.order_id,
        "payload": happened.payload(),
        "recorded_at": clock.now_in_sql(),
    }


def not_recorded(order_id: object, error: Exception) -> OrderChange:
    """Log and signal that an event was not recorded; the shop's order is not affected."""
    logger.error(
        "Order %.80r was not recorded for suggestions (%s). If tables are missing, run `flask storefront init-db`; "
        "`flask storefront catch-up` then adds the order.",
        order_id,
        _first_line(getattr(error, "orig", None) or error),
    )
    order_not_recorded.send(current_app._get_current_object(), order_id=order_id, error=error)  # type: ignore[attr-defined]
    return OrderChange.NOT_RECORDED


def _first_line(error: object) -> str:
    return str(error).splitlines()[0][:300]


def _woken(wake: Callable[[], object]) -> None:
    try:
        wake()
    except Exception as error:  # the shop has committed: nothing may raise here
        logger.warning("Counting could not be triggered (%s); the next order or the worker does it.", error)


def _watch(session: Session, wake: Callable[[], object]) -> None:
    """Listen to this session only: listeners on ``db.session`` would fire for every session of the shop."""
    if _PENDING in session.info:
        return
    pending: list[str] = []
    session.info[_PENDING] = pending
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def settled(session: Session) -> None:
        # Also fires when a savepoint is released; only the outermost commit makes rows visible to others.
        if not session.in_nested_transaction():
            pending.clear()
            _woken(wake)

    def rolled_back(session: Session) -> None:
        pending.clear()

    def ended(session: Session, transaction: Any) -> None:
        if transaction.parent is None and pending:
            logger.error(
                "Records of the orders %s were never committed: call storefront.order_placed() before your commit, "
                "or pass commit=True; `flask storefront catch-up` adds what is missing.",
                pending,
            )
            order_record_uncommitted.send(app, order_ids=tuple(pending))
            pending.clear()

    event.listen(session, "after_commit", settled)
    event.listen(session, "after_rollback", rolled_back)
    event.listen(session, "after_transaction_end", ended)
