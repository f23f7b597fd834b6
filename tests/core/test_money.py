"""Sums are exact, and prices read as a shopper of each locale writes them."""

import hashlib
from decimal import Decimal

import babel.core
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront_plugin.core.currencies import CURRENCY_DIGITS, checked_currency, minor_digits
from storefront_plugin.core.errors import InputError
from storefront_plugin.money import format_money, from_minor, to_minor

CURRENCIES = st.sampled_from(["JPY", "EUR", "USD", "KWD", "RSD", "IQD", "CLF", None])


@pytest.mark.parametrize(
    ("currency", "digits"),
    [("JPY", 0), ("EUR", 2), ("KWD", 3), (None, 2), ("RSD", 2), ("LAK", 2), ("IQD", 3), ("CLF", 4), ("UGX", 0)],
)
def test_each_currency_has_the_decimals_of_iso_4217(currency: str | None, digits: int) -> None:
    """Yen have none, euros two, dinars three, also where CLDR writes none; without a currency two are taken."""
    assert minor_digits(currency) == digits


def test_decimals_stand_in_the_package_and_not_in_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a release of Babel says of a currency's decimals: stored amounts say the same money."""
    before = {code: format_money(Decimal("9980.00"), code, "en") for code in ("HUF", "IDR", "COP", "RSD", "EUR")}
    data = babel.core.get_global("currency_fractions")
    for code in before:
        monkeypatch.setitem(data, code, (3, 0, 3, 0))
    format_money.cache_clear()
    assert [minor_digits(code) for code in before] == [2] * len(before)
    assert to_minor(Decimal(9980), "HUF") == 998_000
    assert {code: format_money(Decimal("9980.00"), code, "en") for code in before} == before
    format_money.cache_clear()


def test_the_table_of_currencies_never_changes_by_itself() -> None:
    """Who changes the decimals of a currency has to convert what shops have stored: bundles, orders, the log."""
    table = "".join(sorted(f"{code}{digits}" for code, digits in CURRENCY_DIGITS.items()))
    assert len(CURRENCY_DIGITS) == 177
    assert hashlib.sha256(table.encode()).hexdigest()[:16] == "e6812e797a7f4e2e"


@given(st.integers(-(10**12), 10**12), CURRENCIES)
def test_minor_units_survive_the_way_to_major_and_back(minor: int, currency: str | None) -> None:
    """No coin is lost on the way."""
    assert to_minor(from_minor(minor, currency), currency) == minor


@given(st.decimals("-100000", "100000", places=4), CURRENCIES)
def test_rounding_errs_by_half_a_coin_at_most(amount: Decimal, currency: str | None) -> None:
    """An amount with too many decimals goes to the nearest coin."""
    coin = Decimal(1).scaleb(-minor_digits(currency))
    assert abs(from_minor(to_minor(amount, currency), currency) - amount) <= coin / 2


@given(st.lists(st.decimals("0", "99999", places=2), max_size=31))
def test_the_sum_of_parts_is_the_sum_of_their_coins(prices: list[Decimal]) -> None:
    """The price of a set is exactly what its parts cost."""
    assert from_minor(sum(to_minor(price, "EUR") for price in prices), "EUR") == sum(prices, Decimal())


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "1e15", "1e900"])
def test_what_is_no_price_is_refused_with_a_sentence(amount: str) -> None:
    """A broken price is an `InputError`, never a wrong number."""
    with pytest.raises(InputError, match="price"):
        to_minor(Decimal(amount), "EUR")


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "text"),
    [
        ("12.5", "EUR", "en", "€12.50"),
        ("12.5", "EUR", "de", "12,50\xa0€"),
        ("1200", "JPY", "ja", "￥1,200"),
        ("1200.5", "JPY", "en", "¥1,201"),
        ("1.2345", "KWD", "en", "KWD1.235"),
        ("1234567.89", None, "en", "1,234,567.89"),
        ("1299.5", "RSD", "de", "1.299,50\xa0RSD"),
        ("1299.5", "IQD", "en", "IQD1,299.500"),
        ("9980", "HUF", "hu", "9\xa0980\xa0Ft"),
        ("9980.5", "HUF", "hu", "9\xa0980,50\xa0Ft"),
        ("25000", "IDR", "id", "Rp25.000"),
    ],
)
def test_prices_are_written_as_the_locale_writes_them(amount: str, currency: str, locale: str, text: str) -> None:
    """Symbol, separators and decimals follow locale and currency; halves are rounded up, as shops do."""
    assert format_money(Decimal(amount), currency, locale) == text


@pytest.mark.parametrize("code", ["eur", "€", "EURO", "", None, 1, "ＥＵＲ", "QQQ", ["EUR"]])
def test_what_is_no_currency_is_refused_with_a_sentence(code: object) -> None:
    """Only codes of ISO 4217, in capital letters."""
    assert [checked_currency(known) for known in ("EUR", "JPY", "RSD")] == ["EUR", "JPY", "RSD"]
    with pytest.raises(InputError, match="ISO 4217"):
        checked_currency(code)
