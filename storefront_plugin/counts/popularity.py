"""How often each product sold in a generation, cached in each process. Read in the background, not by pages."""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

import sqlalchemy as sa

from ..core import clock
from ..core.sql.database import Database
from ..orderlog.events import day_of
from ..orderlog.tables import LoggedLine, LoggedOrder
from ..redis_store import Command, RedisStore
from ..redis_store.keys import Keys
from ..shop.sellable import ALL_SELLABLE, RECHECKED, Unsellable, first_sellable
from .generations import Generation
from .weights import MAX_PAIR_SIZE, MAX_SUM, MAX_UNIT, MIN_UNIT, Weighting

POPULAR = 200
"""Number of products with the greatest n, which are candidates of every suggestion by the popularity prior."""

BESTSELLERS = 400
"""Number of bestsellers in the cache; pages of a category choose among them."""


@dataclass(frozen=True, slots=True)
class Popularity:
    """A snapshot of a generation's counts.

    Attributes:
        generation: Its token; "" before there is one.
        counts: Decayed integer count n by product number, of the orders that count in pairs.
        sold: Number of orders by product number.
        day: Day of the newest batch, at most today; "now" for all scores, so that counts of an idle shop do not fade.
        popular: Numbers of the products with the greatest n, best first.
        bestsellers: Numbers of the products in most orders, best first.
    """

    generation: str = ""
    shards: int = 1
    weighting: Weighting = field(default_factory=lambda: Weighting(0, 0))
    counts: Mapping[int, int] = field(default_factory=dict)
    sold: Mapping[int, int] = field(default_factory=dict)
    day: int = 0
    total: int = 0
    popular: tuple[int, ...] = ()
    bestsellers: tuple[int, ...] = ()

    @property
    def unit(self) -> int:
        """Weight of an order of the newest day, at least 1."""
        return max(1, self.weighting.unit(self.day))

    @property
    def must_rebuild(self) -> bool:
        """Whether weights have become so large, or so small, that a rebuild with another epoch is needed."""
        fits = MIN_UNIT <= self.unit <= MAX_UNIT or not self.generation
        return not fits or any(self.counts[number] > MAX_SUM for number in self.popular[:1])


def load_popularity(
    store: RedisStore, keys: Keys, generation: Generation, unsellable: Unsellable = ALL_SELLABLE
) -> Popularity:
    """The counts of *generation* as Redis holds them now; raises `StoreUnavailable`.

    What is *unsellable* takes nobody's place among the best.
    """
    shards = range(generation.shards)
    token = generation.token
    answers = store.execute(
        [Command(keys.counts(token, shard), "HGETALL") for shard in shards]
        + [Command(keys.sold(token, shard), "HGETALL") for shard in shards]
        + [Command(keys.totals(token, shard), "HGET", ("day",)) for shard in shards]
    )
    size = generation.shards
    counts = _merged(answers[:size])
    sold = _merged(answers[size : 2 * size])
    return Popularity(
        generation=token,
        shards=size,
        weighting=generation.weighting,
        counts=counts,
        sold=sold,
        day=min(
            max((int(day) for day in answers[2 * size :] if day is not None), default=generation.epoch),
            day_of(clock.now_in_sql()),
        ),
        total=sum(counts.values()),
        popular=_most(counts, POPULAR, unsellable),
        bestsellers=_most(sold, BESTSELLERS, unsellable),
    )


def _most(counts: Mapping[int, int], limit: int, unsellable: Unsellable) -> tuple[int, ...]:
    """The best *limit* numbers that can be sold, and the best `RECHECKED` of the others."""

    def rank(number: int) -> tuple[int, int]:
        return counts[number], -number

    if not unsellable:
        return tuple(heapq.nlargest(limit, counts, key=rank))
    sellable = heapq.nlargest(limit, (number for number in counts if number not in unsellable.numbers), key=rank)
    others = heapq.nlargest(RECHECKED, (number for number in counts if number in unsellable.numbers), key=rank)
    return tuple(sorted([*sellable, *others], key=rank, reverse=True))


def _merged(hashes: list[dict[bytes, bytes]]) -> dict[int, int]:
    return {int(number): int(value) for one in hashes for number, value in one.items() if int(value) > 0}


