"""Figures about the counts: how far they are behind the order log, and their size in Redis."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..core import clock
from ..core.sql.database import Database
from ..orderlog.numbering import Position, last_position
from ..orderlog.product_numbers import ProductNumbers
from ..orderlog.tables import Applier, Batch, OrderEvent
from ..redis_store import Command, RedisStore
from ..redis_store.keys import Keys, shard_of
from . import generations
from .applier import BatchSender, Standing, with_remedy
from .generations import Generation

MOST_WAITING = 100_000
"""Maximum of `Backlog.waiting`; there may be more."""

LATE_SECONDS = 60.0
"""Orders are counted within a second; when one waits longer than this, no process is counting."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Orders that are not counted yet.

    Attributes:
        waiting: Number of order events, at most `MOST_WAITING`.
        since: When the oldest of them was recorded, naive UTC.
        counted_at: When the newest batch was made.
        position: Number of the newest batch; None before the first.
        broken: Why shards in Redis cannot be continued: ``missing``, ``damaged`` or ``foreign``.
        reason: The same in words; None where all can.
        rebuilding: Whether a rebuild is running.
        broke_off: Whether a rebuild failed and can be resumed.
    """

    waiting: int = 0
    since: dt.datetime | None = None
    counted_at: dt.datetime | None = None
    position: int | None = None
    broken: frozenset[str] = frozenset()
    reason: str | None = None
    rebuilding: bool = False
    broke_off: bool = False

    @property
    def trouble(self) -> str | None:
        """Why orders cannot be counted, in a sentence with the remedy; None where they can."""
        if self.reason is None:
            return None
        return f"{self.reason}; a rebuild is running." if self.rebuilding else with_remedy(self.reason)

    @property
    def is_late(self) -> bool:
        """Whether an order has waited for longer than `LATE_SECONDS`."""
        return self.since is not None and clock.now_in_sql() - self.since > dt.timedelta(seconds=LATE_SECONDS)


def backlog(database: Database, store: RedisStore, keys: Keys, ask_redis: bool) -> Backlog:
    """The backlog now, by a fixed number of small queries; raises `DatabaseUnavailable` or `StoreUnavailable`.

    Without *ask_redis*, numbered orders that are not in Redis yet are left out.
    """
    with database.reading(blocking=True) as session:
        position = session.scalar(sa.select(Applier.number).where(Applier.id == 1))
        live = session.scalar(generations.newest("live"))
        building = session.scalar(generations.newest("building"))
        counted_at = session.scalar(sa.select(Batch.created_at).order_by(Batch.number.desc()).limit(1))
        unnumbered, since = _unnumbered(session)
    standing = _standing(BatchSender(database, store, keys), live) if ask_redis else _UNKNOWN
    lowest = min((position.number for position in standing.positions.values()), default=None)
    unsent, unsent_since = _unsent(database, lowest) if lowest is not None and lowest < (position or 0) else (0, None)
    return Backlog(
        waiting=min(MOST_WAITING, unnumbered + unsent),
        since=min((moment for moment in (since, unsent_since) if moment is not None), default=None),
        counted_at=counted_at,
        position=position,
        broken=frozenset(standing.broken.values()),
        reason=standing.reason,
        rebuilding=building is not None and not generations.is_dead(building),
        broke_off=building is not None and generations.is_dead(building),
    )


def _unnumbered(session: Session) -> tuple[int, dt.datetime | None]:
    some = sa.select(OrderEvent.id).limit(MOST_WAITING).subquery()
    oldest = sa.select(OrderEvent.recorded_at).order_by(OrderEvent.id).limit(1)
    return session.scalar(sa.select(sa.func.count()).select_from(some)) or 0, session.scalar(oldest)


_UNKNOWN = Standing({}, {})


def _standing(sender: BatchSender, live: Generation | None) -> Standing:
    """Where the shards are; without a generation nothing of the log is in Redis."""
    return Standing({0: Position(0, "")}, {}) if live is None else sender.standing(live)


def _unsent(database: Database, lowest: int) -> tuple[int, dt.datetime | None]:
    query = sa.select(Batch.orders, Batch.created_at).where(Batch.number > lowest).order_by(Batch.number)
    with database.reading(blocking=True) as session:
        rows = session.execute(query.limit(MOST_WAITING // 100)).all()
    return sum(row.orders for row in rows), rows[0].created_at if rows else None


SAMPLE = 5000
"""Maximum products to measure; of a larger catalogue every n-th is measured, and sums are scaled."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of all keys, number of neighbours (each pair counts for both products), and number of sets."""

    bytes: int
    pairs: int
    sets: int
    estimated: bool


def figures(database: Database, store: RedisStore, keys: Keys, numbers: ProductNumbers) -> dict[str, Any]:
    """The figures of ``flask storefront stats``. Raises `StoreUnavailable` or `DatabaseUnavailable`."""
    numbers.refresh(database)
    end = last_position(database)
    facts = store.info()
    found: dict[str, Any] = {
        "products": len(numbers),
        "log_position": end.number if end else 0,
        "redis": f"{facts.title.lower()} at {store.label}",
        "redis_policy": facts.refusal or facts.maxmemory_policy,
    }
    live = generations.live(database)
    if live is not None:
        found |= _of_generation(store, keys, live, len(numbers))
    building = generations.building(database)
    if building is not None:
        found["building"] = building.token
    return found


def _of_generation(store: RedisStore, keys: Keys, generation: Generation, products: int) -> dict[str, Any]:
    token, shards = generation.token, range(generation.shards)
    positions = store.execute([Command(keys.position(token, shard), "GET") for shard in shards])
    large = store.execute([Command(keys.totals(token, shard), "HGET", ("large",)) for shard in shards])
    sizes = measure(store, keys, generation, products)
    return {
        "generation": token,
        "generation_epoch_day": generation.epoch,
        "positions": sorted({position.decode() if position else "none" for position in positions}),
        "bytes": sizes.bytes,
        "bytes_a_product": round(sizes.bytes / sizes.sets) if sizes.sets else 0,
        "bytes_estimated": sizes.estimated,
        "pairs": sizes.pairs,
        "products_with_pairs": sizes.sets,
        "orders_too_large_for_pairs": sum(int(orders or 0) for orders in large),
    }


def measure(store: RedisStore, keys: Keys, generation: Generation, products: int) -> Sizes:
    """The size of a generation with all its keys."""
    step = max(1, products // SAMPLE)
    token, shards = generation.token, generation.shards
    measured = range(1, products + 1, step)
    names = [
        name(token, shard_of(product, shards), product) for product in measured for name in (keys.weights, keys.support)
    ]
    sizes = [size or 0 for size in store.memory_usage(names)]
    pairs = store.execute([Command(name, "ZCARD") for name in names[::2]])
    scale = products / len(measured) if measured else 1.0
    fixed = [
        name(token, shard) for shard in range(shards) for name in (keys.position, keys.counts, keys.sold, keys.totals)
    ]
    whole = sum(size or 0 for size in store.memory_usage(fixed))
    return Sizes(
        bytes=round(sum(sizes) * scale) + whole,
        pairs=round(sum(pairs) * scale),
        sets=round(sum(1 for size in pairs if size) * scale),
        estimated=step > 1,
    )
