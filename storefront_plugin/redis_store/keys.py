"""Names of all Redis keys: a prefix per shop, a version, and a hash tag that keeps a shard on one node."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

VERSION = 1


@dataclass(frozen=True, slots=True)
class Keys:
    """Key names under one prefix.

    All keys of a product are in one shard, so that a script that changes it uses a single cluster slot. The token of the
    generation is part of the hash tag.
    """

    prefix: str

    @property
    def news(self) -> str:
        """Hash: live generation and versions of cached data (``generation``, ``cards``, ``rules``, …)."""
        return f"{self.prefix}:{VERSION}:{{news}}"

    @property
    def changed_products(self) -> str:
        """List: ids of changed products, newest first; ``cards`` is incremented for each."""
        return f"{self.prefix}:{VERSION}:{{news}}:changed"

    @property
    def unsellable(self) -> str:
        """String: a bit for each product number, set where the catalogue cannot sell it."""
        return f"{self.prefix}:{VERSION}:{{news}}:unsellable"

    @property
    def workers(self) -> str:
        """Sorted set: processes that count orders, as ``kind:token``, by their last heartbeat in Unix seconds."""
        return f"{self.prefix}:{VERSION}:{{workers}}"

    def trial(self, kind: str) -> str:
        """Of a *kind* named in it: where commands are tried, to see whether the server takes them."""
        return f"{self.prefix}:{VERSION}:{{trial}}:{kind}"

    def posted(self, digest: str) -> str:
        """String: set for some seconds after a form was posted, so that a double click counts once."""
        return f"{self.prefix}:{VERSION}:{{posted.{digest}}}"

    def _shard(self, generation: str, shard: int) -> str:
        return f"{self.prefix}:{VERSION}:{{{generation}.{shard}}}"

    def position(self, generation: str, shard: int) -> str:
        """String ``number:token``: the last batch of this shard."""
        return f"{self._shard(generation, shard)}:position"

    def counts(self, generation: str, shard: int) -> str:
        """Hash: product number to its decayed integer count n."""
        return f"{self._shard(generation, shard)}:n"

    def sold(self, generation: str, shard: int) -> str:
        """Hash: product number to the number of orders with it."""
        return f"{self._shard(generation, shard)}:sold"

    def totals(self, generation: str, shard: int) -> str:
        """Hash: ``day`` of the newest batch, number of ``large`` orders without pairs, and what the audit compares.

        That is the number of ``sets`` of weights, of ``supports``, and of products in ``counts`` and in ``sold``.
        """
        return f"{self._shard(generation, shard)}:totals"

    def weights(self, generation: str, shard: int, product: int) -> str:
        """Sorted set: neighbour numbers by integer pair weight."""
        return f"{self._shard(generation, shard)}:w:{product}"

    def support(self, generation: str, shard: int, product: int) -> str:
        """Hash: neighbour number to the number of orders with both."""
        return f"{self._shard(generation, shard)}:s:{product}"

    def alike(self, edition: str, product: int) -> str:
        """Sorted set: numbers of similar products, by similarity in millionths."""
        return f"{self.prefix}:{VERSION}:{{alike.{edition}.{product % 16}}}:{product}"

    def model(self, token: str, product: int) -> str:
        """Sorted set: product numbers by how much *product* in a cart speaks for them, in millionths; below 0 against them."""
        return f"{self.prefix}:{VERSION}:{{model.{token}.{product % 16}}}:{product}"

    def ranking(self, edition: str, name: str) -> str:
        """Sorted set: product numbers by their score in millionths, of the ranking *name* of strategies."""
        return f"{self.prefix}:{VERSION}:{{{name}.{edition}}}"

    def fills(self, day: dt.date) -> str:
        """Hash: ``placement/slot/pages`` and ``placement/slot/empty`` to the number of pages of a day; expires after a month."""
        return f"{self.prefix}:{VERSION}:{{fills.{day.isoformat()}}}"

    @property
    def trending(self) -> str:
        """Sorted set: numbers of trending products, by score in thousandths."""
        return f"{self.prefix}:{VERSION}:{{trending}}"

    @property
    def older(self) -> str:
        """Hash: product number to its n without the latest two weeks, in thousandths of an order of today."""
        return f"{self.prefix}:{VERSION}:{{trending}}:older"


def shard_of(product: int, shards: int) -> int:
    """The shard of *product*."""
    return product % shards
