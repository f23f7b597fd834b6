"""Ids of the shop: text on our side, whatever the column holds on theirs."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa

from ..errors import InputError
from .ports import clean_id

CHUNK = 500
"""Ids in one ``IN`` list: every database takes that many parameters."""

_T = TypeVar("_T")
_INTEGER_BITS: tuple[tuple[type[Any], int], ...] = ((sa.BigInteger, 63), (sa.SmallInteger, 15), (sa.Integer, 31))


class KeyColumn:
    """The column (or SQL expression) by which a thing is known."""

    def __init__(self, expression: sa.ColumnElement[Any]) -> None:
        self.expression = expression

    def values(self, ids: Iterable[str], dialect: sa.Dialect) -> Mapping[Any, str]:
        """Column values of *ids* with the id each stands for; an id that the column cannot hold is simply unknown."""
        found = {}
        for id in dict.fromkeys(ids):
            value = self.value(id, dialect)
            if value is not None:
                found[value] = id
        return found

    def value(self, id: str, dialect: sa.Dialect) -> Any:
        """The column value that *id* stands for, or None."""
        try:
            value = _converted(clean_id(id), self.expression.type, dialect)
            if value is None:
                return None
            bind = self.expression.type.dialect_impl(dialect).bind_processor(dialect)
            if bind is not None:
                bind(value)  # a custom type says here what it cannot hold
        except (InputError, ArithmeticError, ValueError, TypeError, LookupError, AttributeError):
            return None
        return value


def _converted(text: str, kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Any:
    """*text* as the column's Python type; only the spelling that the shop itself would give counts ("7", not "007")."""
    if isinstance(kind, sa.Uuid):
        return _same(uuid.UUID(text), text, text if not kind.as_uuid else None)
    try:
        wanted = kind.python_type
    except NotImplementedError:
        return text
    if wanted is str:
        return text
    if wanted is int:
        return _integer(text, kind, dialect)
    if wanted in (uuid.UUID, Decimal):
        return _same(wanted(text), text)
    return text


def _same(value: Any, text: str, instead: Any = None) -> Any:
    if str(value) != text:
        return None
    return value if instead is None else instead


def _integer(text: str, kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> int | None:
    if len(text) > 20:
        return None
    number = _same(int(text), text)
    bits = next((size for type, size in _INTEGER_BITS if isinstance(kind, type)), 63)
    bits = 63 if dialect.name == "sqlite" else bits
    return number if number is not None and -(2**bits) <= number < 2**bits else None


def cursor(expression: sa.ColumnElement[Any], dialect: sa.Dialect) -> sa.ColumnElement[Any]:
    """*expression* as it is stored, to page by.

    SQLite keeps times as text, with or without microseconds; turned into a datetime and back they would compare
    differently, and rows would be lost between two pages.
    """
    return sa.type_coerce(expression, sa.types.NullType()) if dialect.name == "sqlite" else expression


def after(expression: sa.ColumnElement[Any], value: Any, dialect: sa.Dialect) -> sa.ColumnElement[bool]:
    """Whether *expression* comes after the *value* that `cursor` gave."""
    stored = cursor(expression, dialect)
    return stored > _bound(value, dialect, expression)


def same(expression: sa.ColumnElement[Any], value: Any, dialect: sa.Dialect) -> sa.ColumnElement[bool]:
    """Whether *expression* is the *value* that `cursor` gave."""
    return cursor(expression, dialect) == _bound(value, dialect, expression)


def _bound(value: Any, dialect: sa.Dialect, expression: sa.ColumnElement[Any]) -> sa.BindParameter[Any]:
    kind: Any = sa.types.NullType() if dialect.name == "sqlite" else expression.type
    return sa.bindparam(None, value, type_=kind, unique=True)


def chunks(values: Iterable[_T], size: int = CHUNK) -> Iterator[Sequence[_T]]:
    """*values* in lists of at most *size*."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk
