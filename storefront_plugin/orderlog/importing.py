"""Bulk import of orders: from a file, from the shop's tables, from any iterable. It is idempotent."""

from __future__ import annotations

import datetime as dt
import itertools
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import TypeAlias

from ..core import clock
from ..core.database import Database
from ..core.errors import ConfigurationError, InputError
from ..shop.adapters import Adapters, usable_ids
from ..shop.ports import Order
from . import events
from .numbering import append_batch, locked_applier
from .product_numbers import ProductNumbers
from .settling import Settled

logger = logging.getLogger(__name__)

CHUNK = 1000
"""Orders per transaction: an import that fails keeps the chunks before, and can be repeated."""


RebuildProgress: TypeAlias = Callable[[str, int, int], None]
"""Called with a phase, how much of it is done, and its total."""


def silent(phase: str, done: int, total: int) -> None:
    """Show no progress."""


@dataclass(slots=True)
class ImportReport:
    """The result of an import; *refused* has at most 1 000 messages, *refused_count* counts all."""

    placed: int = 0
    repeated: int = 0
    cancelled: int = 0
    clamped: int = 0
    refused_count: int = 0
    refused: list[str] = field(default_factory=list)

    @property
    def orders(self) -> int:
        """Number of orders that were new or changed."""
        return self.placed + self.cancelled

    def refuse(self, message: str) -> None:
        """Add the message about an invalid order or row."""
        self.refused_count += 1
        if len(self.refused) < 1000:
            self.refused.append(message)

    def add(self, settled: Settled) -> None:
        """Add the result of one chunk."""
        for name in {entry.name for entry in fields(settled)} & {"placed", "repeated", "cancelled", "clamped"}:
            setattr(self, name, getattr(self, name) + getattr(settled, name))


class OrderImporter:
    """Imports orders into the log and has them counted.

    Args:
        shop: Its orders adapter is read by `catch_up`.
        timezone, currency: Defaults for orders without one.
        counted: Called with the number of new or changed orders, and the progress callback of a rebuild.
        released: Called with the ids of cancelled orders, to release what they use.
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
    ) -> None:
        self._database = database
        self._numbers = numbers
        self._shop = shop
        self._timezone = timezone
        self._currency = currency
        self._counted = counted
        self._released = released

    def import_orders(
        self,
        orders: Iterable[Order],
        progress: Callable[[int], None] | None = None,
        report: ImportReport | None = None,
        rebuilding: RebuildProgress = silent,
    ) -> ImportReport:
        """Import *orders* and count them; orders that are known already are skipped.

        *progress* is called with the number of orders read so far, *rebuilding* with the progress of a rebuild that
        may follow.
        """
        cancelled: list[str] = []
        noted = _noting_cancelled(orders, cancelled)
        report = import_orders(noted, self._database, self._numbers, self._timezone, self._currency, progress, report)
        self._counted(report.orders, rebuilding)
        self._released(cancelled)
        return report

    def catch_up(self, since: dt.datetime | None = None, progress: Callable[[int], None] | None = None) -> ImportReport:
        """Import the shop's own orders that are missing, and cancel those that the shop has cancelled."""
        if self._shop.orders is None:
            raise ConfigurationError("Catching up reads the shop's orders: mount with Storefront(orders=…).")
        return self.import_orders(self._shop.orders.iter_orders(since), progress)


def _noting_cancelled(orders: Iterable[Order], cancelled: list[str]) -> Iterator[Order]:
    """Yield *orders*, and add the ids of those with the status cancelled to *cancelled*.

    The log does not show them: an order that was cancelled stays so there, even if the shop places it again.
    """
    for order in orders:
        if getattr(order, "status", None) == "cancelled":
            cancelled += usable_ids([order.id])
        yield order


def import_orders(
    orders: Iterable[Order],
    database: Database,
    numbers: ProductNumbers,
    timezone: str,
    currency: str | None,
    progress: Callable[[int], None] | None = None,
    report: ImportReport | None = None,
) -> ImportReport:
    """Import *orders*, `CHUNK` at a time; *progress* is called with the number of orders read so far."""
    report = report or ImportReport()
    done = 0
    for chunk in _chunks(orders, CHUNK):
        happened = list(_events(chunk, timezone, currency, report))
        with locked_applier(database, numbers) as (session, applier):
            settled = append_batch(session, applier, numbers, happened)
        report.add(settled)
        done += len(chunk)
        if progress:
            progress(done)
    return report


def _chunks(orders: Iterable[Order], size: int) -> Iterator[list[Order]]:
    iterator = iter(orders)
    while chunk := list(itertools.islice(iterator, size)):
        yield chunk


def _events(
    orders: Iterable[Order], timezone: str, currency: str | None, report: ImportReport
) -> Iterator[events.Event]:
    moment = clock.now_in_sql()
    for order in orders:
        try:
            if order.status == "cancelled":
                yield events.cancelled(order.id)
            else:
                yield events.placed(order, timezone, currency, moment)
        except InputError as error:
            report.refuse(f"Order {order.id!r:.80}: {error}")