RECENT_DAYS = 14
BASELINE_DAYS = 56
KEPT = 200
MIN_ORDERS = 3
FIELDS = 500
"""Fields per HSET."""


def surprise(recent: int, before: int) -> float:
    """How unexpected *recent* orders in `RECENT_DAYS` are after *before* orders in the `BASELINE_DAYS` ahead of them.

    The standard score of a Poisson count against its baseline, ``(x − e)/√(e + 1)`` with ``e = before · 14/56``:
    a new product trends, a constant bestseller does not.
    """
    expected = before * RECENT_DAYS / BASELINE_DAYS
    return (recent - expected) / math.sqrt(expected + 1)


def find_trending(database: Database, day: int, unsellable: Unsellable = ALL_SELLABLE) -> list[tuple[int, float]]:
    """Numbers and scores of the products that trend on *day*, best first, at most `KEPT` beside what is *unsellable*."""
    recent = sa.func.sum(sa.case((LoggedOrder.day > day - RECENT_DAYS, 1), else_=0))
    query = (
        sa.select(LoggedLine.product, recent, sa.func.count())
        .join(LoggedOrder, LoggedOrder.order_id == LoggedLine.order_id)
        .where(
            LoggedOrder.day > day - RECENT_DAYS - BASELINE_DAYS,
            LoggedOrder.day <= day,
            LoggedOrder.status == "placed",
            LoggedLine.quantity_left > 0,
        )
        .group_by(LoggedLine.product)
        .having(recent >= MIN_ORDERS)
    )
    with database.reading(blocking=True) as session:
        rows = session.execute(query).all()
    scored = [(product, surprise(now, whole - now)) for product, now, whole in rows]
    best = sorted((pair for pair in scored if pair[1] > 0), key=lambda pair: (-pair[1], pair[0]))
    return list(first_sellable(best, KEPT, unsellable.numbers))


def find_older(database: Database, day: int, popularity: Popularity) -> dict[int, float]:
    """n by product, in orders of today, without the orders of the `RECENT_DAYS` up to *day*.

    It is constant between two refreshes: growth of n since then is recent, so that rising sales show at once.
    """
    recent = _recent_orders(database, day)
    unit = popularity.unit
    older = ((number, count / unit - recent.get(number, 0)) for number, count in popularity.counts.items())
    return {number: orders for number, orders in older if orders > 0}


def _recent_orders(database: Database, day: int) -> dict[int, int]:
    query = (
        sa.select(LoggedLine.product, sa.func.count(sa.distinct(LoggedLine.order_id)))
        .join(LoggedOrder, LoggedOrder.order_id == LoggedLine.order_id)
        .where(
            LoggedOrder.day > day - RECENT_DAYS,
            LoggedOrder.day <= day,
            LoggedOrder.status == "placed",
            LoggedOrder.size.between(2, MAX_PAIR_SIZE),
            LoggedLine.quantity_left > 0,
        )
        .group_by(LoggedLine.product)
    )
    with database.reading(blocking=True) as session:
        return {row[0]: row[1] for row in session.execute(query)}


def store_older(store: RedisStore, keys: Keys, older: Mapping[int, float]) -> None:
    """Replace the older sales in Redis atomically."""
    new = f"{keys.older}:new"
    commands: list[tuple[str | int | float | bytes, ...]] = [("UNLINK", new)]
    fields = iter(older.items())
    while part := list(islice(fields, FIELDS)):
        commands.append(("HSET", new, *(word for number, n in part for word in (number, round(n * 1000)))))
    commands.append(("RENAME", new, keys.older) if older else ("UNLINK", keys.older))
    store.pipeline_write(commands)


def store_trending(store: RedisStore, keys: Keys, trending: list[tuple[int, float]]) -> None:
    """Replace the list of trending products; scores in thousandths."""
    commands: list[tuple[str | int | float | bytes, ...]] = [("UNLINK", keys.trending)]
    if trending:
        members = [value for number, score in trending for value in (round(score * 1000), str(number))]
        commands.append(("ZADD", keys.trending, *members))
    store.pipeline_write(commands)
