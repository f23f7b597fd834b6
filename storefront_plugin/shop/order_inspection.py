"""Which of a shop's orders would not count, or count oddly."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from .complaints import Problem
from .findings import MOST, Finding, Level, number, problem_counts, problem_findings, tried
from .ports import Catalog, Order, Orders


def inspect_orders(orders: object, catalog: Catalog) -> list[Finding]:
    """Reads the orders as the import does, and says which would not count."""
    if not isinstance(orders, Orders):
        return [Finding("error", "The orders lack iter_orders(since); see storefront_plugin.Orders.")]
    seen = _Orders()
    failed = tried("Reading the orders", lambda: seen.read(orders, catalog))
    return [*failed, *problem_findings("orders", seen.problems), *seen.findings()]


@dataclass(slots=True)
class _Orders:
    """What was seen of the orders."""

    count: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    orders_with_unknown: int = 0
    odd: Counter[str] = field(default_factory=Counter)
    problems: Counter[Problem] = field(default_factory=Counter)
    ids: set[str] = field(default_factory=set)

    def read(self, orders: Orders, catalog: Catalog) -> Iterable[Finding]:
        before, known, last = problem_counts(orders), _Known(catalog), None
        for page in _pages(orders.iter_orders(), MOST):
            known.learn(line.product_id for order in page for line in order.lines)
            for order in page:
                self._see(order, known.ids, last)
                last = order.placed_at
        self.problems.update(problem_counts(orders) - before)
        return ()

    def _see(self, order: Order, known: Collection[str], last: dt.datetime | None) -> None:
        self.count += 1
        strange = [line.product_id for line in order.lines if line.product_id not in known]
        self.unknown.update(strange)
        self.orders_with_unknown += bool(strange)
        now = dt.datetime.now(order.placed_at.tzinfo)
        self.odd["cancelled"] += order.status == "cancelled"
        self.odd["guests"] += order.customer_id is None
        self.odd["empty"] += not order.lines
        self.odd["future"] += order.placed_at > now + dt.timedelta(days=1)
        self.odd["repeated"] += order.id in self.ids
        self.odd["naive"] += order.placed_at.tzinfo is None
        self.odd["unsorted"] += last is not None and _naive(order.placed_at) < _naive(last)
        self.odd["unpriced"] += any(line.unit_price is None for line in order.lines)
        self.ids.add(order.id)

    def findings(self) -> Iterator[Finding]:
        if not self.count:
            yield Finding(
                "warning", "There are no orders yet; widgets show products alike and bestsellers until some come."
            )
            return
        said = f"{number(self.count, 'order')} can be counted, {self.odd['cancelled']} of them cancelled"
        yield Finding("ok", f"{said}, {self.odd['guests']} without a customer.")
        if self.orders_with_unknown:
            example = self.unknown.most_common(1)[0][0]
            verb = "points" if self.orders_with_unknown == 1 else "point"
            yield Finding(
                "warning",
                f"{number(self.orders_with_unknown, 'order')} {verb} to unknown "
                f"products (such as {example!r}); they count, but are never shown. If variants are sold, map "
                "product_of; if these products were deleted, all is well.",
            )
        for name, level, one, many, text in _ODD_ORDERS:
            if self.odd[name]:
                verb = one if self.odd[name] == 1 else many
                yield Finding(level, f"{number(self.odd[name], 'order')} {verb} {text}")


_ODD_ORDERS: tuple[tuple[str, Level, str, str, str], ...] = (
    ("empty", "warning", "has", "have", "no lines: check what lines is mapped to."),
    ("future", "warning", "lies", "lie", "in the future, which counts as today: check the time zone and placed_at."),
    ("repeated", "error", "has", "have", "an id that came before, which counts once: map a unique column to id."),
    ("unsorted", "warning", "comes", "come", "before older ones: iter_orders gives the oldest first."),
    ("naive", "ok", "has", "have", "times without a zone; they are read in STOREFRONT_TIMEZONE."),
    ("unpriced", "ok", "has", "have", "lines without a price; reports leave these out."),
)


class _Known:
    """Product ids that the catalogue knows, asked once each."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._asked: set[str] = set()
        self.ids: set[str] = set()

    def learn(self, ids: Iterable[str]) -> None:
        new = sorted(set(ids) - self._asked)
        self._asked.update(new)
        self.ids.update(self._catalog.get_many(new) if new else ())


def _pages(orders: Iterable[Order], most: int) -> Iterator[list[Order]]:
    rest = iter(orders)
    for _ in range(0, most, 500):
        page = list(islice(rest, 500))
        if not page:
            return
        yield page


def _naive(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment
