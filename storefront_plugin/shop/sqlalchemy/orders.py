"""`SQLAlchemyOrders`: orders from a shop's own order model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, object_session

from ...core.errors import ConfigurationError, InputError
from ...core.sql.dialects import after, cursor, not_before, same
from ...core.sql.shop_database import ShopDatabase
from ..adapters import current_mount
from ..cleaning import Problem, ProblemCounts
from ..connection_inspection import Sight
from ..order_status import CANCELLED, UNPLACED, plain_status
from ..ports import Order, OrderLine, OrderStatus, clean_id
from ..values import Unusable, moment
from .mapping import FieldMap, all_rows, as_callable, as_expression, required_expression
from .order_lines import OrderLines, RawLine, VariantFold, order_line, readable
from .sessions import ShopReads
from .trials import failing_fields

PAGE = 500
"""Orders per query; no cursor stays open in between."""

_LEFT_OUT = ("id", "placed_at", "lines", "product_of", "status", "cancelled")

PriceUnit = Literal["major", "minor"]


class SQLAlchemyOrders:
    """Orders of *Model*, read in pages, oldest first.

    Args:
        db: The shop's Flask-SQLAlchemy; without it, its `scoped_session`, `sessionmaker` or engine.
        Model: The order model; it needs no changes.
        id: Column of the order's id.
        placed_at: Column of the time of placement; orders without one are left out.
        lines: A relationship; a JSON column with a list of dicts; a callable order → objects or dicts; or the model of
            the lines, with *line_order_id* (then one query fetches the lines of 500 orders).
        line_product_id: Column of the line, callable of the line, or key name; the same for the other ``line_*``.
        line_options: Loader options for what callables of lines touch.
        order_key: The column that *line_order_id* refers to, if not *id*.
        customer_id: Column or callable; None for guests.
        cancelled: A set of values of *status*, a callable of the order, or a column or expression that is truthy for
            cancelled orders. By default a *status* of "cancelled" or "canceled".
        unplaced: A set of values of *status* of orders that do not count, or not yet. By default "draft", "pending",
            "failed" and the like; a shop whose orders stay pending gives an empty set.
        since: Column of the last change, so that `iter_orders(since)` finds late cancellations too.
        product_of: If variants are sold: ``(Variant.id, Variant.product_id)``, a dict, or a callable from a set of
            variant ids to a dict. Needs *line_variant_id*.
        where: Criterion for rows that are orders, such as ``Order.paid.is_(True)``.
    """

    def __init__(
        self,
        db: Any,
        Model: Any,
        *,
        id: Any,
        placed_at: Any,
        lines: Any,
        line_order_id: Any = None,
        line_product_id: Any = None,
        line_quantity: Any = None,
        line_unit_price: Any = None,
        line_variant_id: Any = None,
        line_options: Sequence[Any] = (),
        order_key: Any = None,
        customer_id: Any = None,
        currency: Any = None,
        status: Any = None,
        cancelled: Any = None,
        unplaced: Collection[Any] | None = None,
        options: Sequence[Any] = (),
        since: Any = None,
        price_unit: PriceUnit = "major",
        product_of: Any = None,
        where: Any = None,
    ) -> None:
        if price_unit not in ("major", "minor"):
            raise ConfigurationError(f"price_unit is {price_unit!r}; use 'major' (12.50) or 'minor' (1250).")
        if product_of is not None and line_variant_id is None:
            raise ConfigurationError("product_of needs line_variant_id, the variant that a line sold.")
        self.model = Model
        self.problem_counts = ProblemCounts(f"orders of {Model.__name__}", _LEFT_OUT)
        self._id = required_expression("id", id, Model)
        self._placed_at = required_expression("placed_at", placed_at, Model)
        self._order_key = self._id if order_key is None else required_expression("order_key", order_key, Model)
        self._changed = [self._placed_at] + ([] if since is None else [required_expression("since", since, Model)])
        line_fields = _line_fields(line_product_id, line_variant_id, line_quantity, line_unit_price, product_of)
        self._lines = OrderLines(lines, line_order_id, line_fields, line_options, self.problem_counts)
        self._cancelled_words = _cancelled_words(cancelled, status)
        self._unplaced_words = _unplaced_words(unplaced, status)
        given = {"id": self._id, "placed_at": self._placed_at, "customer_id": customer_id, "currency": currency}
        given |= {"status": status, "cancelled": None if self._cancelled_words else cancelled}
        given |= {"lines": self._lines.expression if self._lines.expression is not None else self._lines.call}
        self._fields = FieldMap(Model, given, (*self._lines.options, *options), self.problem_counts)
        self._fold = None if product_of is None else VariantFold(product_of)
        self._minor = price_unit == "minor"
        self._where = [] if where is None else [where]
        self.shop_database = ShopDatabase(db)
        self._reads = ShopReads(self.shop_database, Model)
        self.table_name = str(getattr(Model, "__tablename__", Model.__name__))

    def iter_orders(self, since: dt.datetime | None = None) -> Iterator[Order]:
        """Iterate over orders placed (or changed, if *since* is mapped) at or after *since*, oldest first."""
        last: tuple[Any, Any] | None = None
        while True:
            with self._reads.open(blocking=True) as session:
                page, last = self._page(session, since, last)
            yield from page
            if last is None:
                return

    def order_of(self, instance: Any) -> Order:
        """The order of a flushed model *instance*, read in the shop's own transaction.

        Raises `InputError` if the instance is of another model, has no id yet, or is invalid.
        """
        session = object_session(instance) if isinstance(instance, self.model) else None
        identity = sa.inspect(instance).identity if session is not None else None
        if session is None or identity is None:
            raise InputError(
                f"order_placed takes a flushed {self.model.__name__} or a storefront_plugin.Order, "
                f"not {instance!r:.80}: add it to your session and flush that first."
            )
        key = sa.and_(*(column == part for column, part in zip(_primary_key(self.model), identity, strict=True)))
        with session.no_autoflush:
            orders = self._orders(session, self._rows(session, self._select(self._placed_at, self._id).where(key)))
        if not orders:
            raise InputError(f"The {self.model.__name__} {identity} cannot be read: it needs an id and a placed_at.")
        return orders[0]

    def sights(self) -> tuple[Sight, Sight] | None:
        """What our connection and the shop's session see of the table; None where there is one connection for both."""
        return self._reads.sights()

    def failing_fields(self) -> Mapping[str, str]:
        """What the database says of each field that it refuses, or whose values cannot be decoded."""
        plain = sa.select(sa.literal(1)).select_from(self.model)
        others = {"id": plain.order_by(self._id), "placed_at": plain.order_by(self._placed_at)}
        others |= {"since": plain.order_by(*self._changed), "where": plain.where(*self._where)}
        return failing_fields(self._reads, self._fields, others) | self._lines.failing_fields(self._reads)

    def _page(
        self, session: Session, since: dt.datetime | None, last: tuple[Any, Any] | None
    ) -> tuple[list[Order], tuple[Any, Any] | None]:
        dialect = session.get_bind().dialect
        order = (cursor(self._placed_at, dialect), cursor(self._id, dialect))
        statement = self._select(*order).where(self._placed_at.is_not(None), self._id.is_not(None), *self._where)
        if since is not None:
            statement = statement.where(sa.or_(*(_at_or_after(column, since, dialect) for column in self._changed)))
        if last is not None:
            at_once = sa.and_(same(self._placed_at, last[0], dialect), after(self._id, last[1], dialect))
            statement = statement.where(sa.or_(after(self._placed_at, last[0], dialect), at_once))
        rows = self._rows(session, statement.order_by(*order).limit(PAGE))
        return self._orders(session, rows), (rows[-1][-2], rows[-1][-1]) if len(rows) == PAGE else None

    def _select(self, placed_at: sa.ColumnElement[Any], id: sa.ColumnElement[Any]) -> sa.Select[Any]:
        return self._fields.select(self._order_key.label("sf_key"), placed_at.label("sf_at"), id.label("sf_id"))

    def _rows(self, session: Session, statement: sa.Select[Any]) -> Sequence[Any]:
        return all_rows(session, statement, self._fields.needs_entity)

    def _orders(self, session: Session, rows: Sequence[Any]) -> list[Order]:
        beside = self._lines.beside(session, [row[-3] for row in rows])
        values = [self._fields.values(row) for row in rows]
        lines = [self._raw_lines(each, beside.get(str(row[-3]), [])) for each, row in zip(values, rows, strict=True)]
        self._fold_variants(session, lines)
        orders = (self._order(each, raw) for each, raw in zip(values, lines, strict=True))
        return [order for order in orders if order is not None]

    def _raw_lines(self, values: Mapping[str, Any], beside: list[RawLine | None]) -> list[RawLine] | None:
        """The lines of an order; None where they cannot be read, which is not the same as none."""
        try:
            if self._lines.is_beside:
                return readable(beside)
            return self._lines.read(values["lines"]) if "lines" in values else None
        except Unusable as unusable:
            self.problem_counts.add([Problem("lines", str(unusable))], values.get("id"))
            return None

    def _fold_variants(self, session: Session, orders: Sequence[list[RawLine] | None]) -> None:
        """Set the product of lines with a variant; lines with an unknown variant keep theirs."""
        if self._fold is None:
            return
        read = [lines for lines in orders if lines is not None]
        sold = {str(line["variant_id"]) for lines in read for line in lines if line.get("variant_id") is not None}
        products = self._fold.products(session, sold) if sold else {}
        for lines in read:
            lines[:] = [{**line, "product_id": self._shown(line, products)} for line in lines]

    def _shown(self, line: RawLine, products: Mapping[str, str]) -> Any:
        product = products.get(str(line.get("variant_id")), line.get("product_id"))
        if product is None:
            self.problem_counts.add([Problem("product_of", "unknown for a variant")], line.get("variant_id"))
        return product

    def _order(self, values: Mapping[str, Any], raw_lines: Sequence[RawLine] | None) -> Order | None:
        try:
            id = clean_id(values["id"], "order id")
            placed_at = moment(values["placed_at"])
        except (InputError, Unusable) as error:
            self.problem_counts.add([Problem("id" if isinstance(error, InputError) else "placed_at", "unusable")])
            return None
        currency = _currency(values.get("currency")) or current_mount.currency
        lines = tuple(self._cleaned(raw_lines or (), currency, id))
        return Order(
            id=id,
            placed_at=placed_at,
            lines=None if raw_lines is None else tuple(line for line, came_back in lines if not came_back),
            refunds=tuple(line for line, came_back in lines if came_back),
            customer_id=_customer(values.get("customer_id")),
            currency=currency,
            status=self._status(values),
        )

    def _cleaned(
        self, raw_lines: Sequence[RawLine], currency: str | None, order_id: str
    ) -> Iterator[tuple[OrderLine, bool]]:
        for raw in raw_lines:
            try:
                yield order_line(raw, currency, self._minor)
            except Unusable as unusable:
                self.problem_counts.add([Problem("lines", f"a line {unusable}")], order_id)

    def _status(self, values: Mapping[str, Any]) -> OrderStatus | None:
        """None where a callable that tells it has raised."""
        if {"status", "cancelled"} & self._fields.callables.keys() - values.keys():
            return None
        # An enum is compared by itself, its value and its name.
        words = frozenset(_words(values.get("status")))
        if words & self._cancelled_words if self._cancelled_words else values.get("cancelled"):
            return "cancelled"
        return "unplaced" if words & self._unplaced_words else "placed"


