"""The two plain models of the counts, and the counts as Redis holds them."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from small_shop import SmallShop

from storefront_plugin.counts import generations
from storefront_plugin.counts.weights import MAX_PAIR_SIZE, Weighting
from storefront_plugin.orderlog.numbering import batches_after
from storefront_plugin.orderlog.settling import Entry, load_entries
from storefront_plugin.redis_store import Command
from storefront_plugin.redis_store.keys import shard_of


@dataclass
class Counts:
    """n and sold by product, weight and support by product and neighbour; zeros are left out."""

    n: dict[int, int] = field(default_factory=dict)
    sold: dict[int, int] = field(default_factory=dict)
    weights: dict[int, dict[int, int]] = field(default_factory=dict)
    support: dict[int, dict[int, int]] = field(default_factory=dict)


@dataclass
class Change:
    """What a batch changes for one product: n, sold, and its pairs by neighbour as (weight, support)."""

    n: int = 0
    sold: int = 0
    added: dict[int, tuple[int, int]] = field(default_factory=dict)
    removed: dict[int, tuple[int, int]] = field(default_factory=dict)


def summed(batch: Iterable[Entry], weighting: Weighting) -> dict[int, Change]:
    """The changes of one batch, by product: all that is added, and all that is taken away, pair by pair."""
    result: defaultdict[int, Change] = defaultdict(Change)
    for sign, day, size, products, others in batch:
        paired = 2 <= size <= MAX_PAIR_SIZE
        for product in products:
            result[product].sold += sign
            result[product].n += sign * weighting.unit(day) * paired
        if not paired:
            continue
        for one, other in itertools.permutations(products + others, 2):
            if one in products or other in products:
                pairs = result[one].added if sign > 0 else result[one].removed
                weight, support = pairs.get(other, (0, 0))
                pairs[other] = (weight + weighting.pair(day, size), support + 1)
    return dict(result)


class ModelB:
    """``step(state, batch)``: add, then subtract what is present, then cut; without a bound this is model A."""

    def __init__(self, weighting: Weighting, keep: int | None = None, limit: int | None = None) -> None:
        self.weighting = weighting
        self.keep, self.limit = keep, limit
        self.n: defaultdict[int, int] = defaultdict(int)
        self.sold: defaultdict[int, int] = defaultdict(int)
        self.pairs: defaultdict[int, dict[int, tuple[int, int]]] = defaultdict(dict)

    def step(self, batch: list[Entry]) -> None:
        """Apply one batch."""
        for product, change in summed(batch, self.weighting).items():
            self.n[product] += change.n
            self.sold[product] += change.sold
            pairs = self.pairs[product]
            for neighbour, (weight, support) in change.added.items():
                before = pairs.get(neighbour, (0, 0))
                pairs[neighbour] = (before[0] + weight, before[1] + support)
            for neighbour, (weight, support) in change.removed.items():
                if neighbour in pairs:
                    before = pairs.pop(neighbour)
                    if before[1] > support:
                        pairs[neighbour] = (max(before[0] - weight, 0), before[1] - support)
            if self.limit is not None and len(pairs) > self.limit:
                ranked = sorted(pairs, key=lambda neighbour: (pairs[neighbour][0], str(neighbour).encode()))
                for neighbour in ranked[: len(pairs) - (self.keep or 0)]:
                    del pairs[neighbour]

    def counts(self) -> Counts:
        """The state."""
        return Counts(
            {product: n for product, n in self.n.items() if n},
            {product: sold for product, sold in self.sold.items() if sold},
            {product: {j: w for j, (w, _) in pairs.items()} for product, pairs in self.pairs.items() if pairs},
            {product: {j: s for j, (_, s) in pairs.items()} for product, pairs in self.pairs.items() if pairs},
        )


def expected(shop: SmallShop, keep: int | None = None, limit: int | None = None) -> Counts:
    """What the model says of the shop's whole log, weighted as its live generation."""
    generation = generations.live(shop.storefront.database)
    assert generation is not None
    model = ModelB(generation.weighting, keep, limit)
    for batch in batches_after(shop.storefront.database, 0, 10_000):
        model.step(load_entries(batch.entries))
    return model.counts()


def stored(shop: SmallShop) -> Counts:
    """What Redis holds in the shop's live generation."""
    parts = shop.storefront.services
    generation = generations.live(parts.database)
    assert generation is not None
    token, shards = generation.token, generation.shards
    parts.numbers.refresh(parts.database)
    counts = Counts()
    for shard in range(shards):
        n, sold = parts.store.execute(
            [Command(parts.keys.counts(token, shard), "HGETALL"), Command(parts.keys.sold(token, shard), "HGETALL")]
        )
        counts.n.update({int(p): int(v) for p, v in n.items() if int(v)})
        counts.sold.update({int(p): int(v) for p, v in sold.items() if int(v)})
    for product in range(1, len(parts.numbers) + 1):
        shard = shard_of(product, shards)
        weights, support = parts.store.execute(
            [
                Command(parts.keys.weights(token, shard, product), "ZRANGE", (0, -1, "WITHSCORES")),
                Command(parts.keys.support(token, shard, product), "HGETALL"),
            ]
        )
        if weights or support:
            counts.weights[product] = {int(member): int(weight) for member, weight in weights}
            counts.support[product] = {int(member): int(orders) for member, orders in support.items()}
    return counts
