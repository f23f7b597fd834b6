"""What happens later, and when: one turn of the background thread, and all of it at once for commands and tests."""

from __future__ import annotations

from contextlib import suppress

from ..core.errors import StorefrontError
from ..recommending.news import News
from ..recommending.refresher import SnapshotCache
from ..recommending.slot_stats import SlotStats
from ..redis_store import RedisStore
from .counting import Counting
from .heartbeats import Heartbeats
from .thread import BackgroundThread


class Schedule:
    """The work that no page waits for.

    Args:
        counts: Whether the background thread counts orders; else `flask storefront worker` does.
    """

    def __init__(
        self,
        store: RedisStore,
        counting: Counting,
        snapshots: SnapshotCache,
        slot_stats: SlotStats,
        news: News,
        heartbeats: Heartbeats,
        thread: BackgroundThread,
        counts: bool,
    ) -> None:
        self._store = store
        self._counting = counting
        self._snapshots = snapshots
        self._slot_stats = slot_stats
        self._news = news
        self._heartbeats = heartbeats
        self._thread = thread
        self._counts = counts

    def drain(self) -> int:
        """Count all committed orders now; how many batches went out. Raises `StorefrontError` when it cannot."""
        sent = self._counting.count()
        if sent and self._thread.synchronous:
            self._counting.refresh_lists()
        else:
            self._counting.refresh_lists_if_due()
        if sent:
            self._snapshots.expire()
        self._snapshots.refresh_if_due()  # a worker drains every second: what is fresh is not read again
        self._slot_stats.flush()
        return sent

    def turn(self) -> None:
        """One turn of the background thread. Pages get fresh data also while Redis refuses to be written to."""
        self._store.probe()
        with suppress(StorefrontError):  # met again below, where it is logged
            self._snapshots.refresh_if_due()  # first, because the pages of a new process wait for it
        try:
            self._news.send_late()
            self._slot_stats.flush_if_due()
            if self._counts:
                self._heartbeats.kind = self._heartbeats.kind or "thread"
                self._counting.count()
                self._counting.refresh_lists_if_due()
        finally:
            self._snapshots.refresh_if_due()
