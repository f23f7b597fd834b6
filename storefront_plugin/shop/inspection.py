"""Checks a shop's adapters on its real data, for ``flask storefront check``."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa
from flask import current_app, has_request_context
from sqlalchemy import event

from .cleaning import Problem, ProblemCounts
from .ports import AddForm, AddsForms, AddsLines, Cart, CartLine, Catalog, Order, Orders, Product, RemovesLines
from .product_ids import CatalogueIds
from .values import Unusable, address

MOST = 20_000
"""Maximum products and orders to inspect."""

Level: TypeAlias = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A message about an adapter, and its level."""

    level: Level
    text: str


def tried(what: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """The findings of *look*; an exception becomes a finding."""
    findings: list[Finding] = []
    try:
        findings.extend(look())
    except Exception as error:
        first, _, _ = str(error).strip().partition("\n")  # SQLAlchemy adds the whole statement
        findings.append(Finding("error", f"{what} raised {type(error).__name__}: {first[:300]}"))
    return findings


def problem_findings(what: str, problems: Mapping[Problem, int]) -> Iterator[Finding]:
    """A finding for each problem found by cleaning."""
    for problem, times in problems.items():
        how_often = "once" if times == 1 else f"{times} times"
        yield Finding(
            "warning", f"Among the {what}, {problem.field} is {problem.kind} ({how_often}): {problem.remedy}."
        )


def failing_fields(adapter: Any) -> Iterator[Finding]:
    """A finding for each field that an adapter of this package cannot read."""
    look = getattr(adapter, "failing_fields", None)
    for name, message in (look() if callable(look) else {}).items():
        yield Finding(
            "error",
            f"Field {name} cannot be read ({message}): map {name} to another column, or to a callable that makes what "
            "is needed of the instance.",
        )


def counted_problems(adapter: Any) -> Counter[Problem]:
    """Problems that an adapter of this package has counted so far."""
    problem_counts = getattr(adapter, "problem_counts", None)
    return Counter(problem_counts.counts) if isinstance(problem_counts, ProblemCounts) else Counter()


def number(things: int | Collection[Any], noun: str) -> str:
    """ "3 orders", "1 order"."""
    count = things if isinstance(things, int) else len(things)
    return f"{count} {noun}{'' if count == 1 else 's'}"


@dataclass(slots=True)
class QueryCount:
    """Number of statements, without savepoints."""

    queries: int = 0


@contextmanager
def counted_queries() -> Iterator[QueryCount]:
    """Count the statements of this thread inside the block, on all engines."""
    count, thread = QueryCount(), threading.get_ident()

    def saw(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if threading.get_ident() == thread and not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA")):
            count.queries += 1

    event.listen(sa.Engine, "before_cursor_execute", saw)
    try:
        yield count
    finally:
        event.remove(sa.Engine, "before_cursor_execute", saw)


FORMS = 5
"""Products whose add-to-cart form is tried."""


def inspect_cart(cart: object, catalog: Catalog) -> list[Finding]:
    """Inspect an empty cart and a few add-to-cart forms, in a request of its own if there is none."""
    if not isinstance(cart, Cart):
        return [Finding("error", "The cart lacks lines() or add_form(product); see storefront_plugin.Cart.")]
    if not has_request_context():
        with current_app.test_request_context():
            return inspect_cart(cart, catalog)
    findings = tried("Cart.lines outside a visit", lambda: _cart_lines(cart))
    return findings + tried("Cart.add_form", lambda: _forms(cart, _some(catalog)))


def _some(catalog: Catalog) -> list[Product]:
    try:
        return list(islice((product for product in catalog.iter_products() if product.visible), FORMS))
    except Exception:  # reported by the inspection of the catalogue
        return []


def _cart_lines(cart: Cart) -> Iterator[Finding]:
    strange = [line for line in cart.lines() if not isinstance(line, CartLine)]
    if strange:
        yield Finding("error", f"Cart.lines gives a {type(strange[0]).__name__}; give storefront_plugin.CartLine.")


def _forms(cart: Cart, products: Sequence[Product]) -> Iterator[Finding]:
    given: list[object] = [cart.add_form(product) for product in products]
    if isinstance(cart, AddsForms) and products:
        at_once = cart.add_forms(products)
        if [at_once.get(product.id) for product in products] != given:
            yield Finding("error", "Cart.add_forms gives other forms than Cart.add_form; let one call the other.")
    for form in given:
        if form is not None and not isinstance(form, AddForm):
            yield Finding(
                "error", f"Cart.add_form gives a {type(form).__name__}; give storefront_plugin.AddForm or None."
            )
            return
    forms = [form for form in given if isinstance(form, AddForm)]
    if products and not forms and not isinstance(cart, AddsLines):
        yield Finding("warning", "Cart.add_form gives no form and there is no Cart.add, so cards have no add button.")
    for form in forms:
        try:
            address(form.action)
        except Unusable as unusable:
            yield Finding("error", f"The action of an add-to-cart form is {unusable}: {form.action!r:.80}.")
            return
    if not forms and isinstance(cart, AddsLines):
        undo = "with undo" if isinstance(cart, RemovesLines) else "without undo, which needs Cart.remove(lines)"
        yield Finding("ok", f"Cards add without leaving the page, {undo}.")
    if forms:
        yield Finding("ok", f"Cards post to {forms[0].action!r:.80} and the like.")


def inspect_orders(orders: object, catalog: Catalog) -> list[Finding]:
    """Inspect the orders as the import reads them."""
    if not isinstance(orders, Orders):
        return [Finding("error", "The orders lack iter_orders(since); see storefront_plugin.Orders.")]
    seen = _Orders()
    failed = tried("Reading orders", lambda: seen.read(orders, catalog))
    if failed:
        failed += tried("Reading orders field by field", lambda: failing_fields(orders))
    return [*failed, *problem_findings("orders", seen.problems), *seen.findings()]


@dataclass(slots=True)
class _Orders:
    """What was found in the orders."""

    count: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    orders_with_unknown: int = 0
    odd: Counter[str] = field(default_factory=Counter)
    problems: Counter[Problem] = field(default_factory=Counter)
    ids: set[str] = field(default_factory=set)

    def read(self, orders: Orders, catalog: Catalog) -> Iterable[Finding]:
        before, ids, last = counted_problems(orders), CatalogueIds(catalog), None
        for page in _pages(orders.iter_orders(), MOST):
            known = ids.known(line.product_id for order in page for line in order.lines or ())
            for order in page:
                self._see(order, known, last)
                last = order.placed_at
        self.problems.update(counted_problems(orders) - before)
        return ()

    def _see(self, order: Order, known: Collection[str], last: dt.datetime | None) -> None:
        self.count += 1
        strange = [line.product_id for line in order.lines or () if line.product_id not in known]
        self.unknown.update(strange)
        self.orders_with_unknown += bool(strange)
        now = dt.datetime.now(order.placed_at.tzinfo)
        self.odd["cancelled"] += order.status == "cancelled"
        self.odd["unplaced"] += order.status == "unplaced"
        self.odd["guests"] += order.customer_id is None
        self.odd["empty"] += order.lines is not None and not order.lines
        self.odd["unreadable"] += order.lines is None or order.status is None
        self.odd["future"] += order.placed_at > now + dt.timedelta(days=1)
        self.odd["repeated"] += order.id in self.ids
        self.odd["naive"] += order.placed_at.tzinfo is None
        self.odd["unsorted"] += last is not None and _naive(order.placed_at) < _naive(last)
        self.odd["unpriced"] += any(line.unit_price is None for line in order.lines or ())
        self.ids.add(order.id)

    def findings(self) -> Iterator[Finding]:
        if not self.count:
            yield Finding(
                "warning",
                "There are no orders yet; widgets show similar products and bestsellers until there are some.",
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
    (
        "unplaced",
        "ok",
        "has",
        "have",
        "a status such as draft, pending or failed, which does not count (see unplaced=).",
    ),
    (
        "unreadable",
        "error",
        "has",
        "have",
        "lines or a status that cannot be read, and is left as it was: see the log.",
    ),
    ("empty", "warning", "has", "have", "no lines: check what lines is mapped to."),
    ("future", "warning", "lies", "lie", "in the future, which counts as today: check the time zone and placed_at."),
    ("repeated", "error", "has", "have", "a repeated id, which counts once: map a unique column to id."),
    ("unsorted", "warning", "comes", "come", "before older ones: iter_orders gives the oldest first."),
    ("naive", "ok", "has", "have", "times without a zone; they are read in STOREFRONT_TIMEZONE."),
    ("unpriced", "ok", "has", "have", "lines without a price; reports leave these out."),
)


def _pages(orders: Iterable[Order], most: int) -> Iterator[list[Order]]:
    rest = iter(orders)
    for _ in range(0, most, 500):
        page = list(islice(rest, 500))
        if not page:
            return
        yield page


def _naive(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment
