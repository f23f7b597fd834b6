"""Orders from the log into the counts, and the lists made of the log beside them: the same for jobs and commands."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..content.index import CatalogueIndex
from ..core.errors import DatabaseUnavailable, Stopped, StoreUnavailable
from ..core.settings import Settings
from ..core.sql.database import Database
from ..counts.generations import Generation, live, set_constants
from ..counts.health import require_counting
from ..counts.popularity import find_older, find_trending, load_popularity, store_older, store_trending
from ..counts.rebuild import ConstantsChoice, Progress, dump_log, rebuild, sweep
from ..counts.scoring import Constants
from ..counts.stats import Backlog, backlog, figures
from ..counts.upkeep import Upkeep
from ..learning.tuner import Tuner
from ..orderlog.numbering import last_position, newest_day
from ..orderlog.product_numbers import ProductNumbers
from ..recommending.refresher import SnapshotCache
from ..recommending.slot_stats import SlotStats
from ..redis_store import RedisStore
from ..redis_store.keys import Keys
from .job import Progress as GoOn
from .job import silent
from .leases import LeaseLost

logger = logging.getLogger(__name__)

LISTS_SECONDS = 600.0
"""How often the lists that are made from SQL are made again."""


class Counting:
    """Counts what is committed, and keeps what pages read of it fresh.

    Args:
        synchronous: Whether there is no background thread, so that `drain` leaves nothing for later.
        rebuilt: Called with the token of a new generation that is live.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        database: Database,
        store: RedisStore,
        keys: Keys,
        numbers: ProductNumbers,
        upkeep: Upkeep,
        index: CatalogueIndex,
        tuner: Tuner,
        snapshots: SnapshotCache,
        slot_stats: SlotStats,
        synchronous: Callable[[], bool],
        rebuilt: Callable[[str], object],
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._database = database
        self._store = store
        self._keys = keys
        self._numbers = numbers
        self._upkeep = upkeep
        self._index = index
        self._tuner = tuner
        self._snapshots = snapshots
        self._slot_stats = slot_stats
        self._synchronous = synchronous
        self._rebuilt = rebuilt
        self._lists_at = 0.0

    def drain(self) -> int:
        """Count all committed orders now; how many batches went out. Raises `StorefrontError` when it cannot."""
        sent = self.count(silent)
        if sent and self._synchronous():
            self.refresh_lists(silent)
        elif time.monotonic() >= self._lists_at:
            self.make_lists(silent)
        if sent:
            self._snapshots.expire()
        self._snapshots.refresh_if_due()
        self._slot_stats.flush()
        return sent

    def count(self, go_on: GoOn) -> int:
        """Number and send what is committed; how many batches went out. Raises `StorefrontError` when it cannot.

        A small log whose counts are gone from Redis is counted again.
        """
        sent = self._upkeep.number_and_send()
        if self._upkeep.may_rebuild_by_itself():
            logger.warning("The counts are being rebuilt, because Redis has lost them.")
            self.rebuild(go_on)
        sweep(self._database, self._store, self._keys)
        return sent

    def rebuild(self, progress: Progress, choice: ConstantsChoice | None = None) -> None:
        """Index the catalogue and count the log again into a new generation; raises `StorefrontError` when it cannot.

        What cannot be sold is then known to the counts. A catalogue that fails raises after all is counted. *choice* of
        the constants is the shop's own orders' unless it was made before.
        """
        self._upkeep.number_all()
        trouble = self._indexing_trouble(progress)

        def in_use(generation: Generation) -> None:
            self._upkeep.forget_standings()
            self.follow_tuning()  # a merchant may have set something since it was chosen
            if trouble is None:
                self.refresh_lists(silent)
                self._snapshots.refresh()
                self._rebuilt(generation.token)

        rebuild(
            self._database,
            self._store,
            self._keys,
            folder=self._folder,
            choice=choice or self._tuner,
            shards=self._settings.shards,
            admission=self._settings.admission,
            catch_up=self._upkeep.catch_up_building,
            progress=progress,
            unsellable=self._index.unsellable(),
            in_use=in_use,
        )
        if trouble is not None:
            raise trouble
        self._snapshots.refresh()

    def tune_if_due(self, days: int, progress: Progress) -> bool:
        """Let the shop's own orders choose its constants again where that is *days* ago; whether it was.

        Another half-life needs a rebuild, which follows. Raises `StorefrontError` when it cannot.
        """
        self._upkeep.number_all()
        generation, end = live(self._database), last_position(self._database)
        if generation is None or end is None or not self._tuner.is_due(days, generation.constants):
            return False
        self._folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="tuning-", dir=self._folder) as name:
            own = Path(name)
            lines = dump_log(self._database, end, own, progress)
            constants = self._tuner.choose(lines, own, progress)
            if constants.half_life == generation.constants.half_life:
                self._tuner.learn(lines, own, constants, progress)
        if constants.half_life == generation.constants.half_life:
            self.follow_tuning()
        else:
            self.rebuild(progress, self._tuner.decided(constants))
        return True

    def follow_tuning(self) -> None:
        """Score with what a merchant has set; another half-life waits for the next rebuild.

        Raises `DatabaseUnavailable`. Where Redis does not answer, other processes hear of it within a minute.
        """
        generation = live(self._database)
        if generation is not None:
            wanted = replace(self._tuner.wanted(), half_life=generation.constants.half_life)
            self._score_with(generation, wanted)

    def _score_with(self, generation: Generation, constants: Constants) -> None:
        if constants != generation.constants:
            set_constants(self._database, generation, constants)
            self._snapshots.expire()
            try:
                self._store.pipeline_write([("HINCRBY", self._keys.news, "constants", 1)])
            except StoreUnavailable as error:
                logger.warning("Other processes pick up the new scores within a minute: %s", error)

    def _indexing_trouble(self, progress: Progress) -> Exception | None:
        """Index the catalogue; the shop's own may raise anything."""
        try:
            self._index.build(progress)
        except (Stopped, LeaseLost):  # of the progress: the rebuild is to end here
            raise
        except Exception as error:
            return error
        return None

    def make_lists(self, go_on: GoOn) -> None:
        """Look for lost counts, and make the lists again."""
        self._upkeep.audit()
        self.refresh_lists(go_on)

    def refresh_lists(self, go_on: GoOn) -> None:
        """Index a small catalogue that changed, and make trends and older sales from the log.

        Other processes read them within a minute.
        """
        self._lists_at = time.monotonic() + LISTS_SECONDS
        self._index.build_if_due(go_on)
        day = newest_day(self._database)
        if day is not None:
            store_trending(self._store, self._keys, find_trending(self._database, day, self._index.unsellable()))
            generation = live(self._database)
            if generation is not None:
                popularity = load_popularity(self._store, self._keys, generation)
                store_older(self._store, self._keys, find_older(self._database, day, popularity))
        self._snapshots.expire()

    def backlog(self, ask_redis: bool) -> Backlog:
        """What waits to be counted; raises `DatabaseUnavailable` or `StoreUnavailable`."""
        return backlog(self._database, self._store, self._keys, ask_redis)

    def trouble(self) -> str | None:
        """Why orders cannot be counted, in a sentence with the remedy; None where they can.

        What Redis holds decides, and not what this process has met: so all places and processes say the same.
        """
        try:
            require_counting(self._store, self._keys)
            return self.backlog(ask_redis=True).trouble
        except (StoreUnavailable, DatabaseUnavailable) as error:
            return str(error)

    def stats(self) -> dict[str, Any]:
        """Figures of the counts: bytes, products, pairs, position, generation, orders too large for pairs.

        ``trouble`` is there only where orders cannot be counted, and says why.
        """
        trouble = self.trouble()
        found = figures(self._database, self._store, self._keys, self._numbers)
        return found | ({"trouble": trouble} if trouble else {})
