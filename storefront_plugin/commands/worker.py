"""The worker: a process of its own that counts orders as they come, and catches up every night."""

from __future__ import annotations

import datetime as dt
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from ..errors import StorefrontError
from .group import mounted_storefront

logger = logging.getLogger(__name__)

BUSY_SECONDS = 0.1
IDLE_SECONDS = 1.0
TROUBLE_SECONDS = 30.0
"""Longest pause between two tries while Redis or the database is gone."""


class Stopped(Exception):
    """Ends a long step between two of its transactions."""


class Worker:
    """Counts and catches up until it is told to `stop`. Each step has an app context of its own.

    Args:
        app: The shop.
        catch_up_at: Time of the nightly catch-up in *zone*, or None for none.
        catch_up_days: How far back it looks, so that late changes of older orders are seen.
    """

    def __init__(self, app: Flask, catch_up_at: dt.time | None, zone: dt.tzinfo, catch_up_days: int) -> None:
        self._app = app
        self._catch_up_at = catch_up_at
        self._zone = zone
        self._catch_up_days = catch_up_days
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
                worked = bool(mounted_storefront().drain())
                self._catch_up_if_due()
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

    def _catch_up_if_due(self) -> None:
        if self._due is None or dt.datetime.now(self._zone) < self._due:
            return
        since = dt.datetime.now(dt.timezone.utc) - dt.timedelta(days=self._catch_up_days)
        report = mounted_storefront().catch_up(since, self._go_on)
        logger.info(
            "Caught up: %d orders were missing, %d were cancelled, %d refused.",
            report.placed,
            report.cancelled,
            report.refused_count,
        )
        self._due = self._next_night()

    def _go_on(self, done: int) -> None:
        if self._stopping.is_set():
            raise Stopped

    def _next_night(self) -> dt.datetime | None:
        if self._catch_up_at is None:
            return None
        return next_time(dt.datetime.now(self._zone), self._catch_up_at)


def next_time(now: dt.datetime, at: dt.time) -> dt.datetime:
    """The next moment after *now* at which clocks in its zone show *at*."""
    today = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return today if today > now else today + dt.timedelta(days=1)


class ClockTime(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """``HH:MM``, or ``off``."""

    name = "HH:MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.time | None:
        if isinstance(value, dt.time) or value == "off":
            return value if isinstance(value, dt.time) else None
        try:
            return dt.datetime.strptime(value, "%H:%M").time()
        except ValueError:
            self.fail(f"{value!r} is no time such as 03:00, nor 'off'.", param, ctx)


@click.command
@click.option("--catch-up-at", type=ClockTime(), default="03:00", show_default=True, help="In STOREFRONT_TIMEZONE.")
@click.option("--catch-up-days", type=click.IntRange(1), default=30, show_default=True, help="How far back it looks.")
@with_appcontext
def worker(catch_up_at: dt.time | None, catch_up_days: int) -> None:
    """Count orders as they come, and catch up every night, until stopped (Ctrl-C or SIGTERM)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    storefront = mounted_storefront()
    if storefront.orders is None and catch_up_at is not None:
        logger.info("No nightly catch-up: mount with Storefront(orders=…) to have one.")
        catch_up_at = None
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    running = Worker(app, catch_up_at, ZoneInfo(storefront.settings.timezone), catch_up_days)
    with _stopped_by_signals(running):
        logger.info("The worker counts orders; Ctrl-C or SIGTERM stops it.")
        running.run()
    logger.info("The worker has stopped.")


@contextmanager
def _stopped_by_signals(running: Worker) -> Iterator[None]:
    """The first signal lets the step end, a second one is obeyed as usual."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def stop(number: int, frame: FrameType | None) -> None:
        running.stop()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
