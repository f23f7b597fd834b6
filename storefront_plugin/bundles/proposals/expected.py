"""What a proposed bundle is expected to bring in a month, from how often its products were bought together."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from ..price_kinds import percent_saving
from ..store.proposals import Proposal

DAYS: Final = 30
"""Days that the figures are for."""


class Expected(NamedTuple):
    """Of one bundle in `DAYS` days, if it is bought as often as its products were together so far.

    Attributes:
        sets: How many are sold.
        gain: What they leave after the discount, minor units: their margin, or what they sell for where *has_margin* is False.
        cost: What the discount takes off, minor units.
        has_margin: Whether the cost of every product is known.
        pays_from: The number of further sets whose margin makes up for the discount; None where no number does, or nobody
            knows.
    """

    sets: float
    gain: int
    cost: int
    has_margin: bool
    pays_from: int | None


def expected(one: Proposal, recent_orders: int, step: int = 1) -> Expected | None:
    """What *one* brings in a shop that had *recent_orders* in the last `DAYS` days; None where nothing was counted.

    *step* is the price step of its currency, minor units.
    """
    if not one.orders or not one.price:
        return None
    sets = recent_orders * one.support / one.orders
    off = percent_saving(one.price, one.discount, 100, step)
    after = one.price - off
    each = after if one.margin is None else after * one.margin
    cost = round(sets * off)
    known = one.margin is not None and each > 0
    return Expected(sets, round(sets * each), cost, one.margin is not None, math.ceil(cost / each) if known else None)
