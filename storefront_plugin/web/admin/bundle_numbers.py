"""Numbers as a merchant types them: whole numbers, percentages, amounts. Full-width digits count as digits."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Final

from babel.numbers import is_currency
from wtforms import Field

from ...bundles.price import MAX_AMOUNT
from ...money import minor_digits, to_minor
from .bundle_form import complain
from .language import admin_texts, say

_PLAIN: Final = re.compile(r"\d{1,40}(\.\d{1,40})?")
_DECIMAL_COMMA: Final = re.compile(r"\d{1,40},(\d{1,2}|\d{4,40})")
_COMMA_GROUPS: Final = re.compile(r"\d{1,3}(,\d{3}){2,12}(\.\d{1,40})?|\d{1,3},\d{3}\.\d{1,40}")
_POINT_GROUPS: Final = re.compile(r"\d{1,3}(\.\d{3}){2,12}(,\d{1,40})?|\d{1,3}\.\d{3},\d{1,40}")
_WHOLE_GROUPS: Final = re.compile(r"\d{1,3}(,\d{3}){1,12}")
_PERCENT_PLACES: Final = 4


def plain(text: object) -> str:
    """*text* without spaces at its ends and in the plain form of its signs."""
    return unicodedata.normalize("NFKC", str(text or "")).replace("\x00", "").strip()


def read_whole(field: Field, least: int, most: int, required: bool = True) -> int | None:
    """The whole number in *field*; None, with a complaint where one is due, for anything else."""
    text = plain(field.data)
    if not text and not required:
        return None
    if text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most:
        return int(text)
    number = admin_texts().number
    complain(field, say("Write a whole number from %(least)s to %(most)s.", least=number(least), most=number(most)))
    return None


def read_percent(field: Field) -> Decimal | None:
    """The percentage in *field*: above 0 to 100."""
    text = plain(field.data).removesuffix("%").strip()
    text = _one_way(text)
    if _PLAIN.fullmatch(text):
        found = Decimal(text)
        if 0 < found <= 100 and found == round(found, _PERCENT_PLACES):
            return found
    complain(field, say("Write a percentage above 0 and up to 100, such as 12.5, with at most four decimals."))
    return None


def _one_way(text: str, digits: int = 2) -> str:
    """*text* with a point before its decimals and nothing between thousands, where it can only mean one number.

    A single comma before three digits may be either, unless there are no decimals (*digits* is 0): it stays.
    """
    if _POINT_GROUPS.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    if _COMMA_GROUPS.fullmatch(text) or (not digits and _WHOLE_GROUPS.fullmatch(text)):
        return text.replace(",", "")
    return text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text


def read_currency(field: Field) -> str | None:
    """The ISO 4217 code in *field*."""
    text = plain(field.data).upper()
    if len(text) == 3 and text.isascii() and is_currency(text):
        return text
    complain(field, say("Write the code of a currency, such as EUR or JPY."))
    return None


def read_amount(field: Field, currency: str, least: int) -> int | None:
    """The amount in *field*, given in major units, in minor units of *currency*; from *least* on."""
    digits = minor_digits(currency)
    text = _one_way(plain(field.data), digits)
    if not _PLAIN.fullmatch(text):
        example = "1200" if not digits else f"1200.{'50'.ljust(digits, '0')[:digits]}"
        complain(field, say("Write an amount such as %(example)s, without spaces or commas.", example=example))
        return None
    whole, _, places = text.partition(".")
    if len(places.rstrip("0")) > digits:
        sentence = say("Amounts in %(currency)s have %(digits)s decimals at most.", currency=currency, digits=digits)
        complain(field, sentence)
        return None
    amount = to_minor(Decimal(text), currency) if len(whole) < 15 else MAX_AMOUNT
    if least <= amount < MAX_AMOUNT:
        return amount
    complain(field, say("The amount must be above 0 and less than a trillion. Correct it."))
    return None
