"""Search for products in columns of the shop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from .mapping import KeyColumn

MAX_WORDS = 8


class ProductSearch:
    """Criteria for words in *columns*, or for the id. Case folding beyond ASCII depends on the database."""

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
        ranks += [(self._lower(column).startswith(text.lower(), autoescape=True), 1) for column in self._columns[:1]]
        order: Sequence[sa.ColumnElement[Any]] = (self._key.expression,)
        return sa.or_(*exact, *worded), (sa.case(*ranks, else_=2), *order) if ranks else order

    def _has(self, word: str) -> sa.ColumnElement[bool]:
        """Whether any column contains *word*, as typed or in lower case."""
        either = [self._lower(column).contains(word.lower(), autoescape=True) for column in self._columns]
        either += [_text(column).contains(word, autoescape=True) for column in self._columns]
        return sa.or_(*either)

    def _lower(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        return sa.func.lower(_text(column))


def _text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    return column if _is_text(column) else sa.cast(column, sa.String)


def _is_text(column: sa.ColumnElement[Any]) -> bool:
    return isinstance(column.type, sa.String) and not isinstance(column.type, sa.Enum)
