"""What people type: numbers and times (None where a text cannot be read, or could mean two things), and searches."""

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


_HIRAGANA: Final = {code: code - 0x60 for code in (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE)}
_KATAKANA: Final = {to: code for code, to in _HIRAGANA.items()}
_VOICE_MARKS: Final = "\u3099\u309a"


def _half_width() -> dict[int, str]:
    """The half-width form of each katakana; voiced ones have a mark of their own there."""
    found: dict[int, str] = {}
    for code in range(0xFF66, 0xFF9E):
        for mark in ("", "\uff9e", "\uff9f"):
            full = unicodedata.normalize("NFKC", chr(code) + mark)
            if len(full) == 1:
                found[ord(full)] = chr(code) + mark
    return found


_HALF_WIDTH: Final = _half_width()


def folded(text: str) -> str:
    """*text* for comparing: without regard to case, width, accents, and whether it is hiragana or katakana."""
    plain_text = unicodedata.normalize("NFKC", text[:_LONGEST]).casefold()
    if not plain_text.isascii():
        letters = unicodedata.normalize("NFD", plain_text)
        kept = "".join(one for one in letters if one in _VOICE_MARKS or not unicodedata.combining(one))
        plain_text = unicodedata.normalize("NFC", kept).translate(_HIRAGANA)
    return plain_text.replace("\x00", " ")


def spellings(word: str) -> frozenset[str]:
    """*word* as it may stand in a text that nobody folded: with other case, width and kana, as typed and in lower case."""
    wide = unicodedata.normalize("NFKC", word)
    kana = {wide, wide.translate(_HIRAGANA), wide.translate(_KATAKANA)}
    forms = {word} | kana | {one.translate(_HALF_WIDTH) for one in kana}
    return frozenset(forms | {one.lower() for one in forms} | {wide.upper(), wide.capitalize()})
