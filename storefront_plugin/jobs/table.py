"""The job table: everything that happens later, one line a job."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from ..bundles.proposals.run import ProposalSearch
from ..core import clock
from ..core.errors import N_
from ..orderlog.importing import OrderImporter
from ..recommending.refresher import News, SnapshotCache
from ..recommending.slot_stats import FLUSH_SECONDS, SlotStats
from ..redis_store import RedisStore
from ..shop.adapters import Adapters
from .counting import LISTS_SECONDS, Counting
from .job import Job, Outcome, Progress

logger = logging.getLogger(__name__)

HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """The options of the night's work.

    Attributes:
        at: Time of day in the shop's zone, or None for no such work.
        catch_up_days: How far back the catch-up looks, so that late changes of older orders are seen.
        propose_days: How old the search for bundles becomes before it is done again; 0 leaves it to the merchant.
        tune_days: How old the constants of the scores become before the shop's orders choose them again.
    """

    at: dt.time | None = dt.time(3)
    catch_up_days: int = 30
    propose_days: int = 7
    tune_days: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTable:
    """What the jobs work with; *zone* is the shop's."""

    store: RedisStore
    snapshots: SnapshotCache
    news: News
    slot_stats: SlotStats
    counting: Counting
    shop: Adapters
    importer: OrderImporter
    proposals: ProposalSearch
    zone: str

    def lines(self, night: Night) -> tuple[Job, ...]:
        """All jobs, in the order in which a turn runs them."""
        at = None if night.at is None else night.at.replace(tzinfo=ZoneInfo(self.zone))
        by_day = (
            Job(name="redis", run=self._greet_redis, where="process"),
            # The pages of a new process wait for it.
            Job(name="snapshot", run=lambda _: self.snapshots.refresh_if_due(), where="process"),
            Job(name="news", run=lambda _: self.news.send_late(), where="process"),
            Job(name="slot_stats", run=lambda _: self.slot_stats.flush(), where="process", every=FLUSH_SECONDS),
            Job(name="orders", run=self._count, where="shop"),
            Job(
                name="lists",
                run=self.counting.make_lists,
                where="shop",
                every=LISTS_SECONDS,
                leased=True,
                title=N_("trend update"),
            ),
        )
        return by_day if at is None else (*by_day, *self._by_night(night, at))

    def _by_night(self, night: Night, at: dt.time) -> tuple[Job, ...]:
        catch_up = Job(
            name="catch_up",
            run=partial(self._catch_up, night.catch_up_days),
            where="worker",
            at=at,
            leased=True,
            retry=HOUR,
            title=N_("nightly order import"),
        )
        proposals = Job(
            name="proposals",
            run=partial(self._propose, night.propose_days),
            where="worker",
            at=at,
            leased=True,
            title=N_("weekly refresh of proposals"),
        )
        tuning = Job(
            name="tuning",
            run=partial(self._tune, night.tune_days),
            where="worker",
            at=at,
            leased=True,
            title=N_("weekly tuning of suggestions"),
        )
        return (catch_up, tuning, proposals) if night.propose_days else (catch_up, tuning)

    def _greet_redis(self, go_on: Progress) -> None:
        """So that pages use again what is back."""
        self.store.probe()

    def _count(self, go_on: Progress) -> Outcome | None:
        return Outcome.MORE if self.counting.count(go_on) else None

    def _catch_up(self, days: int, go_on: Progress) -> Outcome | None:
        """What it read before it failed is kept."""
        if self.shop.orders is None:
            return Outcome.NOTHING
        report = self.importer.catch_up(clock.now() - dt.timedelta(days=days), go_on)
        logger.info(
            "Caught up: %d orders were missing, %d changed, %d cancelled, %d vanished, %d refused.",
            report.placed,
            report.changed,
            report.cancelled,
            report.vanished,
            report.refused_count,
        )
        return None

    def _tune(self, days: int, go_on: Progress) -> Outcome | None:
        return None if self.counting.tune_if_due(days, go_on) else Outcome.NOTHING

    def _propose(self, days: int, go_on: Progress) -> Outcome | None:
        found = self.proposals.search_if_due(days, "worker", go_on)
        if found is None:
            return Outcome.NOTHING
        logger.info("Searched for bundles: %d are proposed.", found)
        return None
