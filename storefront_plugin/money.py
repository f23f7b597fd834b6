"""Money in minor units (whole numbers of the smallest coin, so that sums are exact) and as a shopper reads it.

How many decimals a currency has is what ISO 4217 says, because payment providers count in its minor units; some of them
make exceptions of their own (Stripe takes ISK with two decimals and MGA with none), so compare with the list of yours
and convert from `from_minor`. Babel, which writes prices, knows the decimals that CLDR finds usual in shops.
"""

from __future__ import annotations

from copy import copy
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency, format_decimal, get_currency_precision, list_currencies

from .core.errors import InputError, shown

LIMIT = Decimal(10) ** 15
"""Amounts from here on are refused: they are mistakes, and the browser's numbers would no longer be exact."""

_PLAIN_DIGITS = 2
_BEYOND_CLDR = {"IQD": 3} | dict.fromkeys(
    ["AFN", "ALL", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SOS", "SYP", "YER"], 2
)
"""Decimals by ISO 4217 of the currencies in use that CLDR writes without any."""

_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


def checked_currency(code: object) -> str:
    """*code* where it is a known ISO 4217 code in capital letters; else raises `InputError`."""
    if isinstance(code, str) and code in list_currencies():
        return code
    raise InputError(f"{shown(code)} is no currency; use an ISO 4217 code in capital letters such as 'EUR'.")


def minor_digits(currency: str | None) -> int:
    """How many decimals *currency* has: 0 for JPY, 2 for EUR, 3 for KWD; 2 where no currency is known."""
    if currency is None:
        return _PLAIN_DIGITS
    return _BEYOND_CLDR.get(currency) or get_currency_precision(currency)


def to_minor(amount: Decimal, currency: str | None) -> int:
    """*amount* in the smallest coin of *currency*, half rounded away from zero; `InputError` for NaN or too much."""
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
    """*amount* as written in *locale* ("€12.50", "12,50 €", "￥1,200"), rounded as `to_minor` does.

    Kept in memory, because a page formats the same few hundred prices again and again and babel takes 30 µs for each.
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