def _primary_key(model: Any) -> Sequence[sa.ColumnElement[Any]]:
    keys: Sequence[sa.ColumnElement[Any]] = sa.inspect(model).primary_key
    return keys


def _line_fields(product_id: Any, variant_id: Any, quantity: Any, unit_price: Any, product_of: Any) -> dict[str, Any]:
    """Sources of the fields of lines; ``product_id`` is the default when neither product nor variant is mapped."""
    if product_id is None and product_of is None:
        product_id = "product_id"
    given = {"product_id": product_id, "variant_id": variant_id, "quantity": quantity, "unit_price": unit_price}
    return {name: source for name, source in given.items() if source is not None}


def _cancelled_words(cancelled: Any, status: Any) -> frozenset[Any]:
    if cancelled is None:
        return CANCELLED if status is not None else frozenset()
    if as_expression(cancelled) is not None or as_callable(cancelled) is not None:
        return frozenset()
    if status is None or not isinstance(cancelled, Collection) or isinstance(cancelled, str) or not cancelled:
        raise ConfigurationError(
            f"cancelled is {cancelled!r:.80}; give a set of values of status (and map status), a callable or a column."
        )
    return frozenset(cancelled)


def _unplaced_words(unplaced: Any, status: Any) -> frozenset[Any]:
    if unplaced is None:
        return UNPLACED if status is not None else frozenset()
    if not isinstance(unplaced, Collection) or isinstance(unplaced, str) or (unplaced and status is None):
        raise ConfigurationError(f"unplaced is {unplaced!r:.80}; give a set of values of status, and map status.")
    return frozenset(unplaced)


