"""Ways of suggesting are measured on the latest orders as a plain model measures them."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

from storefront_plugin.counts.scoring import DEFAULTS, PageKind
from storefront_plugin.learning.evaluation import CartModel, Evaluation, Measures, evaluate
from storefront_plugin.learning.replay import Replay
from tests.learning.test_replay import DAY, PlainShop, made_orders, ndcg, queries_of, written

OWN = replace(DEFAULTS, half_life=0.0, product=replace(DEFAULTS.product, prior=0.0, shrinkage=2.0))
Rank = Callable[[PageKind, Sequence[int]], list[int]]


@pytest.fixture(scope="module")
def orders() -> list[tuple[int, list[int]]]:
    return made_orders(300, 60)


@pytest.fixture(scope="module")
def source(orders: list[tuple[int, list[int]]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("log"), [(1, *order) for order in orders])


@pytest.fixture(scope="module")
def evaluation(source: Path) -> Evaluation:
    return evaluate(source, source.parent, DEFAULTS, OWN, lambda *_: None)


class PlainEvaluation:
    """The same in plain Python, of the queries of a replay."""

    def __init__(self, source: Path, orders: Sequence[tuple[int, list[int]]]) -> None:
        with closing(Replay(source, (180.0,), source.parent)) as replay:
            (self.since,) = replay._queries._connection.execute("SELECT min(day) FROM held").fetchone() or (0,)
            self.queries = list(queries_of(replay))
        self.orders = orders
        self.known = [products for day, products in orders if day < self.since]
        self.sold = Counter(product for products in self.known for product in products)
        self.bestsellers = sorted(self.sold, key=lambda one: (-self.sold[one], one))

    def popular(self, page: PageKind, seeds: Sequence[int]) -> list[int]:
        return [one for one in self.bestsellers if one not in seeds][:10]

    def counted(self, page: PageKind, seeds: Sequence[int]) -> list[int]:
        both: Counter[int] = Counter()
        for products in self.known:
            for seed in seeds:
                both.update(one for one in products if seed in products and one not in seeds)
        return sorted(both, key=lambda one: (-both[one], one))[:10]

    def measures(self, page: PageKind, rank: Rank) -> Measures:
        hits, gains, suggested = [], [], []
        for products, hidden, seed in self.queries:
            seeds = [one for one in products if one != hidden] if page == "cart" else [seed]
            wanted = {hidden} if page == "cart" else {*products} - {seed}
            found = rank(page, seeds)
            hits.append(bool(wanted & {*found}))
            gains.append(ndcg(found, wanted))
            suggested += found
        top = self.bestsellers[:10]
        return Measures(
            fmean(hits),
            fmean(gains),
            len({*suggested}) / len(self.sold),
            sum(one in top for one in suggested) / len(suggested),
        )


@pytest.fixture(scope="module")
def plain(source: Path, orders: list[tuple[int, list[int]]]) -> PlainEvaluation:
    return PlainEvaluation(source, orders)


def same(found: Measures, expected: Measures) -> None:
    for name in Measures.__slots__:
        assert getattr(found, name) == pytest.approx(getattr(expected, name)), name


@pytest.mark.parametrize("page", ["cart", "product"])
def test_ways_find_what_a_plain_model_finds(evaluation: Evaluation, plain: PlainEvaluation, page: PageKind) -> None:
    """Best sellers, orders with both, and the scores with standard and own constants."""
    found = evaluation.pages[page]
    assert evaluation.queries == len(plain.queries)
    assert evaluation.products == 30
    same(found["bestsellers"], plain.measures(page, plain.popular))
    same(found["pair_counts"], plain.measures(page, plain.counted))
    same(found["standard"], plain.measures(page, PlainShop(plain.orders, plain.since, DEFAULTS).best))
    same(found["own"], plain.measures(page, PlainShop(plain.orders, plain.since, OWN).best))


def test_carts_are_asked_with_the_model_beside_the_pairs(source: Path) -> None:
    """As the replay that chose it asked; product pages have none."""
    model = CartModel(penalty=20.0, share=0.7, products=1000)
    found = evaluate(source, source.parent, DEFAULTS, OWN, lambda *_: None, model)
    with closing(Replay(source, (OWN.half_life,), source.parent)) as replay:
        replay.use(replay.matrix(1000).model(20.0))
        assert found.pages["cart"]["model"].ndcg == pytest.approx(fmean(replay.ndcg("cart", OWN, 0.7)))
        assert found.pages["cart"]["own"].ndcg == pytest.approx(fmean(replay.ndcg("cart", OWN)))
    assert found.pages["cart"]["model"] != found.pages["cart"]["own"]
    assert "model" not in found.pages["product"]


def test_suggestions_by_chance_find_what_chance_finds(evaluation: Evaluation) -> None:
    """Ten of the some 27 products that are not in the cart, all equally often, each with other products."""
    found = evaluation.pages["cart"]["random"]
    assert found.hit_rate == pytest.approx(10 / 27, abs=0.15)
    assert found.coverage == 1
    assert found.bestsellers == pytest.approx(1 / 3, abs=0.07)


def test_what_belongs_together_is_found_and_best_sellers_do_not_find_it(tmp_path: Path) -> None:
    """Known by construction: pairs of 100, each in as many orders, so that each way finds all or chance."""
    chance = random.Random(5)
    seeds = [2 * chance.randrange(50) for _ in range(500)]
    source = written(tmp_path, [(1, DAY - 99 + number // 5, [seed, seed + 1]) for number, seed in enumerate(seeds)])
    found = evaluate(source, tmp_path, DEFAULTS, OWN, lambda *_: None)
    for page in ("cart", "product"):
        ways = found.pages[page]  # type: ignore[index]
        assert ways["pair_counts"].hit_rate == ways["standard"].hit_rate == ways["own"].hit_rate == 1
        assert ways["pair_counts"].ndcg == ways["standard"].ndcg == ways["own"].ndcg == 1
        assert ways["bestsellers"].hit_rate < 0.35
        assert ways["bestsellers"].coverage < 0.15
        assert ways["bestsellers"].bestsellers > 0.8


def test_without_orders_there_is_nothing_to_measure(tmp_path: Path) -> None:
    found = evaluate(written(tmp_path, []), tmp_path, DEFAULTS, OWN, lambda *_: None)
    assert found.queries == 0
    assert found.pages["cart"]["own"] == Measures(0, 0, 0, 0)


def test_an_evaluation_survives_being_written_down(evaluation: Evaluation) -> None:
    assert Evaluation.from_json(evaluation.to_json()) == evaluation
    assert (
        json.loads(evaluation.to_json())["pages"]["cart"]["own"]["hit_rate"] == evaluation.pages["cart"]["own"].hit_rate
    )
