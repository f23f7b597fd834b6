"""Times: aware in Python, UTC without zone in our tables."""

from __future__ import annotations

import datetime as dt
from typing import Literal, Protocol, TypeAlias, overload


def now() -> dt.datetime:
    """The current time in UTC, timezone-aware."""
    return dt.datetime.now(dt.timezone.utc)


def aware(moment: dt.datetime) -> dt.datetime:
    """*moment* with a time zone; a naive one is UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)


def now_in_sql() -> dt.datetime:
    """The current time as stored in our tables: UTC, naive."""
    return now().replace(tzinfo=None)


@overload
def to_sql(moment: dt.datetime) -> dt.datetime: ...
@overload
def to_sql(moment: None) -> None: ...
@overload
def to_sql(moment: dt.datetime | None) -> dt.datetime | None: ...
def to_sql(moment: dt.datetime | None) -> dt.datetime | None:
    """An aware *moment* as stored in our tables."""
    return None if moment is None else moment.astimezone(dt.timezone.utc).replace(tzinfo=None)


def from_sql(moment: dt.datetime | None) -> dt.datetime | None:
    """A *moment* from our tables, timezone-aware."""
    return None if moment is None else moment.replace(tzinfo=dt.timezone.utc)


State: TypeAlias = Literal["on", "scheduled", "ended", "off"]


class Scheduled(Protocol):
    """What is switched on and off, by hand and by times; None is open."""

    @property
    def enabled(self) -> bool: ...
    @property
    def starts_at(self) -> dt.datetime | None: ...
    @property
    def ends_at(self) -> dt.datetime | None: ...


def state_of(thing: Scheduled, moment: dt.datetime) -> State:
    """Whether *thing* counts at *moment*; if not, why."""
    if not thing.enabled:
        return "off"
    if thing.ends_at is not None and thing.ends_at <= moment:
        return "ended"
    if thing.starts_at is not None and thing.starts_at > moment:
        return "scheduled"
    return "on"
