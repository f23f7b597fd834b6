"""Counts a whole log with DuckDB, with exactly the results of the applier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .log_lines import open_log
from .weights import DAMP_BITS, MAX_PAIR_SIZE, Weighting, damp


@dataclass(frozen=True, slots=True)
class ShardCounts:
    """The counts of a shard, ready for Redis.

    Attributes:
        neighbours: Packed commands that fill the sets, two per product.
        counts: Product to n, where it is not 0.
        sold: Product to the number of orders that hold it.
    """

    shard: int
    neighbours: list[bytes]
    counts: dict[int, int]
    sold: dict[int, int]

    @property
    def sets(self) -> int:
        """Number of products with neighbours."""
        return len(self.neighbours) // 2


class PairCounter:
    """Counts a log shard by shard, in bounded memory; the rest is spilled to *folder*.

    Attributes:
        day: The newest day of the log; None when it is empty.
        large: Orders that stand and are too large for pairs.
        products: The largest product number.
    """

    def __init__(self, source: Path, weighting: Weighting, folder: Path, unsellable: Sequence[int] = ()) -> None:
        """Read *source* as `open_log` does.

        Half of the neighbours kept are the strongest, the others those of them that are not *unsellable* first.
        """
        self._has_unsellable = bool(unsellable)
        self._queries = open_log(source, ("storefront_plugin.counts", "count_pairs.sql"), folder)
        try:
            self._weigh(weighting)
            self._queries.run("unsellable", numbers=list(unsellable))
            (totals,) = self._queries.run("totals", max_size=MAX_PAIR_SIZE)
        except BaseException:
            self.close()
            raise
        self.day: int | None = totals[0]
        self.products: int = totals[1] or 0
        self.large: int = totals[2]

    def close(self) -> None:
        """Free memory and temporary files."""
        self._queries.close()

    def count(
        self, shard: int, shards: int, admission: int, keep: int, weights_stem: str, support_stem: str
    ) -> ShardCounts:
        """Count one shard, with the *keep* heaviest neighbours per product.

        Pairs seen once are left out for products with at least *admission* neighbours seen twice; 0 keeps all.

        Keys in the packed commands are *weights_stem* and *support_stem* followed by the product number.
        """
        rows = self._queries.run("products_of_shard", shards=shards, shard=shard)
        commands = self._queries.run(
            "neighbours_of_shard",
            shards=shards,
            shard=shard,
            admission=admission,
            keep=keep,
            strongest=keep - keep // 2 if self._has_unsellable else keep,
            weights_stem=weights_stem,
            support_stem=support_stem,
        )
        return ShardCounts(
            shard=shard,
            neighbours=[command for pair in commands for command in pair],
            counts={product: count for product, count, _ in rows if count},
            sold={product: sold for product, _, sold in rows},
        )

    def _weigh(self, weighting: Weighting) -> None:
        ((days, sizes),) = self._queries.run("days_and_sizes", max_size=MAX_PAIR_SIZE)
        days, sizes = days or [], sizes or []
        self._queries.run("units", days=days, units=[weighting.unit(day) for day in days])
        self._queries.run("damps", sizes=sizes, damps=[damp(size) for size in sizes])
        self._queries.run("members", damp_bits=DAMP_BITS)
        self._queries.run("products", max_size=MAX_PAIR_SIZE)
