"""Money in minor units (integers, so that sums are exact) and formatted for shoppers.

The number of decimals is that of ISO 4217, as payment providers use its minor units. Some make exceptions (Stripe takes
ISK with two decimals and MGA with none): compare with the list of yours and convert from `from_minor`. Babel formats
prices, with the decimals that CLDR finds usual in shops.
"""

from __future__ import annotations

from copy import copy
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency, format_decimal, get_currency_precision, list_currencies

from .core.errors import InputError, shown

LIMIT = Decimal(10) ** 15
"""Amounts must be below this: larger ones are mistakes, and numbers in browsers would be inexact."""

_PLAIN_DIGITS = 2
_BEYOND_CLDR = {"IQD": 3} | dict.fromkeys(
    ["AFN", "ALL", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SOS", "SYP", "YER"], 2
)
"""ISO 4217 decimals of current currencies that CLDR formats without any."""

_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


def checked_currency(code: object) -> str:
    """*code*, if it is a known ISO 4217 code in capital letters; raises `InputError` otherwise."""
    if isinstance(code, str) and code in list_currencies():
        return code
    raise InputError(f"{shown(code)} is not a currency; use an ISO 4217 code in capital letters such as 'EUR'.")


def minor_digits(currency: str | None) -> int:
    """The number of decimals of *currency*: 0 for JPY, 2 for EUR, 3 for KWD; 2 for None."""
    if currency is None:
        return _PLAIN_DIGITS
    return _BEYOND_CLDR.get(currency) or get_currency_precision(currency)


def to_minor(amount: Decimal, currency: str | None) -> int:
    """*amount* in minor units of *currency*, rounded half away from zero. Raises `InputError` for NaN or above `LIMIT`."""
    if not amount.is_finite() or abs(amount) >= LIMIT:
        raise InputError(
            f"An amount must be a number below {LIMIT}; {amount!s:.40} is not. Correct the product's price."
        )
    return int(amount.scaleb(minor_digits(currency), _EXACT).to_integral_value(ROUND_HALF_UP))


def from_minor(minor: int, currency: str | None) -> Decimal:
    """The amount in major units, with all decimals of *currency*."""
    return Decimal(minor).scaleb(-minor_digits(currency), _EXACT)


@lru_cache(maxsize=8192)
def format_money(amount: Decimal, currency: str | None, locale: str) -> str:
    """*amount* formatted for *locale* ("€12.50", "12,50 €", "￥1,200"), rounded as by `to_minor`.

    Cached, because pages format the same few hundred prices again and again and Babel takes 30 µs for each.
    """
    exact = from_minor(to_minor(amount, currency), currency)
    if currency is None:
        return format_decimal(exact, "#,##0.00", locale=locale)
    if currency not in _BEYOND_CLDR:
        return format_currency(exact, currency, locale=locale)
    pattern = copy(Locale.parse(locale).currency_formats["standard"])
    pattern.frac_prec = (minor_digits(currency),) * 2
    text: str = pattern.apply(exact, locale, currency=currency, currency_digits=False)
    return text
