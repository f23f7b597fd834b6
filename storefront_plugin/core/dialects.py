"""All that we know of single SQL dialects: types, connections, error texts, and the statements that differ.

No other module looks at the name of a dialect. SQLite, PostgreSQL, MySQL and MariaDB are known; any other gets plain
SQLAlchemy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

Id = sa.String(255).with_variant(sa.String(255, collation="utf8mb4_bin"), "mysql", "mariadb")
"""The shop's ids as text, compared byte-wise."""

BigKey = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A 64-bit integer that SQLite numbers by itself when it is a primary key."""

LongText = sa.Text().with_variant(sa.Text(2**24), "mysql", "mariadb")
"""A text of up to 16 MB; MySQL's plain text ends at 64 KB."""

UNIQUE_FOR_EVER = {"sqlite_autoincrement": True}
"""Table option: the id of a deleted row is never given again."""

_TITLES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}
_INTEGER_BITS: tuple[tuple[type[Any], int], ...] = ((sa.BigInteger, 63), (sa.SmallInteger, 15), (sa.Integer, 31))
_MISSING_TABLE = ("no such table", "does not exist", "doesn't exist", "no such column")
_BAD_QUERY = ("ambiguous column", "syntax error")

Row: TypeAlias = tuple[Any, ...]


def title_and_version(dialect: sa.Dialect) -> str:
    """The server behind a connected *dialect*, such as "PostgreSQL 16.2"."""
    version = ".".join(map(str, dialect.server_version_info or ()))
    return f"{_TITLES.get(dialect.name, dialect.name)} {version}".strip()


def alters_by_copy(dialect: sa.Dialect) -> bool:
    """Whether migrations must copy a table to alter it."""
    return dialect.name == "sqlite"


# Engines and connections


def sqlite_file(path: Path) -> sa.URL:
    """The address of an SQLite database in the file *path*."""
    return sa.URL.create("sqlite", database=str(path))


def is_in_memory(url: object) -> bool:
    """Whether *url* is an SQLite database that lives in memory only."""
    try:
        parsed = sa.make_url(url)  # type: ignore[arg-type]
    except (sa.exc.ArgumentError, TypeError):
        return False
    return parsed.get_backend_name() == "sqlite" and (
        parsed.database in (None, "", ":memory:") or "memory" in str(parsed.query.get("mode", ""))
    )


def has_one_connection(engine: sa.Engine | None) -> bool:
    """Whether all work on *engine* meets on one connection: SQLite in memory."""
    return engine is not None and (isinstance(engine.pool, StaticPool) or is_in_memory(engine.url))


def connect_args(url: sa.URL, wait: float, given: Mapping[str, Any]) -> dict[str, Any]:
    """The shop's arguments of the driver, completed so that it waits about *wait* seconds for a lock, 2 for a host."""
    if url.get_backend_name() == "sqlite":
        return {**given, "timeout": wait}
    if url.get_driver_name() in ("psycopg", "psycopg2"):
        # The least that libpq knows; without it a host that is gone is waited for until the system gives up.
        return {"connect_timeout": 2, **given}
    return dict(given)


def limit_statements(engine: sa.Engine, seconds: float) -> None:
    """Have the server end each statement on *engine* after *seconds*, where it can."""
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _set_statement_timeout(int(seconds * 1000)))


def _set_statement_timeout(milliseconds: int) -> Callable[[Any, Any], None]:
    def set_timeout(connection: Any, _record: Any) -> None:
        previous, connection.autocommit = connection.autocommit, True
        with connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = {milliseconds}")
        connection.autocommit = previous

    return set_timeout


def begin_before_savepoint(connection: sa.Connection) -> None:
    """Begin the transaction that a savepoint is about to stand in.

    Python's sqlite3 begins one before the first change only; a savepoint before that would commit alone.
    """
    if connection.dialect.name == "sqlite" and not getattr(connection.connection, "in_transaction", True):
        connection.exec_driver_sql("BEGIN")


# Errors


def error_text(error: sa.exc.SQLAlchemyError) -> str:
    """What the driver says of *error*, in one line."""
    return str(getattr(error, "orig", None) or error).splitlines()[0]


def is_missing_table(error: sa.exc.SQLAlchemyError) -> bool:
    """Whether *error* says that a table or column is missing."""
    return any(words in error_text(error) for words in _MISSING_TABLE)


def is_bad_query(error: sa.exc.SQLAlchemyError) -> bool:
    """Whether *error* says that the query itself cannot be understood."""
    return any(words in str(getattr(error, "orig", None) or error) for words in _BAD_QUERY)


# Rows in bulk


def insert_rows(session: Session, table: sa.Table, names: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert *rows*, each with the values of the columns *names*, the fastest way; raises SQLAlchemy's errors."""
    if not rows:
        return
    connection = session.connection()
    if connection.dialect.driver == "psycopg":
        _copy(connection, table, names, rows)
    elif connection.dialect.paramstyle == "qmark":
        _insert_by_driver(connection, table, names, rows)
    else:
        connection.execute(sa.insert(table), [dict(zip(names, row, strict=True)) for row in rows])


def _copy(connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: Sequence[Row]) -> None:
    """A stream of rows: psycopg's ``executemany`` sends a message and PostgreSQL runs a statement for each."""
    cursor: Any = connection.connection.cursor()
    statement = f"COPY {_target(table, names, connection.dialect)} FROM STDIN"
    try:
        with cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.Error as error:
        raise sa.exc.OperationalError(statement, None, error) from error


def _insert_by_driver(connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: Sequence[Row]) -> None:
    """Straight to the driver: SQLAlchemy would look at each value of each row by name."""
    dialect = connection.dialect
    processors = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    if any(processors):
        rows = [
            tuple([process(value) if process else value for process, value in zip(processors, row, strict=True)])
            for row in rows
        ]
    marks = ", ".join("?" * len(names))
    statement = f"INSERT INTO {_target(table, names, dialect)} VALUES ({marks})"  # noqa: S608 (names are quoted)
    connection.exec_driver_sql(statement, list(rows))


def _target(table: sa.Table, names: Sequence[str], dialect: sa.Dialect) -> str:
    preparer = dialect.identifier_preparer
    return f"{preparer.format_table(table)} ({', '.join(map(preparer.quote, names))})"


# Columns of the shop


def holds_integer(kind: sa.types.TypeEngine[Any], number: int, dialect: sa.Dialect) -> bool:
    """Whether a column of the type *kind* can hold *number*; SQLite's integers all have 64 bits."""
    declared = next((bits for type, bits in _INTEGER_BITS if isinstance(kind, type)), 63)
    limit = 1 << (63 if dialect.name == "sqlite" else declared)
    return -limit <= number < limit


def cursor(expression: sa.ColumnElement[Any], dialect: sa.Dialect) -> sa.ColumnElement[Any]:
    """*expression* as it is stored, to sort and page by.

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


def not_before(column: sa.ColumnElement[Any], since: dt.datetime, dialect: sa.Dialect) -> sa.ColumnElement[bool]:
    """Whether the ``DateTime`` *column* is at or after *since*, a time with the zone that the column's naive times have."""
    zoned = dialect.name == "postgresql" and getattr(column.type, "timezone", False)
    least: Any = since if zoned else since.replace(tzinfo=None)
    if dialect.name == "sqlite":
        # Text with or without microseconds: the whole second is shorter than, and so before, both.
        least = least.strftime("%Y-%m-%d %H:%M:%S")
    found: sa.ColumnElement[bool] = cursor(column, dialect) >= least
    return found
