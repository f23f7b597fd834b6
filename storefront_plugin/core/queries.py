"""DuckDB for whole logs and catalogues, with bounded memory and statements from SQL files beside the code."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeVar

import duckdb

from .errors import StorefrontError

THREADS: Final = 2
_Answer = TypeVar("_Answer")


class QueryFailed(StorefrontError):
    """DuckDB failed, usually because disk or memory ran out."""


class Queries:
    """An empty DuckDB database and the statements of SQL files, each under a ``-- name: …`` comment."""

    def __init__(self, *sources: tuple[str, str], folder: Path, memory: str) -> None:
        """Read *sources*, a package and a file of it each. Data beyond *memory* (``"2GB"``) is spilled to *folder*."""
        self._statements = {
            name: statement for source in sources for name, statement in load_statements(*source).items()
        }
        self._folder = folder
        self._connection = duckdb.connect(
            config={
                "memory_limit": memory,
                "threads": THREADS,
                "temp_directory": str(folder),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
            }
        )
        self._connection.execute("SET enable_progress_bar = false")

    def run(self, name: str, **values: Any) -> list[Any]:
        """The rows of the statement *name* with *values* for its ``$parameters``; raises `QueryFailed`."""
        return self._execute(self._statements[name], values)

    def arrays(self, name: str, **values: Any) -> dict[str, Any]:
        """The columns of the statement *name* as NumPy arrays, which must be installed; raises `QueryFailed`."""
        return self._told(lambda: self._connection.execute(self._statements[name], values or None).fetchnumpy())

    def run_on_file(self, name: str, file: Path) -> None:
        """Run a statement that takes no parameters, with the path in place of ``{file}``."""
        self._execute(self._statements[name].replace("{file}", str(file).replace("'", "''")), {})

    def drop(self, table: str) -> None:
        """Free the memory of *table*."""
        self._execute(f"DROP TABLE {table}", {})

    def close(self) -> None:
        """Free memory and temporary files."""
        self._connection.close()

    def _execute(self, statement: str, values: dict[str, Any]) -> list[Any]:
        return self._told(lambda: self._connection.execute(statement, values or None).fetchall())

    def _told(self, ask: Callable[[], _Answer]) -> _Answer:
        try:
            return ask()
        except duckdb.Error as error:
            reason = str(error).partition("\n")[0].rstrip(".")
            raise QueryFailed(
                f"DuckDB could not finish ({reason:.200}); make room in {self._folder} or in memory, and start again."
            ) from error


def load_statements(package: str, name: str) -> dict[str, str]:
    """The statements in the file *name* of *package*, by name."""
    text = (files(package) / name).read_text(encoding="utf-8")
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], (statement.strip().rstrip(";") for statement in parts[2::2]), strict=True))
