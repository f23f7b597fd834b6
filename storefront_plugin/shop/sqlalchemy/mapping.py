"""Mapping of a shop's model (each field is a column, an SQL expression, a callable or a constant), and search in it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.associationproxy import AssociationProxyInstance
from sqlalchemy.orm import QueryableAttribute, RelationshipProperty, Session

from ...core.errors import ConfigurationError, InputError
from ...core.sql.dialects import holds_integer
from ...core.typed import spellings
from ..cleaning import Problem, ProblemCounts
from ..ports import clean_id


class FieldMap:
    """The mapped fields of an adapter.

    Columns and expressions are read by one SELECT, which includes the entity if any field is a callable.
    """

    def __init__(
        self, model: Any, sources: Mapping[str, Any], options: Sequence[Any], problem_counts: ProblemCounts
    ) -> None:
        self.model = model
        self.expressions: dict[str, sa.ColumnElement[Any]] = {}
        self.callables: dict[str, Callable[[Any], Any]] = {}
        self.constants: dict[str, Any] = {}
        self._options = tuple(options)
        self._problem_counts = problem_counts
        for name, source in sources.items():
            if source is not None:
                self._sort(name, source)

    def _sort(self, name: str, source: Any) -> None:
        if is_relationship(source):
            raise ConfigurationError(
                f"{name} of {self.model.__name__} is mapped to the relationship {source.key!r}; "
                f"give a callable such as {name}=lambda row: row.{source.key}.name, and load it with options=[…]."
            )
        expression = as_expression(source)
        if expression is not None:
            self.expressions[name] = expression
            return
        call = as_callable(source)
        if call is not None:
            self.callables[name] = call
        else:
            self.constants[name] = source

    @property
    def needs_entity(self) -> bool:
        """Whether instances must be loaded, because a field is a callable."""
        return bool(self.callables)

    def select(self, *extra: sa.ColumnElement[Any], entity: bool = False) -> sa.Select[Any]:
        """The SELECT of all mapped fields and *extra* columns."""
        columns = [expression.label(f"sf_{name}") for name, expression in self.expressions.items()]
        if entity or self.needs_entity:
            return sa.select(self.model, *columns, *extra).options(*self.options)
        return sa.select(*columns, *extra).select_from(self.model)

    def select_one(self, name: str) -> sa.Select[Any]:
        """The SELECT of the column or expression *name* alone."""
        return sa.select(self.expressions[name].label(f"sf_{name}")).select_from(self.model)

    @property
    def options(self) -> list[Any]:
        """Loader options of the instances."""
        return made(self._options)

    def values(self, row: Any, entity: bool = False) -> dict[str, Any]:
        """Field values of a row of `select`. If a callable raises, its field is left out and the problem is counted."""
        start = 1 if entity or self.needs_entity else 0
        values = dict(zip(self.expressions, row[start:], strict=False))
        values.update(self.constants)
        for name, call in self.callables.items():
            try:
                values[name] = call(row[0])
            except (sa.exc.DBAPIError, sa.exc.TimeoutError):
                raise
            except Exception as error:
                kind = f"not available (its callable raised {type(error).__name__})"
                self._problem_counts.add([Problem(name, kind)], values.get("id"), error)
        return values


def all_rows(session: Session, statement: sa.Select[Any], entity: bool) -> Sequence[Any]:
    """All rows of *statement*; one with an *entity* is given once where joined eager loading repeats it."""
    result = session.execute(statement)
    # SQLAlchemy's own comparison refuses rows with values such as JSON, which cannot be hashed.
    return result.unique(lambda row: tuple(map(_hashable, row))).all() if entity else result.all()


def _hashable(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value


def made(options: Sequence[Any]) -> list[Any]:
    """Loader options; functions are called for theirs, because creating one needs all models imported."""
    return [option() if callable(option) else option for option in options]


def as_expression(source: Any) -> sa.ColumnElement[Any] | None:
    """*source* as an SQL expression, or None."""
    if isinstance(source, sa.sql.Select):
        return source.scalar_subquery()
    clause = source.__clause_element__() if hasattr(source, "__clause_element__") else source
    return clause if isinstance(clause, sa.ColumnElement) else None


def as_callable(source: Any) -> Callable[[Any], Any] | None:
    """*source* as a function of the instance, or None."""
    if isinstance(source, property):
        return source.fget
    if isinstance(source, AssociationProxyInstance):
        return source.get
    return source if callable(source) and not isinstance(source, type) else None


def is_relationship(source: Any) -> bool:
    """Whether *source* is a relationship, without configuring mappers (models may still be imported)."""
    return isinstance(source, QueryableAttribute) and isinstance(source.comparator, RelationshipProperty.Comparator)


def required_expression(name: str, source: Any, model: Any) -> sa.ColumnElement[Any]:
    """*source* as an SQL expression. Raises `ConfigurationError` if it is something else."""
    expression = None if is_relationship(source) else as_expression(source)
    if expression is None:
        raise ConfigurationError(
            f"{name} of {model.__name__} must be a column or an SQL expression, because rows are found and sorted "
            f"by it in the database; give {name}={model.__name__}.{name} instead of {source!r:.80}."
        )
    return expression


CHUNK = 500
"""Ids per ``IN`` list; all databases accept this many parameters."""

_T = TypeVar("_T")


class KeyColumn:
    """The column (or SQL expression) of an id."""

    def __init__(self, expression: sa.ColumnElement[Any]) -> None:
        self.expression = expression

    def values(self, ids: Iterable[str], dialect: sa.Dialect) -> Mapping[Any, str]:
        """Column values with the id of each; ids that the column cannot hold are left out."""
        found = {}
        for id in dict.fromkeys(ids):
            value = self.value(id, dialect)
            if value is not None:
                found[value] = id
        return found

    def value(self, id: str, dialect: sa.Dialect) -> Any:
        """The column value of *id*, or None."""
        try:
            value = _converted(clean_id(id), self.expression.type, dialect)
            if value is None:
                return None
            bind = self.expression.type.dialect_impl(dialect).bind_processor(dialect)
            if bind is not None:
                bind(value)  # a custom type may reject the value
        except (InputError, ArithmeticError, ValueError, TypeError, LookupError, AttributeError):
            return None
        return value


def _converted(text: str, kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Any:
    """*text* as the column's Python type; only in its canonical spelling ("7", not "007")."""
    if isinstance(kind, sa.Uuid):
        return _same(uuid.UUID(text), text, text if not kind.as_uuid else None)
    try:
        python_type = kind.python_type
    except NotImplementedError:
        return text
    if python_type is str:
        return text
    if python_type is int:
        return _integer(text, kind, dialect)
    if python_type in (uuid.UUID, Decimal):
        return _same(python_type(text), text)
    return text


