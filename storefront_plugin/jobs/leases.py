"""Leases in SQL: of many processes one does a job. Whoever is killed in the midst of it loses it when the lease expires."""

from __future__ import annotations

import datetime as dt
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ..core import clock
from ..core.errors import DatabaseUnavailable, StorefrontError
from ..core.sql.database import Base, Database, table_of
from .job import Job

LEASE = dt.timedelta(minutes=15)
"""How long a job may show no progress; one statement of it can take minutes."""

EXTEND_SECONDS = 90.0
"""How often a job that goes on extends its lease at most."""

MAX_TROUBLE = 300


class StoredJob(Base):
    """A leased job. It is free where *holder* is empty or *leased_until* is past, and may be claimed from *due_at* on.

    *finished_at* is the end of the last run, *trouble* why that failed, else empty. Times are UTC.
    """

    __tablename__ = "storefront_job"

    name: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    holder: Mapped[str] = mapped_column(sa.String(16))
    leased_until: Mapped[dt.datetime] = mapped_column(sa.DateTime)
    due_at: Mapped[dt.datetime] = mapped_column(sa.DateTime)
    started_at: Mapped[dt.datetime | None] = mapped_column(sa.DateTime)
    finished_at: Mapped[dt.datetime | None] = mapped_column(sa.DateTime)
    trouble: Mapped[str] = mapped_column(sa.String(MAX_TROUBLE))


class LeaseLost(StorefrontError):
    """The job showed no progress for so long that another process has taken it over."""


@dataclass(frozen=True, slots=True)
class JobRun:
    """What became of a leased job. Times are UTC without zone.

    Attributes:
        started_at: Of the latest run.
        finished_at: When a run ended last, *trouble*: why that one failed, else empty.
        is_running: A process is at it.
        broke_off: The process that was at it is gone; it is done again.
    """

    name: str
    started_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    trouble: str = ""
    is_running: bool = False
    broke_off: bool = False


class Lease:
    """A job that is ours until `finish` or `release`, or until it shows no progress for `LEASE`.

    Attributes:
        trouble: Why the run before failed, else empty.
    """

    def __init__(self, database: Database, name: str, token: str, trouble: str) -> None:
        self.trouble = trouble
        self._database = database
        self._mine = sa.update(StoredJob).where(StoredJob.name == name, StoredJob.holder == token)
        self._extend_at = time.monotonic() + EXTEND_SECONDS

    def extend(self) -> None:
        """Keep it for another `LEASE`, at most every `EXTEND_SECONDS`. Raises `LeaseLost`; a busy database is no harm."""
        if time.monotonic() < self._extend_at:
            return
        self._extend_at = time.monotonic() + EXTEND_SECONDS
        with suppress(DatabaseUnavailable):
            if not _changed(self._database, self._mine.values(leased_until=clock.now_in_sql() + LEASE)):
                raise LeaseLost("Another process has taken it over, because this one seemed dead.")

    def finish(self, due_at: dt.datetime, trouble: str = "") -> None:
        """The run has ended, with *trouble* if it failed; it is due again at *due_at*."""
        self._free(finished_at=clock.now_in_sql(), due_at=due_at, trouble=trouble[:MAX_TROUBLE])

    def skip(self, due_at: dt.datetime) -> None:
        """There was nothing to do until *due_at*."""
        self._free(due_at=due_at, trouble="")

    def release(self) -> None:
        """Leave it to whoever comes next; it stays due."""
        self._free()

    def _free(self, **values: Any) -> None:
        _changed(self._database, self._mine.values(holder="", **values))


class Leases:
    """The leased jobs of one shop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, job: Job) -> Lease | None:
        """The lease of *job*; None where it is not due, or another process is at it. Raises `DatabaseUnavailable`."""
        now = clock.now_in_sql()
        row = self._row(job, now)
        held = bool(row.holder) and row.leased_until > now
        if row.due_at > now or held:
            return None
        token = secrets.token_hex(8)
        free = sa.or_(StoredJob.holder == "", StoredJob.leased_until <= now)
        claimed = sa.update(StoredJob).where(StoredJob.name == job.name, StoredJob.due_at <= now, free)
        taken = _changed(self._database, claimed.values(holder=token, leased_until=now + LEASE, started_at=now))
        return Lease(self._database, job.name, token, row.trouble) if taken else None

    def runs(self) -> dict[str, JobRun]:
        """What became of each job, by its name; raises `DatabaseUnavailable`."""
        now = clock.now_in_sql()
        with self._database.reading(blocking=True) as session:
            return {row.name: _run(row, now) for row in session.scalars(sa.select(StoredJob))}

    def _row(self, job: Job, now: dt.datetime) -> StoredJob:
        """The row of *job*, made where there is none. A time of day that is nearer than the one stored counts at once."""
        with self._database.reading(blocking=True) as session:
            row = session.get(StoredJob, job.name)
        if row is None:
            row = _new_row(job, now)
            self._insert(row)
        elif job.at is not None and row.due_at > (sooner := job.next_due(now)):
            nearer = sa.update(StoredJob).where(StoredJob.name == job.name, StoredJob.due_at > sooner)
            _changed(self._database, nearer.values(due_at=sooner))
        return row

    def _insert(self, row: StoredJob) -> None:
        values = {column.key: getattr(row, column.key) for column in table_of(StoredJob).columns}
        with suppress(sa.exc.IntegrityError), self._database.writing() as session:  # another process was quicker
            session.execute(sa.insert(table_of(StoredJob)), values)


def _new_row(job: Job, now: dt.datetime) -> StoredJob:
    return StoredJob(
        name=job.name,
        holder="",
        leased_until=now,
        due_at=job.first_due(now),
        started_at=None,
        finished_at=None,
        trouble="",
    )


def _changed(database: Database, update: sa.Update) -> bool:
    with database.writing() as session:
        result: Any = session.execute(update)
        return bool(result.rowcount)


def _run(row: StoredJob, now: dt.datetime) -> JobRun:
    held, alive = bool(row.holder), row.leased_until > now
    return JobRun(row.name, row.started_at, row.finished_at, row.trouble, held and alive, held and not alive)
