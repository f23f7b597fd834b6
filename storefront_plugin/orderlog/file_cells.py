"""The columns of an order file: what a row may hold, validated and cleaned."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_UP, Decimal
from functools import partial
from typing import NamedTuple

from ..core import clock
from ..core.errors import InputError
from ..core.typed import decimal_number, plain
from ..money import LIMIT
from ..shop.order_status import MEANINGS, plain_status
from ..shop.ports import OrderStatus, clean_id
from ..shop.product_ids import is_shortened, plain_id
from .events import EARLIEST, MAX_QUANTITY

MAX_COLUMNS = 1000
UNREADABLE = "?"

_REMEMBERED = 2**16
_LONGEST_NUMBER = 60
_EXCEL_EPOCH = dt.datetime(1899, 12, 30)
_EPOCH = dt.datetime(1970, 1, 1)
_EPOCH_UTC = _EPOCH.replace(tzinfo=dt.timezone.utc)
_MICROSECOND = dt.timedelta(microseconds=1)
_FIRST = (EARLIEST - _EPOCH) // _MICROSECOND
_TWO_DAYS = 2 * 86_400 * 1_000_000

_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,3})?", re.ASCII)
_CURRENCY = re.compile(r"^[A-Z]{3}(?=[ \u00a0\d])|(?<=[ \u00a0\d])[A-Z]{3}$", re.ASCII)
_SECONDS = re.compile(r"-?\d{1,12}(\.\d{1,9})?", re.ASCII)
_COMPACT_DATE = re.compile(r"(?:19|20|21)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", re.ASCII)
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(?:([Zz])|([+-]\d\d):?(\d\d)?)?)?", re.ASCII
)
_NO_UTF8 = re.compile("[\udc80-\udcff]")
_CONTROLS = re.compile("[\x01-\x0d]")


class RowCheck:
    """Validates rows. Cleaned cells are cached, because values repeat.

    Attributes:
        has_status: Whether the file says which orders are placed.
        unpriced: Number of rows whose price cannot be read; they are used without it.
        unpriced_at: The first of them, and its price.
    """

    def __init__(
        self, found: Sequence[str], columns: Sequence[str], meanings: Mapping[str, OrderStatus] = MEANINGS
    ) -> None:
        names = [name.strip().casefold() for name in columns]
        if len(found) > MAX_COLUMNS:
            raise InputError(f"The order file has {len(found):,} columns; leave out those that are not read.")
        for name in COLUMNS:
            if names.count(name) > 1:
                raise InputError(f"The order file has the column {name} twice; keep one of them.")
        missing = [name for name, column in COLUMNS.items() if column.required and name not in names]
        if missing:
            listed = ", ".join(name.strip() for name in found)[:500]
            raise InputError(f"The order file has no column {' and no '.join(missing)}; its columns are: {listed}.")
        self.has_status = "status" in names
        self.unpriced = 0
        self.unpriced_at: tuple[int, str] | None = None
        self._width = len(columns)
        clean = {name: column.clean for name, column in COLUMNS.items()} | {"status": partial(status, meanings)}
        # A missing column reads the empty cell that `spooled` appends.
        self._columns = [
            (_Remembered(clean[name]), names.index(name) if name in names else self._width) for name in COLUMNS
        ]
        self._price = list(COLUMNS).index("price")

    def spooled(self, number: int, cells: list[str]) -> str:
        """The row as a line of the spool: *number*, then all `COLUMNS`; raises `InputError` for an unusable row."""
        if len(cells) != self._width:
            raise InputError(f"The row has {len(cells)} cells instead of {self._width}.")
        cells.append("")
        cleaned = [known[cells[place]] for known, place in self._columns]
        if cleaned[self._price] == UNREADABLE:
            cleaned[self._price] = ""
            self.unpriced += 1
            self.unpriced_at = self.unpriced_at or (number, cells[self._columns[self._price][1]])
        return f"{number}\t" + "\t".join(cleaned) + "\n"


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


def other_id(what: str, text: str) -> str:
    """The id of an order or a customer; one that a spreadsheet has shortened belongs to many of them."""
    if is_shortened(text):
        raise InputError(
            f"The {what} {text.strip()} was shortened by a spreadsheet; format its column as text and export it again."
        )
    return _id(plain_id(text), what)


def _id(text: str, what: str = "product id") -> str:
    """An id as `clean_id` and `escaped` make it; bytes that are no UTF-8 were read as lone surrogates."""
    if not text.isascii() and _NO_UTF8.search(text):
        raise InputError(f"The {what} {text!r:.80} isn't in UTF-8; save the file as UTF-8 (“CSV UTF-8” in Excel).")
    return escaped(clean_id(text, what))


def whole_quantity(text: str) -> str:
    """A quantity as text, 1 for an empty cell, below 0 for a refund; fractions (goods by weight) are rounded up."""
    if not text or text.isspace():
        return "1"
    number = _number(text)
    if number is None:
        raise InputError(f"A quantity must be a number such as 2 or 12.50, not {text!r:.80}.")
    if not 0 < abs(number) <= MAX_QUANTITY:
        raise InputError(f"A quantity must not be 0, nor over {MAX_QUANTITY}; {text.strip():.80} is.")
    return str(int(number.to_integral_value(ROUND_UP)))


def price(text: str) -> str:
    """A unit price as text, empty for an empty cell, `UNREADABLE` for what is no price."""
    if not text or text.isspace():
        return ""
    if len(text) > _LONGEST_NUMBER:
        return UNREADABLE
    bare = "".join(sign for sign in text if unicodedata.category(sign) != "Sc")
    number = _number(_CURRENCY.sub("", bare.strip()))
    return UNREADABLE if number is None or not 0 <= number < LIMIT else str(number)


def _number(text: str) -> Decimal | None:
    """A number that can mean one thing only, whatever parts its decimals and thousands."""
    if len(text) > _LONGEST_NUMBER:
        return None
    if _NUMBER.fullmatch(text.strip()):
        return Decimal(text.strip())
    found = plain(text)
    positive = found.removeprefix("-").removeprefix("\u2212").lstrip()
    number = decimal_number(positive)
    return number if number is None or positive == found else -number


def status(meanings: Mapping[str, OrderStatus], text: str) -> str:
    """What a word in the status column means; empty for an empty cell."""
    word = plain_status(text)
    if word and word not in meanings:
        raise InputError(
            f"The status {text.strip()!r:.80} is not known: say what it means with --status WORD=placed, =unplaced or "
            "=cancelled."
        )
    return meanings[word] if word else ""


def placed_mark(text: str) -> str:
    """The `time_mark` of an order, which cannot lie before 1990 or after tomorrow."""
    mark = time_mark(text)
    if not mark:
        return mark
    if _FIRST <= int(mark) >> 1 <= clock.now().timestamp() * 1_000_000 + _TWO_DAYS:  # tomorrow ends later elsewhere
        return mark
    raise InputError(
        f"The ts {text.strip():.40} is {_misread(text.strip()) or f'{time_of(int(mark)):%Y-%m-%d}'}; "
        f"orders lie between {EARLIEST:%Y} and tomorrow."
    )


def _misread(text: str) -> str | None:
    """What a bare number is that makes no time as seconds since 1970."""
    if not _SECONDS.fullmatch(text) or len(text) > 12:
        return None
    number = Decimal(text)
    if 1900 <= number <= 2100:
        return "a year only"
    if 20_000 <= number <= 80_000:
        day = _EXCEL_EPOCH + dt.timedelta(days=int(number))
        return f"the number of a day in a spreadsheet ({day:%Y-%m-%d}); format its column as a date"
    return None


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
    "order_id": Column("VARCHAR", partial(other_id, "order id"), required=True),
    "ts": Column("BIGINT", placed_mark),
    "customer_id": Column("VARCHAR", lambda text: other_id("customer id", text) if text.strip() else ""),
    "product_id": Column("VARCHAR", _id, required=True),
    "quantity": Column("BIGINT", whole_quantity),
    "price": Column("VARCHAR", price),
    "status": Column("VARCHAR", partial(status, MEANINGS)),
}
"""Columns an order file can have, in any order; others are ignored."""
