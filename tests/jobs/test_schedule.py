"""The schedule: what is due, where, and by whom of many processes."""

from __future__ import annotations

import datetime as dt
import logging
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from job_rows import ago, change_row, die_at_work, leased, open_jobs, row_of, run_once, schedule_of
from postgres import postgres_url
from shop_pages import add_pages
from small_shop import SmallShop

from storefront_plugin import MemoryOrders
from storefront_plugin.core.clock import now_in_sql
from storefront_plugin.core.errors import Stopped, StoreUnavailable
from storefront_plugin.core.sql.database import Database
from storefront_plugin.jobs import leases
from storefront_plugin.jobs.job import Job, Outcome, Progress
from storefront_plugin.jobs.leases import LEASE

MakeShop = Callable[..., SmallShop]
LOGGER = "storefront_plugin.jobs"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind."""
    return f"sqlite:///{tmp_path / 'jobs.sqlite'}" if request.param == "sqlite" else postgres_url()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_jobs(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    yield opened
    opened.dispose()


def plain(name: str, run: Callable[[Progress], Outcome | None] = lambda go_on: None, **fields: Any) -> Job:
    return Job(**{"name": name, "run": run, "where": "process", **fields})


def test_a_job_runs_at_each_turn_or_when_its_seconds_have_passed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order of the table, without asking SQL."""
    database.reading = database.writing = None  # type: ignore[method-assign,assignment]
    now = time.monotonic()
    schedule = schedule_of(database, plain("always"), plain("sometimes", every=5.0))
    assert schedule.turn("thread").ran == ["always", "sometimes"]
    assert schedule.turn("thread").ran == ["always"]
    monkeypatch.setattr(time, "monotonic", lambda: now + 6)
    assert schedule.turn("thread").ran == ["always", "sometimes"]


@pytest.mark.parametrize(
    ("kind", "thread_works", "expected"),
    [
        ("thread", True, ["process", "shop"]),
        ("thread", False, ["process"]),
        ("worker", False, ["process", "shop", "worker"]),
        ("scheduler", True, ["process", "shop", "worker"]),
    ],
)
def test_jobs_run_in_their_place(database: Database, kind: Any, thread_works: bool, expected: list[str]) -> None:
    """A thread leaves the shop's jobs to workers where the shop says so, and heavy ones always."""
    jobs = [plain(place, where=place) for place in ("process", "shop", "worker")]
    assert schedule_of(database, *jobs, thread_works=thread_works).turn(kind).ran == expected


def test_a_job_that_may_have_more_says_so(database: Database) -> None:
    """The worker comes back soon."""
    answers = iter([None, Outcome.MORE])
    schedule = schedule_of(database, plain("orders", lambda go_on: next(answers)))
    assert [schedule.turn("worker").worked for _ in range(2)] == [False, True]


def test_trouble_of_one_job_holds_up_no_other_and_is_raised_at_the_end(database: Database) -> None:
    """What pages wait for comes first and last whatever happens."""
    done: list[str] = []

    def broken(go_on: Progress) -> None:
        raise StoreUnavailable("Redis is gone.")

    schedule = schedule_of(database, plain("first", broken), plain("second", lambda go_on: done.append("second")))
    with pytest.raises(StoreUnavailable):
        schedule.turn("thread")
    assert done == ["second"]


