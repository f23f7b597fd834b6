"""What a replay finds is what the scores of pages find in the orders before."""

from __future__ import annotations

import json
import math
import random
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from storefront_plugin.counts.popularity import RECENT_DAYS
from storefront_plugin.counts.scoring import DEFAULTS, Constants, Formula, Neighbours, PageKind, blended, score, trends
from storefront_plugin.learning.ease import Model
from storefront_plugin.learning.replay import Replay

DAY = 20_000
HALF_LIVES = (0.0, 180.0, 30.0)
BASKETS = Sequence[tuple[int, Sequence[int]]]


def made_orders(count: int, days: int) -> list[tuple[int, list[int]]]:
    """Orders of two to six of thirty products, some of which belong together, spread evenly over *days*."""
    chance = random.Random(7)
    orders = []
    for number in range(count):
        first = chance.randrange(30)
        others = {(first + step) % 30 for step in chance.choices((1, 2, 7, 11), k=chance.randint(1, 5))}
        orders.append((DAY - days + 1 + number * days // count, sorted({first, *others})))
    return orders


def written(folder: Path, entries: Sequence[tuple[int, int, Sequence[int]]]) -> Path:
    """The log with an entry each of a sign, a day and products."""
    path = folder / "log.jsonl"
    rows = ({"s": sign, "d": day, "m": len(products), "p": products, "o": []} for sign, day, products in entries)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def replayed(folder: Path, orders: BASKETS) -> Replay:
    return Replay(written(folder, [(1, *order) for order in orders]), HALF_LIVES, folder)


class PlainShop:
    """The orders before *since*, counted and scored without a database."""

    def __init__(self, orders: BASKETS, since: int, constants: Constants) -> None:
        known = [order for order in orders if order[0] < since]
        last = max(day for day, _ in known)
        self.constants = constants
        self.counts: Counter[int] = Counter()
        self.pairs: defaultdict[int, Counter[int]] = defaultdict(Counter)
        recent: Counter[int] = Counter()
        unit = 2**30
        self.unit = unit
        for day, products in known:
            weight = unit * 2 ** ((day - last) / constants.half_life) if constants.half_life else unit
            for product in products:
                self.counts[product] += weight  # type: ignore[assignment]
                recent[product] += day > last - RECENT_DAYS
                for other in products:
                    if other != product:
                        self.pairs[product][other] += weight / math.sqrt(len(products) - 1)  # type: ignore[assignment]
        older = {product: count / unit - recent[product] for product, count in self.counts.items()}
        self.trend = trends(self.counts, older, unit, constants.trend)

    def best(self, page: PageKind, seeds: Sequence[int], model: Model | None = None, share: float = 0.0) -> list[int]:
        neighbours = [Neighbours(self.counts[seed], list(self.pairs[seed].items())) for seed in seeds]
        total = sum(self.counts.values())
        formula = self.constants.formula(page)
        scores, _ = score(formula, neighbours, self.counts, self.unit, total, list(self.counts), self.trend)
        if model is not None:
            summed: Counter[int] = Counter()
            for seed in seeds:
                summed.update(dict(model.get(seed, ())))  # type: ignore[arg-type]
            summed = Counter({one: weight for one, weight in summed.items() if one not in seeds})
            scores = {one: value for one, value in scores.items() if one not in seeds}
            names = scores.keys() | summed.keys()
            scores = blended(scores, summed, share, names, names)
        return sorted(
            (one for one in scores if one not in seeds), key=lambda one: (-array("f", [scores[one]])[0], one)
        )[:10]


def ndcg(found: Sequence[int], wanted: set[int]) -> float:
    """As in Järvelin and Kekäläinen 2002, with a gain of 1 for each product that is right."""
    gain = sum(1 / math.log2(place + 2) for place, product in enumerate(found) if product in wanted)
    return gain / sum(1 / math.log2(place + 2) for place in range(min(10, len(wanted))))


def queries_of(replay: Replay) -> Iterator[tuple[list[int], int, int]]:
    """The products of each order asked about, the one hidden from the cart, and the one whose page is asked."""
    rows = replay._queries._connection.execute("SELECT products, hidden, seed FROM queries ORDER BY query").fetchall()
    yield from rows


VARIANTS: Mapping[str, Constants] = {
    "defaults": DEFAULTS,
    "no fading": replace(DEFAULTS, half_life=0.0, trend=0.0),
    "all others": Constants(30.0, 0.5, Formula(0.75, 0.75, 0.6, 0.0, 10.0), Formula(0.0, 0.75, 0.3, 5.0, 0.0)),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_replay_finds_what_the_scores_of_pages_find(tmp_path: Path, name: str) -> None:
    """Query by query, with the same constants."""
    orders, constants = made_orders(300, 60), VARIANTS[name]
    with closing(replayed(tmp_path, orders)) as replay:
        (since,) = replay._queries._connection.execute("SELECT min(day) FROM held").fetchone() or (0,)
        plain = PlainShop(orders, since, constants)
        queries = list(queries_of(replay))
        assert len(queries) == replay.queries > 30
        assert replay.ndcg("cart", constants) == pytest.approx(
            [ndcg(plain.best("cart", [one for one in all_ if one != hidden]), {hidden}) for all_, hidden, _ in queries]
        )
        assert replay.ndcg("product", constants) == pytest.approx(
            [ndcg(plain.best("product", [seed]), {*all_} - {seed}) for all_, _, seed in queries]
        )


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_replay_blends_as_carts_do(tmp_path: Path, share: float) -> None:
    """Weights above and below 0, and a product without any."""
    orders, chance = made_orders(300, 60), random.Random(2)
    model = {seed: [(other, chance.uniform(-1, 2)) for other in range(30) if other != seed] for seed in range(29)}
    with closing(replayed(tmp_path, orders)) as replay:
        (since,) = replay._queries._connection.execute("SELECT min(day) FROM held").fetchone() or (0,)
        plain = PlainShop(orders, since, DEFAULTS)
        alone = replay.ndcg("cart", DEFAULTS)
        replay.use(model)
        assert replay.ndcg("cart", DEFAULTS, share) == pytest.approx(
            [
                ndcg(plain.best("cart", [one for one in all_ if one != hidden], model, share), {hidden})
                for all_, hidden, _ in queries_of(replay)
            ]
        )
        assert replay.ndcg("cart", DEFAULTS) == alone != replay.ndcg("cart", DEFAULTS, share)


def test_a_matrix_counts_the_orders_before_or_all(tmp_path: Path) -> None:
    """By pair, of the products in most orders; what was cancelled counts for nothing."""
    orders = made_orders(300, 60)
    entries = [(1, *order) for order in orders] + [(1, DAY - 30, [1, 2]), (-1, DAY - 30, [1, 2])]
    with closing(Replay(written(tmp_path, entries), HALF_LIVES, tmp_path)) as replay:
        (since,) = replay._queries._connection.execute("SELECT min(day) FROM held").fetchone() or (0,)
        for everything in (False, True):
            matrix = replay.matrix(25, everything)
            counted: Counter[tuple[int, int]] = Counter()
            for day, products in orders:
                if everything or day < since:
                    counted.update((one, other) for one in products for other in products)
            best = sorted({one for one, _ in counted}, key=lambda one: (-counted[one, one], one))[:25]
            assert matrix.numbers.tolist() == best
            assert matrix.orders.tolist() == [[counted[one, other] for other in best] for one in best]


def test_the_latest_orders_are_asked_about(tmp_path: Path) -> None:
    """A fifth of them, whole days of it; none of those is known."""
    orders = made_orders(300, 60)
    with closing(replayed(tmp_path, orders)) as replay:
        connection = replay._queries._connection
        assert connection.execute("SELECT min(day), count(*) FROM held").fetchone() == (DAY - 11, 60)
        assert connection.execute("SELECT max(day) FROM before").fetchone() == (DAY - 12,)


def test_orders_of_one_day_are_asked_about_by_chance(tmp_path: Path) -> None:
    """An import without times has them all on one day."""
    orders = [(DAY, products) for _, products in made_orders(500, 1)]
    with closing(replayed(tmp_path, orders)) as replay:
        connection = replay._queries._connection
        (known,) = connection.execute("SELECT count(DISTINCT order_row) FROM before").fetchone() or (0,)
        (held,) = connection.execute("SELECT count(*) FROM held").fetchone() or (0,)
        assert known + held == 500
        assert 60 < held < 140
        assert replay.queries > 30


def test_an_order_that_was_cancelled_is_not_asked_about(tmp_path: Path) -> None:
    """Its entries take each other back."""
    orders = made_orders(300, 60)
    entries = [(1, *order) for order in orders] + [(-1, *order) for order in orders if order[0] > DAY - 5]
    with closing(Replay(written(tmp_path, entries), HALF_LIVES, tmp_path)) as replay:
        asked = replay._queries._connection.execute("SELECT max(day) FROM baskets").fetchone()
        assert asked == (DAY - 5,)


def test_without_orders_nothing_is_asked(tmp_path: Path) -> None:
    """A new shop."""
    with closing(replayed(tmp_path, [])) as replay:
        assert replay.queries == 0
        assert replay.ndcg("cart", DEFAULTS) == []
