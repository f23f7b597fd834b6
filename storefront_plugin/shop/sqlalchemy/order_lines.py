"""Order lines, from a relationship, a callable, a JSON column or a separate model."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import QueryableAttribute, Session, selectinload

from ...core.errors import ConfigurationError, InputError
from ..cleaning import Problem, ProblemCounts
from ..ports import OrderLine, clean_id
from ..values import MAX_COUNT, Unusable, decimal, in_major, money
from .mapping import (
    FieldMap,
    KeyColumn,
    all_rows,
    as_callable,
    as_expression,
    chunks,
    is_relationship,
    made,
    required_expression,
)
from .sessions import ShopReads
from .trials import failing_fields

FIELDS = ("product_id", "variant_id", "quantity", "unit_price")

RawLine = Mapping[str, Any]


class OrderLines:
    """Reads the lines of a page of orders, without a query per order or line."""

    def __init__(
        self,
        lines: Any,
        order_id: Any,
        fields: Mapping[str, Any],
        options: Sequence[Any],
        problem_counts: ProblemCounts,
    ) -> None:
        self.options: tuple[Any, ...] = ()
        self.expression: sa.ColumnElement[Any] | None = None
        self.call: Callable[[Any], Any] | None = None
        self._beside: FieldMap | None = None
        self._problem_counts = problem_counts
        self._readers: dict[str, Callable[[Any], Any]] = {}
        if hasattr(lines, "__mapper__"):
            self._order_id = _order_id(lines, order_id)
            named = {name: getattr(lines, source) for name, source in fields.items() if isinstance(source, str)}
            self._beside = FieldMap(lines, {**fields, **named}, options, problem_counts)
            self._sorted_by = lines
            return
        self._readers = {name: _reader(name, source) for name, source in fields.items()}
        if is_relationship(lines):
            self.options = (lambda: selectinload(lines).options(*made(options)),)
            self.call = _attribute(lines.key)
        elif (expression := as_expression(lines)) is not None:
            self.expression = expression
        else:
            self.call = as_callable(lines)
        if self.call is None and self.expression is None:
            raise ConfigurationError(
                f"lines is {lines!r:.80}; give a relationship, a JSON column, a callable order → lines, or the model "
                "of the lines together with line_order_id."
            )

    @property
    def is_beside(self) -> bool:
        """Whether the lines are of a separate model."""
        return self._beside is not None

    def beside(self, session: Session, order_keys: Sequence[Any]) -> dict[str, list[RawLine | None]]:
        """Lines of a separate model by the order's key as text, None for one that cannot be read; empty otherwise."""
        if self._beside is None or not order_keys:
            return {}
        found: dict[str, list[RawLine | None]] = {}
        needed = self._beside.callables.keys() - {"unit_price"}
        statement = self._beside.select(self._order_id.label("sf_order"))
        statement = statement.order_by(*sa.inspect(self._sorted_by).primary_key)
        for chunk in chunks(order_keys):
            for row in all_rows(session, statement.where(self._order_id.in_(chunk)), self._beside.needs_entity):
                line = self._beside.values(row)
                found.setdefault(str(row[-1]), []).append(line if needed <= line.keys() else None)
        return found

    def failing_fields(self, reads: ShopReads) -> dict[str, str]:
        """The same as `SQLAlchemyOrders.failing_fields` for a separate model; empty otherwise."""
        if self._beside is None:
            return {}
        order_id = sa.select(self._order_id).select_from(self._sorted_by)
        found = failing_fields(reads, self._beside, {"order_id": order_id})
        return {f"line_{name}": message for name, message in found.items()}

    def read(self, value: Any) -> list[RawLine]:
        """Lines from the value of a relationship, callable or JSON column.

        Raises `Unusable` if it is not a list, or none of it can be read.
        """
        if isinstance(value, (str, bytes)):
            try:
                value = json.loads(value)
            except ValueError:
                raise Unusable("not JSON") from None
        if value is None:
            return []
        if isinstance(value, Mapping) or not isinstance(value, Iterable):
            raise Unusable(f"a {type(value).__name__} instead of a list")
        try:
            return readable(list(map(self._line, value)))
        except (sa.exc.DBAPIError, sa.exc.TimeoutError, Unusable):
            raise
        except Exception as error:  # a generator of the shop's own may raise anything
            raise Unusable(f"not available ({type(error).__name__})") from error

    def _line(self, line: Any) -> RawLine | None:
        if isinstance(line, OrderLine):
            return {name: getattr(line, name) for name in FIELDS}
        try:
            return {name: read(line) for name, read in self._readers.items()}
        except (sa.exc.DBAPIError, sa.exc.TimeoutError):
            raise
        except Exception as error:
            self._problem_counts.add([Problem("lines", f"not available ({type(error).__name__})")], None, error)
            return None


