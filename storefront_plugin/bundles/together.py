"""Sets of products in the order log: how often they were bought together, and how much more often than by chance."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from ..database import Database
from ..orderlog.tables import LoggedLine, LoggedOrder
from ..queries import Queries

MEMORY: Final = "1GB"
MAX_SIZE: Final = 100
"""Orders of more products are wholesale and say nothing about sets."""

PAGE: Final = 1000
SEED_PAIRS: Final = 500
MAX_PAIRS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Together:
    """Products (by their numbers in the log) that *support* of *orders* orders hold; *sold* is the orders of each."""

    products: tuple[int, ...]
    support: int
    sold: tuple[int, ...]
    orders: int

    @property
    def confidence(self) -> float:
        """The share of the best-selling product's orders that hold the others too."""
        return self.support / max(self.sold)

    @property
    def lift(self) -> float:
        """How many times as often as by chance; 1 is chance."""
        return self.support / self.by_chance

    @property
    def by_chance(self) -> float:
        """In how many orders chance alone would bring them together."""
        return self.orders * math.prod(sold / self.orders for sold in self.sold)

    @property
    def expected_share(self) -> float:
        """The share of buyers of the best-selling product that takes the set, at least, with 97.5 % certainty.

        The lower end of the Wilson interval of `confidence`: small numbers promise little.
        """
        n, p, z = max(self.sold), self.confidence, 1.96
        middle = p + z * z / (2 * n)
        return max(0.0, (middle - z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n))


def find_together(
    database: Database, folder: Path, min_support: int = 5, since_day: int = 0, limit: int = 200
) -> list[Together]:
    """Pairs and triples of all orders from *since_day* on that stand, those farthest beyond chance first.

    At most *limit* of each size. The orders are read a page at a time and counted by DuckDB with at most `MEMORY`;
    raises `DatabaseUnavailable` or `QueryFailed`.
    """
    file = folder / "proposals.jsonl"
    try:
        with file.open("w", encoding="utf-8") as out:
            for number, products in enumerate(_orders(database, since_day)):
                out.write(json.dumps({"o": number, "p": products}) + "\n")
        if not file.stat().st_size:
            return []
        with closing(Queries("storefront_plugin.bundles", "proposals.sql", folder, MEMORY)) as queries:
            return _count(queries, file, min_support, limit)
    finally:
        file.unlink(missing_ok=True)


def _count(queries: Queries, file: Path, min_support: int, limit: int) -> list[Together]:
    queries.run("lines", file=str(file), max_size=MAX_SIZE)
    ((orders,),) = queries.run("orders")
    if not orders:
        return []
    queries.run("sold", min_support=min_support)
    queries.run("pairs", min_support=min_support, orders=orders, keep=MAX_PAIRS)
    pairs = queries.run("best_pairs", keep=limit)
    triples = queries.run("best_triples", min_support=min_support, orders=orders, keep=limit, seeds=SEED_PAIRS)
    found = [Together(tuple(products), support, tuple(sold), orders) for products, support, sold in [*pairs, *triples]]
    return sorted(found, key=lambda one: (one.by_chance - one.support, one.products))


def _orders(database: Database, since_day: int) -> Iterator[list[int]]:
    """The distinct products of each order that stands, in pages of orders; no cursor stays open in between."""
    last = ""
    while ids := _page(database, since_day, last):
        with database.reading(patient=True) as session:
            query = sa.select(LoggedLine.order_id, LoggedLine.product).where(
                LoggedLine.order_id.in_(ids), LoggedLine.quantity_left > 0
            )
            products: dict[str, set[int]] = {}
            for order_id, product in session.execute(query):
                products.setdefault(order_id, set()).add(product)
        yield from (sorted(products[order_id]) for order_id in ids if order_id in products)
        last = ids[-1]


def _page(database: Database, since_day: int, last: str) -> list[str]:
    query = sa.select(LoggedOrder.order_id).where(
        LoggedOrder.order_id > last, LoggedOrder.status == "placed", LoggedOrder.day >= since_day
    )
    with database.reading(patient=True) as session:
        return list(session.scalars(query.order_by(LoggedOrder.order_id).limit(PAGE // 2)))
