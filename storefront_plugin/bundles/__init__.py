"""Bundles: what the merchant offers together, priced to the unit, refunded to the unit, never sold beyond the stock."""

from __future__ import annotations

from .cart.pricing import CartPricing
from .cart.stock import Shortage
from .definition import Component, Definition, Schedule, Tier, Words
from .orders.refunds import RefundQuote, Return
from .orders.uses import LimitReached, RefundConflict, RefundedAlready
from .price import amount_off, fixed_price, free_pieces, percent_off
from .store.repository import BundleNotFound, EditConflict, Stored

__all__ = [
    "BundleNotFound",
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
    "Stored",
    "Tier",
    "Words",
    "amount_off",
    "fixed_price",
    "free_pieces",
    "percent_off",
]
