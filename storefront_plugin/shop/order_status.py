"""Words that shops use for the status of an order, and what they mean for counting."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .ports import OrderStatus

CANCELLED = frozenset({"cancelled", "canceled"})
UNPLACED = frozenset(
    {
        "abandoned",
        "auto draft",
        "awaiting payment",
        "checkout draft",
        "draft",
        "failed",
        "payment failed",
        "payment pending",
        "pending",
        "pending payment",
    }
)
"""The order is none (yet): it is being put together, or its payment is open or has failed."""

PLACED = frozenset(
    {
        "authorized",
        "closed",
        "complete",
        "completed",
        "confirmed",
        "delivered",
        "dispatched",
        "fulfilled",
        "on hold",
        "open",
        "paid",
        "partially fulfilled",
        "partially paid",
        "partially refunded",
        "partially shipped",
        "placed",
        "processing",
        "shipped",
        "unfulfilled",
    }
)

MEANINGS: Mapping[str, OrderStatus] = {
    **dict.fromkeys(PLACED, "placed"),
    **dict.fromkeys(UNPLACED, "unplaced"),
    **dict.fromkeys((*CANCELLED, "refunded", "returned", "void", "voided"), "cancelled"),
}
"""What a word in the status column of a file means. In a shop's own model, a refunded order may stand for one line."""


def plain_status(word: str) -> str:
    """*word* as the sets above have it: "Checkout-Draft" is "checkout draft"."""
    return re.sub(r"[\s_-]+", " ", word).strip().casefold()
