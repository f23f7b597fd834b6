"""An order log with a Redis beside it, and in plain Python what a rebuild should make of it."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from counting_model import summed
from hypothesis import strategies as st

from storefront_plugin.core.clock import now_in_sql
from storefront_plugin.core.sql.database import Base, Database
from storefront_plugin.core.sql.shop_database import ShopDatabase
from storefront_plugin.counts import rebuild
from storefront_plugin.counts.generations import Generation
from storefront_plugin.counts.scoring import DEFAULTS, Constants
from storefront_plugin.counts.weights import Weighting, large_orders
from storefront_plugin.orderlog.numbering import Position
from storefront_plugin.orderlog.settling import Entry, dump_entries
from storefront_plugin.orderlog.tables import Applier, Batch
from storefront_plugin.redis_store import Command, RedisStore
from storefront_plugin.redis_store.keys import Keys, shard_of

PRODUCTS = 12
MANY = 500
DAY = 20_000


@dataclass(frozen=True)
class Fixed:
    """Leaves no choice of the constants."""

    start: Constants = DEFAULTS

    def accepts(self, constants: Constants) -> bool:
        return constants == self.start

    def choose(self, *details: object) -> Constants:
        return self.start

    def learn(self, *details: object) -> None:
        """Nothing."""


class CountedShop:
    """An order log in SQL with a Redis beside it, and what should come of it in plain dicts."""

    def __init__(self, folder: Path, store: RedisStore) -> None:
        self.folder = folder
        self.store = store
        self.keys = Keys(f"t{secrets.token_hex(4)}")
        self.database = Database(f"sqlite:///{folder / 'shop.sqlite'}", folder, 1.0, ShopDatabase())
        with self.database.connect() as connection:
            Base.metadata.drop_all(connection)
            Base.metadata.create_all(connection)
            connection.commit()
        self.caught_up: list[str] = []

    def log(self, batches: Sequence[Sequence[Entry]]) -> None:
        """Append *batches* to the log."""
        with self.database.writing() as session:
            applier = session.get(Applier, 1)
            if applier is None:
                applier = Applier(id=1, number=0, token="start", products=MANY, locks=0)
                session.add(applier)
            for entries in batches:
                token = secrets.token_hex(4)
                session.add(
                    Batch(
                        number=applier.number + 1,
                        token=token,
                        previous_token=applier.token,
                        day=max(entry.day for entry in entries),
                        orders=len(entries),
                        entries=dump_entries(entries),
                        created_at=now_in_sql(),
                    )
                )
                applier.number, applier.token = applier.number + 1, token

    def rebuild(self, *, shards: int = 4, admission: int = 0, half_life: float = 30.0, **more: Any) -> Generation:
        """Rebuild with settings small enough for a test."""
        return rebuild.rebuild(
            self.database,
            self.store,
            self.keys,
            folder=self.folder,
            choice=Fixed(Constants(half_life=half_life)),
            shards=shards,
            admission=admission,
            **{"catch_up": lambda generation: self.caught_up.append(generation.token), **more},
        )

    def held(self, generation: Generation, products: int = PRODUCTS) -> dict[str, Any]:
        """All that Redis holds of *generation*, as plain dicts."""
        keys, token, shards = self.keys, generation.token, range(generation.shards)
        found: dict[str, Any] = {"counts": {}, "sold": {}, "pairs": {}, "sets": 0}
        for shard in shards:
            counts, sold, totals, position = self.store.execute(
                [
                    Command(keys.counts(token, shard), "HGETALL"),
                    Command(keys.sold(token, shard), "HGETALL"),
                    Command(keys.totals(token, shard), "HGETALL"),
                    Command(keys.position(token, shard), "GET"),
                ]
            )
            found["counts"].update({int(k): int(v) for k, v in counts.items() if int(v)})
            found["sold"].update({int(k): int(v) for k, v in sold.items() if int(v)})
            found["sets"] += int(totals.get(b"sets", 0))
            found.setdefault("large", int(totals.get(b"large", 0)))
            found.setdefault("day", int(totals[b"day"]) if b"day" in totals else None)
            assert Position.parse(position.decode()) is not None
        for product in range(1, products + 1):
            shard = shard_of(product, generation.shards)
            weights, support = self.store.execute(
                [
                    Command(keys.weights(token, shard, product), "ZRANGE", (0, -1, "WITHSCORES")),
                    Command(keys.support(token, shard, product), "HGETALL"),
                ]
            )
            if weights or support:
                assert {member for member, _ in weights} == set(support)
                found["pairs"][product] = {int(m): (int(w), int(support[m])) for m, w in weights}
        return found


def expected(batches: Sequence[Sequence[Entry]], weighting: Weighting, admission: int = 0, keep: int = 100) -> Any:
    """The sum of all batches in plain Python, cut as Redis would: lowest score first, then lowest member by bytes."""
    counts: dict[int, int] = {}
    sold: dict[int, int] = {}
    pairs: dict[int, dict[int, list[int]]] = {}
    for batch in batches:
        for product, change in summed(batch, weighting).items():
            counts[product] = counts.get(product, 0) + change.n
            sold[product] = sold.get(product, 0) + change.sold
            for sign, part in ((1, change.added), (-1, change.removed)):
                for neighbour, (weight, support) in part.items():
                    sums = pairs.setdefault(product, {}).setdefault(neighbour, [0, 0])
                    sums[0] += sign * weight
                    sums[1] += sign * support
    days: Counter[int] = Counter()
    for entry in (entry for batch in batches for entry in batch):
        days[entry.day] += entry.sign * len(entry.products)
    kept: dict[int, dict[int, tuple[int, int]]] = {}
    for product, neighbours in pairs.items():
        firm = sum(support > 1 for _, support in neighbours.values())
        least = 2 if admission and firm >= admission else 1
        standing = [(w, str(m).encode(), m, s) for m, (w, s) in neighbours.items() if s >= least]
        if standing:
            kept[product] = {m: (w, s) for w, _, m, s in sorted(standing)[-keep:]}
    return {
        "counts": {product: count for product, count in counts.items() if count},
        "sold": {product: count for product, count in sold.items() if count},
        "pairs": kept,
        "sets": len(kept),
        "large": sum(large_orders(batch) for batch in batches),
        "day": max((day for day, standing in days.items() if standing), default=None),
    }


@st.composite
def logs(draw: st.DrawFn) -> list[list[Entry]]:
    """Orders placed, refunded in parts and cancelled, some too large for pairs and some too old to weigh anything."""
    entries: list[Entry] = []
    for _ in range(draw(st.integers(0, 12))):
        products = draw(st.lists(st.integers(1, PRODUCTS), min_size=1, max_size=6, unique=True))
        size = draw(st.sampled_from([len(products)] * 8 + [100, 101]))
        day = DAY - draw(st.sampled_from([0, 0, 1, 7, 100, 530, 560, 2000]))
        entries.append(Entry(1, day, size, tuple(products)))
        while products and draw(st.booleans()):
            gone = draw(st.integers(1, len(products)))
            entries.append(Entry(-1, day, size, tuple(products[:gone]), tuple(products[gone:])))
            products = products[gone:]
    cuts = sorted(draw(st.sets(st.integers(1, max(len(entries) - 1, 1)), max_size=4)))
    parts = [entries[a:b] for a, b in zip([0, *cuts], [*cuts, len(entries)], strict=True)]
    return [part for part in parts if part]
