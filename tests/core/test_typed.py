"""Numbers and times as people type them: read where they mean one thing, refused where they could mean two."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront_plugin.core.typed import (
    Comma,
    decimal_number,
    folded,
    minor_units,
    plain,
    spellings,
    time_in,
    whole_number,
)

ZURICH = ZoneInfo("Europe/Zurich")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("12", 12),
        ("13", None),
        ("-1", None),
        ("1.0", None),
        ("", None),
        ("٣", None),
        ("9" * 99, None),
    ],
)
def test_a_whole_number_is_ascii_digits_up_to_the_most(text: str, number: int | None) -> None:
    """Nothing else is guessed at."""
    assert whole_number(text, 12) == number


@pytest.mark.parametrize(
    ("text", "comma", "number"),
    [
        ("12.5", "either", "12.5"),
        ("12,5", "either", "12.5"),
        ("1,234", "either", None),
        ("1,234.5", "either", "1234.5"),
        ("1.234,5", "either", "1234.5"),
        ("1,234,567", "either", "1234567"),
        ("12,34,567", "either", "1234567"),
        ("1.234", "either", None),
        ("1.234", "none", None),
        ("1234.567", "none", "1234.567"),
        ("0.125", "either", "0.125"),
        ("1 234,5", "either", "1234.5"),
        ("1\u2019234.5", "none", "1234.5"),
        ("12,5", "decimal", "12.5"),
        ("1,234", "decimal", None),
        ("1.234,5", "decimal", "1234.5"),
        ("12,5", "none", None),
        ("1e3", "either", None),
        ("NaN", "either", None),
        ("-1", "none", None),
    ],
)
def test_a_comma_is_what_the_place_says(text: str, comma: Comma, number: str | None) -> None:
    """In a form it may be either, where it can be one only; in a file its separator says what it is."""
    assert decimal_number(text, comma) == (None if number is None else Decimal(number))


def test_without_decimals_a_comma_parts_thousands() -> None:
    """An amount in yen."""
    assert decimal_number("1,234", digits=0) == 1234


@given(st.decimals(0, 10**12, places=2))
def test_an_amount_is_never_rounded(number: Decimal) -> None:
    """What has more decimals than its currency is refused."""
    assert minor_units(number, 2) == int(number * 100)
    assert minor_units(number, 0) == (int(number) if number == int(number) else None)


def test_full_width_digits_are_plain_ones() -> None:
    """Japanese keyboards type them."""
    assert plain(" １２．５\x00") == "12.5"


def test_a_time_that_the_clock_skips_is_none() -> None:
    """When summer begins; a time with a zone of its own stays."""
    assert time_in(ZURICH, dt.datetime(2026, 3, 29, 2, 30)) is None
    assert time_in(ZURICH, dt.datetime(2026, 3, 29, 3, 30)) == dt.datetime(2026, 3, 29, 1, 30, tzinfo=dt.timezone.utc)
    aware = dt.datetime(2026, 3, 29, 2, 30, tzinfo=dt.timezone.utc)
    assert time_in(ZURICH, aware) is aware
    with pytest.raises(OverflowError):
        time_in(ZoneInfo("Asia/Tokyo"), dt.datetime.min)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("カメラ", "ｶﾒﾗ"),
        ("ｶﾒﾗ", "カメラ"),
        ("かめら", "カメラ"),
        ("ガード", "ｶﾞｰﾄﾞ"),
        ("STRASSE", "Straße"),
        ("creme", "Crème"),
        ("CRÈME", "creme"),
        ("ＡＢＣ１", "abc1"),
        ("ÅNGSTRÖM", "angstrom"),
    ],
)
def test_searches_fold_case_width_accents_and_kana(typed: str, text: str) -> None:
    """Whatever keyboard a title was typed with."""
    assert folded(typed) == folded(text)


def test_searches_keep_what_makes_another_word() -> None:
    """A voiced kana is another letter, and so are a small one and the long vowel."""
    assert len({folded(word) for word in ("カキ", "ガキ", "かっき", "カーキ")}) == 4
    assert folded("a\x00b") == "a b"


@pytest.mark.parametrize(
    ("typed", "text"), [("カメラ", "ｶﾒﾗ"), ("ガード", "ｶﾞｰﾄﾞ"), ("かめら", "カメラ"), ("ｶﾒﾗ", "かめら")]
)
def test_a_word_is_looked_for_in_its_other_kana(typed: str, text: str) -> None:
    """Where a database compares letter by letter."""
    assert text in spellings(typed)
