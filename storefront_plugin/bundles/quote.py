"""What a tier costs and saves: the one function that pages, carts, next offers and the admin ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from .price_kinds import Items
from .tier import Tier

Why: TypeAlias = Literal["no_amount", "costs_more", "saves_nothing"]


@dataclass(frozen=True, slots=True)
class NoSaving:
    """Why a tier saves nothing: no amount in the currency, more expensive than its items, or no saving."""

    why: Why
    reason: str


class Quote(NamedTuple):
    """The price of a tier in minor units. A tuple, because a cart has hundreds.

    Attributes:
        total: What the items cost one by one.
        saving: What they cost less together, from 0.
        refused: Why nothing is saved, else None.
    """

    total: int
    saving: int
    refused: NoSaving | None = None

    @property
    def price(self) -> int:
        """What the items cost together."""
        return self.total - self.saving


def quote(tier: Tier, items: Items, currency: str, free: Items = ()) -> Quote:
    """What *tier* saves on *items*: those of one set, or all that a quantity step takes.

    Percentages are rounded half up, once for all items. No saving is above what its items cost, and a set that would
    cost more together saves nothing.

    Args:
        items: Unit price in minor units and quantity of each.
        currency: ISO 4217 code of the prices; without an amount in it the tier saves nothing.
        free: Those of the *items* of a set that may be free; of a mix they are found here where they are not given.
    """
    rule = tier.price.rule
    total = _sum(items)
    if not rule.has(currency):
        return Quote(
            total, 0, NoSaving("no_amount", f"The bundle has no amount in {currency}; add one, it is never converted.")
        )
    if tier.least and not tier.most:
        saving = rule.step_saving(items, total, currency)
    else:
        if tier.least and not free:
            free = [(one[0], count) for one, count in zip(items, rule.free_of_mix(items, tier.least), strict=False)]
        saving = rule.saving(items, total, _sum(free) if free else 0, currency)
    return Quote(total, saving) if saving > 0 else Quote(total, 0, _refused(total, saving, currency))


def _sum(items: Items) -> int:
    total = 0
    for unit_price, quantity in items:  # for two or three items quicker than a sum of a list
        total += unit_price * quantity
    return total


_NOTHING: Final = NoSaving("saves_nothing", "The items cost no less together than separately.")


def _refused(total: int, saving: int, currency: str) -> NoSaving:
    if saving < 0:
        return NoSaving(
            "costs_more",
            f"The price of {total - saving} {currency} (minor units) is higher than the {total} that the items cost "
            "separately; lower it.",
        )
    return _NOTHING
