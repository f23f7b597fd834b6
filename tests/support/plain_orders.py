"""The orders of a shop in plain Python: what it last said of each, and what the counts should be by that."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from counting_model import Counts

from storefront_plugin import Order
from storefront_plugin.counts.weights import MAX_PAIR_SIZE, Weighting

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)


@dataclass
class PlainOrder:
    """An order as it was last said; *left* has the quantity of each line after refunds."""

    said: Order
    left: list[int]
    counts: bool = True


@dataclass
class PlainOrders:
    """All orders by id. Nothing is added up before it is asked for.

    *called* and *given* are the orders of which a call and the adapter told.
    """

    orders: dict[str, PlainOrder] = field(default_factory=dict)
    called: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)

    def place(self, order: Order) -> None:
        """The latest placement holds; lines said as before keep what came back of them, but in another order."""
        new = PlainOrder(order, [line.quantity for line in order.lines])
        known = self.orders.get(order.id)
        if known is not None and known.counts and _is_same(known.said, order):
            before = [(line, left) for line, left in zip(known.said.lines, known.left, strict=True)]
            for place, line in enumerate(order.lines):
                match = next((pair for pair in before if pair[0] == line), None)
                if match is not None:
                    before.remove(match)
                    new.left[place] = match[1]
        self.orders[order.id] = new

    def cancel(self, order_id: str) -> None:
        """An unknown order is none afterwards either."""
        self.called.add(order_id)
        if order_id in self.orders:
            self.orders[order_id].counts = False

    def refund(self, order_id: str, product: str, quantity: int) -> None:
        """Taken from the first lines of the product; what is too much is nothing."""
        order = self.orders.get(order_id)
        if order is None or not order.counts:
            return
        self.called.add(order_id)
        for place, line in enumerate(order.said.lines):
            if line.product_id == product:
                taken = min(quantity, order.left[place])
                order.left[place] -= taken
                quantity -= taken

    def catch_up(self, given: Iterable[Order]) -> None:
        """The log becomes what the shop's tables have; orders only of calls are of the tables if most of calls are."""
        found = {order.id: order for order in given}
        for order in found.values():
            self.place(order)
        self.given |= found.keys()
        gone = {id for id, order in self.orders.items() if order.counts} - found.keys()
        called, both = gone & self.called - self.given, self.given & self.called
        for order_id in gone & self.given | (called if len(called) < len(both) else set()):
            self.orders[order_id].counts = False

    def counts(self, weighting: Weighting, number: Callable[[str], int | None]) -> Counts:
        """The sums over all orders that count."""
        n: defaultdict[int, int] = defaultdict(int)
        sold: defaultdict[int, int] = defaultdict(int)
        pairs: dict[str, defaultdict[int, defaultdict[int, int]]] = {
            name: defaultdict(lambda: defaultdict(int)) for name in ("weights", "support")
        }
        for order in self.orders.values():
            lines = zip(order.said.lines, order.left, strict=True)
            standing = {number(line.product_id) or 0 for line, left in lines if left and order.counts}
            size = len({line.product_id for line in order.said.lines})
            day = (order.said.placed_at - EPOCH).days
            for product in standing:
                sold[product] += 1
                n[product] += weighting.unit(day) if 2 <= size <= MAX_PAIR_SIZE else 0
            for one, other in itertools.permutations(standing, 2):
                pairs["weights"][one][other] += weighting.pair(day, size)
                pairs["support"][one][other] += 1
        plain = {name: {one: dict(others) for one, others in found.items()} for name, found in pairs.items()}
        return Counts({one: weight for one, weight in n.items() if weight}, dict(sold), **plain)


def _is_same(known: Order, said: Order) -> bool:
    """Whether the shop speaks of the same order: at the same time, or with the same lines on the same day."""
    apart = abs(known.placed_at - said.placed_at)
    alike = sorted(map(str, known.lines)) == sorted(map(str, said.lines))
    return apart < dt.timedelta(minutes=1) or (alike and apart < dt.timedelta(days=1))
