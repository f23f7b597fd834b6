"""Comparing all products of a catalogue with DuckDB, in bounded memory and time."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ..queries import Queries
from .features import FIELD_WEIGHTS, SAME_CATEGORY

KEPT: Final = 30
FLOOR: Final = 0.02
"""Less alike than this is not alike."""

PAIR_BUDGET: Final = 50_000_000
"""Pairs of products that are compared at most because they share a feature."""

MEMORY: Final = "1GB"


class AlikeFinder:
    """Products as vectors; tells the neighbours of one shard after another."""

    def __init__(self, rows: Path, folder: Path, budget: int | None = None) -> None:
        """Read *rows*: JSON lines of number ``n``, variant group ``g``, category ``c``, features ``k``, weights ``w``."""
        self._queries = Queries("storefront_plugin.similarity", "alike.sql", folder, MEMORY)
        try:
            self._prepare(rows, PAIR_BUDGET if budget is None else budget)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Free memory and temporary files."""
        self._queries.close()

    def commands(self, shard: int, shards: int, stem: str) -> list[bytes]:
        """The packed commands that fill the sorted sets of one shard; keys are *stem* and the product's number."""
        rows = self._queries.run(
            "alike_of_shard",
            shard=shard,
            shards=shards,
            stem=stem,
            keep=KEPT,
            floor=FLOOR,
            same_category=SAME_CATEGORY,
        )
        return [command for (command,) in rows]

    def _prepare(self, rows: Path, budget: int) -> None:
        self._queries.run("rows", file=str(rows))
        self._queries.run("products")
        self._queries.run("features")
        self._queries.drop("rows")
        self._queries.run("fields", names=list(FIELD_WEIGHTS), shares=list(FIELD_WEIGHTS.values()))
        self._queries.run("terms", budget=budget)
        self._queries.run("vectors")
        self._queries.drop("features")
        self._queries.run("ring", keep=KEPT)
