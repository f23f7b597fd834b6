"""On how many pages each slot stayed empty: counted in process, summed up a day in Redis."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from ..core import clock
from ..core.errors import StoreUnavailable
from ..core.forks import ProcessLock
from ..redis_store import Command, RawCommand, RedisStore
from ..redis_store.keys import Keys
from .page import FilledSlot, Page

STORED_DAYS = 30
FLUSH_SECONDS = 5.0
"""How often a process writes to Redis."""

MAX_SLOTS = 500
"""Slots counted between two flushes; names of more are not real ones."""

OFTEN_EMPTY = 0.4
"""A slot that is empty on a larger share of its pages needs the merchant's attention."""

ENOUGH_PAGES = 20
"""On fewer pages a share says nothing."""


class SlotCounts(NamedTuple):
    """A slot's pages, and on how many of them it stayed empty."""

    pages: int = 0
    empty: int = 0

    @property
    def share(self) -> float | None:
        """Share of pages on which the slot stayed empty, 0 to 1; None without pages."""
        return self.empty / self.pages if self.pages else None

    @property
    def is_often_empty(self) -> bool:
        """Whether the slot stays empty on more than 40 % of enough pages."""
        return self.pages >= ENOUGH_PAGES and self.empty > OFTEN_EMPTY * self.pages


class SlotStats:
    """The counts of one process on their way to Redis, where those of all processes are summed up."""

    def __init__(self, store: RedisStore, keys: Keys) -> None:
        self._store = store
        self._keys = keys
        self._lock = ProcessLock()
        self._counts: dict[tuple[str, str], SlotCounts] = {}

    def count(self, page: Page, filled: Iterable[FilledSlot]) -> None:
        """Count the slots of one page, unless trouble of Redis or of the catalogue emptied them. No I/O.

        A slot that is replaced by a bundle found enough, so it does not count as empty.
        """
        if page.failed:
            return
        with self._lock:
            for each in filled:
                if page.counted is None or each.name in page.counted:
                    self._add(
                        (page.placement, each.name), SlotCounts(1, int(each.is_empty and each.replaced_by is None))
                    )

    def flush(self) -> None:
        """Send what was counted; what Redis does not take is sent the next time. Never raises for Redis."""
        with self._lock:
            counts, self._counts = self._counts, {}
        if not counts:
            return
        try:
            self._store.pipeline_write(self._commands(counts))
        except StoreUnavailable:  # logged by the part that counts orders
            with self._lock:
                for key, fill in counts.items():
                    self._add(key, fill)

    def totals(self, days: int = 7) -> dict[str, dict[str, SlotCounts]]:
        """Pages of each slot by placement, of the last *days* days, today included; raises `StoreUnavailable`."""
        today = _today()
        read = [Command(self._keys.fills(today - dt.timedelta(days=back)), "HGETALL") for back in range(days)]
        found: dict[str, dict[str, SlotCounts]] = {}
        for reply in self._store.execute(read):
            for name, number in (reply or {}).items():
                placement, slot, kind = _split(name.decode())
                before = found.setdefault(placement, {}).get(slot, SlotCounts())
                found[placement][slot] = before._replace(**{kind: getattr(before, kind) + int(number)})
        return found

    def _add(self, key: tuple[str, str], fill: SlotCounts) -> None:
        before = self._counts.get(key)
        if before is not None:
            self._counts[key] = SlotCounts(before.pages + fill.pages, before.empty + fill.empty)
        elif len(self._counts) < MAX_SLOTS:
            self._counts[key] = fill

    def _commands(self, counts: dict[tuple[str, str], SlotCounts]) -> Iterable[RawCommand]:
        key = self._keys.fills(_today())
        for (placement, slot), fill in counts.items():
            yield ("HINCRBY", key, f"{placement}/{slot}/pages", fill.pages)
            if fill.empty:
                yield ("HINCRBY", key, f"{placement}/{slot}/empty", fill.empty)
        yield ("EXPIRE", key, STORED_DAYS * 86_400)


def _split(field: str) -> tuple[str, str, str]:
    placement, _, rest = field.partition("/")
    slot, _, kind = rest.rpartition("/")
    return placement, slot, kind


def _today() -> dt.date:
    return clock.now().date()