def test_a_leased_job_is_done_by_one_process_until_it_is_due_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others look again within a minute."""
    ran: list[str] = []
    one, other = (
        schedule_of(database, leased("lists", lambda go_on, name=name: ran.append(name), every=600.0))
        for name in ("one", "other")
    )
    now = time.monotonic()
    assert one.turn("worker").ran == ["lists"]
    assert other.turn("worker").ran == []
    assert dt.timedelta(seconds=590) < row_of(database, "lists").due_at - now_in_sql() <= dt.timedelta(seconds=600)
    change_row(database, "lists", due_at=now_in_sql())
    assert other.turn("worker").ran == []
    monkeypatch.setattr(time, "monotonic", lambda: now + 61)
    assert other.turn("worker").ran == ["lists"]
    assert ran == ["one", "other"]


def test_a_time_of_day_is_due_when_it_comes_and_is_made_up_for_where_nobody_was_there(database: Database) -> None:
    """A first process waits for it; an earlier time of a process that starts counts at once."""
    zone = ZoneInfo("Asia/Tokyo")
    nearly = (dt.datetime.now(zone) + dt.timedelta(hours=2)).time().replace(second=0, microsecond=0, tzinfo=zone)
    sooner = (dt.datetime.now(zone) + dt.timedelta(hours=1)).time().replace(second=0, microsecond=0, tzinfo=zone)

    def turn(at: dt.time) -> list[str]:
        return schedule_of(database, leased("night", lambda go_on: None, at=at)).turn("worker").ran

    assert turn(nearly) == []
    assert dt.timedelta(minutes=118) < row_of(database, "night").due_at - now_in_sql() <= dt.timedelta(hours=2)
    assert turn(sooner) == []
    assert row_of(database, "night").due_at - now_in_sql() <= dt.timedelta(hours=1)
    change_row(database, "night", due_at=ago(hours=5))
    assert turn(nearly) == ["night"]
    assert turn(nearly) == []


def test_two_processes_do_each_job_once(url: str, tmp_path: Path) -> None:
    """Twenty jobs, claimed at the same moment: when both are ready."""
    open_jobs(url).dispose()
    folder = tmp_path / "done"
    folder.mkdir()
    spawn = multiprocessing.get_context("spawn")
    both = spawn.Barrier(2)
    processes = [spawn.Process(target=run_once, args=(url, both, folder)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    done = Counter(path.name.partition("-")[0] for path in folder.iterdir())
    assert done == {str(number): 1 for number in range(20)}


def test_a_job_whose_process_was_killed_is_done_again_when_its_lease_expires(url: str) -> None:
    """Not before: it may be alive and slow."""
    process = multiprocessing.get_context("spawn").Process(target=die_at_work, args=(url,))
    process.start()
    process.join(60)
    assert process.exitcode == 9
    database = open_jobs(url)
    schedule = schedule_of(database, leased("long", lambda go_on: None))
    assert schedule.turn("worker").ran == []
    ((_, run),) = schedule.runs()
    assert (run.is_running, run.broke_off) == (True, False)
    change_row(database, "long", leased_until=ago(seconds=1))
    ((_, run),) = schedule.runs()
    assert (run.is_running, run.broke_off) == (False, True)
    assert schedule_of(database, leased("long", lambda go_on: None)).turn("worker").ran == ["long"]
    database.dispose()


def test_a_job_that_goes_on_keeps_its_lease_and_one_that_seemed_dead_is_left(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Of the two that are at it then, the first leaves what the second does alone."""
    monkeypatch.setattr(leases, "EXTEND_SECONDS", 0.0)
    seen: list[dt.timedelta] = []

    def long(go_on: Progress) -> None:
        change_row(database, "long", leased_until=ago(minutes=-1))
        go_on("phase", 1, 2)
        seen.append(row_of(database, "long").leased_until - now_in_sql())
        change_row(database, "long", leased_until=ago(seconds=1))
        assert schedule_of(database, leased("long", lambda go_on: None)).turn("worker").ran == ["long"]
        go_on("phase", 2, 2)
        raise AssertionError("went on")

    assert schedule_of(database, leased("long", long)).turn("worker").ran == []
    assert LEASE - dt.timedelta(seconds=30) < seen[0] <= LEASE
    assert "Another process has taken it over" in caplog.text
    assert row_of(database, "long").trouble == ""


def test_a_stopped_job_is_left_for_whoever_comes_next(database: Database) -> None:
    """At once: nobody is at it."""

    def stopped(*progress: object) -> None:
        raise Stopped("The process is ending.")

    with pytest.raises(Stopped):
        schedule_of(database, leased("long", lambda go_on: go_on(1))).turn("worker", stopped)
    assert schedule_of(database, leased("long", lambda go_on: None)).turn("worker").ran == ["long"]


def test_a_rebuild_that_is_stopped_ends_there(shop: SmallShop) -> None:
    """Also while it indexes the catalogue, whose own trouble would wait until all is counted."""
    shop.place(["p1", "p2"])
    phases: list[str] = []

    def stopped(phase: str, done: int, total: int) -> None:
        phases.append(phase)
        raise Stopped("The process is ending.")

    with pytest.raises(Stopped):
        shop.storefront.rebuild(stopped)
    assert len(phases) == 1


