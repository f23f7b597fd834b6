"""Quantity steps on a cart: from so many pieces on, each costs less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .definition import Definition, Tier
from .lines import Pool


@dataclass(frozen=True, slots=True)
class StepSweep:
    """The steps of one bundle over the pools of its products; see `candidates.Sweep`."""

    bundle_id: int
    definition: Definition
    pools: tuple[int, ...]
    cart: Sequence[Pool]
    currency: str

    def rate(self, pool: int) -> int:
        """The most that one piece of *pool* can save, minor units rounded up."""
        unit_price = self.cart[pool].unit_price
        return max(tier.price.most_for_piece(unit_price, self.currency) for tier in self.definition.tiers)

    def saving(self, left: Mapping[int, int]) -> int:
        """What the best step reached saves on the pieces *left*; 0 where none is."""
        pieces = sum([left[pool] for pool in self.pools])
        return max([self.tier_saving(tier, left) for tier in self.definition.tiers if tier.least <= pieces], default=0)

    def tier(self, left: Mapping[int, int]) -> int | None:
        """The step that saves most on the pieces *left*, of equal ones the first; None where none saves."""
        pieces = sum(left[pool] for pool in self.pools)
        found = [
            (-self.tier_saving(tier, left), number)
            for number, tier in enumerate(self.definition.tiers)
            if tier.least <= pieces
        ]
        best = min(found, default=(0, 0))
        return best[1] if best[0] < 0 else None

    def tier_saving(self, tier: Tier, left: Mapping[int, int]) -> int:
        """What *tier* saves on the pieces *left*: a percentage of their sum, or an amount for each piece."""
        if tier.price.kind == "percent":
            saving = tier.price.saving(sum([self.cart[pool].unit_price * left[pool] for pool in self.pools]), 0, "")
            return saving if isinstance(saving, int) else 0
        return sum(part for _, part in self._each(tier, left))

    def parts(self, tier: Tier, left: Mapping[int, int]) -> list[int]:
        """What each piece's pool may be discounted at most in a spread: its price, or its own saving."""
        if tier.price.kind == "percent":
            return [self.cart[pool].unit_price * left[pool] for pool in self.pools]
        return [part for _, part in self._each(tier, left)]

    def _each(self, tier: Tier, left: Mapping[int, int]) -> list[tuple[int, int]]:
        return [
            (pool, left[pool] * tier.price.most_for_piece(self.cart[pool].unit_price, self.currency))
            for pool in self.pools
        ]
