"""Numbers and times as people type them: None where a text cannot be read, or could mean two things."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Context, Decimal
from typing import Final, Literal, TypeAlias

Comma: TypeAlias = Literal["either", "decimal", "none"]
"""What a comma in a number may be: whatever it can only be, a decimal comma, or a mistake."""

_EXACT: Final = Context(prec=90)

_NUMBER: Final = re.compile(r"[0-9]{1,40}(\.[0-9]{1,40})?")
_DECIMAL_COMMA: Final = re.compile(r"[0-9]{1,40},([0-9]{1,2}|[0-9]{4,40})")
_COMMA_GROUPS: Final = re.compile(r"[0-9]{1,3}(,[0-9]{3}){2,12}(\.[0-9]{1,40})?|[0-9]{1,3},[0-9]{3}\.[0-9]{1,40}")
_POINT_GROUPS: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{3}){2,12}(,[0-9]{1,40})?|[0-9]{1,3}\.[0-9]{3},[0-9]{1,40}")
_WHOLE_GROUPS: Final = re.compile(r"[0-9]{1,3}(,[0-9]{3}){1,12}")


_LONGEST: Final = 1000
"""Longer texts keep their full-width forms: finding them takes the square of the time where many accents follow."""


def plain(text: object) -> str:
    """*text* without spaces at its ends, NUL characters and full-width forms."""
    given = str(text or "")
    found = given if len(given) > _LONGEST else unicodedata.normalize("NFKC", given)
    return found.replace("\x00", "").strip()


def whole_number(text: str, most: int = 2**63 - 1) -> int | None:
    """A number from 0 to *most*, written in ASCII digits only."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        return None
    found = int(text)
    return found if found <= most else None


def decimal_number(text: str, comma: Comma = "either", digits: int = 2) -> Decimal | None:
    """A number from 0 that a `plain` text means. With *digits* 0 it has no decimals, so a comma parts thousands."""
    if comma == "either":
        text = _with_point(text, digits)
    elif comma == "decimal" and "." not in text:
        text = text.replace(",", ".")
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def minor_units(number: Decimal, digits: int) -> int | None:
    """An amount in minor units of a currency with *digits* decimals; None where it has more, which is never rounded."""
    minor = number.scaleb(digits, _EXACT)
    return int(minor) if minor == minor.to_integral_value() else None


def time_in(zone: dt.tzinfo, shown: dt.datetime) -> dt.datetime | None:
    """The time at which a clock in *zone* shows *shown*, or *shown* itself where it has a zone; None where it skips that.

    Raises `OverflowError` for a time that no calendar has.
    """
    moment = shown if shown.tzinfo else shown.replace(tzinfo=zone)
    back = moment.astimezone(dt.timezone.utc).astimezone(zone)
    return moment if shown.tzinfo or back.replace(tzinfo=None) == shown else None


def _with_point(text: str, digits: int) -> str:
    """*text* with a point before its decimals and nothing between thousands, where it can only mean one number.

    A single comma before three digits may be either: it stays.
    """
    if _POINT_GROUPS.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    if _COMMA_GROUPS.fullmatch(text) or (not digits and _WHOLE_GROUPS.fullmatch(text)):
        return text.replace(",", "")
    return text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text
