"""What a shop tells about its orders."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from flask import current_app

from ..bundles.orders import uses
from ..core.errors import AdapterError, ConfigurationError, InputError, StorefrontError
from ..core.shop_database import ShopSession
from ..orderlog import events, recording
from ..orderlog.importing import ImportReport, import_orders
from ..shop.ports import Order, OrderLine, clean_id
from .base import Calls
from .given import usable_ids

logger = logging.getLogger(__name__)

REBUILD_FROM_ORDERS = 10_000
"""After an import of more orders than this a rebuild is quicker than counting them one by one."""


class OrderCalls(Calls):
    """Recording orders, importing them, and counting them."""

    def order_placed(self, order: Any, session: ShopSession | None = None, commit: bool = False) -> bool:
        """Record a placed order in the shop's transaction; call it before your commit.

        Args:
            order: An `Order`, or an object of the shop's own order model if *orders* can read it.
            session: The session that holds the shop's transaction. When None, the shop's current one: that of its
                Flask-SQLAlchemy, or of the scoped session given to the adapters. Where our tables are in another
                database the row is written at once.
            commit: Commit the session at once, for shops whose own code has committed already.

        Returns:
            Whether the row was written. Trouble with the database is logged and signalled, never raised; an order that
            cannot be read raises `InputError` in debug mode and tests only.
        """
        settings = self.settings
        return self._record(
            lambda: events.placed(self._as_order(order), settings.timezone, settings.currency, events.now()),
            getattr(order, "id", None),
            session,
            commit,
        )

    def order_cancelled(self, order_id: object, session: ShopSession | None = None, commit: bool = False) -> bool:
        """Record that an order is cancelled: what is left of it stops counting. As `order_placed`.

        The uses of its bundles are given back in the same transaction.
        """
        self._release(order_id, session, commit)
        return self._record(lambda: events.cancelled(order_id), order_id, session, commit)

    def order_refunded(
        self, order_id: object, lines: Iterable[OrderLine], session: ShopSession | None = None, commit: bool = False
    ) -> bool:
        """Record that pieces came back; a product stops counting when its whole quantity did. As `order_placed`.

        This is for suggestions only. What is paid back is `refund_stored`'s, and a bundle's use stays used.
        """
        return self._record(lambda: events.refunded(order_id, lines), order_id, session, commit)

    def _release(self, order_id: object, session: ShopSession | None, commit: bool) -> None:
        """Trouble is logged, never raised: the shop's cancellation is worth more, and catching up repairs it."""
        try:
            name = clean_id(order_id, "order id")
            with self.transaction(session, commit) as held:
                uses.release_order(held, self.database, name)
        except InputError:
            return  # told when the cancellation is recorded
        except (StorefrontError, sa.exc.SQLAlchemyError) as error:
            logger.error(
                "The bundles of the cancelled order %.80r still count as used (%s); `flask storefront catch-up` gives "
                "them back.",
                order_id,
                str(error).splitlines()[0][:300],
            )

    def _record(
        self, make: Callable[[], events.Event], order_id: object, session: ShopSession | None, commit: bool
    ) -> bool:
        try:
            held, event = self.shop_session(session, commit), make()
        except StorefrontError as error:
            if current_app.debug or current_app.testing:
                raise
            recording.not_recorded(order_id, error)
            return False
        wake = self.mounted.wake
        if held is None:
            return recording.record_alone(event, self.database, wake)
        return recording.record(event, held, self.database, wake, commit)

    def _as_order(self, order: Any) -> Order:
        if isinstance(order, Order):
            return order
        read = getattr(self.orders, "order_of", None)
        if read is None:
            raise InputError("order_placed takes a storefront_plugin.Order, or a model of the orders adapter.")
        held = getattr(sa.inspect(order, raiseerr=False), "session", None)
        if held is not None:
            held.flush()
        try:
            found: Order = read(order)
        except InputError:
            raise
        except Exception as error:  # the shop's own code may raise anything
            raise AdapterError(f"The orders adapter raised {type(error).__name__}: {error}") from error
        return found

    def import_orders(
        self,
        orders: Iterable[Order],
        progress: Callable[[int], None] | None = None,
        report: ImportReport | None = None,
        rebuilding: Callable[[str, int, int], None] = lambda phase, done, total: None,
    ) -> ImportReport:
        """Write *orders* into the log and count them; orders that are there already change nothing.

        *progress* gets the number of orders read so far. After more than 10 000 new orders the counts are rebuilt,
        and *rebuilding* is told as the *progress* of `rebuild`.
        """
        parts, settings = self.mounted, self.settings
        cancelled: list[str] = []
        report = import_orders(
            _noting_cancelled(orders, cancelled),
            parts.database,
            parts.numbers,
            settings.timezone,
            settings.currency,
            progress,
            report,
        )
        if report.orders > REBUILD_FROM_ORDERS:
            self.rebuild(rebuilding)
        elif report.orders:
            parts.drain()
        uses.release_orders(parts.database, cancelled)
        return report

    def catch_up(self, since: dt.datetime | None = None, progress: Callable[[int], None] | None = None) -> ImportReport:
        """Read the shop's own orders and log what is missing; cancelled ones are cancelled, and use up no bundle."""
        if self.orders is None:
            raise ConfigurationError("Catching up reads the shop's orders: mount with Storefront(orders=…).")
        return self.import_orders(self.orders.iter_orders(since), progress)

    def drain(self) -> int:
        """Count all committed orders now; how many batches went out. Tests and the worker call it."""
        return self.mounted.drain()

    def rebuild(self, progress: Callable[[str, int, int], None] = lambda phase, done, total: None) -> None:
        """Count the whole log anew into a new generation, and index the catalogue; pages go on meanwhile.

        *progress* is called with a phase, what is done of it, and the whole.
        """
        self.mounted.rebuild(progress)


def _noting_cancelled(orders: Iterable[Order], cancelled: list[str]) -> Iterator[Order]:
    """*orders*; the ids of those that the shop calls cancelled are added to *cancelled*.

    The log cannot tell: in it an order that was cancelled stays so, also where the shop placed it again.
    """
    for order in orders:
        if getattr(order, "status", None) == "cancelled":
            cancelled += usable_ids([order.id])
        yield order