def readable(lines: Sequence[RawLine | None]) -> list[RawLine]:
    """The *lines* that could be read. Raises `Unusable` where none of them could: the order has some all the same."""
    found = [line for line in lines if line is not None]
    if lines and not found:
        raise Unusable("not available in any line")
    return found


def order_line(raw: RawLine, currency: str | None, minor: bool) -> tuple[OrderLine, bool]:
    """The order line, and whether it came back: its quantity is below 0.

    Raises `Unusable` for one without a valid product or quantity.
    """
    try:
        product_id = clean_id(raw.get("product_id"))
        variant = raw.get("variant_id")
        variant_id = None if variant is None else clean_id(variant)
    except InputError:
        raise Unusable("without a product" if raw.get("product_id") is None else "of an unusable product id") from None
    number = decimal(1 if raw.get("quantity") is None else raw["quantity"])
    if not 0 < abs(number) <= MAX_COUNT:
        raise Unusable("of no usable quantity")
    # Fractions (goods by weight or length) are rounded up.
    line = OrderLine(product_id, math.ceil(abs(number)), _unit_price(raw, currency, minor), variant_id)
    return line, number < 0


def _unit_price(raw: RawLine, currency: str | None, minor: bool) -> Any:
    value = raw.get("unit_price")
    try:
        return None if value is None else money(in_major(value, currency) if minor else value, currency)
    except Unusable:
        return None


def _order_id(model: Any, order_id: Any) -> sa.ColumnElement[Any]:
    if order_id is None:
        raise ConfigurationError(
            f"lines is the model {model.__name__}; say which column holds the order, "
            f"with line_order_id={model.__name__}.order_id."
        )
    return required_expression("line_order_id", order_id, model)


def _reader(name: str, source: Any) -> Callable[[Any], Any]:
    """A function that reads a field from a line, an object or a dict."""
    if isinstance(source, str):
        return lambda line: _named(line, source)
    if isinstance(source, QueryableAttribute):
        return _attribute(source.key)
    if as_expression(source) is not None:
        raise ConfigurationError(
            f"line_{name} is an SQL expression, but the lines are objects; give a column, a callable or a name."
        )
    call = as_callable(source)
    return call if call is not None else lambda line: source


def _attribute(name: str) -> Callable[[Any], Any]:
    return lambda instance: getattr(instance, name)


def _named(line: Any, name: str) -> Any:
    return line.get(name) if isinstance(line, Mapping) else getattr(line, name)


class VariantFold:
    """Maps variants to products.

    *product_of* is a pair of columns, ``(Variant.id, Variant.product_id)`` (best: one query per page); a mapping; or a
    callable from a set of variant ids (text) to a mapping.
    """

    def __init__(self, product_of: Any) -> None:
        self._columns: tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]] | None = None
        self._look_up: Callable[[frozenset[str]], Mapping[Any, Any]] | None = None
        if isinstance(product_of, tuple) and len(product_of) == 2:
            variant, product = map(as_expression, product_of)
            if variant is not None and product is not None:
                self._columns = (variant, product)
        elif isinstance(product_of, Mapping):
            self._look_up = lambda ids: product_of
        elif callable(product_of):
            self._look_up = product_of
        if self._columns is None and self._look_up is None:
            raise ConfigurationError(
                f"product_of is {product_of!r:.80}; give (Variant.id, Variant.product_id), a dict, or a callable that "
                "takes a set of variant ids and returns a dict."
            )

    def products(self, session: Session, variant_ids: Iterable[str]) -> Mapping[str, str]:
        """The product id of each variant, as text; unknown variants are left out."""
        ids = frozenset(variant_ids)
        if self._look_up is not None:
            pairs: Iterable[Any] = self._look_up(ids).items()
        else:
            pairs = self._queried(session, ids)
        return {str(variant): str(product) for variant, product in pairs if product is not None}

    def _queried(self, session: Session, ids: frozenset[str]) -> Iterable[Any]:
        assert self._columns is not None
        variant, product = self._columns
        pairs: list[Any] = []
        for chunk in chunks(sorted(ids)):
            values = KeyColumn(variant).values(chunk, session.get_bind().dialect)
            if values:
                pairs += session.execute(sa.select(variant, product).where(variant.in_(values))).all()
        return pairs
