"""One app's mount: its settings and the parts made from them, joined once."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

from flask import Flask

from .bundles.cart.pricer import CartPricer
from .bundles.slots.filler import BundleSlots
from .bundles.slots.pieces import Variants
from .content.index import CatalogueIndex
from .core.database import open_database
from .core.errors import StorefrontError, StoreUnavailable
from .core.settings import Settings
from .core.shop_database import ShopDatabase
from .counts.generations import live
from .counts.popularity import find_older, find_trending, load_popularity, store_older, store_trending
from .counts.rebuild import Progress, rebuild, sweep
from .counts.upkeep import Upkeep
from .jobs.heartbeats import Heartbeats
from .jobs.thread import BackgroundThread
from .orderlog.numbering import Position, count_orders, newest_day
from .orderlog.product_numbers import ProductNumbers
from .recommending.effective_plan import EffectivePlan, Plan
from .recommending.explaining import ExplainedSlot, Explainer
from .recommending.failures import Failures
from .recommending.page import FilledSlot, Page
from .recommending.plan import Slot, checked_plan
from .recommending.product_cache import Cards
from .recommending.recommender import CHANGED_IDS, Recommender
from .recommending.refresher import SnapshotCache
from .recommending.rules.compiled import RuleBook
from .recommending.slot_stats import SlotStats
from .recommending.strategies import PLANNED
from .redis_store import MISSING, Read, RedisStore, stop
from .redis_store.keys import Keys
from .shop.ports import Catalog
from .signals import batches_applied, rebuild_finished

logger = logging.getLogger(__name__)

LISTS_SECONDS = 600.0
"""How often the lists that are made from SQL are made anew."""

MAX_UNTOLD = 1000
"""Changed products remembered at a time while Redis does not answer."""


class Mounted:
    """The parts behind one app's `Storefront`, made at mount time; none of them connects before its first use."""

    def __init__(self, app: Flask, settings: Settings, catalog: Catalog, shop: ShopDatabase) -> None:
        self.app, self.settings = app, settings
        fleeting = settings.database_url is None and shop.is_fleeting(app)
        home = _fleeting_folder() if fleeting else Path(app.instance_path)
        self.folder = Path(settings.data_folder or home / "storefront")
        self.database = open_database(app, settings.database_url, self.folder, settings.deadline, shop)
        self.store = RedisStore(settings.redis_url, self.folder, settings.deadline)
        # Numbers of a database that dies with its app must meet neither the shop's own counts nor the next test's.
        self.keys = Keys(f"{settings.redis_prefix}:{uuid.uuid4().hex[:12]}" if fleeting else settings.redis_prefix)
        self.numbers = ProductNumbers()
        self.cards = Cards(catalog, settings.product_cache_seconds, settings.deadline, settings.currency)
        keys = [*(app.config.get("SECRET_KEY_FALLBACKS") or ()), app.secret_key or ""]
        self.pricer = CartPricer(self.database, catalog, settings.currency, keys)
        self.workers = Heartbeats(self.store, self.keys)
        self.upkeep = Upkeep(
            self.database,
            self.store,
            self.keys,
            self.numbers,
            settings.half_life_days,
            settings.shards,
            self._tell_applied,
            self.workers.beat,
        )
        self.index = CatalogueIndex(
            catalog, self.database, self.numbers, self.store, self.keys, self.folder, settings.currency
        )
        self.variants = Variants(catalog)
        self.held = SnapshotCache(
            self.database,
            self.store,
            self.keys,
            self.numbers,
            self.cards,
            self.pricer.published,
            self.wake,
        )
        failures = Failures(app)
        bundle_slots = BundleSlots(self.pricer, self.variants, failures.tell)
        self.recommender = Recommender(
            self.store,
            self.keys,
            self.numbers,
            self.cards,
            PLANNED,
            bundle_slots,
            settings.min_support,
            self.held.on_news,
            self.held.request_numbers,
            failures.tell,
        )
        self._explainer = Explainer(
            self.recommender, bundle_slots, self.numbers, self.store.ask, lambda: count_orders(self.database)
        )
        self.fills = SlotStats(self.store, self.keys)
        self._plan = EffectivePlan(checked_plan(settings.plan, tuple(PLANNED)), tuple(PLANNED))
        self.drainer = BackgroundThread(app, self._turn)
        self._lists_at = 0.0
        self._untold: dict[str, None] = {}

    @property
    def synchronous(self) -> bool:
        """Whether there is no thread: in tests, and on an in-memory database that has one connection only."""
        return bool(self.app.testing) or self.database.in_memory

    @property
    def plan(self) -> Plan:
        """The slots of each placement as they stand: the merchant's where they changed them, else the developer's."""
        return self._plan.given(self.held.get().placements)

    @property
    def own_plan(self) -> Plan:
        """The developer's plan."""
        return self._plan.own

    def wake(self) -> bool:
        """Let the background thread work now; False where there is none."""
        if self.synchronous:
            return False
        self.drainer.wake()
        return True

    def close(self) -> None:
        """End the background thread and close all connections of this process; the next use opens them again."""
        self.drainer.stop()
        self.store.close()
        self.database.dispose()

    def fill(self, page: Page, slots: Sequence[Slot], all_candidates: bool = False) -> list[FilledSlot]:
        """The read journey."""
        return self.recommender.fill(page, slots, self.held.get(page.blocking), all_candidates)

    def explain(self, page: Page, slots: Sequence[Slot], rules: RuleBook | None = None) -> list[ExplainedSlot]:
        """What became of every candidate of *slots* on *page*, which is patient; raises what hinders it.

        Other *rules* than those that hold may be tried.
        """
        snapshot = self.held.get(blocking=True)
        return self._explainer.explain(page, slots, snapshot if rules is None else replace(snapshot, rules=rules))

    def drain(self) -> int:
        """Count all committed orders now; how many batches went out. Raises `StorefrontError` when it cannot."""
        sent = self._count()
        self._refresh_lists(sent > 0 and self.synchronous)
        if sent:
            self.held.expire()
        self.held.refresh_if_due()  # a worker drains every second: what is fresh is not read again
        self.fills.flush()
        return sent

    def _count(self) -> int:
        """Number and send; a small log whose counts are gone from Redis is counted anew."""
        sent = self.upkeep.number_and_send()
        if self.upkeep.may_rebuild_by_itself():
            logger.warning("The counts are made anew, because Redis has lost them.")
            self.rebuild(self.drainer.go_on)
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
        self.index.build(progress)
        self._refresh_lists(True)
        self.held.refresh()
        rebuild_finished.send(self.app, generation=generation.token)

    def tell_rules_changed(self) -> None:
        """Let all processes read the merchant's pins, exclusions, slots and bundles anew. Trouble with Redis is logged only."""
        self.held.expire()
        try:
            self.store.pipeline_write([("HINCRBY", self.keys.news, "rules", 1)])
        except StoreUnavailable as error:
            logger.warning("Other processes hear of the changed rules within a minute: %s", error)

    def tell_changed(self, product_ids: Sequence[str]) -> None:
        """Forget the cards of *product_ids* here, and tell the other processes.

        Often called inside the shop's own commit, so Redis gets the deadline of a page; what it did not take then is
        told by the background thread.
        """
        self.cards.forget(product_ids)
        told = self._tell_synchronously if self.synchronous else self._tell_within_deadline
        if not told(product_ids):
            self._untold.update(dict.fromkeys(product_ids[-MAX_UNTOLD:]))
            self.wake()

    def _tell_within_deadline(self, product_ids: Sequence[str]) -> bool:
        return MISSING not in self.store.fetch(self._changed(product_ids))

    def _tell_synchronously(self, product_ids: Sequence[str]) -> bool:
        try:
            self.store.ask(self._changed(product_ids))
        except StoreUnavailable as error:
            logger.warning("Other processes hear of changed products late: %s", error)
        return True

    def _changed(self, product_ids: Sequence[str]) -> list[Read]:
        latest = tuple(product_ids[-CHANGED_IDS:])  # of more than these, all cards are forgotten
        return [
            Read(self.keys.changed_products, "LPUSH", latest),
            Read(self.keys.changed_products, "LTRIM", (0, CHANGED_IDS - 1)),
            Read(self.keys.news, "HINCRBY", ("cards", len(product_ids))),
        ]

    def _turn(self) -> None:
        """One turn of the background thread. Pages get fresh holdings also while Redis refuses to be written to."""
        self.store.probe()
        with suppress(StorefrontError):  # met again below, where it is told
            self.held.refresh_if_due()  # first, because the pages of a new process wait for it
        try:
            self._tell_late()
            self.fills.flush_if_due()
            if self.settings.drain == "thread":
                self.workers.kind = self.workers.kind or "thread"
                self._count()
                self._refresh_lists(False)
        finally:
            self.held.refresh_if_due()

    def _tell_late(self) -> None:
        untold, self._untold = self._untold, {}
        if untold:
            try:
                self.store.ask(self._changed(list(untold)))
            except StoreUnavailable:
                self._untold = {**untold, **self._untold}
                raise

    def _refresh_lists(self, now: bool) -> None:
        if not now and time.monotonic() < self._lists_at:
            return
        self._lists_at = time.monotonic() + LISTS_SECONDS
        if not now:
            self.upkeep.audit()
        self.index.build_if_due(self.drainer.go_on)
        day = newest_day(self.database)
        if day is not None:
            store_trending(self.store, self.keys, find_trending(self.database, day))
            generation = live(self.database)
            if generation is not None:
                popularity = load_popularity(self.store, self.keys, generation)
                store_older(self.store, self.keys, find_older(self.database, day, popularity))
        self.held.expire()

    def _tell_applied(self, position: Position, batches: int) -> None:
        batches_applied.send(self.app, position=str(position), batches=batches)


@cache
def _fleeting_folder() -> Path:
    """Where the counts of this process's in-memory databases live; gone with the process."""
    folder, pid = Path(tempfile.mkdtemp(prefix="storefront-")), os.getpid()

    def remove() -> None:
        if os.getpid() == pid:
            stop(folder / "storefront")
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder
