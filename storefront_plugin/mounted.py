"""One app's mount: its settings and the parts made from them, joined once."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from flask import Flask

from .copurchase.drainer import Drainer
from .copurchase.rebuild import Progress, rebuild, sweep
from .copurchase.trending import find_trending, store_trending
from .copurchase.upkeep import Upkeep
from .database import open_database
from .errors import StoreUnavailable
from .orderlog.numbering import Position, newest_day
from .orderlog.numbers import ProductNumbers
from .recommending.cards import Cards
from .recommending.held import Held
from .recommending.page import FilledSlot, Page
from .recommending.plan import Slot, checked_plan
from .recommending.recommender import CHANGED_IDS, Recommender
from .recommending.strategies import STRATEGIES
from .redis_store import RedisStore
from .redis_store.keys import Keys
from .settings import Settings
from .shop.ports import Catalog
from .signals import batches_applied, rebuild_finished, slot_failed

logger = logging.getLogger(__name__)

LISTS_SECONDS = 600.0
"""How often the lists that are made from SQL are made anew."""


class Mounted:
    """The parts behind one app's `Storefront`, made at mount time; none of them connects before its first use."""

    def __init__(self, app: Flask, settings: Settings, catalog: Catalog) -> None:
        self.app = app
        self.settings = settings
        self.folder = Path(settings.data_folder or Path(app.instance_path) / "storefront")
        self.plan: Mapping[str, Sequence[Slot]] = checked_plan(settings.plan, tuple(STRATEGIES))
        self.database = open_database(app, settings.database_url, self.folder, settings.deadline)
        self.store = RedisStore(settings.redis_url, self.folder, settings.deadline)
        self.keys = Keys(settings.redis_prefix)
        self.numbers = ProductNumbers()
        self.cards = Cards(catalog, settings.card_seconds, settings.deadline, settings.currency)
        self.upkeep = Upkeep(
            self.database,
            self.store,
            self.keys,
            self.numbers,
            settings.half_life_days,
            settings.shards,
            self._tell_applied,
        )
        self.held = Held(self.database, self.store, self.keys, self.numbers, self.cards, settings.deadline, self.wake)
        self.recommender = Recommender(
            self.store,
            self.keys,
            self.numbers,
            self.cards,
            STRATEGIES,
            settings.min_support,
            self.held.heed,
            self._tell_failed,
        )
        self._drainer = Drainer(app, self._turn)
        self._lists_at = 0.0

    @property
    def synchronous(self) -> bool:
        """Whether there is no thread: in tests, and on an in-memory database that has one connection only."""
        return bool(self.app.testing) or self.database.in_memory

    def wake(self) -> bool:
        """Let the background thread work now; False where there is none. Never raises."""
        if self.synchronous:
            return False
        self._drainer.wake()
        return True

    def fill(self, page: Page, slots: Sequence[Slot], all_candidates: bool = False) -> list[FilledSlot]:
        """The read journey."""
        return self.recommender.fill(page, slots, self.held.get(page.patient), all_candidates)

    def drain(self) -> int:
        """Count all committed orders now; how many batches went out. Raises `StorefrontError` when it cannot."""
        sent = self._count()
        self._refresh_lists(sent > 0)
        self.held.refresh()
        return sent

    def _count(self) -> int:
        """Number and send; a small log whose counts are gone from Redis is counted anew."""
        sent = self.upkeep.number_and_send()
        if self.upkeep.may_rebuild_by_itself():
            logger.warning("The counts are made anew, because Redis has lost them.")
            self.rebuild(lambda phase, done, total: None)
        sweep(self.database, self.store, self.keys)
        return sent

    def rebuild(self, progress: Progress) -> None:
        """Count the log anew into a new generation and index the catalogue; raises `StorefrontError` when it cannot."""
        self.upkeep.number_all()
        generation = rebuild(
            self.database,
            self.store,
            self.keys,
            folder=self.folder,
            half_life=self.settings.half_life_days,
            shards=self.settings.shards,
            admission=self.settings.admission,
            catch_up=self.upkeep.catch_up_building,
            progress=progress,
        )
        self.upkeep.forget_standings()
        self._refresh_lists(True)
        self.held.refresh()
        rebuild_finished.send(self.app, generation=generation.token)

    def tell_changed(self, product_ids: Sequence[str]) -> None:
        """Forget the cards of *product_ids* here, and tell the other processes. Trouble with Redis is logged only."""
        self.cards.forget(product_ids)
        commands: list[tuple[str | int | float | bytes, ...]] = [
            ("LPUSH", self.keys.changed_products, *product_ids),
            ("LTRIM", self.keys.changed_products, 0, CHANGED_IDS - 1),
            ("HINCRBY", self.keys.news, "cards", len(product_ids)),
        ]
        try:
            self.store.pipeline_write(commands)
        except StoreUnavailable as error:
            logger.warning("Other processes hear of changed products late: %s", error)

    def _turn(self) -> None:
        """One turn of the background thread."""
        self.store.probe()
        if self.settings.drain == "thread":
            self._count()
            self._refresh_lists(False)
        self.held.refresh_if_due()

    def _refresh_lists(self, now: bool) -> None:
        if not now and time.monotonic() < self._lists_at:
            return
        self._lists_at = time.monotonic() + LISTS_SECONDS
        day = newest_day(self.database)
        if day is not None:
            store_trending(self.store, self.keys, find_trending(self.database, day))
        self.held.expire()

    def _tell_applied(self, position: Position, batches: int) -> None:
        batches_applied.send(self.app, position=str(position), batches=batches)

    def _tell_failed(self, slot: str, error: Exception) -> None:
        logger.warning("Slot %r is left out: %s", slot, error)
        slot_failed.send(self.app, slot=slot, error=error)
