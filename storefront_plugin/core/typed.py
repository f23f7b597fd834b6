"""What people type: numbers and times (None where a text cannot be read, or could mean two things), and searches."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Context, Decimal
from typing import Final, Literal, TypeAlias

from .errors import N_, InputError

Comma: TypeAlias = Literal["either", "decimal", "none"]
"""What a comma in a number may be: whatever it can only be, a decimal comma, or a mistake."""

_EXACT: Final = Context(prec=90)

_NUMBER: Final = re.compile(r"[0-9]{1,40}(\.[0-9]{1,40})?")
_ONE_SEPARATOR: Final = re.compile(r"([0-9]{1,40})([.,])([0-9]{1,40})")
_COMMA_GROUPS: Final = re.compile(
    r"[0-9]{1,3}(,[0-9]{3}){2,12}(\.[0-9]{1,40})?|[0-9]{1,3},[0-9]{3}\.[0-9]{1,40}|[0-9]{1,2}(,[0-9]{2}){1,8},[0-9]{3}(\.[0-9]{1,40})?"
)
_POINT_GROUPS: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{3}){2,12}(,[0-9]{1,40})?|[0-9]{1,3}\.[0-9]{3},[0-9]{1,40}")
_SPACED: Final = re.compile(r"[0-9]{1,3}([ \u00a0\u202f'\u2019][0-9]{3}){1,12}([.,][0-9]{1,40})?")
_SPACES: Final = re.compile(r"[ \u00a0\u202f'\u2019]")
_DAY: Final = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")


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


def number_within(text: str, comma: Comma, digits: int, most: int) -> Decimal | None:
    """The number up to *most* that a `plain` text means, None where it means none.

    Raises `InputError` with both readings where it may mean two.
    """
    found = readings(text, comma, digits)
    within = [one for one in found if one <= most] or found[:1]
    if len(within) < 2 or within[0] != round(within[0], digits):  # the one reading is refused, the other not guessed
        return within[0] if within else None
    small, large = (format(one.normalize(), "f") for one in within)
    message = N_("%(text)s can be read as %(small)s or as %(large)s; enter one of these.")
    raise InputError(message, text=text, small=small, large=large)


def decimal_number(text: str, comma: Comma = "either", digits: int = 2) -> Decimal | None:
    """A number from 0 that a `plain` text means; None where it means none, or may mean two (see `readings`)."""
    found = readings(text, comma, digits)
    return found[0] if len(found) == 1 else None


def readings(text: str, comma: Comma = "either", digits: int = 2) -> list[Decimal]:
    """The numbers from 0 that a `plain` text may mean, written with *digits* decimals as a rule.

    Two, the smaller first, where its only separator stands before three digits: "1.000" and "1,000" are 1 or 1000,
    by whose hand they are. With three *digits* a decimal separator may do that; with none a comma parts thousands.
    """
    text = _SPACES.sub("", text) if _SPACED.fullmatch(text) else text
    single = _ONE_SEPARATOR.fullmatch(text)
    if single is None:
        text = _without_groups(text)
        number = text if comma == "none" else text.replace(",", ".")
        return [Decimal(number)] if _NUMBER.fullmatch(number) else []
    whole, separator, rest = single.groups()
    if separator == "," and comma == "none" and len(rest) != 3:
        return []
    small, large = Decimal(f"{whole}.{rest}"), Decimal(f"{whole}{rest}")
    grouped = len(rest) == 3 and len(whole) <= 3 and not whole.startswith("0")
    if not grouped or (digits == 3 and separator == ("," if comma == "decimal" else ".")):
        return [small]
    return [large] if separator == "," and not digits and comma != "decimal" else [small, large]


def minor_units(number: Decimal, digits: int) -> int | None:
    """An amount in minor units of a currency with *digits* decimals; None where it has more, which is never rounded."""
    minor = number.scaleb(digits, _EXACT)
    return int(minor) if minor == minor.to_integral_value() else None


def day_in(zone: dt.tzinfo, text: str, last: bool) -> dt.datetime | None:
    """When the day *text* ("2026-12-31") begins in *zone*; as a *last* day, when it ends. None for any other text.

    Raises `ValueError` for a day that no calendar has, or `OverflowError`.
    """
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    year, month, number = map(int, found.groups())
    day = dt.datetime(year, month, number, tzinfo=zone)
    return day + dt.timedelta(days=1) if last else day


def time_in(zone: dt.tzinfo, shown: dt.datetime) -> dt.datetime | None:
    """The time at which a clock in *zone* shows *shown*, or *shown* itself where it has a zone; None where it skips that.

    Raises `OverflowError` for a time that no calendar has.
    """
    moment = shown if shown.tzinfo else shown.replace(tzinfo=zone)
    back = moment.astimezone(dt.timezone.utc).astimezone(zone)
    return moment if shown.tzinfo or back.replace(tzinfo=None) == shown else None


def _without_groups(text: str) -> str:
    """*text* without what parts its thousands, where that is told by a second one, or by another separator behind it."""
    if _POINT_GROUPS.fullmatch(text):
        return text.replace(".", "")
    return text.replace(",", "") if _COMMA_GROUPS.fullmatch(text) else text


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
