"""The kinds of price: one class each, and the only place that knows what a kind saves and what is said of it.

All amounts are minor units. Items are given by unit price and quantity. Where the shop has a price step, what is paid for
a reduced set, or item of a quantity step, lies on it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import ClassVar, Final, Literal, TypeAlias

from ..core.errors import N_, ngettext_noop

PriceKind: TypeAlias = Literal["percent", "amount", "fixed", "free"]
BundleKind: TypeAlias = Literal["set", "ladder", "mix", "extra", "steps"]
Field: TypeAlias = Literal["percent", "amounts", "pieces"]

Items: TypeAlias = Sequence[tuple[int, int]]
"""Unit price and quantity of each item."""

Text: TypeAlias = "str | tuple[str, str]"
"""A marked text, or its singular and plural."""

NO_STEPS: Final[Mapping[str, int]] = MappingProxyType({})

WHOLE: Final = 1_000_000
"""A rate of the whole: percentages have at most four decimals."""


def share(amount: int, part: int, whole: int) -> int:
    """*amount* · *part* / *whole* for numbers from 0, half rounded up."""
    return (2 * amount * part + whole) // (2 * whole)


def on_step(price: int, step: int, whole: int = 1) -> int:
    """The multiple of *step* nearest to *price* / *whole*; of two equally near the lower, in the shopper's favour."""
    return (2 * price + whole * step - 1) // (2 * whole * step) * step


def percent_saving(total: int, part: int, whole: int, step: int = 1) -> int:
    """What *part* of *whole* saves on *total*, where what is paid then is rounded once, to *step*."""
    return share(total, part, whole) if step == 1 else max(0, total - on_step(total * (whole - part), step, whole))


class PriceRule(ABC):
    """What one price saves, and what is said of it. Texts are marked; ``%(amount)s`` is its percentage or amounts.

    Attributes:
        label: What the editor calls the kind.
        amounts_label: The label of its amounts in the editor.
        step_amounts_label: The same in a volume discount; empty is *amounts_label*.
        summary: The price in a few words for merchants.
        mix_offer: What shoppers read of a mix; empty where the prices beside it say all. A plural counts free items.
        step_offer: The same of a quantity step.
        field: Which number of a `Price` the kind needs.
        bundles: Kinds of bundles that may have it.
        whole_price: Whether it is the price of a whole set: nothing in it is optional, and a mix has one size.
        least_amount: The lowest of its amounts.
        each_item_saves: Whether a set saves more with each item that is added to it, without end.

    Args:
        rate: The percentage in millionths of the whole.
        amounts: By currency.
        count: How many items of a mix are free.
        steps: Price steps above 1 by currency.
    """

    label: ClassVar[str]
    amounts_label: ClassVar[str] = ""
    step_amounts_label: ClassVar[str] = ""
    summary: ClassVar[str]
    mix_offer: ClassVar[Text] = ""
    step_offer: ClassVar[Text] = ""
    field: ClassVar[Field]
    bundles: ClassVar[tuple[BundleKind, ...]] = ("set", "ladder", "mix", "steps")
    whole_price: ClassVar[bool] = False
    least_amount: ClassVar[int] = 1
    each_item_saves: ClassVar[bool] = False

    def __init__(self, rate: int, amounts: Mapping[str, int], count: int, steps: Mapping[str, int] = NO_STEPS) -> None:
        self.rate = rate
        self.amounts = amounts
        self.count = count
        self.steps = steps

    def step(self, currency: str) -> int:
        """What reduced prices are multiples of; 1 where the shop has no price step."""
        return self.steps.get(currency, 1)

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
    """A percentage of the sum, half rounded up; with a price step what is paid is rounded instead, half down."""

    label = N_("Percent off")
    summary = N_("%(amount)s off")
    mix_offer = N_("%(amount)s off")
    step_offer = N_("save %(amount)s")
    field = "percent"
    each_item_saves = True

    def number(self, currency: str) -> int:
        return self.rate

    def saving(self, items: Items, total: int, free: int, currency: str) -> int:
        if not self.steps:  # in most shops; a cart asks hundreds of times
            return share(total, self.rate, WHOLE)
        return percent_saving(total, self.rate, WHOLE, self.step(currency))

    def item_saving(self, unit_price: int, currency: str) -> int:
        step = self.step(currency)
        if unit_price % step:  # all items together are rounded by half a step at most
            return -(-unit_price * self.rate // WHOLE) + step // 2
        return -(-unit_price * self.rate // (WHOLE * step)) * step

    def step_weights(self, items: Items, currency: str) -> list[int]:
        return [unit_price * quantity for unit_price, quantity in items]

    def step_saving(self, items: Items, total: int, currency: str) -> int:
        return self.saving(items, total, 0, currency)

    def item_share(self, free: bool) -> Fraction:
        return Fraction(self.rate, WHOLE)

    def base_saving(self, highest: int, currency: str) -> Fraction | int:
        return Fraction(self.step(currency), 2)  # rounding


class AmountOff(PriceRule):
    """An amount off the sum, of steps off each item; never more than these cost."""

    label = N_("Amount off")
    amounts_label = N_("Amount off, in each currency")
    summary = N_("%(amount)s off")
    mix_offer = N_("%(amount)s off")
    step_offer = N_("save %(amount)s each")
    field = "amounts"

    def has(self, currency: str) -> bool:
        return currency in self.amounts

    def saving(self, items: Items, total: int, free: int, currency: str) -> int:
        return self._off(total, currency)

    def item_saving(self, unit_price: int, currency: str) -> int:
        return self._off(unit_price, currency)

    def _off(self, price: int, currency: str) -> int:
        off = min(self.amounts.get(currency, 0), price)
        return max(0, price - on_step(price - off, self.step(currency))) if self.steps and off else off

    def larger_saves(self, total: int, currency: str) -> bool:
        return total < self.amounts.get(currency, 0) or self.step(currency) > 1  # a price off the step is rounded

    def base_saving(self, highest: int, currency: str) -> Fraction | int:
        return self.amounts.get(currency, 0) + self.step(currency) // 2


class FixedPrice(PriceRule):
    """A price of the whole set, of steps of each item."""

    label = N_("Fixed price")
    amounts_label = N_("Bundle price, in each currency")
    step_amounts_label = N_("Price per item, in each currency")
    summary = "%(amount)s"
    step_offer = N_("%(amount)s each")
    field = "amounts"
    whole_price = True
    least_amount = 0

    def __init__(self, rate: int, amounts: Mapping[str, int], count: int, steps: Mapping[str, int] = NO_STEPS) -> None:
        stepped = {currency: on_step(amount, steps.get(currency, 1)) for currency, amount in amounts.items()}
        super().__init__(rate, stepped, count, steps)

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

    label = N_("Free items")
    summary = N_("free gift")
    mix_offer = ngettext_noop("The cheapest one is free", "The cheapest %(num)s are free")
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


def rules_for(kind: str) -> dict[str, type[PriceRule]]:
    """The kinds of price that bundles of *kind* may have, by name."""
    return {name: rule for name, rule in RULES.items() if kind in rule.bundles}
