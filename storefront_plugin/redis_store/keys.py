"""The name of every Redis key, said once. One prefix a shop, a version in it; a hash tag keeps a shard on one node."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

VERSION = 1


@dataclass(frozen=True, slots=True)
class Keys:
    """Key names under one prefix.

    All about one product lies in one shard, so that a script that changes it touches one cluster slot only. A
    generation's token is part of the hash tag: two generations never share a key.
    """

    prefix: str

    @property
    def news(self) -> str:
        """Hash: live generation and the versions of what processes hold (``generation``, ``cards``, ``rules``, …)."""
        return f"{self.prefix}:{VERSION}:{{news}}"

    @property
    def changed_products(self) -> str:
        """List of the product ids whose data changed last, newest first; as many as ``cards`` was raised."""
        return f"{self.prefix}:{VERSION}:{{news}}:changed"

    @property
    def workers(self) -> str:
        """Sorted set: the processes that count orders, each as ``kind:token``, by when it was seen in Unix seconds."""
        return f"{self.prefix}:{VERSION}:{{workers}}"

    def posted(self, digest: str) -> str:
        """String that stands for a moment after a form was posted, so that it counts once."""
        return f"{self.prefix}:{VERSION}:{{posted.{digest}}}"

    def _shard(self, generation: str, shard: int) -> str:
        return f"{self.prefix}:{VERSION}:{{{generation}.{shard}}}"

    def position(self, generation: str, shard: int) -> str:
        """String ``number:token`` of the last batch this shard holds."""
        return f"{self._shard(generation, shard)}:position"

    def counts(self, generation: str, shard: int) -> str:
        """Hash: product number to its decayed integer count n."""
        return f"{self._shard(generation, shard)}:n"

    def sold(self, generation: str, shard: int) -> str:
        """Hash: product number to the plain number of orders that hold it."""
        return f"{self._shard(generation, shard)}:sold"

    def totals(self, generation: str, shard: int) -> str:
        """Hash: ``day`` of the newest batch, ``sets`` that stand, ``large`` orders without pairs."""
        return f"{self._shard(generation, shard)}:totals"

    def weights(self, generation: str, shard: int, product: int) -> str:
        """Sorted set: neighbour numbers by integer pair weight."""
        return f"{self._shard(generation, shard)}:w:{product}"

    def support(self, generation: str, shard: int, product: int) -> str:
        """Hash: neighbour number to the plain number of orders that hold both."""
        return f"{self._shard(generation, shard)}:s:{product}"

    def alike(self, edition: str, product: int) -> str:
        """Sorted set: numbers of products alike in content, by similarity in millionths."""
        return f"{self.prefix}:{VERSION}:{{alike.{edition}.{product % 16}}}:{product}"

    def rated(self, edition: str) -> str:
        """Sorted set: product numbers by the lower bound of their rating in millionths of a star."""
        return f"{self.prefix}:{VERSION}:{{rated.{edition}}}"

    def fills(self, day: dt.date) -> str:
        """Hash: ``placement/slot/pages`` and ``placement/slot/empty`` to a day's numbers of pages; kept for a month."""
        return f"{self.prefix}:{VERSION}:{{fills.{day.isoformat()}}}"

    @property
    def trending(self) -> str:
        """Sorted set: numbers of the products that sell more than they used to, by how surprising that is."""
        return f"{self.prefix}:{VERSION}:{{trending}}"

    @property
    def older(self) -> str:
        """Hash: product number to its n without the latest two weeks, in thousandths of an order of today."""
        return f"{self.prefix}:{VERSION}:{{trending}}:older"


def shard_of(product: int, shards: int) -> int:
    """The shard that holds all about *product*."""
    return product % shards
