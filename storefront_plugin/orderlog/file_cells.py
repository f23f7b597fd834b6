"""The columns of an order file: what a row may hold, validated and cleaned."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from ..core.errors import InputError
from ..money import LIMIT
from ..shop.ports import clean_id
from .events import MAX_QUANTITY

_REMEMBERED = 2**16
_EPOCH = dt.datetime(1970, 1, 1)
_EPOCH_UTC = _EPOCH.replace(tzinfo=dt.timezone.utc)
_MICROSECOND = dt.timedelta(microseconds=1)

_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,3})?", re.ASCII)
_SECONDS = re.compile(r"-?\d{1,12}(\.\d{1,9})?", re.ASCII)
_COMPACT_DATE = re.compile(r"(?:19|20|21)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", re.ASCII)
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(?:([Zz])|([+-]\d\d):?(\d\d)?)?)?", re.ASCII
)
_CONTROLS = re.compile("[\x01-\x0d]")


class RowCheck:
    """Validates rows. Cleaned cells are cached, because values repeat."""

    def __init__(self, found: Sequence[str], columns: Sequence[str]) -> None:
        names = [name.strip().casefold() for name in columns]
        for name in COLUMNS:
            if names.count(name) > 1:
                raise InputError(f"The order file has the column {name} twice; keep one of them.")
        missing = [name for name, column in COLUMNS.items() if column.required and name not in names]
        if missing:
            listed = ", ".join(name.strip() for name in found)[:500]
            raise InputError(f"The order file has no column {' and no '.join(missing)}; its columns are: {listed}.")
        self._width = len(columns)
        # A missing column reads the empty cell that `spooled` appends.
        self._columns = [
            (_Remembered(column.clean), names.index(name) if name in names else self._width)
            for name, column in COLUMNS.items()
        ]

    def spooled(self, number: int, cells: list[str]) -> str:
        """The row as a line of the spool: *number*, then all `COLUMNS`; raises `InputError` for an unusable row."""
        if len(cells) != self._width:
            raise InputError(f"The row has {len(cells)} cells instead of {self._width}.")
        cells.append("")
        return f"{number}\t" + "\t".join([cleaned[cells[place]] for cleaned, place in self._columns]) + "\n"


class _Remembered(dict[str, str]):
    """A cache of *check*, cleared when it is full."""

    def __init__(self, check: Callable[[str], str]) -> None:
        super().__init__()
        self._check = check

    def __missing__(self, text: str) -> str:
        checked = self._check(text)
        if len(self) >= _REMEMBERED:
            self.clear()
        self[text] = checked
        return checked


def escaped(text: str) -> str:
    """*text* without tabs and line breaks, which separate cells and lines of the spool; it sorts as *text* does."""
    return _CONTROLS.sub(lambda sign: "\x01" + chr(ord(sign[0]) + 0x10), text)


def unescaped(text: str) -> str:
    """The reverse of `escaped`."""
    return re.sub("\x01(.)", lambda sign: chr(ord(sign[1]) - 0x10), text) if "\x01" in text else text


def whole_quantity(text: str) -> str:
    """A quantity as text, 1 for an empty cell; fractions (goods by weight or length) are rounded up."""
    if not text or text.isspace():
        return "1"
    number = _number(text, "quantity")
    if not 0 < number <= MAX_QUANTITY:
        raise InputError(f"A quantity must be above 0 and at most {MAX_QUANTITY}, not {text.strip()}.")
    return str(int(number.to_integral_value(ROUND_CEILING)))


def price(text: str) -> str:
    """A unit price as text, empty for an empty cell."""
    if not text or text.isspace():
        return ""
    number = _number(text, "price")
    if not 0 <= number < LIMIT:
        raise InputError(f"A price must be 0 or more and below {LIMIT}, not {text.strip()}.")
    return text.strip()


def _number(text: str, what: str) -> Decimal:
    if not _NUMBER.fullmatch(text.strip()):
        raise InputError(f"A {what} must be a number such as 2 or 12.50, not {text!r:.80}.")
    return Decimal(text.strip())


def time_mark(text: str) -> str:
    """A time as a sortable integer, empty for an empty cell: microseconds since 1970 times 2, plus 1 for aware times.

    Naive times sort as if they were UTC.
    """
    text = text.strip()
    if not text:
        return ""
    try:
        moment = _moment(text)
        base = _EPOCH if moment.tzinfo is None else _EPOCH_UTC
        microseconds = (moment - base) // _MICROSECOND
        time_of(mark := microseconds * 2 + (moment.tzinfo is not None))
    except (ValueError, OverflowError):
        raise InputError(
            "A ts must be a time such as 2024-05-31 14:30:00, 2024-05-31T14:30:00+02:00 or 2024-05-31, "
            f"or the seconds since 1970, not {text!r:.80}."
        ) from None
    return str(mark)


def time_of(mark: int) -> dt.datetime:
    """The time of a `time_mark`, naive or in UTC."""
    return (_EPOCH_UTC if mark & 1 else _EPOCH) + (mark >> 1) * _MICROSECOND


def _moment(text: str) -> dt.datetime:
    if _COMPACT_DATE.fullmatch(text):
        return dt.datetime.strptime(text, "%Y%m%d")  # as seconds since the epoch it would be in 1970
    if _SECONDS.fullmatch(text):
        return _EPOCH_UTC + int(Decimal(text) * 1_000_000) * _MICROSECOND
    parts = _ISO.fullmatch(text)
    if parts is None:
        raise ValueError(text)
    date, minute, second, fraction, utc, hours, minutes = parts.groups()
    # Written out in full: Python 3.10 parses no other form.
    clock = f"{minute or '00:00'}:{second or '00'}.{(fraction or '0')[:6]:0<6}"
    zone = "+00:00" if utc else f"{hours}:{minutes or '00'}" if hours else ""
    return dt.datetime.fromisoformat(f"{date}T{clock}{zone}")


class Column(NamedTuple):
    """A column that an order file can have.

    Attributes:
        sql: DuckDB type of the cleaned cell.
        clean: Function from a cell to the cleaned cell, "" for NULL; raises `InputError` for an invalid one.
        required: Whether every file must have it.
    """

    sql: str
    clean: Callable[[str], str]
    required: bool = False


COLUMNS: Mapping[str, Column] = {
    "order_id": Column("VARCHAR", lambda text: escaped(clean_id(text, "order id")), required=True),
    "ts": Column("BIGINT", time_mark),
    "customer_id": Column("VARCHAR", lambda text: escaped(clean_id(text, "customer id")) if text else ""),
    "product_id": Column("VARCHAR", lambda text: escaped(clean_id(text)), required=True),
    "quantity": Column("BIGINT", whole_quantity),
    "price": Column("VARCHAR", price),
}
"""Columns an order file can have, in any order; others are ignored."""
