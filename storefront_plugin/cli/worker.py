"""``flask storefront worker``: runs the worker until it is stopped."""

from __future__ import annotations

import datetime as dt
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from ..jobs.table import Night
from ..jobs.worker import Worker
from .group import mounted_services

logger = logging.getLogger(__name__)


class ClockTime(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """``HH:MM``, or ``off``."""

    name = "HH:MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.time | None:
        if isinstance(value, dt.time) or value == "off":
            return value if isinstance(value, dt.time) else None
        try:
            return dt.datetime.strptime(value, "%H:%M").time()
        except ValueError:
            self.fail(f"{value!r} is neither a time such as 03:00 nor 'off'.", param, ctx)


@click.command
@click.option("--catch-up-at", type=ClockTime(), default="03:00", show_default=True, help="In STOREFRONT_TIMEZONE.")
@click.option(
    "--catch-up-days",
    type=click.IntRange(1),
    default=30,
    show_default=True,
    help="How far back the nightly catch-up looks.",
)
@click.option(
    "--propose-days",
    type=click.IntRange(0),
    default=7,
    show_default=True,
    help="How often to search for bundles; 0 turns it off.",
)
@with_appcontext
def worker(catch_up_at: dt.time | None, catch_up_days: int, propose_days: int) -> None:
    """Count orders as they come, until stopped (Ctrl-C or SIGTERM).

    At night catch up, and every week search for bundles; `--catch-up-at off` leaves both out.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    services = mounted_services()
    if services.shop.orders is None and catch_up_at is not None:
        logger.info("No nightly catch-up: mount with Storefront(orders=…) to enable it.")
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    night = Night(at=catch_up_at, catch_up_days=catch_up_days, propose_days=propose_days)
    running = Worker(app, services.schedule.with_jobs(services.jobs.lines(night)))
    with _stopped_by_signals(running):
        logger.info("The worker is counting orders; stop it with Ctrl-C or SIGTERM.")
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
