"""What a process holds so that a page need not ask: popularity, lists, rules. Refreshed in the background."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..bundles.store.published import Published, PublishedBundles
from ..core.database import Database
from ..counts.applier import BatchSender
from ..counts.generations import live
from ..counts.popularity import Popularity, load_popularity
from ..counts.scoring import trends
from ..redis_store import Command, RedisStore
from ..redis_store.keys import Keys
from .effective_plan import stored_slots
from .rules.compiled import RuleBook
from .rules.rows import enabled_rules


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One consistent snapshot.

    Attributes:
        popularity: Counts of the live generation.
        rules: The merchant's rules.
        placements: JSON of the slots of each placement that the merchant has changed.
        edition: Token of the content index; "" before there is one.
        trending: Numbers of the products that trend, with scores, best first.
        trend: Factor of each product's score by its number: whether it sold lately as it used to.
        rated: Lower bound of the rating in stars by number, best first.
        published: The merchant's published bundles.
        news: The versions this snapshot was made from.
        is_read: Whether anything was read; what a process begins with says nothing about the shop.
    """

    popularity: Popularity = field(default_factory=Popularity)
    rules: RuleBook = field(default_factory=RuleBook)
    placements: Mapping[str, str] = field(default_factory=dict)
    edition: str = ""
    trending: tuple[tuple[int, float], ...] = ()
    trend: Mapping[int, float] = field(default_factory=dict)
    rated: Mapping[int, float] = field(default_factory=dict)
    published: Published = field(default_factory=Published)
    news: Mapping[bytes, bytes] = field(default_factory=dict)
    is_read: bool = False


def load_snapshot(database: Database, store: RedisStore, keys: Keys, bundles: PublishedBundles) -> Snapshot:
    """The snapshot as SQL and Redis hold it now; raises `StoreUnavailable` or `DatabaseUnavailable`."""
    news = store.execute([Command(keys.news, "HGETALL")])[0] or {}
    edition = news.get(b"edition", b"").decode()
    generation = live(database)
    older, trending, rated = store.execute(
        [
            Command(keys.older, "HGETALL"),
            Command(keys.trending, "ZRANGE", (0, -1, "REV", "WITHSCORES")),
            Command(keys.rated(edition), "ZRANGE", (0, -1, "REV", "WITHSCORES")),
        ]
    )
    if generation and "foreign" in BatchSender(database, store, keys).standing(generation).wanting.values():
        generation = None  # counts of another history, whose product numbers may mean other products
    popularity = load_popularity(store, keys, generation) if generation else Popularity()
    return Snapshot(
        popularity=popularity,
        rules=RuleBook(enabled_rules(database)),
        placements=stored_slots(database),
        edition=edition,
        trending=tuple((int(member), score / 1000) for member, score in trending),
        trend=trends(
            popularity.counts,
            {int(number): int(orders) / 1000 for number, orders in older.items()},
            popularity.unit,
        ),
        rated={int(member): score / 1_000_000 for member, score in rated},
        published=bundles.get(blocking=True),
        news=news,
        is_read=True,
    )


def with_changes(
    snapshot: Snapshot, news: Mapping[bytes, bytes], database: Database, bundles: PublishedBundles
) -> Snapshot:
    """*snapshot* of *news* with the rules, slots and bundles of now: three short statements, more where bundles changed.

    Within the deadline of a page; raises `DatabaseUnavailable`.
    """
    return replace(
        snapshot,
        rules=RuleBook(enabled_rules(database, blocking=False)),
        placements=stored_slots(database, blocking=False),
        published=bundles.get(),
        news=news,
    )
