"""Cells of the bundles' spreadsheet, written and read. What cannot be read raises `InputError` with the remedy."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Final

from ...core.currencies import minor_digits
from ...core.errors import N_, InputError
from ...core.typed import day_in, minor_units, number_within, plain, time_in
from ...money import from_minor, without_currency

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
"""A spreadsheet would compute such a text, and send what stands in other cells to anybody."""

_YES: Final = frozenset({"yes", "y", "true", "1", "x", "はい"})
_NO: Final = frozenset({"", "no", "n", "false", "0", "いいえ"})
_MOST: Final = 10**15 - 1

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
        message = N_("Enter yes or no in %(column)s, or leave it empty; %(cell)s is neither.")
        raise InputError(message, column=column, cell=f"{cell!r:.40}")
    return word in _YES


def read_whole(cell: str, column: str) -> int | None:
    """A whole number from 0; None for an empty cell."""
    text = plain(cell)
    found = number_within(text, "none", 0, _MOST)
    if text and (found is None or found != int(found)):
        message = N_("%(column)s must be a whole number; %(cell)s is not.")
        raise InputError(message, column=column, cell=f"{cell!r:.40}")
    return None if found is None else int(found)


def write_variants(variants: tuple[str, ...]) -> str:
    """Variant ids side by side: ``red | blue``; a bar within one, and spaces around it, stand behind a backslash."""
    return write_text(" | ".join(re.sub(r"[\\|]|^ | \Z", r"\\\g<0>", one) for one in variants))


def read_variants(cell: str) -> tuple[str, ...]:
    """The ids that `write_variants` wrote, however many spaces stand around the bars."""
    parts = re.findall(r"(?:\\.|[^\\|])+", read_text(cell), re.DOTALL)
    return tuple(re.sub(r"\\(.)", r"\1", one, flags=re.DOTALL) for one in map(_bare, parts) if one)


def _bare(part: str) -> str:
    """*part* without the spaces around it, but for one behind a backslash. No pattern: it would try each space again."""
    bare = part.strip(" ")
    escapes = len(bare) - len(bare.rstrip("\\"))
    return f"{bare} " if escapes % 2 and part.rstrip(" ") != part else bare


def write_number(number: Decimal | None) -> str:
    """Plain digits with a point."""
    return "" if number is None else format(number, "f")


def read_percent(cell: str, column: str, comma: bool) -> Decimal | None:
    """A number from 0 to 100, with or without its sign; None for an empty cell."""
    text = plain(cell)
    return read_number(text.removesuffix("%").strip() or text, column, comma, 2, 100)


def read_number(cell: str, column: str, comma: bool, digits: int, most: int) -> Decimal | None:
    """A number from 0 to *most*; with *comma* its decimals may stand behind one. None for an empty cell."""
    text = plain(cell)
    found = number_within(text, "decimal" if comma else "none", digits, most)
    if text and found is None:
        message = N_("%(column)s must be a number such as 12.50; %(cell)s is not.")
        raise InputError(message, column=column, cell=f"{cell!r:.40}")
    return found


def write_amount(minor: int, currency: str) -> str:
    """Major units, with all decimals of *currency*."""
    return write_number(from_minor(minor, currency))


def read_amount(cell: str, column: str, currency: str, comma: bool) -> int | None:
    """Minor units of *currency*; None for an empty cell. An amount is never rounded, and never guessed."""
    digits, shown = minor_digits(currency), f"{cell.strip()!r:.40}"
    number = read_number(without_currency(plain(cell), currency), column, comma, digits, _MOST)
    if number is None:
        return None
    if -int(number.as_tuple().exponent) > digits:
        message = N_("Amounts in %(currency)s have at most %(digits)s decimals; round %(cell)s in %(column)s.")
        raise InputError(message, currency=currency, digits=digits, cell=shown, column=column)
    return minor_units(number, digits)


def write_moment(moment: dt.datetime | None, zone: dt.tzinfo) -> str:
    """The time in *zone*, with its distance from UTC, so that it means the same anywhere."""
    if moment is None:
        return ""
    try:
        return moment.astimezone(zone).isoformat(sep=" ")
    except OverflowError:  # the last day of the year 9999, seen from the east
        return moment.isoformat(sep=" ")


def read_moment(cell: str, column: str, zone: dt.tzinfo, last: bool = False) -> dt.datetime | None:
    """A time, in *zone* where it names none; None for an empty cell. Spreadsheets turn dates about, so some forms go.

    A day without an hour is its first moment; as the *last* day, its end.
    """
    text = cell.strip()
    if not text:
        return None
    try:
        found = day_in(zone, text, last) or _moment(text)
    except (ValueError, OverflowError):
        message = N_("Enter the time in %(column)s as 2026-12-01 09:00; %(cell)s can't be read.")
        raise InputError(message, column=column, cell=f"{cell!r:.40}") from None
    try:
        moment = time_in(zone, found)
    except OverflowError:
        message = N_("%(cell)s in %(column)s isn't a valid time; correct the year.")
        raise InputError(message, cell=f"{cell!r:.40}", column=column) from None
    if moment is None:
        message = N_("%(cell)s in %(column)s doesn't exist in %(zone)s (daylight saving); enter one hour later.")
        raise InputError(message, zone=zone, cell=f"{cell!r:.40}", column=column)
    return moment


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
