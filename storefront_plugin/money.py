"""Money in minor units (integers, so that sums are exact) and formatted for shoppers.

The decimals of a currency are those of `core.currencies`; Babel writes the amounts.
"""

from __future__ import annotations

from copy import copy
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import NumberPattern, format_decimal, get_currency_symbol

from .core.currencies import minor_digits, written_whole
from .core.errors import InputError

LIMIT = Decimal(10) ** 15
"""Amounts must be below this: larger ones are mistakes, and numbers in browsers would be inexact."""

_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


def to_minor(amount: Decimal, currency: str | None) -> int:
    """*amount* in minor units of *currency*, rounded half away from zero. Raises `InputError` for NaN or above `LIMIT`."""
    if not amount.is_finite() or abs(amount) >= LIMIT:
        raise InputError(
            f"An amount must be a number below {LIMIT}; {amount!s:.40} is not. Correct the product's price."
        )
    return int(in_minor(amount, currency).to_integral_value(ROUND_HALF_UP))


def in_minor(amount: Decimal, currency: str | None) -> Decimal:
    """*amount* in minor units of *currency*, with the fraction that it may have."""
    return amount.scaleb(minor_digits(currency), _EXACT)


def from_minor(minor: int, currency: str | None) -> Decimal:
    """The amount in major units, with all decimals of *currency*."""
    return Decimal(minor).scaleb(-minor_digits(currency), _EXACT)


def restored(minor: int, digits: int, currency: str) -> int:
    """*minor* that was stored when *currency* had *digits* decimals, in the minor units of now."""
    if digits == minor_digits(currency):
        return minor
    return to_minor(Decimal(minor).scaleb(-digits, _EXACT), currency)


def without_currency(text: str, currency: str, locale: str = "en") -> str:
    """*text* of an amount without what names *currency* before or behind it: its code, or its sign in *locale*.

    A name alone stays: it is no amount, but not empty either.
    """
    signs = {
        currency,
        get_currency_symbol(currency, locale),
        get_currency_symbol(currency, "en"),
        *_SIGNS.get(currency, ()),
    }
    for sign in sorted(signs, key=len, reverse=True):
        for bare in (text.removeprefix(sign), text.removesuffix(sign)):
            if bare != text:
                return bare.strip() or text
    return text


_SIGNS = {
    "JPY": ("円", "¥", "￥"),
    "CNY": ("元", "¥", "￥"),
    "USD": ("$",),
    "EUR": ("€",),
    "GBP": ("£",),
    "HUF": ("Ft",),
    "PLN": ("zł",),
    "CZK": ("Kč",),
    "SEK": ("kr",),
    "NOK": ("kr",),
    "DKK": ("kr", "kr."),
    "CHF": ("Fr.", "SFr."),
    "BRL": ("R$",),
}
"""Signs that people of a currency write beside those that Babel has for other readers."""


@lru_cache(maxsize=8192)
def format_money(amount: Decimal, currency: str | None, locale: str, rounded: bool = False) -> str:
    """*amount* formatted for *locale* ("€12.50", "12,50 €", "￥1,200"), rounded as by `to_minor`.

    *rounded* leaves the decimals out, for sums and estimates that no single coin matters to.
    Cached, because pages format the same few hundred prices again and again and Babel takes 30 µs for each.
    """
    exact = amount.quantize(Decimal(1), ROUND_HALF_UP) if rounded else from_minor(to_minor(amount, currency), currency)
    if currency is None:
        return format_decimal(exact, "#,##0" if rounded else "#,##0.00", locale=locale)
    is_whole = rounded or (written_whole(currency) and exact == exact.to_integral_value())
    digits = 0 if is_whole else minor_digits(currency)
    parsed, pattern = _currency_pattern(locale, digits)
    text: str = pattern.apply(exact, parsed, currency=currency, currency_digits=False)
    return text


@lru_cache(maxsize=256)
def _currency_pattern(locale: str, digits: int) -> tuple[Locale, NumberPattern]:
    """How *locale* writes amounts of money, with *digits* decimals."""
    parsed = Locale.parse(locale)
    pattern = copy(parsed.currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return parsed, pattern
