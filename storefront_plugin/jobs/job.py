"""A job: work that nobody waits for, where it is done and how often."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Literal, Protocol, TypeAlias

Place: TypeAlias = Literal["process", "shop", "worker"]
"""Where a job is done.

``process``: in every process, for what that process keeps. ``shop``: once for the whole shop, by its workers, and unless
``STOREFRONT_DRAIN`` is ``"off"`` by the threads of the processes that serve it. ``worker``: by workers only.
"""


class Progress(Protocol):
    """Called by long work between two steps; raises `Stopped` where the work is to end there."""

    def __call__(self, *progress: object) -> None: ...


class Outcome(Enum):
    """What a run came to; None where it is simply done."""

    MORE = "more"
    """More may wait: the worker comes back soon."""
    NOTHING = "nothing"
    """There was nothing to do, which does not count as a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One line of the job table.

    Attributes:
        name: For the log, and of its row in SQL.
        run: Does it.
        where: In which processes.
        every: Seconds between two runs; 0 is each turn.
        at: Time of day in its zone, in place of *every*.
        leased: Of all processes one does it at a time, held by a lease in SQL, and its last run and trouble are shown in
            the admin and by `flask storefront check`.
        retry: Seconds after which it is tried again when it failed; None waits for its next time.
        title: What it is, as in "The … failed", in the log, the admin and `check`; marked with `N_`.
    """

    name: str
    run: Callable[[Progress], Outcome | None]
    where: Place
    every: float = 0.0
    at: dt.time | None = None
    leased: bool = False
    retry: float | None = None
    title: str = ""

    def next_due(self, now: dt.datetime) -> dt.datetime:
        """When it is due after a run that ended *now*. Times are UTC without zone."""
        if self.at is None:
            return now + dt.timedelta(seconds=self.every)
        local = now.replace(tzinfo=dt.timezone.utc).astimezone(self.at.tzinfo)
        return next_time(local, self.at).astimezone(dt.timezone.utc).replace(tzinfo=None)

    def first_due(self, now: dt.datetime) -> dt.datetime:
        """When it is due where it never ran."""
        return now if self.at is None else self.next_due(now)


def next_time(now: dt.datetime, at: dt.time) -> dt.datetime:
    """The next moment after *now* at which clocks in its zone show *at*."""
    today = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return today if today > now else today + dt.timedelta(days=1)


def silent(*progress: object) -> None:
    """Goes on."""