def _same(value: Any, text: str, result: Any = None) -> Any:
    if str(value) != text:
        return None
    return value if result is None else result


def _integer(text: str, kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> int | None:
    if len(text) > 20:
        return None
    number = _same(int(text), text)
    return number if number is not None and holds_integer(kind, number, dialect) else None


MAX_WORDS = 8


class ProductSearch:
    """Criteria for words in *columns*, or for the id, in other case, width and kana; accents as the database compares."""

    def __init__(self, key: KeyColumn, columns: Sequence[sa.ColumnElement[Any]]) -> None:
        self._key = key
        self._columns = list(columns)
        if _is_text(key.expression) and not any(column is key.expression for column in self._columns):
            self._columns.append(key.expression)

    def criteria(
        self, text: str, dialect: sa.Dialect
    ) -> tuple[sa.ColumnElement[bool] | None, Sequence[sa.ColumnElement[Any]]]:
        """Criterion and order for *text*; None for a text without words."""
        text = " ".join(text.replace("\x00", " ").encode("utf-8", "replace").decode().split())
        words = text.split()[:MAX_WORDS]
        if not words:
            return None, ()
        id = self._key.value(text, dialect)
        exact = [] if id is None else [self._key.expression == id]
        worded = [sa.and_(*(self._has(word) for word in words))] if self._columns else []
        if not exact and not worded:
            return None, ()
        ranks = [(criterion, 0) for criterion in exact]
        ranks += [(self._begins(column, text), 1) for column in self._columns[:1]]
        order: Sequence[sa.ColumnElement[Any]] = (self._key.expression,)
        return sa.or_(*exact, *worded), (sa.case(*ranks, else_=2), *order) if ranks else order

    def _has(self, word: str) -> sa.ColumnElement[bool]:
        """Whether any column contains *word* in one of its spellings."""
        either = [self._lower(column).contains(word.lower(), autoescape=True) for column in self._columns]
        either += [_text(column).contains(form, autoescape=True) for column in self._columns for form in _forms(word)]
        return sa.or_(*either)

    def _begins(self, column: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
        """Whether *column* begins with *text* in one of its spellings."""
        either = [_text(column).startswith(form, autoescape=True) for form in _forms(text)]
        return sa.or_(self._lower(column).startswith(text.lower(), autoescape=True), *either)

    def _lower(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        return sa.func.lower(_text(column))


def _forms(text: str) -> list[str]:
    return [text] if text.isascii() else sorted(spellings(text))


def _text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    return column if _is_text(column) else sa.cast(column, sa.String)


def _is_text(column: sa.ColumnElement[Any]) -> bool:
    return isinstance(column.type, sa.String) and not isinstance(column.type, sa.Enum)


def chunks(values: Iterable[_T], size: int = CHUNK) -> Iterator[Sequence[_T]]:
    """*values* in lists of at most *size*."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk
