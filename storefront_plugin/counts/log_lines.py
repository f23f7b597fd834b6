"""A whole log in DuckDB: where counting and replaying begin."""

from __future__ import annotations

from pathlib import Path

from ..core.queries import Queries

MEMORY = "2GB"


def open_log(source: Path, statements: tuple[str, str], folder: Path) -> Queries:
    """A database with the relation ``lines`` of *source*, for *statements*, a package and an SQL file of it.

    *source* is the JSON lines of batches or a Parquet (by its suffix) of the columns of ``lines``. Raises `QueryFailed`.
    """
    queries = Queries(("storefront_plugin.counts", "lines.sql"), statements, folder=folder, memory=MEMORY)
    try:
        if source.suffix == ".parquet":
            queries.run_on_file("lines_of_parquet", source)  # a view takes no parameters
        else:
            queries.run("lines_of_log", file=str(source))
    except BaseException:
        queries.close()
        raise
    return queries
