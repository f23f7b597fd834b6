"""Which field of a mapping a database refuses or cannot decode, for ``flask storefront check``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from ...core.errors import DatabaseUnavailable, TablesMissing
from .mapping import FieldMap, all_rows
from .sessions import ShopReads

MOST = 20_000
"""Rows that are read of each field."""

SAMPLE = 20
"""Instances that each callable gets."""


def failing_fields(
    reads: ShopReads, fields: FieldMap, others: Mapping[str, sa.Select[Any]] | None = None
) -> dict[str, str]:
    """The message of each field that fails when it is read alone, and of each of the *others*, by name.

    Blocks. Empty where the whole database fails, which is about no field.
    """
    found: dict[str, str] = {}
    statements = {name: fields.select_one(name) for name in fields.expressions}
    if _failure(reads, sa.select(sa.literal(1)).select_from(fields.model)) is not None:
        return found
    for name, statement in [*statements.items(), *(others or {}).items()]:
        message = _failure(reads, statement)
        if message is not None:
            found.setdefault(name, message)
    found.update(_failing_callables(reads, fields))
    return found


def _failure(reads: ShopReads, statement: sa.Select[Any]) -> str | None:
    try:
        with reads.open(blocking=True) as session:
            session.execute(statement.limit(MOST)).all()
    except Exception as error:  # a type of the shop's own may raise anything
        return _said(error)
    return None


def _failing_callables(reads: ShopReads, fields: FieldMap) -> Iterator[tuple[str, str]]:
    for name, call in fields.callables.items():
        try:
            with reads.open(blocking=True) as session:
                for row in all_rows(session, sa.select(fields.model).options(*fields.options).limit(SAMPLE), True):
                    call(row[0])
        except Exception as error:
            if isinstance(error, (DatabaseUnavailable, sa.exc.SQLAlchemyError)):  # others are counted when it is read
                yield name, _said(error)


def _said(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error, DatabaseUnavailable) and not isinstance(error, TablesMissing) else None
    first, _, _ = str(getattr(cause, "orig", None) or cause or error).strip().partition("\n")
    return f"{type(getattr(cause, 'orig', None) or cause or error).__name__}: {first:.200}"
