"""Quantity steps on a cart: from N items on, each costs less."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from ..definition import Definition
from ..pools import Pool
from ..price_kinds import Items
from ..quote import quote
from ..tier import Tier


@dataclass(frozen=True, slots=True)
class StepSweep:
    """The steps of one bundle over the pools of its products; see `candidates.Sweep`."""

    bundle_id: int
    definition: Definition
    pools: tuple[int, ...]
    cart: Sequence[Pool]
    currency: str

    def rate(self, pool: int) -> int:
        """The most that one item of *pool* can save, minor units rounded up."""
        unit_price = self.cart[pool].unit_price
        return max(tier.price.rule.item_saving(unit_price, self.currency) for tier in self.definition.tiers)

    def saving(self, left: Mapping[int, int]) -> int:
        """What the best step reached saves on the items *left*; 0 where none is."""
        return max([saving for saving, _ in self._reached(left)], default=0)

    def tier(self, left: Mapping[int, int]) -> int | None:
        """The step that saves most on the items *left*, of equal ones the first; None where none saves."""
        saving, number = max(self._reached(left), default=(0, 0), key=lambda one: (one[0], -one[1]))
        return number if saving else None

    def tier_saving(self, tier: Tier, left: Mapping[int, int]) -> int:
        """What *tier* saves on the items *left*."""
        return quote(tier, self._items(left), self.currency).saving

    def weights(self, tier: Tier, left: Mapping[int, int]) -> list[int]:
        """What the saving is spread by over the pools."""
        return tier.price.rule.step_weights(self._items(left), self.currency)

    def _reached(self, left: Mapping[int, int]) -> list[tuple[int, int]]:
        """The saving and number of each step that the items *left* reach."""
        quantity, tiers = sum([left[pool] for pool in self.pools]), self.definition.tiers
        return [(self.tier_saving(tier, left), number) for number, tier in enumerate(tiers) if tier.least <= quantity]

    def _items(self, left: Mapping[int, int]) -> Items:
        return [(self.cart[pool].unit_price, left[pool]) for pool in self.pools]


MAX_TOGETHER: Final = 8
"""Steps that hang together by shared pools are tried in all orders up to this number; of more, always the best one next."""

Swept: TypeAlias = tuple[int, tuple[int, ...], bool]
"""What is gained, by which sweeps in which order, and whether no other choice or order gains more."""

NOTHING: Final[Swept] = (0, (), True)


@dataclass(frozen=True, slots=True)
class Reach:
    """The fields of the pools that a sweep takes its items from, and what its use costs."""

    fields: int
    penalty: int


class Sweeping:
    """Finds the sweeps that gain most; all items left stand side by side in one integer.

    A sweep takes all items of its pools, so that what is left for the next depends on which were before it, not on
    their order: the best order is found over sets of sweeps.

    Args:
        saving: What a sweep (by its position) saves on what is left in its fields, minor units.
        scale: The value of one minor unit.
    """

    def __init__(self, reaches: Sequence[Reach], saving: Callable[[int, int], int], scale: int) -> None:
        self._reaches = reaches
        self._saving = saving
        self._scale = scale
        self._known: dict[tuple[int, int], int] = {}
        self._best: dict[tuple[int, int], Swept] = {}
        self._groups = [(group, _together(reaches, group)) for group in _groups(reaches)]
        self.tried = 0

    def best(self, left: int) -> Swept:
        """The sweeps that gain most on what is *left*."""
        value, swept, certain = NOTHING
        for at, (group, fields) in enumerate(self._groups):
            there = left & fields
            found = self._best.get((at, there))
            if found is None:
                found = self._best[at, there] = self._of_group(group, there)
            value, swept, certain = value + found[0], swept + found[1], certain and found[2]
        return value, swept, certain

    def _of_group(self, group: Sequence[int], left: int) -> Swept:
        useful = [at for at in group if self._gain(at, left) > 0]
        if len(useful) <= MAX_TOGETHER:
            return self._in_best_order(useful, left, {})
        return self._greedily(useful, left)

    def _in_best_order(self, group: Sequence[int], left: int, known: dict[int, Swept]) -> Swept:
        """The best of *group*; of equal ones fewer sweeps, then those that come first."""
        if left not in known:
            self.tried += 1
            best = NOTHING
            for at in group:
                gain = self._gain(at, left)
                if gain > 0:
                    more, swept, _ = self._in_best_order(group, left & ~self._reaches[at].fields, known)
                    if gain + more > best[0]:
                        best = gain + more, (at, *swept), True
            known[left] = best
        return known[left]

    def _greedily(self, group: Sequence[int], left: int) -> Swept:
        value, swept = 0, []
        while gains := [(gain, -at) for at in group if (gain := self._gain(at, left)) > 0]:
            self.tried += 1
            gain, at = max(gains)
            value += gain
            swept.append(-at)
            left &= ~self._reaches[-at].fields
        return value, tuple(swept), False

    def _gain(self, at: int, left: int) -> int:
        there = left & self._reaches[at].fields
        saving = self._known.get((at, there))
        if saving is None:
            saving = self._known[at, there] = self._saving(at, there)
        return saving * self._scale - self._reaches[at].penalty if saving else 0


def _groups(reaches: Sequence[Reach]) -> list[list[int]]:
    """Sweeps that hang together by shared pools."""
    groups: list[list[int]] = []
    for at, reach in enumerate(reaches):
        touched = [group for group in groups if _together(reaches, group) & reach.fields]
        groups = [group for group in groups if group not in touched]
        groups.append(sorted([at, *[other for group in touched for other in group]]))
    return sorted(groups)


def _together(reaches: Sequence[Reach], group: Sequence[int]) -> int:
    fields = 0
    for at in group:
        fields |= reaches[at].fields
    return fields
