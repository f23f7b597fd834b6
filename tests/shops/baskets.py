"""What every odd shop sells and has sold, by product number, so that the answers are known by construction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

PRODUCTS = 48
HIDDEN = 40
SOLD_OUT = 41
START = dt.datetime(2024, 3, 1, 12, tzinfo=dt.timezone.utc)

_SOLD = (((0, 1), 12), ((0, 2), 8), ((0, 3), 5), ((4, 5), 6), ((6,), 4), ((8, 9, 10), 4))
_CANCELLED = (((0, 7), 9),)

TOGETHER = {(0, 1): 12, (0, 2): 8, (0, 3): 5, (4, 5): 6, (8, 9): 4, (8, 10): 4, (9, 10): 4}
"""In how many standing orders each pair is."""

ALSO_BOUGHT = {0: [1, 2, 3], 1: [0], 4: [5], 6: [], 7: []}
"""What is bought with a product, the most often first; 7 was only ever cancelled."""

SOLD = {0: 25, 1: 12, 2: 8, 3: 5, 4: 6, 5: 6, 6: 4, 8: 4, 9: 4, 10: 4}
"""Standing orders of each product."""


@dataclass(frozen=True)
class Basket:
    """One order: its number, its products, and whether it was cancelled. Every third has no customer."""

    number: int
    products: tuple[int, ...]
    cancelled: bool

    @property
    def placed_at(self) -> dt.datetime:
        """Two orders share each hour."""
        return START + dt.timedelta(hours=self.number // 2)

    @property
    def customer(self) -> int | None:
        return None if self.number % 3 == 0 else self.number % 7 + 1


def baskets() -> Iterator[Basket]:
    """All orders, the oldest first."""
    number = 0
    for recipe, cancelled in ((_SOLD, False), (_CANCELLED, True)):
        for products, times in recipe:
            for _ in range(times):
                number += 1
                yield Basket(number, products, cancelled)


ORDERS = sum(1 for _ in baskets())


def title(number: int) -> str:
    return f"Article {number:02}"


def price(number: int) -> Decimal:
    return Decimal(number) + Decimal("10.50")


def stock(number: int) -> int:
    return 0 if number == SOLD_OUT else number + 1


def quantity(number: int) -> int:
    """Items of a product in each order of it."""
    return 1 + number % 3
