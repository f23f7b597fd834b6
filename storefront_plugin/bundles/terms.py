"""What the merchant wants of proposals, and the discount that keeps it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Final

from ..errors import InputError
from .price import share

MAX_FOUND: Final = 200
"""Proposals that one search keeps: more than a merchant decides in a week."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the merchant wants of proposals.

    Attributes:
        margin_floor: Least margin of the set after its discount, as a share of its price (0.2 is 20 %).
        discount: Percent that is suggested where the margin allows it.
        discount_without_cost: Percent suggested where a cost is unknown and the floor cannot be checked; 0 is none.
        min_support: Least orders that hold the whole set.
    """

    margin_floor: Decimal = Decimal("0.2")
    discount: int = 10
    discount_without_cost: int = 0
    min_support: int = 5

    def __post_init__(self) -> None:
        if not self.margin_floor.is_finite() or not 0 <= self.margin_floor < 1:
            raise InputError("The margin floor must be from 0 to below 100 percent, such as 20; correct it.")
        if not (0 <= self.discount <= 99 and 0 <= self.discount_without_cost <= 99):
            raise InputError("A suggested discount must be from 0 to 99 percent; correct it.")
        if self.min_support < 2:
            raise InputError("A set needs at least 2 orders to be proposed; raise the least support.")

    def to_json(self) -> str:
        """The terms as JSON text."""
        return json.dumps(asdict(self) | {"margin_floor": str(self.margin_floor)})

    @classmethod
    def from_json(cls, text: str) -> Terms:
        """The terms that `to_json` wrote."""
        data = json.loads(text)
        return cls(**data | {"margin_floor": Decimal(data["margin_floor"])})


def suggested_discount(price: int, cost: int | None, terms: Terms) -> int:
    """The whole percent to suggest for a set of *price* and *cost* (minor units): never below the margin floor."""
    if cost is None:
        return terms.discount_without_cost
    return next((percent for percent in range(terms.discount, 0, -1) if _keeps(price, cost, percent, terms)), 0)


def margin_after(price: int, cost: int | None, percent: int) -> float | None:
    """What is earned on a set after *percent* off, as a share of what it then costs; None where that is unknown."""
    after = price - share(price, percent, 100)
    return None if cost is None or not after else (after - cost) / after


def _keeps(price: int, cost: int, percent: int, terms: Terms) -> bool:
    after = price - share(price, percent, 100)
    return after > 0 and after - cost >= terms.margin_floor * after
