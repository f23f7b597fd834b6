"""Orders in bulk: from a file, from the shop's own tables, from any iterable. Importing twice changes nothing."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields

from ..core.database import Database
from ..core.errors import InputError
from ..shop.ports import Order
from . import events
from .numbering import append_batch, locked_applier
from .product_numbers import ProductNumbers
from .settling import Settled

logger = logging.getLogger(__name__)

CHUNK = 1000
"""Orders of one transaction: a broken import keeps all whole chunks, and doing it again goes on from there."""


@dataclass(slots=True)
class ImportReport:
    """What an import did; *refused* holds at most 1 000 sentences, *refused_count* counts all."""

    placed: int = 0
    repeated: int = 0
    cancelled: int = 0
    clamped: int = 0
    refused_count: int = 0
    refused: list[str] = field(default_factory=list)

    @property
    def orders(self) -> int:
        """Orders that were new or changed."""
        return self.placed + self.cancelled

    def refuse(self, sentence: str) -> None:
        """Note an order or row that cannot be used."""
        self.refused_count += 1
        if len(self.refused) < 1000:
            self.refused.append(sentence)

    def add(self, settled: Settled) -> None:
        """Add the outcome of one chunk."""
        for name in {entry.name for entry in fields(settled)} & {"placed", "repeated", "cancelled", "clamped"}:
            setattr(self, name, getattr(self, name) + getattr(settled, name))


def import_orders(
    orders: Iterable[Order],
    database: Database,
    numbers: ProductNumbers,
    timezone: str,
    currency: str | None,
    progress: Callable[[int], None] | None = None,
    report: ImportReport | None = None,
) -> ImportReport:
    """Write *orders* into the log, `CHUNK` at a time; *progress* gets the number of orders read so far."""
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
    moment = events.now()
    for order in orders:
        try:
            if order.status == "cancelled":
                yield events.cancelled(order.id)
            else:
                yield events.placed(order, timezone, currency, moment)
        except InputError as error:
            report.refuse(f"Order {order.id!r:.80}: {error}")
