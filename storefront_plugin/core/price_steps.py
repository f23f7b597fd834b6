"""``STOREFRONT_PRICE_STEP``: what reduced prices are rounded to where coins or custom are coarser than the minor unit."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from .currencies import is_currency, minor_digits
from .errors import ConfigurationError
from .typed import minor_units

_KEY: Final = "STOREFRONT_PRICE_STEP"
_MOST: Final = 1_000_000


def read_price_steps(given: object, currency: str | None) -> dict[str, int]:
    """The price steps of a shop in minor units by currency, those of one minor unit left out.

    Args:
        given: The setting: None, an amount of *currency* in major units, or amounts by currency.
        currency: The shop's currency.

    Raises:
        ConfigurationError: It cannot be a step.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        if currency is None:
            raise ConfigurationError(
                f"{_KEY} is {given!r:.200}, and STOREFRONT_CURRENCY is not set; set it, or give amounts by currency, such "
                "as {'CHF': '0.05'}."
            )
        given = {currency: given}
    steps = {code: _step(amount, code) for code, amount in given.items()}
    return {code: step for code, step in steps.items() if step > 1}


def _step(amount: object, currency: str) -> int:
    """*amount* in minor units of *currency*."""
    if not is_currency(currency):
        raise ConfigurationError(f"{_KEY} names the currency {currency!r:.40}; use an ISO 4217 code such as 'CHF'.")
    try:
        exact = Decimal(str(amount)) if isinstance(amount, (str, int, float, Decimal)) else Decimal("NaN")
    except InvalidOperation:
        exact = Decimal("NaN")
    if isinstance(amount, bool) or not exact.is_finite() or not 0 < exact <= _MOST:
        raise ConfigurationError(
            f"{_KEY} is {amount!r:.200}; set it to an amount above 0 and at most {_MOST}, such as '0.05', to amounts by "
            "currency, such as {'CHF': '0.05', 'SEK': '1'}, or to None."
        )
    digits = minor_digits(currency)
    step = minor_units(exact, digits)
    if step is None:
        smallest = Decimal(1).scaleb(-digits)
        raise ConfigurationError(
            f"{_KEY} is {amount!r:.200}, but {currency} has {digits} decimals; use {smallest:f} or a multiple of it."
        )
    return step