def _words(status: Any) -> Iterator[Any]:
    for word in (status, getattr(status, "value", None), getattr(status, "name", None)):
        if isinstance(word, str):
            yield from (word, word.strip().lower(), plain_status(word))
        elif word.__hash__ is not None and word is not None:
            yield word


def _currency(value: Any) -> str | None:
    known = isinstance(value, str) and len(value.strip()) == 3 and value.strip().isalpha()
    return value.strip().upper() if known else None


def _customer(value: Any) -> str | None:
    try:
        return None if value is None or value == "" else clean_id(value, "customer id")
    except InputError:
        return None


def _at_or_after(column: sa.ColumnElement[Any], since: dt.datetime, dialect: sa.Dialect) -> sa.ColumnElement[bool]:
    """*column* at or after *since*, whatever kind of time the column holds."""
    zone = ZoneInfo(current_mount.timezone)
    aware = since if since.tzinfo else since.replace(tzinfo=zone)
    kind = column.type
    if isinstance(kind, sa.DateTime):
        return not_before(column, aware.astimezone(zone), dialect)
    if isinstance(kind, sa.Date):
        return column >= aware.astimezone(zone).date()
    if isinstance(kind, (sa.Integer, sa.Numeric)):
        return column >= aware.timestamp()
    return column >= aware.isoformat(sep=" ")
