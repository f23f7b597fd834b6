"""What a process holds so that a page need not ask: popularity, lists, rules, and what other rooms register."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from ..core.sql.database import Database
from ..counts.applier import BatchSender
from ..counts.generations import live
from ..counts.popularity import Popularity, load_popularity
from ..counts.scoring import DEFAULTS, Constants, trends
from ..learning.cart_model import NO_MODEL, LiveModel
from ..redis_store import Command, RedisStore
from ..redis_store.keys import Keys
from ..shop.sellable import ALL_SELLABLE, Unsellable
from .rules.compiled import RuleBook
from .rules.rows import enabled_rules
from .tables import PlacementRow

_Value = TypeVar("_Value", covariant=True)
_Any = TypeVar("_Any")


class SnapshotPart(Protocol[_Value]):
    """Loads what a filler needs of every page. What it gives never changes: a change gives another value."""

    def get(self, blocking: bool = False) -> _Value:
        """What is stored now; without *blocking* within the deadline of a page. Raises `DatabaseUnavailable`."""
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One consistent snapshot.

    Attributes:
        popularity: Counts of the live generation.
        constants: What its scores are made with.
        model: The model of carts.
        rules: The merchant's rules.
        placements: JSON of the slots of each placement that the merchant has changed.
        edition: Token of the content index; "" before there is one.
        trending: Numbers of the products that trend, with scores, best first.
        trend: Factor of each product's score by its number: whether it sold lately as it used to.
        rankings: By name, scores of the products of each ranking of the strategies by number, best first.
        unsellable: Products that take nobody's place in what is cut.
        parts: What each registered part has loaded.
        pairs: Whether enough orders hold two products together, by their numbers, as far as pages have asked.
        news: The versions this snapshot was made from.
        is_read: Whether anything was read; what a process begins with says nothing about the shop.
    """

    popularity: Popularity = field(default_factory=Popularity)
    constants: Constants = DEFAULTS
    model: LiveModel = NO_MODEL
    rules: RuleBook = field(default_factory=RuleBook)
    placements: Mapping[str, str] = field(default_factory=dict)
    edition: str = ""
    trending: tuple[tuple[int, float], ...] = ()
    trend: Mapping[int, float] = field(default_factory=dict)
    rankings: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    unsellable: Unsellable = ALL_SELLABLE
    parts: Mapping[SnapshotPart[Any], Any] = field(default_factory=dict)
    pairs: dict[tuple[int, int], bool] = field(default_factory=dict)
    news: Mapping[bytes, bytes] = field(default_factory=dict)
    is_read: bool = False

    def ranking(self, name: str) -> Mapping[int, float]:
        """Scores by product number, best first; nothing before the catalogue was indexed with the ranking *name*."""
        return self.rankings.get(name, {})

    def part(self, part: SnapshotPart[_Any], default: _Any) -> _Any:
        """What *part* has loaded; *default* before anything was read."""
        found: _Any = self.parts.get(part, default)
        return found


def load_snapshot(
    database: Database,
    store: RedisStore,
    keys: Keys,
    model: Callable[[], LiveModel],
    parts: Sequence[SnapshotPart[Any]] = (),
    rankings: Sequence[str] = (),
    unsellable: Unsellable = ALL_SELLABLE,
) -> Snapshot:
    """The snapshot as SQL and Redis hold it now; raises `StoreUnavailable` or `DatabaseUnavailable`.

    *model* finds the model of carts; *unsellable* is what is known of that so far.
    """
    news = store.execute([Command(keys.news, "HGETALL")])[0] or {}
    edition = news.get(b"edition", b"").decode()
    generation = live(database)
    lists = [keys.trending, *(keys.ranking(edition, name) for name in rankings)]
    bits, older, trending, *ranked = store.execute(
        [
            Command(keys.unsellable, "GET"),
            Command(keys.older, "HGETALL"),
            *(Command(key, "ZRANGE", (0, -1, "REV", "WITHSCORES")) for key in lists),
        ]
    )
    unsellable = unsellable.read_again(bits or b"")
    if generation and "foreign" in BatchSender(database, store, keys).standing(generation).broken.values():
        generation = None  # counts of another history, whose product numbers may mean other products
    popularity = load_popularity(store, keys, generation, unsellable) if generation else Popularity()
    constants = generation.constants if generation else DEFAULTS
    return Snapshot(
        popularity=popularity,
        constants=constants,
        model=model() if generation else NO_MODEL,
        rules=RuleBook(enabled_rules(database)),
        placements=_stored_slots(database),
        edition=edition,
        trending=tuple((int(member), score / 1000) for member, score in trending),
        trend=trends(
            popularity.counts,
            {int(number): int(orders) / 1000 for number, orders in older.items()},
            popularity.unit,
            constants.trend,
        ),
        rankings={
            name: {int(member): score / 1_000_000 for member, score in found}
            for name, found in zip(rankings, ranked, strict=True)
        },
        unsellable=unsellable,
        parts={part: part.get(blocking=True) for part in parts},
        news=news,
        is_read=True,
    )


def with_changes(snapshot: Snapshot, news: Mapping[bytes, bytes], database: Database) -> Snapshot:
    """*snapshot* of *news* with the rules, slots and parts of now: a short statement each, more for a part that changed.

    Within the deadline of a page; raises `DatabaseUnavailable`.
    """
    return replace(
        snapshot,
        rules=RuleBook(enabled_rules(database, blocking=False)),
        placements=_stored_slots(database, blocking=False),
        parts={part: part.get() for part in snapshot.parts},
        news=news,
    )


def _stored_slots(database: Database, blocking: bool = True) -> dict[str, str]:
    """The JSON of each placement that the merchant has changed."""
    with database.reading(blocking) as session:
        rows = session.execute(sa.select(PlacementRow.placement, PlacementRow.slots)).all()
    return {row.placement: row.slots for row in rows}
