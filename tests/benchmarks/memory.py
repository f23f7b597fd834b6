"""How many bytes of Redis a product takes, with a full set of 100 neighbours.

``python tests/benchmarks/memory.py [--small]``

Counted is what the server itself says it uses, so that all keys and their overhead are in. Every product has its pair
weights and support, its counts, and a set of similar products. Both servers that a shop may have are measured: the
embedded one and the ``redis-server`` on the PATH; the worse of them is held against the promise.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import ground  # first: it opens the way to the next ones

from storefront_plugin.content.neighbours import KEPT as ALIKE
from storefront_plugin.counts.applier import KEPT_NEIGHBOURS
from storefront_plugin.counts.weights import Weighting
from storefront_plugin.redis_store import RedisStore, find_binary
from storefront_plugin.redis_store.keys import Keys, shard_of

PRODUCTS = 20_000
NUMBERS = 100_000
"""Numbers of neighbours are drawn from a catalogue of this size."""

SHARDS, TOKEN = 16, "0a1b2c3d"
KEYS = Keys("storefront")
Commands = Iterator[tuple[str | int, ...]]


def count_commands(products: int) -> Commands:
    """Full sets of every product: weights as an order of 2 to 12 products gives them, support beside."""
    draw = random.Random(9)
    pair = [Weighting(20_000, 180).pair(20_000, size) for size in range(2, 13)]
    for product in range(1, products + 1):
        shard = shard_of(product, SHARDS)
        neighbours = draw.sample(range(1, NUMBERS), KEPT_NEIGHBOURS)
        support = [1 + int(draw.expovariate(0.2)) for _ in neighbours]
        weights = [sum(draw.choice(pair) for _ in range(orders)) for orders in support]
        yield ("ZADD", KEYS.weights(TOKEN, shard, product), *_alternating(weights, neighbours))
        yield ("HSET", KEYS.support(TOKEN, shard, product), *_alternating(neighbours, support))
        yield ("HSET", KEYS.counts(TOKEN, shard), product, draw.randrange(1 << 16, 1 << 26))
        yield ("HSET", KEYS.sold(TOKEN, shard), product, draw.randrange(1, 10_000))


def alike_commands(products: int) -> Commands:
    """Similar products of every product."""
    draw = random.Random(10)
    for product in range(1, products + 1):
        members = draw.sample(range(1, NUMBERS), ALIKE)
        similarities = [draw.randrange(100_000, 1_000_000) for _ in members]
        yield ("ZADD", KEYS.alike(TOKEN, product), *_alternating(similarities, members))


def _alternating(first: list[int], second: list[int]) -> list[int]:
    return [value for pair in zip(first, second, strict=True) for value in pair]


def measure(store: RedisStore, products: int) -> tuple[float, float]:
    """Bytes a product of the counts, and of the similar products beside."""
    empty = store.info().used_memory
    store.pipeline_write(count_commands(products))
    counted = store.info().used_memory
    store.pipeline_write(alike_commands(products))
    return (counted - empty) / products, (store.info().used_memory - counted) / products


def main() -> None:
    """Measure each server, print the table."""
    options = ground.options(__doc__)
    products = 500 if options.small else PRODUCTS
    on_path = shutil.which("redis-server", path="/usr/local/bin:/usr/bin:/bin") or shutil.which("redis-server")
    servers = [options.redis] if options.redis else [find_binary(), *([Path(on_path)] if on_path else [])]
    table = ground.Table(
        f"memory: {products:,} products with {KEPT_NEIGHBOURS} neighbours, bytes a product",
        *("server", "pairs and counts", f"{ALIKE} similar ones", "all keys", "promise"),
    )
    worst = 0.0
    for server in dict.fromkeys(servers):
        with ground.own_folder() as folder, ground.own_store(folder, server) as store:
            pairs, alike = measure(store, products)
            worst = max(worst, pairs + alike)
            table.add(
                f"Redis {store.info().version}", f"{pairs:,.0f}", f"{alike:,.0f}", f"{pairs + alike:,.0f}", "<= 4,096"
            )
    table.add("the worse", "", "", f"{worst:,.0f}", "<= 4,096")
    table.show()


if __name__ == "__main__":
    main()
