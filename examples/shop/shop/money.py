"""Prices in the currency this shop sells in (``SHOP_CURRENCY``), from the price list of that currency."""

from __future__ import annotations

from decimal import Decimal

from flask import current_app
from flask_babel import format_currency

from .models import Product

SHIPPING = {"JPY": (Decimal(600), Decimal(8000)), "USD": (Decimal("6.00"), Decimal("60.00"))}
"""Cost of shipping, and from which sum on it is free."""


def currency() -> str:
    """The shop's currency."""
    code: str = current_app.config["SHOP_CURRENCY"]
    return code


def price(product: Product) -> Decimal:
    """What one item costs now."""
    return product.price_usd if currency() == "USD" else product.price_jpy


def list_price(product: Product) -> Decimal | None:
    """The price before a reduction."""
    return product.list_price_usd if currency() == "USD" else product.list_price_jpy


def cost(product: Product) -> Decimal:
    """What one item costs the shop."""
    return product.cost_usd if currency() == "USD" else product.cost_jpy


def shipping(goods: Decimal) -> Decimal:
    """Shipping for goods of this sum; nothing is sent for nothing."""
    fee, free_from = SHIPPING[currency()]
    return Decimal(0) if goods == 0 or goods >= free_from else fee


def missing_for_free_shipping(goods: Decimal) -> Decimal:
    """How much more makes shipping free."""
    return max(SHIPPING[currency()][1] - goods, Decimal(0))


def shown(amount: Decimal, code: str | None = None) -> str:
    """The amount as people of the request's language write it."""
    text: str = format_currency(amount, code or currency())
    return text
