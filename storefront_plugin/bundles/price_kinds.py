"""The kinds of price: one class each, and the only place that knows what a kind saves.

All amounts are minor units. Items are given by unit price and quantity.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import ClassVar, Final, Literal, TypeAlias

PriceKind: TypeAlias = Literal["percent", "amount", "fixed", "free"]
BundleKind: TypeAlias = Literal["set", "ladder", "mix", "extra", "steps"]
Field: TypeAlias = Literal["percent", "amounts", "pieces"]

Items: TypeAlias = Sequence[tuple[int, int]]
"""Unit price and quantity of each item."""

WHOLE: Final = 1_000_000
"""A rate of the whole: percentages have at most four decimals."""


def share(amount: int, part: int, whole: int) -> int:
    """*amount* · *part* / *whole* for numbers from 0, half rounded up."""
    return (2 * amount * part + whole) // (2 * whole)


class PriceRule(ABC):
    """What one price saves.

    Attributes:
        field: Which number of a `Price` the kind needs.
        bundles: Kinds of bundles that may have it.
        least_amount: The lowest of its amounts.
        each_item_saves: Whether a set saves more with each item that is added to it, without end.

    Args:
        rate: The percentage in millionths of the whole.
        amounts: By currency.
        count: How many items of a mix are free.
    """

    field: ClassVar[Field]
    bundles: ClassVar[tuple[BundleKind, ...]] = ("set", "ladder", "mix", "steps")
    least_amount: ClassVar[int] = 1
    each_item_saves: ClassVar[bool] = False

    def __init__(self, rate: int, amounts: Mapping[str, int], count: int) -> None:
        self.rate = rate
        self.amounts = amounts
        self.count = count

    def has(self, currency: str) -> bool:
        """Whether carts in *currency* can be priced; an amount that is missing is never converted."""
        return True

    def number(self, currency: str) -> int:
        """The number of the rule, as the script of the widgets takes it."""
        return self.amounts.get(currency, 0)

    @abstractmethod
    def saving(self, items: Items, total: int, free: int, currency: str) -> int:
        """What a set of *items* saves that cost *total* one by one, and the free ones *free*; below 0 where it costs more."""

    def free_of_mix(self, items: Items, least: int) -> Sequence[int]:
        """How many of each of *items* are free in a mix that needs *least*; empty where none is."""
        return ()

    def item_saving(self, unit_price: int, currency: str) -> int:
        """The most that one item of a quantity step saves, rounded up; 0 without an amount in *currency*."""
        return 0

    def step_weights(self, items: Items, currency: str) -> list[int]:
        """What the saving of a quantity step is spread by over its items; none gets more than its weight."""
        return [self.item_saving(unit_price, currency) * quantity for unit_price, quantity in items]

    def step_saving(self, items: Items, total: int, currency: str) -> int:
        """What a quantity step saves on all its *items*, which cost *total* one by one."""
        return sum(self.step_weights(items, currency))

    def larger_saves(self, total: int, currency: str) -> bool:
        """Whether a mix can save more with one item more than with items that cost *total*."""
        return self.each_item_saves

    def item_share(self, free: bool) -> Fraction:
        """With `base_saving` the bound of a set's saving: this share of each item's price; *free* are free ones."""
        return Fraction(0)

    def base_saving(self, highest: int, currency: str) -> Fraction | int:
        """The part of the bound that no item makes; *highest* is the highest unit price of a mix, 0 of a set."""
        return 0


class PercentOff(PriceRule):
    """A percentage of the sum, half rounded up."""

    field = "percent"
    each_item_saves = True

    def number(self, currency: str) -> int:
        return self.rate

    def saving(self, items: Items, total: int, free: int, currency: str) -> int:
        return share(total, self.rate, WHOLE)

    def item_saving(self, unit_price: int, currency: str) -> int:
        return -(-unit_price * self.rate // WHOLE)

    def step_weights(self, items: Items, currency: str) -> list[int]:
        return [unit_price * quantity for unit_price, quantity in items]

    def step_saving(self, items: Items, total: int, currency: str) -> int:
        return share(total, self.rate, WHOLE)

    def item_share(self, free: bool) -> Fraction:
        return Fraction(self.rate, WHOLE)

    def base_saving(self, highest: int, currency: str) -> Fraction | int:
        return Fraction(1, 2)  # rounding


class AmountOff(PriceRule):
    """An amount off the sum, of steps off each item; never more than these cost."""

    field = "amounts"

    def has(self, currency: str) -> bool:
        return currency in self.amounts

    def saving(self, items: Items, total: int, free: int, currency: str) -> int:
        return min(self.amounts[currency], total)

    def item_saving(self, unit_price: int, currency: str) -> int:
        return min(self.amounts.get(currency, 0), unit_price)

    def larger_saves(self, total: int, currency: str) -> bool:
        return total < self.amounts.get(currency, 0)

    def base_saving(self, highest: int, currency: str) -> Fraction | int:
        return self.amounts.get(currency, 0)


class FixedPrice(PriceRule):
    """A price of the whole set, of steps of each item."""

    field = "amounts"
    least_amount = 0

    def has(self, currency: str) -> bool:
        return currency in self.amounts

    def saving(self, items: Items, total: int, free: int, currency: str) -> int:
        return total - self.amounts[currency]

    def item_saving(self, unit_price: int, currency: str) -> int:
        return max(0, unit_price - self.amounts.get(currency, unit_price))

    def step_saving(self, items: Items, total: int, currency: str) -> int:
        each = self.amounts[currency]
        return super().step_saving(items, total, currency) or min(0, total - sum([each * one[1] for one in items]))

    def item_share(self, free: bool) -> Fraction:
        return Fraction(1)

    def base_saving(self, highest: int, currency: str) -> Fraction | int:
        return -self.amounts.get(currency, 0)


class FreeItems(PriceRule):
    """What is marked free costs nothing; in a mix the cheapest items."""

    field = "pieces"
    bundles = ("set", "ladder", "mix", "extra")

    def number(self, currency: str) -> int:
        return self.count

    def saving(self, items: Items, total: int, free: int, currency: str) -> int:
        return free

    def free_of_mix(self, items: Items, least: int) -> Sequence[int]:
        """The cheapest of the most expensive *least*: a cheap item more takes no discount away."""
        surplus = max(0, sum([quantity for _, quantity in items]) - least)
        missing, free = self.count, [0] * len(items)
        for at in sorted(range(len(items)), key=lambda at: (items[at][0], at)):
            spare = min(surplus, items[at][1])
            free[at] = min(missing, items[at][1] - spare)
            surplus, missing = surplus - spare, missing - free[at]
            if not missing:
                break
        return free

    def item_share(self, free: bool) -> Fraction:
        return Fraction(free)

    def base_saving(self, highest: int, currency: str) -> Fraction | int:
        return self.count * highest


RULES: Final[Mapping[PriceKind, type[PriceRule]]] = {
    "percent": PercentOff,
    "amount": AmountOff,
    "fixed": FixedPrice,
    "free": FreeItems,
}
