"""The page that a shop would write by hand: the same candidates, counts, scores, eligibility and markup, no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import redis
from busy_shop import CARDS, EDITION
from flask import Flask, render_template
from small_shop import SmallShop

from storefront_plugin.money import format_money
from storefront_plugin.recommending.strategies.top_rated import NEAR
from storefront_plugin.shop.ports import Product

Scores = dict[int, float]


class HandmadePage:
    """One view: one pipeline of redis-py, counts and products in dicts, one template."""

    def __init__(self, shop: SmallShop, redis_url: str) -> None:
        parts = shop.storefront.services
        held = parts.snapshots.get()
        self._keys = parts.keys
        self._token = held.popularity.generation
        self._counts = held.popularity.counts
        self._unit = held.popularity.unit
        self._total = held.popularity.total
        self._trend = held.trend
        self._rated = held.ranking("rated")
        self._products: Mapping[int, Product] = dict(enumerate(shop.products.values(), 1))
        self._redis: Any = redis.Redis.from_url(redis_url, protocol=3)

    def mount(self, app: Flask) -> None:
        """Add the view."""
        app.jinja_env.filters["amount"] = lambda price: format_money(price, "EUR", "en")
        app.add_url_rule("/handmade/<int:number>", view_func=self.view)

    def view(self, number: int) -> str:
        """The page of one product."""
        return render_template("handmade.html", seed=self._products[number], slots=list(self._slots(number)))

    def _slots(self, seed: int) -> Iterator[dict[str, Any]]:
        weights, support, alike = self._read(seed)
        near = self._alike(alike, seed)
        shown: set[int] = {seed}
        pairs = {number: weight for number, weight in weights if number != seed}
        cart = self._scored(seed, pairs, 0.75, 0.4, 5.0, 3.0)
        known = {number: score for number, score in cart.items() if support.get(number, 0) >= 3}
        product = self._scored(seed, pairs, 0.0, 0.1, 30.0, 30.0)
        rated = {number: self._rated[number] for number in _best(near)[:NEAR] if number in self._rated}
        yield self._slot("bought_together", _best(known), shown, support)
        product = {number: score for number, score in product.items() if support.get(number, 0) >= 3}
        yield self._slot("also_bought", _best(product), shown, support)
        yield self._slot("related", _best(near), shown, {})
        yield self._slot("top_rated", _best(rated), shown, {})

    def _read(self, seed: int) -> tuple[list[tuple[int, float]], dict[int, int], list[Any]]:
        keys, token, shard = self._keys, self._token, seed % 16
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.execute_command("ZRANGE", keys.weights(token, shard, seed), 0, 99, "REV", "WITHSCORES")
        pipeline.hgetall(keys.support(token, shard, seed))
        pipeline.execute_command("ZRANGE", keys.alike(EDITION, seed), 0, -1, "REV", "WITHSCORES")
        weights, support, alike = pipeline.execute()
        return (
            [(int(member), weight) for member, weight in weights],
            {int(member): int(orders) for member, orders in support.items()},
            alike,
        )

    def _scored(self, seed: int, pairs: Mapping[int, float], a: float, b: float, k: float, mu: float) -> Scores:
        unit = self._unit
        own = max(self._counts.get(seed, 0), 1) / unit
        factor, share, shrinkage = own**-a / unit, mu * own**-0.75 * unit / self._total, k * unit
        scores: Scores = {}
        for number, weight in pairs.items():
            count = self._counts.get(number, unit) / unit
            scores[number] = (
                (factor * weight * weight / (weight + shrinkage) + share * count)
                * count**-b
                * self._trend.get(number, 1.0)
            )
        return scores

    def _alike(self, alike: list[Any], seed: int) -> Scores:
        return {int(member): similarity / 1_000_000 for member, similarity in alike if int(member) != seed}

    def _slot(self, name: str, numbers: Iterable[int], shown: set[int], support: Mapping[int, int]) -> dict[str, Any]:
        cards: list[dict[str, Any]] = []
        for number in numbers:
            product = self._products[number]
            if number in shown or not product.visible or not product.stock:
                continue
            shown.add(number)
            cards.append({"product": product, "orders": support.get(number, 0)})
            if len(cards) == CARDS:
                break
        return {"name": name, "cards": cards}


def _best(scores: Scores) -> list[int]:
    return sorted(scores, key=lambda number: (-scores[number], number))
