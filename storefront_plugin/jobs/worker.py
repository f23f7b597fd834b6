"""The worker: a process of its own that counts orders as they come, and does the night's work."""

from __future__ import annotations

import datetime as dt
import logging
import threading

from flask import Flask

from ..core.errors import Stopped, StorefrontError
from ..proxies import current_services

logger = logging.getLogger(__name__)

BUSY_SECONDS = 0.1
IDLE_SECONDS = 1.0
TROUBLE_SECONDS = 30.0
"""Longest pause between two tries while Redis or the database is gone."""

AGAIN_AFTER = dt.timedelta(hours=1)
"""When the night's work is tried again after it failed; orders are counted meanwhile."""


class Worker:
    """Counts and catches up until it is told to `stop`. Each step has an app context of its own.

    Args:
        app: The shop.
        night_at: Time of the night's work in *zone*, or None for none.
        catch_up_days: How far back the nightly catch-up looks, so that late changes of older orders are seen.
        propose_days: How old the search for bundles becomes before it is done anew; 0 leaves it to the merchant.
    """

    def __init__(
        self, app: Flask, night_at: dt.time | None, zone: dt.tzinfo, catch_up_days: int, propose_days: int = 0
    ) -> None:
        self._app = app
        self._night_at = night_at
        self._zone = zone
        self._catch_up_days = catch_up_days
        self._propose_days = propose_days
        self._due = self._next_night()
        self._stopping = threading.Event()
        self._pause = BUSY_SECONDS
        self._trouble: str | None = None

    def stop(self) -> None:
        """Let `run` return after the present step."""
        self._stopping.set()

    def run(self) -> None:
        """Work until `stop`."""
        while not self._stopping.is_set():
            self._stopping.wait(self.step())

    def step(self) -> float:
        """Do what there is to do; the seconds to wait before the next step. Trouble is logged once, then retried."""
        try:
            with self._app.app_context():
                worked = bool(current_services.schedule.drain())
                self._work_at_night()
        except Stopped:
            return 0.0
        except Exception as error:  # whatever it is, orders wait safely in the log while we try again
            return self._met(error)
        if self._trouble is not None:
            logger.info("It works again.")
            self._trouble, self._pause = None, BUSY_SECONDS
        self._pause = BUSY_SECONDS if worked else min(self._pause * 2, IDLE_SECONDS)
        return self._pause

    def _met(self, error: Exception) -> float:
        sentence = f"{type(error).__name__}: {error}"
        if self._trouble is None:
            self._pause = IDLE_SECONDS / 2
            known = isinstance(error, StorefrontError)
            logger.warning("%s Trying again until it works.", error if known else sentence, exc_info=not known)
        self._trouble = sentence
        self._pause = min(self._pause * 2, TROUBLE_SECONDS)
        return self._pause

    def _work_at_night(self) -> None:
        if self._due is None or dt.datetime.now(self._zone) < self._due:
            return
        caught_up = current_services.shop.orders is None or self._catch_up()
        if self._propose_days:
            self._propose()
        self._due = self._next_night() if caught_up else dt.datetime.now(self._zone) + AGAIN_AFTER

    def _catch_up(self) -> bool:
        """Whether it went well; the merchant's page tells if not. What it read before it failed is kept."""
        services = current_services
        since = dt.datetime.now(dt.timezone.utc) - dt.timedelta(days=self._catch_up_days)
        try:
            report = services.importer.catch_up(since, self._go_on)
        except Stopped:
            raise
        except Exception as error:  # the shop's own orders may raise anything
            known = isinstance(error, StorefrontError)
            sentence = str(error) if known else f"{type(error).__name__}: {error}"
            logger.warning("No catch-up tonight, again in an hour: %s", sentence, exc_info=not known)
            services.heartbeats.caught_up(sentence)
            return False
        services.heartbeats.caught_up()
        logger.info(
            "Caught up: %d orders were missing, %d were cancelled, %d refused.",
            report.placed,
            report.cancelled,
            report.refused_count,
        )
        return True

    def _propose(self) -> None:
        """A search that fails is tried again the next night: nothing waits for it."""
        try:
            found = current_services.proposals.search_if_due(
                self._propose_days, "worker", lambda phase, done, total: self._go_on(done)
            )
        except Stopped:
            raise
        except StorefrontError as error:
            logger.warning("No search for bundles tonight: %s", error)
            return
        if found is not None:
            logger.info("Searched for bundles: %d are proposed.", found)

    def _go_on(self, done: int) -> None:
        current_services.heartbeats.beat()
        if self._stopping.is_set():
            raise Stopped("The worker was stopped in the midst of it; the next night does it again.")

    def _next_night(self) -> dt.datetime | None:
        if self._night_at is None:
            return None
        return next_time(dt.datetime.now(self._zone), self._night_at)


def next_time(now: dt.datetime, at: dt.time) -> dt.datetime:
    """The next moment after *now* at which clocks in its zone show *at*."""
    today = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return today if today > now else today + dt.timedelta(days=1)
