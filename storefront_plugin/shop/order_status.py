"""Words that shops use for the status of an order, and what they mean for counting."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .ports import OrderStatus


def _words(text: str) -> frozenset[str]:
    return frozenset(" ".join(word.split()) for word in text.split(";"))


CANCELLED = _words("cancelled; canceled")

UNPLACED = _words("""
    abandoned; auto draft; awaiting payment; checkout draft; draft; failed; payment failed; payment pending; pending;
    pending payment
""")
"""The order is none (yet): it is being put together, or its payment is open or has failed."""

_PLACED = _words("""
    accepted; active; approved; authorized; awaiting fulfillment; awaiting pickup; awaiting shipment; backordered;
    captured; closed; collected; complete; completed; confirmed; delivered; dispatched; done; finished; fulfilled;
    in progress; in transit; invoiced; ok; on hold; open; out for delivery; packed; paid; partially fulfilled;
    partially paid; partially refunded; partially shipped; payment accepted; picked up; placed; processed; processing;
    ready; ready for pickup; received; settled; shipped; shipping; sold; succeeded; success; unfulfilled
""")
_UNPLACED_TOO = _words("""
    awaiting bank wire payment; awaiting check payment; basket; cart; declined; denied; error; expired; incomplete;
    payment error; payment review; quote; rejected; unpaid
""")
_CANCELLED_TOO = _words(
    "annulled; charged back; chargeback; deleted; fraud; refunded; returned; reversed; void; voided"
)

MEANINGS: Mapping[str, OrderStatus] = {
    **dict.fromkeys(_PLACED, "placed"),
    **dict.fromkeys(UNPLACED | _UNPLACED_TOO, "unplaced"),
    **dict.fromkeys(CANCELLED | _CANCELLED_TOO, "cancelled"),
}
"""What a word in the status column of a file means. In a shop's own model less is taken for granted."""

_LONGEST = 100


def plain_status(word: str) -> str:
    """*word* as the sets above have it: "Checkout-Draft" is "checkout draft", and so is "wc-checkout-draft"."""
    return re.sub(r"[\s_-]+", " ", word[:_LONGEST]).strip().casefold().removeprefix("wc ")
