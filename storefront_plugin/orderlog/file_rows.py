"""Rows of an order file as text cells, with their line or row number."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import zlib
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from ..core.errors import InputError

Refuse = Callable[[int, str], None]
"""Called with the number of a row and what is wrong with it."""

SEPARATORS = ",;\t|"
MAX_UNPARSED = 1000

_FETCH = 10_000
_NAMED = re.compile(r'"?sep=([,;|:\t ])"?[,;\t]*\r?\n?', re.IGNORECASE)
"""A first line that Excel reads: it names the separator."""


class Rows(ABC):
    """An open file. *found* are all its columns; *columns* are those of the cells of `read`."""

    word: str
    total: int
    found: Sequence[str]
    columns: Sequence[str]

    @property
    @abstractmethod
    def done(self) -> int:
        """How much of *total* was read."""

    @abstractmethod
    def read(self, refuse: Refuse) -> Iterator[tuple[int, list[str]]]:
        """All rows with their numbers; *refuse* is called for those that cannot be parsed."""


@contextmanager
def open_rows(path: Path, columns: Collection[str]) -> Iterator[Rows]:
    """The rows of *path*, with at least the *columns* it has. The format is detected from its first bytes."""
    try:
        with path.open("rb") as binary:
            if binary.peek(4).startswith(b"PAR1"):
                with closing(duckdb.connect()) as connection:
                    yield ParquetRows(path, connection, columns)
            else:
                yield CsvRows(binary, columns)
    except (OSError, EOFError, zlib.error, duckdb.Error) as error:
        reason = str(getattr(error, "strerror", None) or error).splitlines()[0]
        raise InputError(f"The order file {path} cannot be read ({reason}); nothing was imported.") from error


class CsvRows(Rows):
    """Rows of a CSV file (UTF-8, plain or gzip), numbered by the physical line on which they begin.

    Cells are separated by commas, semicolons, tabs or bars: by what a first line such as ``sep=;`` names, otherwise by
    whichever gives most of the *columns*. Invalid UTF-8 becomes lone surrogates, so that it only affects its own row, and
    only if the cell is used.
    """

    word = "Line"

    def __init__(self, binary: io.BufferedReader, columns: Collection[str]) -> None:
        start = binary.peek(2)[:2]
        if start in (b"\xff\xfe", b"\xfe\xff"):
            raise InputError("The order file is UTF-16; save it as CSV in UTF-8.")
        plain = gzip.GzipFile(fileobj=binary) if start == b"\x1f\x8b" else binary
        self.total = os.fstat(binary.fileno()).st_size
        self._binary = binary
        self._lines = io.TextIOWrapper(plain, "utf-8-sig", "surrogateescape", newline="")
        self._taken: list[str] = []
        self._again: deque[str] = deque()
        self._line = 1
        self._unparsed = 0
        self._separator = self._separator_for(columns)
        header = next(self.read(_unusable_header), None)
        if header is None:
            raise InputError("The order file is empty; its first line must name the columns.")
        self.found = self.columns = header[1]

    @property
    def done(self) -> int:
        return self._binary.tell() if self._binary.seekable() else 0

    def read(self, refuse: Refuse) -> Iterator[tuple[int, list[str]]]:
        """Rows from where the last `read` stopped, without empty lines.

        An unclosed quote would swallow the rows after it: only the line with the quote is refused, and reading
        continues with the next.
        """
        while True:
            reader = csv.reader(self._feed(), strict=True, delimiter=self._separator)
            try:
                for cells in reader:
                    start = self._line
                    self._line += len(self._taken)
                    self._taken.clear()
                    if cells:
                        yield start, cells
                return
            except csv.Error as error:
                refuse(self._line, f"The row can't be parsed ({error}); check its quotes.")
                self._unparsed += 1
                if self._unparsed > MAX_UNPARSED:  # each may have been searched for its end through many lines
                    raise InputError(
                        f"More than {MAX_UNPARSED:,} rows of the order file can't be parsed, the last in line "
                        f"{self._line}; check its quotes and its separator."
                    ) from None
                self._again.extendleft(reversed(self._taken[1:]))
                self._taken.clear()
                self._line += 1

    def _separator_for(self, columns: Collection[str]) -> str:
        first = self._lines.readline()
        named = _NAMED.fullmatch(first)
        if named is not None:
            self._line = 2
            return named[1]
        self._again.append(first)
        while first and not first.strip():
            first = self._lines.readline()
            self._again.append(first)
        return max(SEPARATORS, key=lambda separator: len(_names(first, separator) & set(columns)))

    def _feed(self) -> Iterator[str]:
        """Physical lines, noted in ``_taken`` until their row is complete."""
        taken, again = self._taken, self._again
        while again:
            line = again.popleft()
            taken.append(line)
            yield line
        for line in self._lines:
            taken.append(line)
            yield line


def _names(header: str, separator: str) -> set[str]:
    return {name.strip().strip('"').strip().casefold() for name in header.split(separator)}


def _unusable_header(number: int, message: str) -> None:
    raise InputError(f"Line {number} of the order file must name the columns. {message}")


class ParquetRows(Rows):
    """Rows of a Parquet file, numbered from 1, with values as the text that a CSV file would hold."""

    word = "Row"

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection, columns: Collection[str]) -> None:
        self._connection = connection
        connection.read_parquet(_literal(path), binary_as_string=True).create_view("parquet")
        types = {name: str(kind) for name, kind, *_ in connection.execute("DESCRIBE parquet").fetchall()}
        self.found = tuple(types)
        self._types = {name: kind for name, kind in types.items() if name.strip().casefold() in columns}
        self.columns = tuple(self._types)
        row = connection.execute("SELECT count(*) FROM parquet").fetchone()
        self.total = row[0] if row else 0
        self._done = 0

    @property
    def done(self) -> int:
        return self._done

    def read(self, refuse: Refuse) -> Iterator[tuple[int, list[str]]]:
        cells = ", ".join(f"coalesce({_as_text(name, kind)}, '')" for name, kind in self._types.items())
        result = self._connection.execute(f"SELECT {cells} FROM parquet")  # noqa: S608 (names are quoted)
        while rows := result.fetchmany(_FETCH):
            for row in rows:
                self._done += 1
                yield self._done, list(row)


def _literal(path: Path) -> str:
    """*path* escaped for DuckDB, which reads ``*`` and ``?`` as a pattern."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path.resolve()))


def _as_text(name: str, kind: str) -> str:
    """SQL for a column as text. Aware times are given in UTC, and integral floats without ".0" in id columns."""
    column = '"' + name.replace('"', '""') + '"'
    if kind.startswith(("STRUCT", "MAP", "UNION")) or kind.endswith("]"):
        raise InputError(f"Column {name} of the order file is a {kind}; it must have one string or number per row.")
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"cast(make_timestamp(epoch_us({column})) as varchar) || '+00:00'"
    if kind in ("DOUBLE", "FLOAT") and name.strip().casefold().endswith("_id"):
        whole = f"isfinite({column}) and {column} = trunc({column}) and abs({column}) < 9007199254740992"
        return f"case when {whole} then cast(cast({column} as bigint) as varchar) else cast({column} as varchar) end"
    return f"cast({column} as varchar)"
