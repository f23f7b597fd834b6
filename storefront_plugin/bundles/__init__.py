"""Bundles: what the merchant offers together, priced to the unit, refunded to the unit, never sold beyond the stock."""

from __future__ import annotations

from .availability import Shortage
from .definition import Component, Definition, Schedule, Tier, Words
from .price import amount_off, fixed_price, free_pieces, percent_off
from .pricing import CartPricing
from .refunds import RefundQuote, Return
from .shelf import BundleNotFound, EditConflict, Stored
from .uses import LimitReached, RefundConflict, RefundedAlready

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
