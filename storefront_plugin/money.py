"""Money in minor units (whole numbers of the smallest coin, so that sums are exact) and as a shopper reads it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from babel.numbers import format_currency, format_decimal, get_currency_precision

from .errors import InputError

LIMIT = Decimal(10) ** 15
"""Amounts from here on are refused: they are mistakes, and the browser's numbers would no longer be exact."""

_PLAIN_DIGITS = 2
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


def minor_digits(currency: str | None) -> int:
    """How many decimals *currency* has: 0 for JPY, 2 for EUR, 3 for KWD; 2 where no currency is known."""
    return _PLAIN_DIGITS if currency is None else get_currency_precision(currency)


def to_minor(amount: Decimal, currency: str | None) -> int:
    """*amount* in the smallest coin of *currency*, half rounded away from zero; `InputError` for NaN or too much."""
    if not amount.is_finite() or abs(amount) >= LIMIT:
        raise InputError(f"An amount must be a number below {LIMIT}; {amount} is not. Correct the product's price.")
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
    return format_currency(exact, currency, locale=locale)
