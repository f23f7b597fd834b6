"""Currencies of ISO 4217 and their decimals.

They stand here, not in a library, because amounts are stored in minor units: with other decimals a stored price would be
another price. Some payment providers make exceptions (Stripe takes ISK with two decimals and MGA with none): compare with
the list of yours and convert from `money.from_minor`.
"""

from __future__ import annotations

from typing import Final

from .errors import InputError, shown

_PLAIN_DIGITS: Final = 2

_BY_DIGITS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY
        COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
        INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR
        MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
        STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
        ANG BGN CUC HRK LTL LVL EEK MRO SLL STD VEF ZWL XXX""",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
"""ISO 4217: list one, the currencies that left it since 2011, and XXX (no currency).

Never change the decimals of a currency without converting what shops have stored; to add one is safe.
"""
CURRENCY_DIGITS: Final = {code: digits for digits, codes in _BY_DIGITS.items() for code in codes.split()}

_WRITTEN_WHOLE: Final = frozenset(["COP", "HUF", "IDR"])
"""Currencies whose coins are out of use: shops write whole amounts without decimals, "9 980 Ft"."""


def is_currency(code: object) -> bool:
    """Whether *code* is a code of ISO 4217 in capital letters."""
    return isinstance(code, str) and code in CURRENCY_DIGITS


def checked_currency(code: object) -> str:
    """*code*, if it is a known ISO 4217 code in capital letters; raises `InputError` otherwise."""
    if isinstance(code, str) and is_currency(code):
        return code
    raise InputError(f"{shown(code)} is not a currency; use an ISO 4217 code in capital letters such as 'EUR'.")


def minor_digits(currency: str | None) -> int:
    """The number of decimals of *currency*: 0 for JPY, 2 for EUR, 3 for KWD; 2 for None."""
    return _PLAIN_DIGITS if currency is None else CURRENCY_DIGITS.get(currency, _PLAIN_DIGITS)


def written_whole(currency: str | None) -> bool:
    """Whether whole amounts of *currency* are written without its decimals."""
    return currency in _WRITTEN_WHOLE
