"""``STOREFRONT_PRICE_STEP``: read once, and refused with what to set instead."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from small_shop import SmallShop

from storefront_plugin.core.errors import ConfigurationError
from storefront_plugin.core.settings import Settings


def read(step: object, currency: str | None) -> dict[str, int]:
    """The steps of a shop in *currency*."""
    return Settings.from_config({"STOREFRONT_PRICE_STEP": step, "STOREFRONT_CURRENCY": currency}).price_steps


@pytest.mark.parametrize(
    ("step", "currency", "steps"),
    [
        (None, "CHF", {}),
        ("0.05", "CHF", {"CHF": 5}),
        (0.05, "CHF", {"CHF": 5}),
        (Decimal("0.50"), "DKK", {"DKK": 50}),
        (1, "SEK", {"SEK": 100}),
        (10, "JPY", {"JPY": 10}),
        ({"CHF": "0.05", "SEK": 1, "JPY": 1}, None, {"CHF": 5, "SEK": 100}),
        ("0.01", "EUR", {}),
    ],
)
def test_one_amount_is_of_the_shops_currency_and_several_name_theirs(
    step: object, currency: str | None, steps: dict[str, int]
) -> None:
    """In major units; the smallest unit is no step."""
    assert read(step, currency) == steps


@pytest.mark.parametrize(
    ("step", "currency", "remedy"),
    [
        (
            "0.05",
            None,
            r"STOREFRONT_CURRENCY is not set; set it, or give amounts by currency, such as \{'CHF': '0.05'\}",
        ),
        ("0.005", "CHF", "CHF has 2 decimals; use 0.01 or a multiple of it"),
        ({"JPY": "0.5"}, None, "JPY has 0 decimals; use 1 or a multiple of it"),
        ({"chf": "0.05"}, None, "'chf'; use an ISO 4217 code such as 'CHF'"),
        ("a little", "CHF", "'a little'; set it to an amount above 0 .* such as '0.05'"),
        (0, "CHF", "is 0; set it to an amount above 0"),
        (True, "CHF", "is True; set it to an amount above 0"),
        ({"CHF": None}, "CHF", "is None; set it to an amount above 0"),
        (float("nan"), "CHF", "is nan; set it to an amount above 0"),
        (["0.05"], "CHF", "set it to an amount above 0"),
        ("1e400", "CHF", "at most 1000000"),
    ],
)
def test_what_is_no_step_is_refused_with_the_remedy(step: object, currency: str | None, remedy: str) -> None:
    """Before the shop starts."""
    with pytest.raises(ConfigurationError, match=f"STOREFRONT_PRICE_STEP.*{remedy}"):
        read(step, currency)


def test_a_shop_with_a_wrong_step_does_not_start(make_shop: Callable[..., SmallShop]) -> None:
    """When the extension is mounted, not when the first cart is priced."""
    with pytest.raises(ConfigurationError, match="STOREFRONT_PRICE_STEP"):
        make_shop(STOREFRONT_PRICE_STEP="0.005")
