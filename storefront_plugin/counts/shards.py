"""Shards of counts in Redis: loading and removing their keys, and detecting lost ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from ..orderlog.numbering import Position
from ..redis_store import Command, RedisStore
from ..redis_store.keys import Keys, shard_of
from .generations import Generation
from .pair_counter import ShardCounts

_FIELDS = 500
"""Fields per HSET of counts."""

DAMAGED = "damaged"
"""Position of a shard that cannot be continued; only a rebuild replaces it."""

_KEYS = 1000
"""Keys per EXISTS."""

AUDITED = ("sets", "supports", "counts", "sold")
"""Fields of the totals: how many sets of weights and of support a shard has, and products in its two hashes."""


class ShardLoader:
    """Loads the shards of a generation. The position is set last: a shard with a position is complete.

    The hash of totals also has the *admission*, so that a rebuild that is resumed with another one does not mix them.
    """

    def __init__(self, store: RedisStore, keys: Keys, generation: Generation, admission: int) -> None:
        self.generation = generation
        self.admission = admission
        self._store = store
        self._keys = keys

    def stems(self, shard: int) -> tuple[str, str]:
        """The beginnings of the keys of weights and of support; the product number follows."""
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
        """Replace a shard with *counted*; *products* is the largest product number."""
        shard, token = counted.shard, self.generation.token
        position = self._keys.position(token, shard)
        self._store.unlink(_shard_keys(self._keys, token, shard, self.generation.shards, products))
        self._store.load_packed(position, counted.neighbours)
        totals = {"admission": self.admission, **dict(zip(AUDITED, _sizes(counted), strict=True))}
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
    """Remove all keys of *generation*; *products* is the largest product number."""
    for shard in range(generation.shards):
        store.unlink(_shard_keys(keys, generation.token, shard, generation.shards, products))


def _shard_keys(keys: Keys, token: str, shard: int, shards: int, products: int) -> Iterator[str]:
    """All possible keys of a shard. The position comes first, so that no applier continues the shard."""
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


def _sizes(counted: ShardCounts) -> tuple[int, int, int, int]:
    """What `AUDITED` names."""
    return counted.sets, counted.sets, len(counted.counts), len(counted.sold)


def mark_incomplete(store: RedisStore, keys: Keys, generation: Generation, products: Callable[[], int]) -> list[int]:
    """Mark shards with missing keys as damaged, and return them; *products* gives the largest product number now.

    A server with an ``allkeys-*`` policy evicts keys silently while the position stays. A shard that receives a batch
    during the check is left to the next check.
    """
    shards = range(generation.shards)
    before = _positions(store, keys, generation)
    largest = products()  # after the positions: what they hold has its number already
    totals = store.execute([Command(keys.totals(generation.token, shard), "HGETALL") for shard in shards])
    found = [_found(store, keys, generation, shard, largest) for shard in shards]
    after = _positions(store, keys, generation)
    lost = [
        shard
        for shard in shards
        if before[shard] == after[shard] and _has_lost(before[shard], totals[shard], found[shard])
    ]
    store.pipeline_write([("SET", keys.position(generation.token, shard), DAMAGED) for shard in lost])
    return lost


def _has_lost(position: bytes | None, totals: Mapping[bytes, bytes], found: Sequence[int]) -> bool:
    """Whether a shard that stands at *position* lacks keys."""
    stands_at = Position.parse(position.decode()) if position else None
    if stands_at is None:
        return False  # reported as missing or damaged already
    if not totals:
        return stands_at.number > 0  # each batch writes them, and each rebuild
    return [int(totals.get(name.encode(), 0)) for name in AUDITED] != list(found)


def _found(store: RedisStore, keys: Keys, generation: Generation, shard: int, products: int) -> list[int]:
    """What a shard has of `AUDITED`."""
    token = generation.token
    sets, supports = (
        sum(store.execute(list(_existing(name, generation, shard, products)))) for name in (keys.weights, keys.support)
    )
    hashes = [Command(name(token, shard), "HLEN") for name in (keys.counts, keys.sold)]
    return [sets, supports, *store.execute(hashes)]


def _positions(store: RedisStore, keys: Keys, generation: Generation) -> list[bytes | None]:
    return store.execute([Command(keys.position(generation.token, shard), "GET") for shard in range(generation.shards)])


def _existing(
    name: Callable[[str, int, int], str], generation: Generation, shard: int, products: int
) -> Iterator[Command]:
    token, shards = generation.token, generation.shards
    first = shard if shard else shards
    names: Sequence[str] = [name(token, shard, product) for product in range(first, products + 1, shards)]
    assert not names or shard_of(first, shards) == shard
    for start in range(0, len(names), _KEYS):
        part = names[start : start + _KEYS]
        yield Command(part[0], "EXISTS", tuple(part[1:]))
