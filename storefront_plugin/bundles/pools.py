"""Pools: the equivalent items of a cart, and the sets that are made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Demand: TypeAlias = tuple[tuple[int, int], ...]
"""Pools (by number) and the quantity of each, by pool."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Items of one product, variant, price and tax rate, from one or more lines.

    Attributes:
        lines: Positions in the cart and items of each line, the smallest line first.
    """

    product_id: str
    variant_id: str | None
    unit_price: int
    quantity: int
    lines: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """One bundle as it applies: *count* sets of the items *demand* each, or all items of *demand* for steps.

    Attributes:
        discounts: By pool of *demand*, what its items cost less in one set; minor units.
    """

    bundle_id: int
    tier: int
    count: int
    demand: Demand
    discounts: tuple[int, ...]

    @property
    def saving(self) -> int:
        """Of all sets, minor units."""
        return self.count * sum(self.discounts)
