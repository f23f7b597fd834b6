"""Cleans single values: text, money, numbers, times, addresses. Pure; raises `Unusable` for invalid ones."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from ..core.currencies import minor_digits
from ..money import LIMIT

MAX_COUNT = 10**9
MAX_URL = 2048
_FINEST_DECIMALS = 8
_LOOSE_DECIMALS = 4
"""Decimals of floats without a currency; more are rounding errors of floats."""
_FLOAT_NOISE = Decimal("1e-6")
"""A float that is nearer to a whole minor unit than this share of itself is that amount: floats of 32 bits have seven digits."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_CONTROLS_BUT_LINES = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_ORDINARY_PATH = re.compile(r"/[A-Za-z0-9\-._~/%?=&+,;:@]*")
_IMAGE_DATA = re.compile(r"data:image/(png|jpeg|gif|webp|avif)[;,]", re.IGNORECASE)


class Unusable(ValueError):
    """A value is invalid; the message says in a few words what it is."""


def one_line(value: Any, longest: int) -> str:
    """Plain text on one line, truncated to *longest* characters. Safe HTML (``Markup``) becomes plain text."""
    if type(value) is str and len(value) <= longest and value.isprintable() and "  " not in value:
        return value.strip()  # fast path for nearly all values
    text = _plain(value, longest)
    return _cut(" ".join(_CONTROLS.sub(" ", text).split()), longest)


def paragraphs(value: Any, longest: int) -> str:
    """Plain text with line breaks, truncated to *longest* characters."""
    return _cut(_CONTROLS_BUT_LINES.sub(" ", _plain(value, longest)).strip(), longest)


def _plain(value: Any, longest: int) -> str:
    if isinstance(value, (bytes, bytearray, bool)):
        raise Unusable("not text")
    # "".join makes a plain str of every subclass: a Markup would otherwise be rendered unescaped.
    text = "".join(str(value)[: longest * 4])
    return text.encode("utf-8", "replace").decode("utf-8")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def money(value: Any, currency: str | None) -> Decimal:
    """An amount of 0 or more in major units, with up to eight decimals; errors of floats are rounded away.

    It may be finer than the minor unit, since 300 screws at 0.005678 cost 1.70: a line is multiplied first and rounded then.
    """
    amount = decimal(value)
    if amount < 0:
        raise Unusable("negative")
    exact = abs(rounded(amount, minor_digits(currency) if currency else _LOOSE_DECIMALS))
    if abs(exact - amount) > (amount * _FLOAT_NOISE if isinstance(value, float) else 0):
        exact = abs(rounded(amount, _FINEST_DECIMALS))
    if exact >= LIMIT:
        raise Unusable("too large")
    return exact


def decimal(value: Any) -> Decimal:
    """A finite number. A float is converted by its ``repr``: 12.1 is 12.1, not 12.0999999999999996."""
    if value is None:
        raise Unusable("missing")
    if isinstance(value, (bool, bytes)):
        raise Unusable("not a number")
    if type(value) is Decimal and value.is_finite() and value.adjusted() <= 30:
        return value
    try:
        amount = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(_number_text(value))
    except (InvalidOperation, ValueError, TypeError, OverflowError):
        raise Unusable("not a number") from None
    if not amount.is_finite():
        raise Unusable("not a number")
    if amount != 0 and amount.adjusted() > 30:
        raise Unusable("too large")
    return amount


def _number_text(value: Any) -> Decimal | str:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str):
        if len(value) > 40:
            raise ValueError
        return value.strip()
    if isinstance(value, int) and abs(value) > 10**30:
        return "1E31"  # too long to be turned into text; refused as too large
    return str(value)


def rounded(amount: Decimal, decimals: int) -> Decimal:
    """*amount* with at most *decimals* decimals, halves away from zero."""
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and 0 <= -exponent <= decimals:
        return amount
    # 1E+3 is written out as 1000, so that it reads as a price in JSON too.
    return amount.quantize(Decimal(1).scaleb(-decimals if amount % 1 else 0), rounding=ROUND_HALF_UP)


def in_major(value: Any, currency: str | None) -> Decimal:
    """An amount in minor units, converted to major units."""
    return decimal(value).scaleb(-minor_digits(currency))


def count(value: Any) -> int:
    """An integer from 0 to 10⁹; fractions are truncated, negative numbers become 0."""
    number = value if type(value) is int else decimal(value)
    return min(MAX_COUNT, max(0, math.floor(number)))


def moment(value: Any) -> dt.datetime:
    """A time from a datetime, a date, seconds since 1970 or ISO text; a naive one stays naive."""
    if isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)
    try:
        if isinstance(value, str):
            return dt.datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
        return dt.datetime.fromtimestamp(float(decimal(value)), dt.timezone.utc)
    except (ValueError, OverflowError, OSError):
        raise Unusable("missing" if value is None else "not a time") from None


def address(value: Any, image: bool = False) -> str:
    """An http(s) or relative URL; for images also small data URLs. Other schemes are refused."""
    if type(value) is str and len(value) <= MAX_URL and _ORDINARY_PATH.fullmatch(value):
        return value
    text = _plain(value, MAX_URL)
    # Browsers skip these inside a URL, so "java\nscript:" must be judged without them.
    text = re.sub(r"[\x00-\x20\x7f-\x9f]+", lambda found: " " if found[0].strip("\x20") == "" else "", text).strip()
    text = text.replace(" ", "%20")
    if not text:
        raise Unusable("empty")
    if len(text) > MAX_URL:
        raise Unusable("too long")
    try:
        urlsplit(text)
    except ValueError:
        raise Unusable("not an address") from None
    scheme = _SCHEME.match(text)
    if scheme is None or scheme[1].lower() in ("http", "https") or (image and _IMAGE_DATA.match(text)):
        return text
    raise Unusable("unsafe")
