"""The days on which orders count, so that no wrong clock rules the log. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from heapq import nlargest
from itertools import pairwise
from statistics import median_low

from .events import day_of

FAR_AHEAD = 30
"""Days by which an order may lie ahead of the others: a single one with a wrong time would outweigh them for ever."""

MANY_GAPS = 12
"""Usual gaps between two orders by which one may lie ahead where that is longer: some shops sell every few months."""

ENOUGH_ORDERS = 3
"""This many orders together may lie as far ahead as they like: the shop has paused."""

NEWEST_ORDERS = 10
"""So many of the newest orders tell how far apart orders usually are."""


class CountedDays:
    """The days on which orders count: none after today, no single one far ahead of the others.

    Args:
        now: Naive UTC.
        placed: When the newest orders were placed, each once, of the log and of those to settle.
    """

    def __init__(self, now: dt.datetime = dt.datetime.max, placed: Iterable[dt.datetime] = ()) -> None:
        self.now = now
        newest = [day_of(moment) for moment in nlargest(NEWEST_ORDERS, placed)]
        self._last = day_of(now)
        if len(newest) >= ENOUGH_ORDERS:
            self._last = min(self._last, newest[ENOUGH_ORDERS - 1] + _lead(newest))

    def is_ahead(self, placed_at: dt.datetime) -> bool:
        """Whether an order that was placed at *placed_at* counts on an earlier day."""
        return day_of(placed_at) > self._last

    def of(self, placed_at: dt.datetime) -> int:
        """The day on which an order counts that was placed at *placed_at*."""
        return min(day_of(placed_at), self._last)


def _lead(newest: Sequence[int]) -> int:
    """Days by which an order may lie ahead in a shop whose *newest* orders were placed on these, the newest first.

    The median, since one gap or two are those before orders with a wrong time.
    """
    usual = median_low(later - earlier for later, earlier in pairwise(newest))
    return max(FAR_AHEAD, MANY_GAPS * usual)
