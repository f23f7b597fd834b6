"""Orders from a CSV, gzipped CSV or Parquet file: one row per order line, in any order, of any size."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeAlias

import duckdb

from ..core import clock
from ..core.errors import InputError, StorefrontError
from ..shop.ports import Order, OrderLine
from .file_cells import COLUMNS, RowCheck, time_of, unescaped
from .file_rows import Rows, open_rows
from .importing import ImportReport

Progress: TypeAlias = Callable[[int, int], None]
"""Called with how much of the file was read, and how much there is (bytes of CSV, rows of Parquet)."""

_SPOOLED = 10_000
_FETCHED = 10_000

_TYPES = {"number": "BIGINT"} | {name: column.sql for name, column in COLUMNS.items()}
_LOAD = f"""
    CREATE TABLE line AS FROM read_csv(?, delim = '\t', quote = '', escape = '', header = false, auto_detect = false,
        nullstr = '', columns = {_TYPES})
"""
_FIRST_TIMES = "CREATE TABLE placed AS SELECT order_id, min(ts) AS ts FROM line GROUP BY order_id"
_COUNTS = "SELECT count(*), count(*) FILTER (ts IS NULL) FROM placed"
_SORTED = """
    SELECT order_id, placed.ts, customer_id, product_id, quantity, price
    FROM line JOIN placed USING (order_id) ORDER BY placed.ts NULLS LAST, order_id, number
"""


class OrderFile:
    """Orders of the file at *path*, with the columns of `file_cells.COLUMNS`.

    An order is placed at the earliest ``ts`` of its rows; one without any counts as placed now. An empty quantity is
    1, and a fraction is rounded up. Memory stays constant: rows are spooled to *folder*
    (None: the system's temporary folder) and sorted there within *memory*.

    Attributes:
        rows: Number of rows read, valid or not; final at the first order.
        orders: Number of orders; known at the first order.
        untimed: Number of orders without a time.
    """

    def __init__(self, path: str | os.PathLike[str], folder: Path | None = None, memory: str = "256MB") -> None:
        self.path = Path(path)
        self.rows = self.orders = self.untimed = 0
        self._folder = folder
        self._memory = memory

    def read(self, report: ImportReport, progress: Progress | None = None) -> Iterator[Order]:
        """Iterate over the orders, oldest first. The whole file is validated before the first one.

        Invalid rows are refused in *report* with their line (Parquet: row) number. Raises `InputError` when the file
        itself is invalid, before any order.
        """
        with tempfile.TemporaryDirectory(prefix="storefront-import-", dir=self._folder) as name:
            folder = Path(name)
            self._spool(folder / "lines.tsv", report, progress or _silent)
            with closing(self._connection(folder)) as connection:
                yield from _orders(self._sorted(connection, folder / "lines.tsv"))

    def _spool(self, spool: Path, report: ImportReport, progress: Progress) -> None:
        with open_rows(self.path, COLUMNS) as rows:
            check = RowCheck(rows.found, rows.columns)
            with spool.open("w", encoding="utf-8", newline="\n") as out:
                for lines in self._checked(rows, check, report):
                    _write(out.writelines, lines, spool)
                    progress(rows.done, rows.total)
            progress(rows.total, rows.total)

    def _checked(self, rows: Rows, check: RowCheck, report: ImportReport) -> Iterator[list[str]]:
        """Spool lines of the valid rows, in blocks."""
        block: list[str] = []
        spooled, add = check.spooled, block.append

        def refuse(number: int, message: object) -> None:
            self.rows += 1
            report.refuse(f"{rows.word} {number}: {message}")

        for number, cells in rows.read(refuse):
            try:
                add(spooled(number, cells))
            except InputError as error:
                refuse(number, error)
            if len(block) == _SPOOLED:
                self.rows += len(block)
                yield block
                block.clear()
        self.rows += len(block)
        yield block

    def _connection(self, folder: Path) -> duckdb.DuckDBPyConnection:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": self._memory,
            "temp_directory": str(folder),
            "threads": min(4, os.cpu_count() or 1),
            "preserve_insertion_order": False,
        }
        return duckdb.connect(str(folder / "lines.duckdb"), config=settings)

    def _sorted(self, connection: duckdb.DuckDBPyConnection, spool: Path) -> Iterator[tuple[Any, ...]]:
        connection.execute(_LOAD, [str(spool)])
        spool.unlink()
        connection.execute(_FIRST_TIMES)
        self.orders, self.untimed = connection.execute(_COUNTS).fetchone() or (0, 0)
        result = connection.execute(_SORTED)
        while rows := result.fetchmany(_FETCHED):
            yield from rows


def _write(write: Callable[[list[str]], None], lines: list[str], spool: Path) -> None:
    try:
        write(lines)
    except OSError as error:
        raise StorefrontError(
            f"There is no room to sort the orders in {spool.parent} ({error.strerror}); free up space, or set TMPDIR."
        ) from error


def _orders(rows: Iterable[tuple[Any, ...]]) -> Iterator[Order]:
    now = clock.now()
    for (order_id, time), group in groupby(rows, key=itemgetter(0, 1)):
        customer, lines = None, []
        for _, _, customer_id, product_id, quantity, price in group:
            customer = customer or customer_id
            lines.append(OrderLine(unescaped(product_id), quantity, None if price is None else Decimal(price)))
        yield Order(
            id=unescaped(order_id),
            placed_at=now if time is None else time_of(time),
            lines=lines,
            customer_id=None if customer is None else unescaped(customer),
        )


def _silent(done: int, total: int) -> None:
    """Show no progress."""