def test_trouble_of_a_leased_job_is_shown_once_and_taken_back(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """In the log the first time, in the row until it goes well; it is tried again after its own time."""
    caplog.set_level(logging.INFO, LOGGER)
    answers: Iterator[Exception | None] = iter([KeyError("lines"), KeyError("lines"), None])

    def run(go_on: Progress) -> None:
        error = next(answers)
        if error:
            raise error

    job = leased("mail", run, retry=60.0, title="sending of mail")
    turn = schedule_of(database, job).turn("worker")
    assert (turn.ran, str(turn.trouble)) == (["mail"], "'lines'")
    assert row_of(database, "mail").due_at - now_in_sql() <= dt.timedelta(seconds=60)
    for trouble in ("KeyError: 'lines'", ""):
        change_row(database, "mail", due_at=now_in_sql())
        schedule_of(database, job).turn("worker")
        assert row_of(database, "mail").trouble == trouble
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("The sending of mail failed, and is tried again at 20")
    assert said.endswith(" UTC: KeyError: 'lines'")


def test_a_job_that_had_nothing_to_do_is_no_run(database: Database) -> None:
    """Nothing says that it was done."""
    schedule = schedule_of(database, leased("catch_up", lambda go_on: Outcome.NOTHING))
    assert schedule.turn("worker").ran == []
    ((_, run),) = schedule.runs()
    assert run.finished_at is None
    assert row_of(database, "catch_up").due_at > now_in_sql()


def test_tick_does_what_is_due_and_names_it(make_shop: MakeShop) -> None:
    """For a scheduler of the shop's own, in place of a worker, which check and the admin then know of."""
    shop = make_shop(STOREFRONT_DRAIN="off", orders=MemoryOrders([]))
    with shop.app.app_context():
        shop.place(["p1", "p2"], drain=False)
        assert shop.storefront.tick() == ["redis", "snapshot", "news", "slot_stats", "orders", "lists"]
        assert shop.storefront.tick() == ["redis", "snapshot", "news", "orders"]
        assert shop.ids("bestsellers") == ["p1", "p2"]
        for name in ("catch_up", "proposals"):
            change_row(shop.storefront.database, name, due_at=ago(hours=1))
        shop.storefront.services.schedule._look_at.clear()
        assert shop.storefront.tick()[-2:] == ["catch_up", "proposals"]
        texts = [finding.text for finding in shop.storefront.check()]
    assert any(text.startswith("Orders are counted by the shop's scheduler, last seen") for text in texts)
    for job in ("trend update", "nightly order import", "weekly refresh of proposals"):
        assert any(text.startswith(f"The {job} was done at 20") for text in texts)


def test_check_shows_a_job_that_failed_or_broke_off(shop: SmallShop) -> None:
    """In plain words, with its reason."""
    schedule = shop.storefront.services.schedule
    shop.storefront.services.index.build_if_due = broken  # type: ignore[method-assign]
    assert isinstance(schedule.turn("scheduler").trouble, OSError)
    change_row(shop.storefront.database, "catch_up", holder="gone", started_at=ago(hours=1), leased_until=ago(hours=1))
    texts = {finding.text: finding.level for finding in shop.storefront.check()}
    (failed,) = [text for text in texts if text.startswith("The trend update failed at ")]
    assert failed.endswith(" UTC: OSError: the catalogue's file is gone")
    (gone,) = [text for text in texts if text.startswith("The nightly order import of ")]
    assert gone.endswith(" UTC was interrupted; it runs again by itself.")
    assert texts[failed] == texts[gone] == "warning"


def test_jobs_work_on_an_in_memory_database(make_shop: MakeShop) -> None:
    """There is one connection, which the shop may be using."""
    shop = add_pages(make_shop(SQLALCHEMY_DATABASE_URI="sqlite:///:memory:"))
    with shop.app.app_context():
        shop.storefront.order_placed(shop.order("p1", "p2"))
        assert "lists" in shop.storefront.tick()
        shop.db.session.rollback()
        shop.storefront.services.schedule._look_at.clear()
        assert "lists" in shop.storefront.tick()


def broken(go_on: Progress) -> bool:
    raise OSError("the catalogue's file is gone")
