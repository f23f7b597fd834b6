"""Turns events into entries of a batch, and resolves duplicates, early cancellations and excessive refunds.

Pure functions. An *entry* says which products an order gained or lost:

* ``sign`` +1 or -1, ``day`` and ``size`` (distinct products) as they were at placement;
* ``products`` that come or go, ``others`` that stay. Pairs are those among *products* and those between *products*
  and *others*, each in both directions.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .events import Event, Line, day_of


class Entry(NamedTuple):
    """A change of the counts; see the module docstring."""

    sign: int
    day: int
    size: int
    products: tuple[int, ...]
    others: tuple[int, ...] = ()


@dataclass(slots=True, kw_only=True)
class LineState:
    """A line with its quantity after refunds: the columns of `LoggedLine`."""

    position: int
    product: int
    quantity: int
    quantity_left: int
    unit_price: int | None = None
    variant_id: str | None = None


@dataclass(slots=True, kw_only=True)
class OrderState:
    """An order as the log knows it: the columns of `LoggedOrder`, and its lines.

    An order with the status ``tombstone`` was cancelled before it was placed and never counts.

    Of a new order, *placed* and *products* are its lines as recorded and their product numbers: nearly all orders are
    stored like that, and creating a `LineState` for each line is slow.
    """

    order_id: str
    status: str
    size: int = 0
    placed_at: dt.datetime | None = None
    day: int | None = None
    customer_id: str | None = None
    currency: str | None = None
    placed: tuple[Line, ...] = ()
    products: Sequence[int] = ()
    touched: list[LineState] | None = None
    stored: bool = False
    changed: bool = False

    @property
    def lines(self) -> list[LineState]:
        """The lines; created at first use."""
        if self.touched is None:
            self.touched = [
                LineState(
                    position=place,
                    product=product,
                    quantity=line.quantity,
                    quantity_left=line.quantity,
                    unit_price=line.unit_price,
                    variant_id=line.variant_id,
                )
                for place, (product, line) in enumerate(zip(self.products, self.placed, strict=True))
            ]
        return self.touched

    @property
    def standing(self) -> tuple[int, ...]:
        """Products with a quantity left."""
        return tuple(dict.fromkeys(line.product for line in self.lines if line.quantity_left))


@dataclass(slots=True)
class Settled:
    """The result of settling events."""

    entries: list[Entry] = field(default_factory=list)
    placed: int = 0
    repeated: int = 0
    cancelled: int = 0
    refunded: int = 0
    refunds_cut: int = 0
    unknown: int = 0
    clamped: int = 0


def settle(events: Iterable[Event], states: dict[str, OrderState], numbers: Mapping[str, int]) -> Settled:
    """Apply *events* in their order to *states* (changed in place) and return the entries they give.

    A second placement is ignored; a cancellation before the placement leaves a tombstone; a refund is capped at the
    quantity left; a product is removed when its whole quantity is refunded.
    """
    settled = Settled()
    for event in events:
        state = states.get(event.order_id)
        if event.kind == "placed":
            _place(event, state, states, numbers, settled)
        elif state is None:
            settled.unknown += 1
            if event.kind == "cancelled":
                states[event.order_id] = OrderState(order_id=event.order_id, status="tombstone", changed=True)
        elif event.kind == "cancelled":
            _cancel(state, settled)
        else:
            _refund(state, event.lines, numbers, settled)
    return settled


def _place(
    event: Event,
    state: OrderState | None,
    states: dict[str, OrderState],
    numbers: Mapping[str, int],
    settled: Settled,
) -> None:
    if state is not None:
        settled.repeated += 1
        return
    assert event.placed_at is not None
    of_lines = [numbers[line.product_id] for line in event.lines]
    products = tuple(dict.fromkeys(of_lines))
    day = day_of(event.placed_at)
    states[event.order_id] = OrderState(
        order_id=event.order_id,
        status="placed",
        size=len(products),
        placed_at=event.placed_at,
        day=day,
        customer_id=event.customer_id,
        currency=event.currency,
        placed=event.lines,
        products=of_lines,
        changed=True,
    )
    settled.placed += 1
    settled.clamped += event.clamped
    if products:
        settled.entries.append(Entry(sign=1, day=day, size=len(products), products=products))


def _cancel(state: OrderState, settled: Settled) -> None:
    if state.status != "placed":
        settled.repeated += 1
        return
    standing = state.standing
    state.status, state.changed = "cancelled", True
    settled.cancelled += 1
    if standing:
        settled.entries.append(Entry(sign=-1, day=state.day or 0, size=state.size, products=standing))


def _refund(state: OrderState, lines: Iterable[Line], numbers: Mapping[str, int], settled: Settled) -> None:
    if state.status != "placed":
        settled.unknown += 1
        return
    before = state.standing
    settled.refunded += 1
    state.changed = True
    for line in lines:
        if _take(state, numbers.get(line.product_id), line):
            settled.refunds_cut += 1
    standing = set(state.standing)
    gone = tuple(product for product in before if product not in standing)
    if gone:
        staying = tuple(product for product in before if product in standing)
        settled.entries.append(Entry(sign=-1, day=state.day or 0, size=state.size, products=gone, others=staying))


def _take(state: OrderState, product: int | None, refund: Line) -> int:
    """Subtract a refund from the lines of *product*; returns the excess quantity."""
    remaining = refund.quantity
    of_variant = [line for line in state.lines if line.product == product and line.variant_id == refund.variant_id]
    rest = [line for line in state.lines if line.product == product and line not in of_variant]
    for line in (*of_variant, *rest):
        taken = min(remaining, line.quantity_left)
        line.quantity_left -= taken
        remaining -= taken
    return remaining


def dump_entries(entries: Iterable[Entry]) -> str:
    """Entries as JSON lines, as stored in a batch and read by a rebuild."""
    return "".join(
        f'{{"s":{e.sign},"d":{e.day},"m":{e.size},"p":{_numbers(e.products)},"o":{_numbers(e.others)}}}\n'
        for e in entries
    )


def _numbers(products: Iterable[int]) -> str:
    return f"[{','.join(map(str, products))}]"


def load_entries(text: str) -> list[Entry]:
    """The reverse of `dump_entries`."""
    lines = json.loads(f"[{','.join(text.splitlines())}]")
    return [
        Entry(sign=line["s"], day=line["d"], size=line["m"], products=tuple(line["p"]), others=tuple(line["o"]))
        for line in lines
    ]
