"""Sets of products in the order log: how often they were bought together, and how much more often than by chance."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from ..copurchase.rebuild import dump_log
from ..database import Database
from ..orderlog.numbering import last_position
from ..queries import Queries

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with the phase (``read``, ``count``), what is done of it, and the whole."""

MEMORY: Final = "1GB"
MAX_SIZE: Final = 100
"""Orders of more products are wholesale and say nothing about sets."""

SEED_PAIRS: Final = 500
MAX_PAIRS: Final = 100_000


def silent(phase: str, done: int, total: int) -> None:
    """Shows nothing."""


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
    database: Database, folder: Path, min_support: int = 5, limit: int = 200, progress: Progress = silent
) -> list[Together]:
    """Pairs and triples of all orders that stand, those farthest beyond chance first; at most *limit* of each size.

    The batches of the log are read a page at a time into a folder of its own inside *folder* and counted by DuckDB
    with at most `MEMORY`; raises `DatabaseUnavailable` or `QueryFailed`.
    """
    until = last_position(database)
    if until is None or not until.number:
        return []
    own = folder / "proposals"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    try:
        file = dump_log(database, until, own, progress)
        with closing(Queries("storefront_plugin.bundles", "proposals.sql", own, MEMORY)) as queries:
            return _count(queries, file, min_support, limit, progress)
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _count(queries: Queries, file: Path, min_support: int, limit: int, progress: Progress) -> list[Together]:
    queries.run("entries", file=str(file), max_size=MAX_SIZE)
    ((orders,),) = queries.run("orders")
    if not orders:
        return []
    progress("count", 1, 4)
    queries.run("lines")
    queries.run("sold", min_support=min_support)
    queries.run("frequent")
    progress("count", 2, 4)
    queries.run("pairs", min_support=min_support, orders=orders, keep=MAX_PAIRS)
    pairs = queries.run("best_pairs", keep=limit)
    progress("count", 3, 4)
    triples = queries.run("best_triples", min_support=min_support, orders=orders, keep=limit, seeds=SEED_PAIRS)
    progress("count", 4, 4)
    found = [Together(tuple(products), support, tuple(sold), orders) for products, support, sold in [*pairs, *triples]]
    return sorted(found, key=lambda one: (one.by_chance - one.support, one.products))
