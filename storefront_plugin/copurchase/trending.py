"""Products that sell more than they used to, from the order log."""

from __future__ import annotations

import math

import sqlalchemy as sa

from ..database import Database
from ..orderlog.tables import LoggedLine, LoggedOrder
from ..redis_store import RedisStore
from ..redis_store.keys import Keys

RECENT_DAYS = 14
BASELINE_DAYS = 56
KEPT = 200
MIN_ORDERS = 3


def surprise(recent: int, before: int) -> float:
    """How surprising *recent* orders in `RECENT_DAYS` are after *before* orders in the `BASELINE_DAYS` ahead of them.

    The standard score of a Poisson count against its own baseline, ``(x − e)/√(e + 1)`` with ``e = before · 14/56``:
    a new product trends, a constant bestseller does not.
    """
    expected = before * RECENT_DAYS / BASELINE_DAYS
    return (recent - expected) / math.sqrt(expected + 1)


def find_trending(database: Database, day: int) -> list[tuple[int, float]]:
    """Numbers and scores of the products that trend on *day*, best first, at most `KEPT`."""
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
    with database.reading(patient=True) as session:
        rows = session.execute(query).all()
    scored = [(product, surprise(now, whole - now)) for product, now, whole in rows]
    return sorted((pair for pair in scored if pair[1] > 0), key=lambda pair: (-pair[1], pair[0]))[:KEPT]


def store_trending(store: RedisStore, keys: Keys, trending: list[tuple[int, float]]) -> None:
    """Replace the list that pages read; scores in thousandths."""
    commands: list[tuple[str | int | float | bytes, ...]] = [("UNLINK", keys.trending)]
    if trending:
        members = [value for number, score in trending for value in (round(score * 1000), str(number))]
        commands.append(("ZADD", keys.trending, *members))
    store.pipeline_write(commands)
