"""Orders from a CSV, gzipped CSV or Parquet file: one row per order line, in any order, of any size."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import duckdb

from ..core import clock
from ..core.errors import AdapterError, InputError, StorefrontError
from ..shop.order_status import MEANINGS
from ..shop.ports import Catalog, Order, OrderLine, OrderStatus
from ..shop.product_ids import CatalogueIds, is_damaged
from .events import Origin
from .file_cells import COLUMNS, RowCheck, escaped, time_of, unescaped
from .file_rows import Rows, open_rows
from .importing import ImportReport

Progress: TypeAlias = Callable[[int, int], None]
"""Called with how much of the file was read, and how much there is (bytes of CSV, rows of Parquet)."""

_SPOOLED = 10_000
_FETCHED = 10_000

_STATUSES: tuple[OrderStatus, ...] = ("placed", "cancelled", "unplaced")
"""An order whose rows have several statuses has the first of these, with the rows of that status and all that came back."""

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")

_TYPES = {"number": "BIGINT"} | {name: column.sql for name, column in COLUMNS.items()}
_LOAD = f"""
    CREATE TABLE line AS FROM read_csv(?, delim = '\t', quote = '', escape = '', header = false, auto_detect = false,
        nullstr = '', columns = {_TYPES})
"""
_FIRST_TIMES = "CREATE TABLE placed AS SELECT order_id, min(ts) AS ts FROM line GROUP BY order_id"
_COUNTS = "SELECT count(*), count(*) FILTER (ts IS NULL) FROM placed"
_PRODUCTS = "SELECT DISTINCT product_id FROM line"
_UNUSABLE = "SELECT number, product_id, reason FROM line JOIN unusable USING (product_id) ORDER BY number"
_SORTED = """
    SELECT order_id, placed.ts, customer_id, coalesce(mended.meant, product_id), quantity, price, status
    FROM line JOIN placed USING (order_id) LEFT JOIN mended USING (product_id)
    ORDER BY placed.ts NULLS LAST, order_id, number
