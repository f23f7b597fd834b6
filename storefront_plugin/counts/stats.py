"""Figures about the counts: size and position in Redis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..core.database import Database
from ..orderlog.numbering import last_position
from ..orderlog.product_numbers import ProductNumbers
from ..redis_store import Command, RedisStore
from ..redis_store.keys import Keys, shard_of
from . import generations
from .generations import Generation

SAMPLE = 5000
"""Maximum products to measure; of a larger catalogue every n-th is measured, and sums are scaled."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of all keys, number of neighbours (each pair counts for both products), and number of sets."""

    bytes: int
    pairs: int
    sets: int
    estimated: bool


def figures(database: Database, store: RedisStore, keys: Keys, numbers: ProductNumbers) -> dict[str, Any]:
    """The figures of ``flask storefront stats``. Raises `StoreUnavailable` or `DatabaseUnavailable`."""
    numbers.refresh(database)
    end = last_position(database)
    facts = store.info()
    found: dict[str, Any] = {
        "products": len(numbers),
        "log_position": end.number if end else 0,
        "redis": f"{facts.nodes[0].server} {facts.version} at {store.label}",
        "redis_policy": facts.maxmemory_policy,
    }
    live = generations.live(database)
    if live is not None:
        found |= _of_generation(store, keys, live, len(numbers))
    building = generations.building(database)
    if building is not None:
        found["building"] = building.token
    return found


def _of_generation(store: RedisStore, keys: Keys, generation: Generation, products: int) -> dict[str, Any]:
    token, shards = generation.token, range(generation.shards)
    positions = store.execute([Command(keys.position(token, shard), "GET") for shard in shards])
    large = store.execute([Command(keys.totals(token, shard), "HGET", ("large",)) for shard in shards])
    sizes = measure(store, keys, generation, products)
    return {
        "generation": token,
        "generation_epoch_day": generation.epoch,
        "positions": sorted({position.decode() if position else "none" for position in positions}),
        "bytes": sizes.bytes,
        "bytes_a_product": round(sizes.bytes / sizes.sets) if sizes.sets else 0,
        "bytes_estimated": sizes.estimated,
        "pairs": sizes.pairs,
        "products_with_pairs": sizes.sets,
        "orders_too_large_for_pairs": sum(int(orders or 0) for orders in large),
    }


def measure(store: RedisStore, keys: Keys, generation: Generation, products: int) -> Sizes:
    """The size of a generation with all its keys."""
    step = max(1, products // SAMPLE)
    token, shards = generation.token, generation.shards
    measured = range(1, products + 1, step)
    names = [
        name(token, shard_of(product, shards), product) for product in measured for name in (keys.weights, keys.support)
    ]
    sizes = [size or 0 for size in store.memory_usage(names)]
    pairs = store.execute([Command(name, "ZCARD") for name in names[::2]])
    scale = products / len(measured) if measured else 1.0
    fixed = [
        name(token, shard) for shard in range(shards) for name in (keys.position, keys.counts, keys.sold, keys.totals)
    ]
    whole = sum(size or 0 for size in store.memory_usage(fixed))
    return Sizes(
        bytes=round(sum(sizes) * scale) + whole,
        pairs=round(sum(pairs) * scale),
        sets=round(sum(1 for size in pairs if size) * scale),
        estimated=step > 1,
    )
