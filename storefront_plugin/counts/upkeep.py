"""Keeps the live counts up to date with the log, and detects when a rebuild is needed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from ..core.errors import ForeignHistory, StoreUnavailable
from ..core.forks import ProcessLock
from ..core.sql.database import Database
from ..orderlog.numbering import Position, is_small, locked_applier, number_all, number_events
from ..orderlog.product_numbers import ProductNumbers
from ..redis_store import RedisStore
from ..redis_store.keys import Keys
from . import generations
from .applier import BatchSender, Standing, with_remedy
from .generations import Generation
from .health import require_commands
from .scoring import Constants
from .shards import mark_incomplete

logger = logging.getLogger(__name__)

COMPARE_SECONDS = 5.0
"""Seconds between comparisons of all shard positions with the log."""

SMALL_LOG_ORDERS = 10_000
"""Logs of at most this many orders are rebuilt automatically when Redis was flushed; larger ones by command."""


class Upkeep:
    """Numbers recorded events and sends batches to Redis. Several may run at once, in one process or many."""

    def __init__(
        self,
        database: Database,
        store: RedisStore,
        keys: Keys,
        numbers: ProductNumbers,
        constants: Constants,
        shards: int,
        applied: Callable[[Position, int], None],
        show_life: Callable[[], None],
    ) -> None:
        self._database = database
        self._store = store
        self._keys = keys
        self._numbers = numbers
        self._constants = constants
        self._shards = shards
        self._applied = applied
        self._show_life = show_life
        self._sender = BatchSender(database, store, keys)
        self._standings: dict[str, tuple[float, Standing]] = {}
        self._lock = ProcessLock()
        self._is_tried = False
        self.rebuild_due: str | None = None
        """Why a rebuild is needed; None when it is not."""

    def number_and_send(self) -> int:
        """Settle all recorded events and send all batches; returns the number of batches sent.

        Raises `DatabaseUnavailable` or `StoreUnavailable`; the next call continues.
        """
        sent = 0
        self._show_life()  # also when an error follows: the process is working
        with self._lock:
            while self._number():
                sent += self._send(self._number)
            return sent + self._send()

    def _number(self) -> bool:
        return number_events(self._database, self._numbers) is not None

    def number_all(self) -> None:
        """Settle all recorded events without sending; for a rebuild that follows."""
        number_all(self._database, self._numbers)

    def send(self) -> int:
        """Send all batches that any generation lacks; returns their number."""
        with self._lock:
            return self._send()

    def _send(self, while_sending: Callable[[], object] | None = None) -> int:
        live = generations.live(self._database) or self._first_generation()
        sent = self._bring_up(live, while_sending)
        building = generations.building(self._database)
        if building is not None:
            sent += self._bring_up(building)
        return sent

    def _first_generation(self) -> Generation:
        """The first generation of a shop: empty, at the start of the log."""
        with locked_applier(self._database, self._numbers) as (session, applier):
            generation = session.scalar(generations.newest("live"))
            if generation is None:
                generation = generations.first(session, applier, self._constants, self._shards)
        self._sender.begin(generation)
        return generation

    def _bring_up(self, generation: Generation, while_sending: Callable[[], object] | None = None) -> int:
        standing = self._standing(generation)
        sent = 0
        while not self._sender.is_current(standing):
            self._show_life()
            if generation.state == "live":
                self._note_missing(standing)
            if not standing.positions:
                break
            self._try_once()
            try:
                batches = self._sender.catch_up(generation, standing, while_sending)
            except StoreUnavailable:
                self._standings.clear()
                raise
            if batches is None:
                break
            sent += batches
        if sent and standing.positions:
            self._applied(max(standing.positions.values(), key=lambda position: position.number), sent)
        if generation.state == "live" and not standing.broken:
            self.rebuild_due = None
        return sent

    def _try_once(self) -> None:
        """Before the first batch of a process: raises `StoreUnavailable` where Redis would refuse half of it."""
        if not self._is_tried:
            require_commands(self._store, self._keys)
            self._is_tried = True

    def _standing(self, generation: Generation) -> Standing:
        """The positions of the shards, read from Redis at least every `COMPARE_SECONDS`."""
        now = time.monotonic()
        known = self._standings.get(generation.token)
        if known is not None and known[0] > now:
            return known[1]
        standing = self._sender.standing(generation)
        self._standings[generation.token] = (now + COMPARE_SECONDS, standing)
        return standing

    def forget_standings(self) -> None:
        """Compare all positions with the log at the next call."""
        self._standings.clear()
        self.rebuild_due = None

    def _note_missing(self, standing: Standing) -> None:
        """Record why a rebuild is needed; log it the first time."""
        if standing.reason is None:
            return
        reason = with_remedy(standing.reason)
        if self.rebuild_due != reason:
            logger.warning("Counts in Redis cannot be continued: %s", reason)
        self.rebuild_due = reason

    def audit(self) -> list[int]:
        """Mark live shards from which Redis has evicted sets, and return them; they need a rebuild."""
        live = generations.live(self._database)
        if live is None:
            return []
        lost = mark_incomplete(self._store, self._keys, live, self._products)
        if lost:
            self._standings.clear()
            logger.error(
                "Redis has evicted counts from %d shards: use a separate instance, or set its "
                "maxmemory-policy to noeviction or volatile-*, and run `flask storefront rebuild`.",
                len(lost),
            )
        return lost

    def _products(self) -> int:
        """The largest product number now."""
        self._numbers.refresh(self._database)
        return len(self._numbers)

    def may_rebuild_by_itself(self) -> bool:
        """Whether a rebuild may run automatically: the log is small and Redis merely empty."""
        if self.rebuild_due is None or "foreign" in self.rebuild_due:
            return self.rebuild_due is not None and self._database.in_memory
        return is_small(self._database, SMALL_LOG_ORDERS)

    def catch_up_building(self, generation: Generation) -> None:
        """Send batches to the *generation* of a rebuild until it is at the end of the log.

        Raises `ForeignHistory` if it cannot be continued: the database was restored since then, or Redis flushed.
        """
        with self._lock:
            while True:
                standing = self._sender.standing(generation)
                if self._sender.is_current(standing):
                    return
                if standing.broken or self._sender.catch_up(generation, standing) is None:
                    raise ForeignHistory(
                        "The data loaded by the rebuild no longer matches the order log; start it again."
                    )
