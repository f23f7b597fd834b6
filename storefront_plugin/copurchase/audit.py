"""Finds counts that Redis removed by itself: each shard knows how many sets it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..orderlog.numbering import Position
from ..redis_store import Read, RedisStore
from ..redis_store.keys import Keys, shard_of
from .tables import Generation

DAMAGED = "damaged"
"""The position of a shard that no batch may follow on; only a rebuild replaces it."""

_KEYS = 1000
"""Keys of one EXISTS."""


def mark_incomplete(store: RedisStore, keys: Keys, generation: Generation, products: int) -> list[int]:
    """Mark the shards that hold fewer sets than they should as damaged, and name them; *products* is the last number.

    A server with an ``allkeys-*`` policy drops keys in silence while the position stays, and exactness cannot be
    noticed any more. A shard that takes a batch meanwhile is left for the next time.
    """
    shards = range(generation.shards)
    before = _positions(store, keys, generation)
    wanted = store.ask([Read(keys.totals(generation.token, shard), "HGET", ("sets",)) for shard in shards])
    found = [sum(store.ask(list(_existing(keys, generation, shard, products)))) for shard in shards]
    after = _positions(store, keys, generation)
    lost = [
        shard
        for shard in shards
        if before[shard] == after[shard] and _is_position(before[shard]) and found[shard] != int(wanted[shard] or 0)
    ]
    store.pipeline_write([("SET", keys.position(generation.token, shard), DAMAGED) for shard in lost])
    return lost


def _positions(store: RedisStore, keys: Keys, generation: Generation) -> list[bytes | None]:
    return store.ask([Read(keys.position(generation.token, shard), "GET") for shard in range(generation.shards)])


def _is_position(text: bytes | None) -> bool:
    return text is not None and Position.parse(text.decode()) is not None


def _existing(keys: Keys, generation: Generation, shard: int, products: int) -> Iterator[Read]:
    token, shards = generation.token, generation.shards
    first = shard if shard else shards
    names: Sequence[str] = [keys.weights(token, shard, product) for product in range(first, products + 1, shards)]
    assert not names or shard_of(first, shards) == shard
    for start in range(0, len(names), _KEYS):
        part = names[start : start + _KEYS]
        yield Read(part[0], "EXISTS", tuple(part[1:]))
