"""What is due now: one turn of a thread, of a worker, or of a scheduler of the shop's own."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from ..core import clock
from ..core.errors import DatabaseUnavailable, Stopped, StorefrontError
from .heartbeats import Heartbeats, Kind
from .job import Job, Outcome, Place, Progress, silent
from .leases import JobRun, Lease, LeaseLost, Leases

logger = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
"""How often a process asks SQL at most whether a leased job with a time of day, or a long while between runs, is due."""


@dataclass(slots=True)
class Turn:
    """What one turn did.

    Attributes:
        ran: Names of the jobs that ran, in their order.
        worked: Whether more may wait.
        trouble: Of the first leased job that failed; it is logged, and stands in the job's row.
    """

    ran: list[str] = field(default_factory=list)
    worked: bool = False
    trouble: Exception | None = None


class Schedule:
    """Runs the jobs that are due.

    Args:
        thread_works: Whether the background thread does the shop's jobs; else workers do.
    """

    def __init__(self, jobs: Sequence[Job], leases: Leases, heartbeats: Heartbeats, thread_works: bool) -> None:
        self.jobs = jobs
        self._leases = leases
        self._heartbeats = heartbeats
        self._thread_works = thread_works
        self._look_at: dict[str, float] = {}

    def turn(self, kind: Kind, go_on: Progress = silent) -> Turn:
        """Run once whatever is due in a process of this *kind*. *go_on* is called by long work between its steps.

        One job that fails does not hold up the others. The first trouble of one without a lease is raised at the end.
        """
        places, turn, first = self._places(kind), Turn(), None
        if "shop" in places:
            self._heartbeats.kind = self._heartbeats.kind or kind
        for job in self.jobs:
            if job.where in places and time.monotonic() >= self._look_at.get(job.name, 0.0):
                try:
                    self._run(job, self._alive(go_on), turn)
                except Stopped:
                    raise
                except Exception as error:  # whatever it is, the next turn tries again
                    first = first or error
        if first is not None:
            raise first
        return turn

    def runs(self) -> list[tuple[Job, JobRun]]:
        """The leased jobs with what became of them; raises `DatabaseUnavailable`."""
        found = self._leases.runs()
        return [(job, found.get(job.name, JobRun(job.name))) for job in self.jobs if job.leased]

    def with_jobs(self, jobs: Sequence[Job]) -> Schedule:
        """The same with other *jobs*."""
        return Schedule(jobs, self._leases, self._heartbeats, self._thread_works)

    def _places(self, kind: Kind) -> Collection[Place]:
        if kind == "thread":
            return {"process", "shop"} if self._thread_works else {"process"}
        return {"process", "shop", "worker"}

    def _alive(self, go_on: Progress) -> Progress:
        def alive(*progress: object) -> None:
            go_on(*progress)
            self._heartbeats.beat()

        return alive

    def _run(self, job: Job, go_on: Progress, turn: Turn) -> None:
        wait = LOOK_SECONDS if job.at else min(job.every, LOOK_SECONDS) if job.leased else job.every
        self._look_at[job.name] = time.monotonic() + wait
        if not job.leased:
            turn.ran.append(job.name)
            turn.worked |= job.run(go_on) is Outcome.MORE
        elif (lease := self._leases.claim(job)) is not None:
            self._run_leased(job, lease, go_on, turn)

    def _run_leased(self, job: Job, lease: Lease, go_on: Progress, turn: Turn) -> None:
        def extending(*progress: object) -> None:
            go_on(*progress)
            lease.extend()

        try:
            outcome = job.run(extending)
        except Stopped:
            with suppress(DatabaseUnavailable):  # then it expires
                lease.release()
            raise
        except LeaseLost as error:
            logger.warning("The job %s was left: %s", job.name, error)
        except Exception as error:  # a job may meet anything, the shop's own code too
            turn.ran.append(job.name)
            turn.trouble = turn.trouble or error
            _failed(job, lease, error)
        else:
            _ended(job, lease, outcome, turn)


def _ended(job: Job, lease: Lease, outcome: Outcome | None, turn: Turn) -> None:
    due_at = job.next_due(clock.now_in_sql())
    if outcome is Outcome.NOTHING:
        lease.skip(due_at)
        return
    turn.ran.append(job.name)
    turn.worked |= outcome is Outcome.MORE
    lease.finish(due_at)


def _failed(job: Job, lease: Lease, error: Exception) -> None:
    """Note it in the job's row, and in the log unless that said the same when it failed before."""
    known = isinstance(error, StorefrontError)
    sentence = str(error) if known else f"{type(error).__name__}: {error}"
    now = clock.now_in_sql()
    due_at = job.next_due(now) if job.retry is None else now + dt.timedelta(seconds=job.retry)
    if sentence != lease.trouble:
        logger.warning(
            "The %s failed, and is tried again at %s UTC: %s",
            job.title or f"job {job.name}",
            f"{due_at:%Y-%m-%d %H:%M}",
            sentence,
            exc_info=None if known else error,
        )
    lease.finish(due_at, sentence)
