"""The worker: its pace, its patience with outages, its nights, and how it ends."""

from __future__ import annotations

import datetime as dt
import logging
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fake_storefront import fake_app, run_fake
from job_rows import change_row, row_of

from storefront_plugin.core.clock import now_in_sql
from storefront_plugin.core.errors import StorefrontError, StoreUnavailable
from storefront_plugin.core.sql.database import Database
from storefront_plugin.jobs.job import next_time
from storefront_plugin.jobs.table import Night
from storefront_plugin.jobs.worker import Worker
from storefront_plugin.orderlog.importing import ImportReport
from storefront_plugin.proxies import SERVICES

LOGGER = "storefront_plugin.jobs"


def made_worker(at: dt.time | None = None, propose_days: int = 0, **methods: Any) -> Worker:
    app = fake_app(**methods)
    services = app.extensions[SERVICES]
    night = Night(at=at, propose_days=propose_days)
    return Worker(app, services.schedule.with_jobs(services.jobs.lines(night)))


def make_due(running: Worker, *names: str) -> None:
    """The time of the jobs *names* has come."""
    for name in names:
        change_row(database_of(running), name, due_at=now_in_sql())
    running._schedule._look_at.clear()


def database_of(running: Worker) -> Database:
    return running._schedule._leases._database


def troubles(running: Worker) -> str:
    """What the catch-up's row tells of its last run."""
    return row_of(database_of(running), "catch_up").trouble


def test_the_worker_works_quickly_while_there_is_work_and_rests_otherwise() -> None:
    """A tenth of a second between steps with work; up to a second without."""
    answers: Iterator[int] = iter([3, 0, 0, 0, 0, 0, 1])
    running = made_worker(drain=lambda: next(answers))
    assert [running.step() for _ in range(7)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 0.1]


def test_the_worker_survives_an_outage_and_speaks_of_it_once(caplog: pytest.LogCaptureFixture) -> None:
    """It waits longer and longer, at most half a minute, and says when it works again."""
    caplog.set_level(logging.INFO, LOGGER)
    failing = iter([StoreUnavailable("Redis is gone.")] * 7 + [None, None])

    def drain() -> int:
        error = next(failing)
        if error:
            raise error
        return 0

    running = made_worker(drain=drain)
    pauses = [running.step() for _ in range(9)]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 0.2, 0.4]
    assert [record.getMessage() for record in caplog.records] == [
        "Redis is gone. Trying again until it works.",
        "Working again.",
    ]


def test_the_worker_catches_up_once_a_night() -> None:
    """It looks back thirty days, so that late cancellations are seen."""
    asked: list[dt.datetime] = []

    def catch_up(since: dt.datetime, progress: Callable[[int], None]) -> ImportReport:
        asked.append(since)
        return ImportReport()

    running = made_worker(dt.time(3), drain=lambda: 0, orders=[], catch_up=catch_up)
    running.step()
    assert asked == []
    make_due(running, "catch_up")
    running.step()
    running.step()
    assert len(asked) == 1
    assert dt.timedelta(29.9) < dt.datetime.now(dt.timezone.utc) - asked[0] < dt.timedelta(30.1)


def test_a_catch_up_that_fails_is_shown_and_does_not_hold_up_counting(caplog: pytest.LogCaptureFixture) -> None:
    """It is tried again after an hour; a next one that goes well takes the word back."""
    caplog.set_level(logging.INFO, LOGGER)
    answers: Iterator[Exception | None] = iter([KeyError("lines"), None])

    def catch_up(since: dt.datetime, progress: Callable[[int], None]) -> ImportReport:
        error = next(answers)
        if error:
            raise error
        return ImportReport()

    running = made_worker(dt.time(3), drain=lambda: 1, orders=[], catch_up=catch_up)
    running.step()
    make_due(running, "catch_up")
    assert [running.step() for _ in range(3)] == [0.1, 0.1, 0.1]
    assert troubles(running) == "KeyError: 'lines'"
    assert re.fullmatch(
        r"The nightly order import failed, and is tried again at 20\d\d-\d\d-\d\d \d\d:\d\d UTC: KeyError: 'lines'",
        caplog.records[0].getMessage(),
    )
    due_at = row_of(database_of(running), "catch_up").due_at
    assert dt.timedelta(minutes=59) < due_at - now_in_sql() <= dt.timedelta(hours=1)
    make_due(running, "catch_up")
    running.step()
    assert troubles(running) == ""


def test_the_worker_shows_life_during_a_long_catch_up() -> None:
    """It counts nothing in the meantime, and is at work all the same."""

    def catch_up(since: dt.datetime, progress: Callable[[int], None]) -> ImportReport:
        progress(1000)
        progress(2000)
        return ImportReport()

    running = made_worker(dt.time(3), drain=lambda: 0, orders=[], catch_up=catch_up)
    running.step()
    make_due(running, "catch_up")
    running.step()
    assert len(running._app.extensions[SERVICES].heartbeats.beats) == 2


def test_the_worker_searches_for_bundles_and_a_failed_search_waits_for_the_next_night(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Also in a shop whose orders it cannot read."""
    answers: Iterator[int | Exception | None] = iter([3, StorefrontError("The disk is full."), None])
    asked: list[int] = []

    def propose(days: int, by: str, progress: Callable[[str, int, int], None]) -> int | None:
        asked.append(days)
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    caplog.set_level(logging.INFO, LOGGER)
    running = made_worker(dt.time(3), 7, drain=lambda: 0, search_if_due=propose)
    running.step()
    for _ in range(3):
        make_due(running, "proposals")
        running.step()
        running.step()
    assert asked == [7, 7, 7]
    first, second = [record.getMessage() for record in caplog.records]
    assert first == "Searched for bundles: 3 are proposed."
    assert second.startswith("The weekly refresh of proposals failed, and is tried again at 20")
    assert second.endswith(" 03:00 UTC: The disk is full.")


def test_a_stopped_worker_leaves_a_long_catch_up_between_two_chunks() -> None:
    """Whole chunks are kept, and the next night goes on from there."""

    def catch_up(since: dt.datetime, progress: Callable[[int], None]) -> ImportReport:
        progress(1000)
        running.stop()
        progress(2000)
        raise AssertionError("went on")

    running = made_worker(dt.time(3), drain=lambda: 0, orders=[], catch_up=catch_up)
    running.step()
    make_due(running, "catch_up")
    running.run()


def test_the_next_night_is_found_in_the_shops_zone() -> None:
    """Across midnight, and across the change to summer time."""
    berlin = ZoneInfo("Europe/Berlin")
    late = dt.datetime(2026, 3, 28, 23, tzinfo=berlin)
    assert next_time(late, dt.time(3)) == dt.datetime(2026, 3, 29, 1, tzinfo=dt.timezone.utc)
    assert next_time(late.replace(hour=2), dt.time(3)) == dt.datetime(2026, 3, 28, 2, tzinfo=dt.timezone.utc)


def test_the_worker_ends_cleanly_on_a_signal() -> None:
    """The present step ends, the status is 0, and the process's own signal handling is put back."""
    before = signal.getsignal(signal.SIGTERM)
    steps: list[int] = []

    def drain() -> int:
        if not steps:
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
        steps.append(1)
        return 1

    result = run_fake("worker", "--catch-up-at", "off", drain=drain)
    assert result.exit_code == 0
    assert 2 <= len(steps) <= 6
    assert signal.getsignal(signal.SIGTERM) is before
    assert run_fake("worker", "--catch-up-at", "late").exit_code == 2
