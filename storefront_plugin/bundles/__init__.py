"""Bundles: what the merchant offers together, priced to the unit, refunded to the unit, never sold beyond the stock."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from ..core.errors import unknown_name
from .cart.pricing import CartPricing
from .cart.stock import Shortage
from .definition import BundleText, Definition, Schedule
from .orders.refunds import RefundQuote, Return
from .orders.uses import LimitReached, RefundConflict, RefundedAlready
from .price import amount_off, fixed_price, free_items, percent_off
from .store.repository import BundleNotFound, BundleRecord, EditConflict
from .tier import Component, Tier

__all__ = [
    "BundleNotFound",
    "BundleRecord",
    "BundleText",
    "CartPricing",
    "Component",
    "Definition",
    "EditConflict",
    "LimitReached",
    "RefundConflict",
    "RefundQuote",
    "RefundedAlready",
    "Return",
    "Schedule",
    "Shortage",
    "Tier",
    "amount_off",
    "fixed_price",
    "free_items",
    "percent_off",
]

_RENAMED = {
    "Stored": "BundleRecord",
    "Words": "BundleText",
    "free_pieces": "free_items",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> NoReturn:
        raise unknown_name(__name__, _RENAMED, name)