"""


class OrderFile:
    """Orders of the file at *path*, with the columns of `file_cells.COLUMNS`.

    The rows of an order are gathered by its id, wherever they stand; it is placed at the earliest ``ts`` of them. One
    without any counts as placed now. An empty quantity is 1, a fraction is rounded up, and one below 0 came back. An
    order is placed with the rows whose status says so, or says nothing. A row that came back and is "refunded" or the
    like says that of itself, and not of its order.

    A product id that the *catalog* does not know is mended where it can mean one product only; what a spreadsheet has
    damaged beyond that is refused. Without a *catalog* ids are as they stand.

    Memory stays constant: rows are spooled to *folder* (None: the system's temporary folder) and sorted there within
    *memory*.

    Attributes:
        moment: When reading began.
        rows: Number of rows read, valid or not; final at the first order, as all that follows.
        orders: Number of orders.
        untimed: Number of orders without a time.
        has_status: Whether the file says which orders are placed.
        unpriced: Number of rows whose price cannot be read; *unpriced_at* is where the first stands.
        products: Number of different products.
        mended: Number of product ids that were mended; *mended_as* is an example.
        unknown: Number of products that the catalogue does not know; *unknown_id* is one of them.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        folder: Path | None = None,
        memory: str = "256MB",
        catalog: Catalog | None = None,
        meanings: Mapping[str, OrderStatus] = MEANINGS,
    ) -> None:
        self.path = Path(path)
        self.moment = clock.now()
        self.rows = self.orders = self.untimed = self.unpriced = self.products = self.mended = self.unknown = 0
        self.has_status = False
        self.unpriced_at: str | None = None
        self.mended_as: tuple[str, str] | None = None
        self.unknown_id: str | None = None
        self._folder = folder
        self._memory = memory
        self._catalog = catalog
        self._meanings = meanings
        self._word = ""

    @property
    def origin(self) -> Origin:
        """How its orders are meant: other files may have further lines, and only some know what was cancelled."""
        return Origin("import", clock.to_sql(self.moment), in_parts=True, revives=self.has_status)

    def read(self, report: ImportReport, progress: Progress | None = None) -> Iterator[Order]:
        """Iterate over the orders, oldest first. The whole file is validated before the first one.

        Invalid rows are refused in *report* with their line (Parquet: row) number. Raises `InputError` when the file
        itself is invalid, before any order.
        """
        self.moment = clock.now()
        with tempfile.TemporaryDirectory(prefix="storefront-import-", dir=self._folder) as name:
            folder = Path(name)
            self._spool(folder / "lines.tsv", report, progress or _silent)
            with closing(self._connection(folder)) as connection:
                connection.execute(_LOAD, [str(folder / "lines.tsv")])
                (folder / "lines.tsv").unlink()
                self._mend(connection, report)
                yield from _orders(self._sorted(connection), self.moment)

    def _spool(self, spool: Path, report: ImportReport, progress: Progress) -> None:
        with open_rows(self.path, COLUMNS) as rows:
            check = RowCheck(rows.found, rows.columns, self._meanings)
            self.has_status, self._word = check.has_status, rows.word
            with spool.open("w", encoding="utf-8", newline="\n") as out:
                for lines in self._checked(rows, check, report):
                    _write(out.writelines, lines, spool)
                    progress(rows.done, rows.total)
            progress(rows.total, rows.total)
        self.unpriced = check.unpriced
        if check.unpriced_at is not None:
            number, text = check.unpriced_at
            self.unpriced_at = f"{rows.word.lower()} {number}: {text!r:.40}"

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

    def _mend(self, connection: duckdb.DuckDBPyConnection, report: ImportReport) -> None:
        """Compare the product ids with the catalogue, and refuse the rows of those that are damaged."""
        connection.execute("CREATE TABLE mended(product_id VARCHAR, meant VARCHAR)")
        connection.execute("CREATE TABLE unusable(product_id VARCHAR, reason VARCHAR)")
        found = [row[0] for row in connection.execute(_PRODUCTS).fetchall()]
        if self._catalog is not None:
            for table, rows in zip(
                ("mended", "unusable"), self._judged(found, CatalogueIds(self._catalog)), strict=True
            ):
                for start in range(0, len(rows), _FETCHED):
                    part = rows[start : start + _FETCHED]
                    ids, others = [one for one, _ in part], [other for _, other in part]
                    connection.execute(f"INSERT INTO {table} SELECT unnest(?), unnest(?)", [ids, others])
            for number, product_id, reason in connection.execute(_UNUSABLE).fetchall():
                report.refuse(f"{self._word} {number}: The product id {unescaped(product_id)!r:.80} {reason}.")
            connection.execute("DELETE FROM line WHERE product_id IN (SELECT product_id FROM unusable)")
        self.products = len(found)

    def _judged(self, found: Sequence[str], ids: CatalogueIds) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """The ids that are mended, with what they mean, and those that are unusable, with why."""
        mended: list[tuple[str, str]] = []
        unusable: list[tuple[str, str]] = []
        texts = {unescaped(product_id): product_id for product_id in found}
        for text in sorted(texts.keys() - _asked(ids.known, texts)):
            meant = _asked(ids.meant_by, text)
            if len(meant) == 1:
                self.mended_as = self.mended_as or (text, meant[0])
                mended.append((texts[text], escaped(meant[0])))
            elif meant:
                unusable.append((texts[text], f"may be {' or '.join(map(repr, meant[:3]))} of the catalogue"))
            elif is_damaged(text):
                unusable.append(
                    (texts[text], "is not one of the catalogue; format its column as text and export it again")
                )
            else:
                self.unknown, self.unknown_id = self.unknown + 1, self.unknown_id or text
        self.mended = len(mended)
        return mended, unusable

    def _sorted(self, connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
        connection.execute(_FIRST_TIMES)
        self.orders, self.untimed = connection.execute(_COUNTS).fetchone() or (0, 0)
        result = connection.execute(_SORTED)
        while rows := result.fetchmany(_FETCHED):
            yield from rows


def _asked(ask: Callable[[_Asked], _Answer], what: _Asked) -> _Answer:
    try:
        return ask(what)
    except Exception as error:  # the shop's own code may raise anything
        raise AdapterError(
            f"The catalogue cannot be read ({type(error).__name__}: {error}); nothing was imported."
        ) from error


def _write(write: Callable[[list[str]], None], lines: list[str], spool: Path) -> None:
    try:
        write(lines)
    except OSError as error:
        raise StorefrontError(
            f"There is no room to sort the orders in {spool.parent} ({error.strerror}); free up space, or set TMPDIR."
        ) from error


def _orders(rows: Iterable[tuple[Any, ...]], now: dt.datetime) -> Iterator[Order]:
    for (order_id, time), group in groupby(rows, key=itemgetter(0, 1)):
        customer, status, by_status, back = None, "", defaultdict(list), list[OrderLine]()
        for _, _, customer_id, product_id, quantity, price, word in group:
            customer = customer or customer_id
            line = OrderLine(unescaped(product_id), abs(quantity), None if price is None else Decimal(price))
            if quantity < 0 and word == "cancelled":
                back.append(line)
                continue
            status = status or word or ""
            by_status[word or ""].append((quantity > 0, line))
        by_status[status or "placed"] += by_status.pop("", [])  # often only the first row has a status
        meant = next(one for one in _STATUSES if one in by_status)
        yield Order(
            id=unescaped(order_id),
            placed_at=now if time is None else time_of(time),
            lines=[line for came, line in by_status[meant] if came],
            customer_id=None if customer is None else unescaped(customer),
            status=meant,
            refunds=(*back, *(line for came, line in by_status[meant] if not came)),
        )


def _silent(done: int, total: int) -> None:
    """Show no progress."""
