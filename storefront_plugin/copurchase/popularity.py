"""What every process holds of a generation: how often each product sold. Read in the background, not by pages."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..redis_store import Read, RedisStore
from ..redis_store.keys import Keys
from .tables import Generation
from .weights import MAX_SUM, MAX_UNIT, Weighting

POPULAR = 200
"""Products of the greatest n, candidates of every suggestion by the popularity prior."""

BESTSELLERS = 400
"""Most sold products held: a page of one category shows its own among them."""


@dataclass(frozen=True, slots=True)
class Popularity:
    """A snapshot of a generation's counts.

    Attributes:
        generation: Its token; "" before there is one.
        counts: Decayed integer count n by product number, of the orders that count in pairs.
        sold: Plain number of orders by product number.
        day: Day of the newest batch; "now" of all scores, so that an idle shop does not fade.
        popular: Numbers of the products with the greatest n, best first.
        bestsellers: Numbers of the products in most orders, best first.
    """

    generation: str = ""
    shards: int = 1
    weighting: Weighting = field(default_factory=lambda: Weighting(0, 0))
    counts: Mapping[int, int] = field(default_factory=dict)
    sold: Mapping[int, int] = field(default_factory=dict)
    day: int = 0
    total: int = 0
    popular: tuple[int, ...] = ()
    bestsellers: tuple[int, ...] = ()

    @property
    def unit(self) -> int:
        """Weight of an order of the newest day, at least 1."""
        return max(1, self.weighting.unit(self.day))

    @property
    def must_rebuild(self) -> bool:
        """Whether weights have grown so far that a newer epoch is due."""
        return self.unit > MAX_UNIT or any(self.counts[number] > MAX_SUM for number in self.popular[:1])


def load_popularity(store: RedisStore, keys: Keys, generation: Generation) -> Popularity:
    """The counts of *generation* as Redis holds them now; raises `StoreUnavailable`."""
    shards = range(generation.shards)
    token = generation.token
    answers = store.ask(
        [Read(keys.counts(token, shard), "HGETALL") for shard in shards]
        + [Read(keys.sold(token, shard), "HGETALL") for shard in shards]
        + [Read(keys.totals(token, shard), "HGET", ("day",)) for shard in shards]
    )
    size = generation.shards
    counts = _merged(answers[:size])
    sold = _merged(answers[size : 2 * size])
    return Popularity(
        generation=token,
        shards=size,
        weighting=generation.weighting,
        counts=counts,
        sold=sold,
        day=max((int(day) for day in answers[2 * size :] if day is not None), default=generation.epoch),
        total=sum(counts.values()),
        popular=_most(counts, POPULAR),
        bestsellers=_most(sold, BESTSELLERS),
    )


def _most(counts: Mapping[int, int], limit: int) -> tuple[int, ...]:
    return tuple(heapq.nlargest(limit, counts, key=lambda number: (counts[number], -number)))


def _merged(hashes: list[dict[bytes, bytes]]) -> dict[int, int]:
    return {int(number): int(value) for one in hashes for number, value in one.items() if int(value) > 0}
