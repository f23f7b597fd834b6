"""Bulk import of orders: from a file, from the shop's tables, from any iterable. The log then is what they say."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlalchemy.orm import Session

from ..core import clock
from ..core.errors import ConfigurationError, InputError
from ..core.sql.database import Database
from ..shop.adapters import Adapters, usable_ids
from ..shop.ports import Order
from . import events
from .events import Event, Origin
from .missing import Missing, note_given, still_cancelled
from .numbering import append_batch, locked_applier, number_all
from .product_numbers import ProductNumbers
from .settling import Settled

CHUNK = 1000
"""Orders per transaction: an import that fails keeps the chunks before, and can be repeated."""


RebuildProgress: TypeAlias = Callable[[str, int, int], None]
"""Called with a phase, how much of it is done, and its total."""


def silent(phase: str, done: int, total: int) -> None:
    """Show no progress."""


@dataclass(slots=True)
class ImportReport:
    """The result of an import; *refused* has at most 1 000 messages, *refused_count* counts all.

    Attributes:
        given: Orders that were read, also those refused.
        placed: Orders that were new.
        changed: Known orders that count otherwise now: with other lines, or placed again.
        repeated: Orders that are as they were.
        cancelled: Orders that counted and are cancelled now.
        vanished: Orders that counted and that the shop no longer has.
        unplaced: Drafts, and orders whose payment is pending or failed; *withdrawn* of them counted before.
        clamped: Orders with a time in the future, which count as placed now.
        ahead: Orders far ahead of all others, which count on an earlier day.
        unknown: Refunds of orders that are not known.
        withheld: Orders that seem to have vanished, more than are there; they are left as they were.
    """

    given: int = 0
    placed: int = 0
    changed: int = 0
    repeated: int = 0
    cancelled: int = 0
    vanished: int = 0
    unplaced: int = 0
    withdrawn: int = 0
    clamped: int = 0
    ahead: int = 0
    unknown: int = 0
    withheld: int = 0
    refused_count: int = 0
    refused: list[str] = field(default_factory=list)

    @property
    def orders(self) -> int:
        """Number of orders that were new or changed."""
        return self.placed + self.changed + self.cancelled + self.withdrawn + self.vanished

    def refuse(self, message: str) -> None:
        """Add the message about an invalid order or row."""
        self.refused_count += 1
        if len(self.refused) < 1000:
            self.refused.append(message)

    def add(self, settled: Settled) -> None:
        """Add the result of one chunk."""
        for name in _SETTLED:
            setattr(self, name, getattr(self, name) + getattr(settled, name))


_SETTLED = ("placed", "changed", "repeated", "cancelled", "unplaced", "withdrawn", "clamped", "ahead", "unknown")


class OrderImporter:
    """Imports orders into the log and has them counted.

    Args:
        shop: Its orders adapter is read by `catch_up`.
        timezone, currency: Defaults for orders without one.
        counted: Called with the number of new or changed orders, and the progress callback of a rebuild.
        released: Called with the ids of cancelled orders, to release what they use.
        restored: Lets orders use again what was released, where they are placed after all, in the transaction of a session.
    """

    def __init__(
        self,
        database: Database,
        numbers: ProductNumbers,
        shop: Adapters,
        timezone: str,
        currency: str | None,
        counted: Callable[[int, RebuildProgress], object],
        released: Callable[[Iterable[str]], object],
        restored: Callable[[Session, Iterable[str]], object],
    ) -> None:
        self._database = database
        self._numbers = numbers
        self._shop = shop
        self._timezone = timezone
        self._currency = currency
        self._counted = counted
        self._released = released
        self._restored = restored

    def import_orders(
        self,
        orders: Iterable[Order],
        progress: Callable[[int], None] | None = None,
        report: ImportReport | None = None,
        rebuilding: RebuildProgress = silent,
        origin: Origin | None = None,
    ) -> ImportReport:
        """Bring *orders* into the log and count what is new or changed.

        *progress* is called with the number of orders read so far, *rebuilding* with the progress of a rebuild that
        may follow. *origin* says how the orders are meant; None for whole orders, said now.
        """
        origin = origin or Origin("import", clock.now_in_sql())
        report = report or ImportReport()
        cancelled: list[str] = []
        self._log(_noting_cancelled(orders, cancelled), origin, report, progress)
        return self._count(report, cancelled, rebuilding)

    def catch_up(
        self,
        since: dt.datetime | None = None,
        progress: Callable[[int], None] | None = None,
        take_out_all: bool = False,
    ) -> ImportReport:
        """Bring the log to what the shop's own orders are: new, changed, cancelled, and vanished ones.

        With *since* that concerns orders placed (or changed, if the adapter knows) since then. Where more orders seem to
        have vanished than are there, the adapter may read the wrong table: without *take_out_all* they stay.
        """
        if self._shop.orders is None:
            raise ConfigurationError("Catching up reads the shop's orders: mount with Storefront(orders=…).")
        origin = Origin("adapter", clock.now_in_sql())
        report = ImportReport()
        cancelled: list[str] = []
        self._log(_noting_cancelled(self._shop.orders.iter_orders(since), cancelled), origin, report, progress)
        missing = Missing(self._database, origin, since and events.naive_utc(since, self._timezone))
        if not take_out_all and missing.is_suspicious(report.given):
            report.withheld = missing.count
        else:
            cancelled += self._take_out(missing, report)
        return self._count(report, cancelled, silent)

    def _log(
        self,
        orders: Iterable[Order],
        origin: Origin,
        report: ImportReport,
        progress: Callable[[int], None] | None,
    ) -> None:
        """Settle what calls said before, then *orders*, `CHUNK` at a time."""
        number_all(self._database, self._numbers)
        for chunk in _chunks(orders, CHUNK):
            refused: list[Order] = []
            happened = list(self._events(chunk, origin, report, refused))
            with locked_applier(self._database, self._numbers) as (session, applier):
                settled = append_batch(session, applier, self._numbers, happened)
                note_given(session, usable_ids(order.id for order in refused), origin)
                self._restored(session, settled.revived)
            report.add(settled)
            report.given += len(chunk)
            if progress:
                progress(report.given)

    def _events(
        self, orders: Iterable[Order], origin: Origin, report: ImportReport, refused: list[Order]
    ) -> Iterator[Event]:
        moment = clock.now_in_sql()
        for order in orders:
            try:
                yield events.said(order, self._timezone, self._currency, moment, origin)
            except InputError as error:
                report.refuse(f"Order {order.id!r:.80}: {error}")
                refused.append(order)

    def _take_out(self, missing: Missing, report: ImportReport) -> Iterator[str]:
        """Cancel the *missing* orders, `CHUNK` at a time; their ids."""
        while True:
            with locked_applier(self._database, self._numbers) as (session, applier):
                found = missing.next_of(session, CHUNK)
                append_batch(session, applier, self._numbers, found)
            if not found:
                return
            report.vanished += len(found)
            yield from (event.order_id for event in found)

    def _count(self, report: ImportReport, cancelled: Iterable[str], rebuilding: RebuildProgress) -> ImportReport:
        self._counted(report.orders, rebuilding)
        self._released(still_cancelled(self._database, cancelled))
        return report


def _noting_cancelled(orders: Iterable[Order], cancelled: list[str]) -> Iterator[Order]:
    """Yield *orders*, and add the ids of those with the status cancelled to *cancelled*: the log may know it already."""
    for order in orders:
        if getattr(order, "status", None) == "cancelled":
            cancelled += usable_ids([order.id])
        yield order


def _chunks(orders: Iterable[Order], size: int) -> Iterator[list[Order]]:
    iterator = iter(orders)
    while chunk := list(itertools.islice(iterator, size)):
        yield chunk
