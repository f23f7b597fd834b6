"""An order as the log knows it, with what is left of its lines."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .events import Event, Line

Wares: TypeAlias = tuple[int, str, int]
"""Product, variant and quantity of a line."""


@dataclass(slots=True, kw_only=True)
class LineState:
    """A line with its quantity after refunds: the columns of `LoggedLine`."""

    position: int
    product: int
    quantity: int
    quantity_left: int
    unit_price: int | None = None
    variant_id: str | None = None

    @property
    def wares(self) -> Wares:
        """What was ordered, but for its price."""
        return self.product, self.variant_id or "", self.quantity


@dataclass(slots=True, kw_only=True)
class OrderState:
    """An order as the log knows it: the columns of `LoggedOrder`, and its lines.

    Of a new order, *placed* and *products* are its lines as recorded and their product numbers: nearly all orders are
    stored like that, and creating a `LineState` for each line is slow. *stored* is whether the log has the order,
    *changed* whether it must be written, *repeated* whether the shop only said the same again.
    """

    order_id: str
    status: str
    size: int = 0
    placed_at: dt.datetime | None = None
    day: int | None = None
    customer_id: str | None = None
    currency: str | None = None
    updated_at: dt.datetime = dt.datetime.min
    from_call: bool = False
    from_adapter: bool = False
    placed: tuple[Line, ...] = ()
    products: Sequence[int] = ()
    touched: list[LineState] | None = None
    stored: bool = False
    changed: bool = False
    repeated: bool = False

    @property
    def lines(self) -> list[LineState]:
        """The lines; created at first use."""
        if self.touched is None:
            self.touched = line_states(self.placed, self.products)
        return self.touched

    @property
    def standing(self) -> tuple[int, ...]:
        """Products with a quantity left."""
        return tuple(dict.fromkeys(line.product for line in self.lines if line.quantity_left))

    @property
    def said(self) -> Counter[tuple[object, ...]]:
        """The lines as the shop said them, in whatever order."""
        return Counter((*line.wares, line.unit_price) for line in self.lines)

    @property
    def left(self) -> Counter[tuple[object, ...]]:
        """The lines with what is left of them, in whatever order."""
        return Counter((*line.wares, line.quantity_left) for line in self.lines)

    def take(self, product: int | None, variant_id: str | None, quantity: int) -> int:
        """Subtract a refund from the lines of *product*, those of the variant first; returns the excess quantity."""
        return _take([line for line in self.lines if line.product == product], variant_id, quantity)

    def take_all(self, refunds: Iterable[Line], numbers: Mapping[str, int]) -> None:
        """Subtract all that came back, as far as it is not subtracted yet.

        How much is known of a product, as a call need not name variants; of these, first what is not known to be back.
        """
        back: defaultdict[int | None, Counter[str | None]] = defaultdict(Counter)
        for line in refunds:
            back[numbers.get(line.product_id)][line.variant_id] += line.quantity
        for product, said in back.items():
            known: Counter[str | None] = Counter()
            for state in self.lines:
                if state.product == product:
                    known[state.variant_id] += state.quantity - state.quantity_left
            rest = said.total() - known.total()
            for variant_id, quantity in (said - known).items():
                self.take(product, variant_id, max(0, min(quantity, rest)))
                rest -= quantity

    def keep_refunds(self, before: Iterable[LineState]) -> None:
        """Take off what was refunded of the lines *before*, where as much of a product is said again.

        A call and the adapter may divide a product into lines otherwise, or only one of them name variants.
        """
        same: defaultdict[Wares, list[LineState]] = defaultdict(list)
        for line in self.lines:
            same[line.wares].append(line)
        rest: defaultdict[int, list[LineState]] = defaultdict(list)
        for line in before:
            if same[line.wares]:
                same[line.wares].pop(0).quantity_left = line.quantity_left
            else:
                rest[line.product].append(line)
        for product, gone in rest.items():
            new = [line for lines in same.values() for line in lines if line.product == product]
            if sum(line.quantity for line in new) == sum(line.quantity for line in gone):
                for line in gone:
                    _take(new, line.variant_id, line.quantity - line.quantity_left)

    def heard(self, event: Event, now: dt.datetime) -> None:
        """Note who said something about the order, and when."""
        self.from_call |= event.source in ("call", "model")
        self.from_adapter |= event.source in ("adapter", "model")
        self.updated_at = event.said_at or now


def _take(lines: Iterable[LineState], variant_id: str | None, quantity: int) -> int:
    for line in sorted(lines, key=lambda line: line.variant_id != variant_id):
        taken = min(quantity, line.quantity_left)
        line.quantity_left -= taken
        quantity -= taken
    return quantity


def line_states(lines: Iterable[Line], products: Iterable[int]) -> list[LineState]:
    """The lines as they were placed, with the numbers of their *products*."""
    return [
        LineState(
            position=place,
            product=product,
            quantity=line.quantity,
            quantity_left=line.quantity,
            unit_price=line.unit_price,
            variant_id=line.variant_id,
        )
        for place, (product, line) in enumerate(zip(products, lines, strict=True))
    ]
