"""The keys of one shard of counts in Redis: loading them, removing them, and noticing that some are gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from ..orderlog.numbering import Position
from ..redis_store import Command, RedisStore
from ..redis_store.keys import Keys, shard_of
from .generations import Generation
from .pair_counter import ShardCounts

_FIELDS = 500
"""Fields of one HSET of counts."""

DAMAGED = "damaged"
"""The position of a shard that no batch may follow on; only a rebuild replaces it."""

_KEYS = 1000
"""Keys of one EXISTS."""


class ShardLoader:
    """Loads the shards of one generation. The position is set last: a shard that has one is whole.

    The hash of totals also names the *admission* it was counted with, so that a rebuild taken up with another one
    does not mix the two.
    """

    def __init__(self, store: RedisStore, keys: Keys, generation: Generation, admission: int) -> None:
        self.generation = generation
        self.admission = admission
        self._store = store
        self._keys = keys

    def stems(self, shard: int) -> tuple[str, str]:
        """What the keys of weights and of support begin with; the product's number follows."""
        token = self.generation.token
        names = self._keys.weights(token, shard, 0), self._keys.support(token, shard, 0)
        return names[0].removesuffix("0"), names[1].removesuffix("0")

    def missing(self) -> list[int]:
        """The shards that are not loaded, or were loaded with another admission; raises `StoreUnavailable`."""
        token, shards = self.generation.token, range(self.generation.shards)
        reads = [Command(self._keys.position(token, shard), "GET") for shard in shards]
        reads += [Command(self._keys.totals(token, shard), "HGET", ("admission",)) for shard in shards]
        answers = self._store.execute(reads)
        return [shard for shard in shards if not self._is_whole(answers[shard], answers[shard + len(shards)])]

    def load(self, counted: ShardCounts, day: int | None, large: int, products: int) -> None:
        """Put one shard in place of what a broken try left of it; *products* is the largest number it can hold."""
        shard, token = counted.shard, self.generation.token
        position = self._keys.position(token, shard)
        self._store.unlink(_shard_keys(self._keys, token, shard, self.generation.shards, products))
        self._store.load_packed(position, counted.neighbours)
        totals = {"sets": counted.sets, "admission": self.admission}
        if shard == 0:
            totals["large"] = large  # the applier counts them in the first shard only
        if day is not None:
            totals["day"] = day
        self._store.pipeline_write(
            [
                *_hset(self._keys.counts(token, shard), counted.counts),
                *_hset(self._keys.sold(token, shard), counted.sold),
                ("HSET", self._keys.totals(token, shard), *(word for pair in totals.items() for word in pair)),
            ]
        )
        self._store.pipeline_write([("SET", position, str(self.generation.start))])

    def _is_whole(self, position: bytes | None, admission: bytes | None) -> bool:
        loaded = Position.parse(position.decode()) if position else None
        return (
            loaded is not None
            and loaded.number >= self.generation.start_number
            and admission == str(self.admission).encode()
        )


def erase(store: RedisStore, keys: Keys, generation: Generation, products: int) -> None:
    """Remove all keys of *generation*, which holds products numbered up to *products*."""
    for shard in range(generation.shards):
        store.unlink(_shard_keys(keys, generation.token, shard, generation.shards, products))


def _shard_keys(keys: Keys, token: str, shard: int, shards: int, products: int) -> Iterator[str]:
    """All keys a shard can have, the position first, so that no applier trusts the rest any more."""
    yield keys.position(token, shard)
    yield keys.counts(token, shard)
    yield keys.sold(token, shard)
    yield keys.totals(token, shard)
    for product in range(products + 1):
        if shard_of(product, shards) == shard:
            yield keys.weights(token, shard, product)
            yield keys.support(token, shard, product)


def _hset(key: str, values: Mapping[int, int]) -> Iterator[tuple[str | int, ...]]:
    fields = iter(values.items())
    while part := list(islice(fields, _FIELDS)):
        yield ("HSET", key, *(word for pair in part for word in pair))


def mark_incomplete(store: RedisStore, keys: Keys, generation: Generation, products: int) -> list[int]:
    """Mark the shards that hold fewer sets than they should as damaged, and name them; *products* is the last number.

    A server with an ``allkeys-*`` policy drops keys in silence while the position stays, and exactness cannot be
    noticed any more. A shard that takes a batch while it is looked at is left for the next time.
    """
    shards = range(generation.shards)
    before = _positions(store, keys, generation)
    expected = store.execute([Command(keys.totals(generation.token, shard), "HGET", ("sets",)) for shard in shards])
    found = [sum(store.execute(list(_existing(keys, generation, shard, products)))) for shard in shards]
    after = _positions(store, keys, generation)
    lost = [
        shard
        for shard in shards
        if before[shard] == after[shard] and _is_position(before[shard]) and found[shard] != int(expected[shard] or 0)
    ]
    store.pipeline_write([("SET", keys.position(generation.token, shard), DAMAGED) for shard in lost])
    return lost


def _positions(store: RedisStore, keys: Keys, generation: Generation) -> list[bytes | None]:
    return store.execute([Command(keys.position(generation.token, shard), "GET") for shard in range(generation.shards)])


def _is_position(text: bytes | None) -> bool:
    return text is not None and Position.parse(text.decode()) is not None


def _existing(keys: Keys, generation: Generation, shard: int, products: int) -> Iterator[Command]:
    token, shards = generation.token, generation.shards
    first = shard if shard else shards
    names: Sequence[str] = [keys.weights(token, shard, product) for product in range(first, products + 1, shards)]
    assert not names or shard_of(first, shards) == shard
    for start in range(0, len(names), _KEYS):
        part = names[start : start + _KEYS]
        yield Command(part[0], "EXISTS", tuple(part[1:]))
