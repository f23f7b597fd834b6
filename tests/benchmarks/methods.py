"""The plugin and its peers, each as a function from a question to product ids."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import ground
import numpy as np
from baskets import CUT, Basket, Query
from small_shop import SmallShop, small_shop

from storefront_plugin import Order, OrderLine, Product

Answers = Sequence[Sequence[str]]
Method = Callable[[Sequence[Query], str], Answers]
"""Answers to questions of one placement, ``cart`` or ``product``; more than ten ids do no harm."""


@contextmanager
def learned_shop(baskets: Sequence[Basket], binary: Path | None) -> Iterator[SmallShop]:
    """A shop whose log holds *baskets*, imported and counted as a shop does it."""
    products = sorted({product for basket in baskets for product in basket.products})
    with ground.own_folder() as folder, ground.own_redis(folder, binary) as url:
        shop = small_shop(
            folder, [Product(id=id, title=id, price=Decimal(1)) for id in products], STOREFRONT_REDIS_URL=url
        )
        with shop.app.app_context():
            report = shop.storefront.import_orders(map(_order, baskets))
            assert report.placed == len(baskets), report
            shop.storefront.rebuild()
            yield shop
        shop.close()


def _order(basket: Basket) -> Order:
    return Order(id=basket.id, placed_at=basket.moment, lines=[OrderLine(id, 1) for id in basket.products])


def plugin(shop: SmallShop) -> Method:
    """What the plugin itself recommends, on its defaults."""

    def answer(queries: Sequence[Query], placement: str) -> Answers:
        recommend = shop.storefront.recommend
        return [
            [found.product_id for found in recommend("also_bought", query.given, placement=placement, limit=CUT)]
            for query in queries
        ]

    return answer


def popular(baskets: Sequence[Basket]) -> Method:
    """The best-sellers, whatever is asked."""
    best = _best_sellers(baskets)

    def answer(queries: Sequence[Query], placement: str) -> Answers:
        return [best[: CUT + len(query.given)] for query in queries]

    return answer


def counts(baskets: Sequence[Basket]) -> Method:
    """The number of orders that hold both, summed over what is given; then the best-sellers."""
    pairs: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for basket in baskets:
        for product in basket.products:
            pairs[product].update(basket.products)
    best = _best_sellers(baskets)

    def one(query: Query) -> list[str]:
        sums: Counter[str] = Counter()
        for product in query.given:
            sums.update(pairs[product])
        ranked = sorted(sums, key=lambda product: (-sums[product], product))
        return [*ranked, *best[: CUT + len(ranked)]]

    return lambda queries, placement: [one(query) for query in queries]


def implicit_model(name: str, baskets: Sequence[Basket]) -> Method:
    """A model of the package ``implicit`` (`CosineRecommender`, `BM25Recommender`) with 100 neighbours a product."""
    import implicit.nearest_neighbours as models

    ids = sorted({product for basket in baskets for product in basket.products})
    places = {product: place for place, product in enumerate(ids)}
    model: Any = getattr(models, name)(K=101)  # its neighbours hold the product itself
    model.fit(_matrix([basket.products for basket in baskets], places), show_progress=False)

    def answer(queries: Sequence[Query], placement: str) -> Answers:
        given = _matrix([query.given for query in queries], places)
        found, scores = model.recommend(np.arange(len(queries)), given, N=CUT, filter_already_liked_items=True)
        return [
            [ids[place] for place, score in zip(*row, strict=True) if place >= 0 and score > 0]
            for row in zip(found, scores, strict=True)
        ]

    return answer


def _matrix(rows: Sequence[Sequence[str]], places: dict[str, int]) -> Any:
    from scipy.sparse import csr_matrix

    columns = [places[product] for row in rows for product in row]
    starts = np.cumsum([0, *(len(row) for row in rows)])
    return csr_matrix((np.ones(len(columns), np.float32), columns, starts), (len(rows), len(places)))


def _best_sellers(baskets: Sequence[Basket]) -> list[str]:
    sold = Counter(product for basket in baskets for product in basket.products)
    return sorted(sold, key=lambda product: (-sold[product], product))
