"""What the rows of leased jobs say, as other processes or time would have them."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from functools import partial
from multiprocessing.synchronize import Barrier
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from storefront_plugin.core.clock import now_in_sql
from storefront_plugin.core.sql.database import Base, Database, table_of
from storefront_plugin.core.sql.shop_database import ShopDatabase
from storefront_plugin.jobs.job import Job, Outcome, Progress, silent
from storefront_plugin.jobs.leases import Leases, StoredJob
from storefront_plugin.jobs.schedule import Schedule


def record_run(database: Database, name: str, trouble: str = "") -> None:
    """Another process has just done the job *name*, or met *trouble*."""
    lease = Leases(database).claim(Job(name=name, run=silent, where="worker", leased=True))
    assert lease is not None
    lease.finish(now_in_sql(), trouble)


def change_row(database: Database, name: str, **values: object) -> None:
    """Change the row of *name*."""
    with database.writing() as session:
        session.execute(sa.update(StoredJob).where(StoredJob.name == name).values(**values))


def row_of(database: Database, name: str) -> StoredJob:
    """The row of *name*."""
    with database.reading(blocking=True) as session:
        return session.get_one(StoredJob, name)


def ago(**interval: float) -> dt.datetime:
    """A moment before now."""
    return now_in_sql() - dt.timedelta(**interval)


def open_jobs(url: str) -> Database:
    """The database at *url* with the table of jobs."""
    database = Database(url, Path(), 1.0, ShopDatabase())
    with database.connect() as connection:
        Base.metadata.create_all(connection, [table_of(StoredJob)])
        connection.commit()
    return database


def schedule_of(database: Database, *jobs: Job, thread_works: bool = True) -> Schedule:
    """A schedule of *jobs* alone, as a process that has just started has it."""
    heartbeats = SimpleNamespace(kind=None, beat=lambda: None)
    return Schedule(jobs, Leases(database), heartbeats, thread_works)  # type: ignore[arg-type]


def leased(name: str, run: Callable[[Progress], Outcome | None], **fields: Any) -> Job:
    """A job of workers that is due every hour."""
    return Job(**{"name": name, "run": run, "where": "worker", "every": 3600.0, "leased": True, **fields})


def run_once(url: str, both: Barrier, folder: Path) -> None:
    """A process: once *both* are ready it runs twenty jobs where it gets the lease, and leaves a file for each."""
    database = open_jobs(url)

    def wrote(number: int, go_on: Progress) -> None:
        (folder / f"{number}-{os.getpid()}").touch()

    jobs = [leased(f"job{number}", partial(wrote, number)) for number in range(20)]
    both.wait(60)
    schedule_of(database, *jobs).turn("worker")


def die_at_work(url: str) -> None:
    """A process that is killed in the midst of a job."""
    schedule_of(open_jobs(url), leased("long", lambda go_on: os._exit(9))).turn("worker")
