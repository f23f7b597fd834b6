"""Cells of the bundles' spreadsheet, written and read. What cannot be read raises `InputError` with the remedy."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Final

from ..errors import InputError
from ..money import from_minor, minor_digits

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
"""A spreadsheet would compute such a text, and send what stands in other cells to anybody."""

_YES: Final = frozenset({"yes", "y", "true", "1", "x", "はい"})
_NO: Final = frozenset({"", "no", "n", "false", "0", "いいえ"})
_MOMENT: Final = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*(Z|[+-]\d{2}:?\d{2})?"
)


def write_text(text: str) -> str:
    """*text*, behind an apostrophe where a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def read_text(cell: str) -> str:
    """The text that `write_text` wrote."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def write_flag(flag: bool) -> str:
    """``yes``, or nothing."""
    return "yes" if flag else ""


def read_flag(cell: str, column: str) -> bool:
    """Whether *cell* says yes; an empty one says no."""
    word = cell.strip().lower()
    if word not in _YES | _NO:
        raise InputError(f"Write yes or no into {column}, or leave it empty; {cell!r:.40} is neither.")
    return word in _YES


def read_whole(cell: str, column: str) -> int | None:
    """A whole number from 0; None for an empty cell."""
    text = cell.strip()
    if text and not re.fullmatch(r"[0-9]{1,15}", text):
        raise InputError(f"The {column} must be a whole number without separators; {cell!r:.40} is not.")
    return int(text) if text else None


def write_variants(variants: tuple[str, ...]) -> str:
    """Variant ids side by side: ``red | blue``; a bar within one, and spaces around it, stand behind a backslash."""
    return write_text(" | ".join(re.sub(r"[\\|]|^ | \Z", r"\\\g<0>", one) for one in variants))


def read_variants(cell: str) -> tuple[str, ...]:
    """The ids that `write_variants` wrote, however many spaces stand around the bars."""
    parts = re.findall(r"(?:\\.|[^\\|])+", read_text(cell), re.DOTALL)
    bare = (re.sub(r"\A *((?:\\.|[^\\])*?) *\Z", r"\1", part, flags=re.DOTALL) for part in parts)
    return tuple(re.sub(r"\\(.)", r"\1", one, flags=re.DOTALL) for one in bare if one)


def write_number(number: Decimal | None) -> str:
    """Plain digits with a point."""
    return "" if number is None else format(number, "f")


def read_number(cell: str, column: str, comma: bool) -> Decimal | None:
    """A number from 0; with *comma* its decimals may stand behind one. None for an empty cell."""
    text = cell.strip().removesuffix("%").strip()
    if comma and "." not in text:
        text = text.replace(",", ".")
    if text and not re.fullmatch(r"[0-9]{1,20}(\.[0-9]{1,10})?", text):
        raise InputError(f"The {column} must be a plain number such as 12.50, without separators; {cell!r:.40} is not.")
    return Decimal(text) if text else None


def write_amount(minor: int, currency: str) -> str:
    """Major units, with all decimals of *currency*."""
    return write_number(from_minor(minor, currency))


def read_amount(cell: str, column: str, currency: str, comma: bool) -> int | None:
    """Minor units of *currency*; None for an empty cell. An amount is never rounded."""
    number = read_number(cell, column, comma)
    if number is None:
        return None
    digits = minor_digits(currency)
    minor = number.scaleb(digits)
    if minor != minor.to_integral_value():
        raise InputError(
            f"Amounts in {currency} have at most {digits} decimals; round {cell.strip()!r:.40} in {column}."
        )
    return int(minor)


def write_moment(moment: dt.datetime | None, zone: dt.tzinfo) -> str:
    """The time in *zone*, with its distance from UTC, so that it means the same anywhere."""
    return "" if moment is None else moment.astimezone(zone).isoformat(sep=" ")


def read_moment(cell: str, column: str, zone: dt.tzinfo) -> dt.datetime | None:
    """A time, in *zone* where it names none; None for an empty cell. Spreadsheets turn dates about, so some forms go."""
    text = cell.strip()
    if not text:
        return None
    try:
        found = _moment(text)
    except ValueError:
        raise InputError(f"Write the time in {column} as 2026-12-01 09:00; {cell!r:.40} cannot be read.") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def _moment(text: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        found = _MOMENT.fullmatch(text)
        if found is None:
            raise
    numbers = [int(part) for part in found.groups()[:6] if part is not None]
    zone = (found[7] or "").replace("Z", "+00:00")
    return dt.datetime.fromisoformat(dt.datetime(*numbers).isoformat() + zone)  # type: ignore[arg-type]
