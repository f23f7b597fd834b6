"""Times: aware in Python, UTC without zone in our tables."""

from __future__ import annotations

import datetime as dt
from typing import overload


def now() -> dt.datetime:
    """This moment, in UTC with its zone."""
    return dt.datetime.now(dt.timezone.utc)


def now_in_sql() -> dt.datetime:
    """This moment as our tables hold it: UTC without zone."""
    return now().replace(tzinfo=None)


@overload
def to_sql(moment: dt.datetime) -> dt.datetime: ...
@overload
def to_sql(moment: None) -> None: ...
@overload
def to_sql(moment: dt.datetime | None) -> dt.datetime | None: ...
def to_sql(moment: dt.datetime | None) -> dt.datetime | None:
    """An aware *moment* as our tables hold it."""
    return None if moment is None else moment.astimezone(dt.timezone.utc).replace(tzinfo=None)


def from_sql(moment: dt.datetime | None) -> dt.datetime | None:
    """A *moment* of our tables with its zone."""
    return None if moment is None else moment.replace(tzinfo=dt.timezone.utc)
