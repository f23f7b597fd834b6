"""Comparing all products of a catalogue with DuckDB, in bounded memory and time."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import duckdb

from ..queries import load_queries
from .features import FIELD_WEIGHTS, SAME_CATEGORY

KEPT: Final = 30
FLOOR: Final = 0.02
"""Less alike than this is not alike."""

PAIR_BUDGET: Final = 50_000_000
"""Pairs of products that are compared at most because they share a feature."""

MEMORY: Final = "1GB"
THREADS: Final = 2

_SQL = load_queries("storefront_plugin.similarity", "alike.sql")


class AlikeFinder:
    """Products as vectors; tells the neighbours of one shard after another."""

    def __init__(self, rows: Path, folder: Path, budget: int | None = None) -> None:
        """Read *rows*: JSON lines of number ``n``, variant group ``g``, category ``c``, features ``k``, weights ``w``."""
        self._duckdb = duckdb.connect(
            config={
                "memory_limit": MEMORY,
                "threads": THREADS,
                "temp_directory": str(folder),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
            }
        )
        try:
            self._duckdb.execute("SET enable_progress_bar = false")
            self._prepare(rows, PAIR_BUDGET if budget is None else budget)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Free memory and temporary files."""
        self._duckdb.close()

    def commands(self, shard: int, shards: int, stem: str) -> list[bytes]:
        """The packed commands that fill the sorted sets of one shard; keys are *stem* and the product's number."""
        rows = self._run(
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
        self._run("rows", file=str(rows))
        self._run("products")
        self._run("features")
        self._duckdb.execute("DROP TABLE rows")
        self._run("fields", names=list(FIELD_WEIGHTS), shares=list(FIELD_WEIGHTS.values()))
        self._run("terms", budget=budget)
        self._run("vectors")
        self._duckdb.execute("DROP TABLE features")
        self._run("ring", keep=KEPT)

    def _run(self, name: str, **values: Any) -> list[Any]:
        return self._duckdb.execute(_SQL[name], values or None).fetchall()
