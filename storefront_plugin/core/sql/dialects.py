"""Everything that depends on the SQL dialect: types, connections, error messages, and statements that differ.

No other module looks at the name of a dialect. SQLite, PostgreSQL, MySQL and MariaDB are supported; others get
plain SQLAlchemy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

Id = sa.String(255).with_variant(sa.String(255, collation="utf8mb4_bin"), "mysql", "mariadb")
"""An id of the shop as text, compared by bytes."""

BigKey = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A 64-bit integer primary key that SQLite can autoincrement."""

LongText = sa.Text().with_variant(sa.Text(2**24), "mysql", "mariadb")
"""Text of up to 16 MB; MySQL's default is limited to 64 KB."""

NEVER_REUSE_IDS = {"sqlite_autoincrement": True}
"""Table option: ids of deleted rows are not assigned again."""

_TITLES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}
_INTEGER_BITS: tuple[tuple[type[Any], int], ...] = ((sa.BigInteger, 63), (sa.SmallInteger, 15), (sa.Integer, 31))
_TRANSACTIONAL: Mapping[str, IsolationLevel] = {
    "sqlite": "SERIALIZABLE",
    "mysql": "REPEATABLE READ",
    "mariadb": "REPEATABLE READ",
}
_MISSING_TABLE = ("no such table", "does not exist", "doesn't exist", "no such column")
_BAD_QUERY = ("ambiguous column", "syntax error")

Row: TypeAlias = tuple[Any, ...]


def title_and_version(dialect: sa.Dialect) -> str:
    """Name and version of the server of a connected *dialect*, such as "PostgreSQL 16.2"."""
    version = ".".join(map(str, dialect.server_version_info or ()))
    return f"{_TITLES.get(dialect.name, dialect.name)} {version}".strip()


def alters_by_copy(dialect: sa.Dialect) -> bool:
    """Whether migrations must copy a table in order to alter it."""
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
    """Whether *engine* has a single connection: SQLite in memory."""
    return engine is not None and (isinstance(engine.pool, StaticPool) or is_in_memory(engine.url))


def connect_args(name: str, driver: str, wait: float, given: Mapping[str, Any]) -> dict[str, Any]:
    """*given* arguments of the *driver* with timeouts added: *wait* seconds for a lock, 2 for a host."""
    if name == "sqlite":
        return {**given, "timeout": wait}
    if driver in ("psycopg", "psycopg2"):
        # The minimum of libpq; without it a connection attempt lasts until the system gives up.
        return {"connect_timeout": 2, **given}
    return dict(given)


def limit_statements(engine: sa.Engine, seconds: float) -> None:
    """Make the server cancel each statement on *engine* after *seconds*, or give up a lock, where it supports that."""
    if engine.dialect.name == "sqlite":
        limit_lock_waits(engine, seconds)
    elif engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _setting(f"SET statement_timeout = {int(seconds * 1000)}"))


def limit_lock_waits(engine: sa.Engine, seconds: float) -> None:
    """Make each statement on *engine* fail after *seconds* of waiting for a lock."""
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _setting(f"SET lock_timeout = {int(seconds * 1000)}"))
    elif engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _setting(f"PRAGMA busy_timeout = {int(seconds * 1000)}"))
    elif engine.dialect.name in ("mysql", "mariadb"):
        whole = max(1, round(seconds))
        event.listen(
            engine, "connect", _setting(f"SET innodb_lock_wait_timeout = {whole}, lock_wait_timeout = {whole}")
        )


def _setting(statement: str) -> Callable[[Any, Any], None]:
    def set_at_connect(connection: Any, _record: Any) -> None:
        transactional = isinstance(getattr(connection, "autocommit", None), bool)  # PostgreSQL: else a rollback ends it
        previous = connection.autocommit if transactional else None
        if transactional:
            connection.commit()  # what a listener of the shop has set and not committed, too
            connection.autocommit = True
        with closing(connection.cursor()) as cursor:
            cursor.execute(statement)
        if transactional:
            connection.autocommit = previous

    return set_at_connect


@contextmanager
def limited_lock_waits(connection: sa.Connection, seconds: float) -> Iterator[None]:
    """Let statements of the block, within the shop's transaction, wait for a lock for *seconds* at most.

    On PostgreSQL, which else waits for ever, and unless the shop has a limit of its own. A block that raises is to be
    rolled back to a savepoint before it, which takes the limit back.
    """
    changed = (
        connection.dialect.name == "postgresql"
        and connection.exec_driver_sql(
            f"SELECT set_config('lock_timeout', '{int(seconds * 1000)}', true) WHERE current_setting('lock_timeout') = '0'"
        ).first()
    )
    yield
    if changed:
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")


def begins_as_told(dialect: sa.Dialect) -> bool:
    """Whether sessions of ours may begin as the shop's ``begin`` events say: on SQLite these often take a lock."""
    return dialect.name != "sqlite"


def transactional(dialect: sa.Dialect) -> IsolationLevel:
    """The usual isolation level of transactions."""
    return _TRANSACTIONAL.get(dialect.name, "READ COMMITTED")


def begin_transactions(engine: sa.Engine) -> None:
    """Make sessions of *engine* transactions, where connections commit each statement by themselves."""

    def set_at_connect(connection: Any, _record: Any) -> None:
        if _commits_by_itself(connection, engine.dialect):
            engine.dialect.set_isolation_level(connection, transactional(engine.dialect))

    event.listen(engine, "connect", set_at_connect)


def _commits_by_itself(connection: Any, dialect: sa.Dialect) -> bool:
    if dialect.name == "sqlite" and getattr(connection, "isolation_level", "") is None:
        return True
    if dialect.name in ("mysql", "mariadb"):
        look = getattr(connection, "get_autocommit", None)
        return bool(look()) if callable(look) else False
    return getattr(connection, "autocommit", None) is True


def ties_to_threads(dialect: sa.Dialect) -> bool:
    """Whether a connection may be used by the thread alone that opened it, unless its driver is told otherwise."""
    return dialect.name == "sqlite"


def begin_before_savepoint(connection: sa.Connection) -> None:
    """Begin a transaction, before a savepoint is set.

    Python's sqlite3 begins one only before the first change; a savepoint set earlier would commit on its own.
    """
    if connection.dialect.name == "sqlite" and not getattr(connection.connection, "in_transaction", True):
        connection.exec_driver_sql("BEGIN")


def place(connection: sa.Connection) -> str:
    """Where unqualified names are looked up on *connection*: its database, and schema or search path."""
    look = _PLACES.get(connection.dialect.name)
    rows = [] if look is None else connection.exec_driver_sql(look).all()
    found = ", ".join(" ".join(str(part) for part in row if part not in (None, "")) for row in rows)
    translated = connection.get_execution_options().get("schema_translate_map")
    return (found or "its database") + (f", schema_translate_map {translated}" if translated else "")


_PLACES = {
    "sqlite": "SELECT name, file FROM pragma_database_list WHERE name <> 'temp'",
    "postgresql": "SELECT current_database(), 'as ' || current_user, 'with search_path ' || current_setting('search_path')",
    "mysql": "SELECT database()",
    "mariadb": "SELECT database()",
}


# Errors


def error_text(error: sa.exc.SQLAlchemyError) -> str:
    """The first line of the driver's message."""
    return str(getattr(error, "orig", None) or error).splitlines()[0]


def is_missing_table(error: sa.exc.SQLAlchemyError) -> bool:
    """Whether *error* means that a table or column is missing."""
    return any(words in error_text(error) for words in _MISSING_TABLE)


def is_bad_query(error: sa.exc.SQLAlchemyError) -> bool:
    """Whether *error* means that the query is invalid."""
    return any(words in str(getattr(error, "orig", None) or error) for words in _BAD_QUERY)


# Rows in bulk


def insert_rows(session: Session, table: sa.Table, names: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert *rows*, tuples of values for the columns *names*, the fastest way. Raises SQLAlchemy's errors."""
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
    """Stream the rows: psycopg's ``executemany`` costs a message and a statement per row."""
    cursor: Any = connection.connection.cursor()
    statement = f"COPY {_target(table, names, connection)} FROM STDIN"
    try:
        with cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.Error as error:
        raise sa.exc.OperationalError(statement, None, error) from error


def _insert_by_driver(connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: Sequence[Row]) -> None:
    """Use the driver directly: SQLAlchemy would look up each value of each row by name."""
    dialect = connection.dialect
    processors = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    if any(processors):
        rows = [
            tuple([process(value) if process else value for process, value in zip(processors, row, strict=True)])
            for row in rows
        ]
    marks = ", ".join("?" * len(names))
    statement = f"INSERT INTO {_target(table, names, connection)} VALUES ({marks})"  # noqa: S608 (names are quoted)
    connection.exec_driver_sql(statement, list(rows))


def _target(table: sa.Table, names: Sequence[str], connection: sa.Connection) -> str:
    preparer = connection.dialect.identifier_preparer
    schema = connection.schema_for_object(table)  # as schema_translate_map says
    name = (
        preparer.quote(table.name)
        if schema is None
        else f"{preparer.quote_schema(schema)}.{preparer.quote(table.name)}"
    )
    return f"{name} ({', '.join(map(preparer.quote, names))})"


# Columns of the shop


def holds_integer(kind: sa.types.TypeEngine[Any], number: int, dialect: sa.Dialect) -> bool:
    """Whether a column of the type *kind* can hold *number*; SQLite's integers all have 64 bits."""
    declared = next((bits for type, bits in _INTEGER_BITS if isinstance(kind, type)), 63)
    limit = 1 << (63 if dialect.name == "sqlite" else declared)
    return -limit <= number < limit


def cursor(expression: sa.ColumnElement[Any], dialect: sa.Dialect) -> sa.ColumnElement[Any]:
    """*expression* as it is stored, for sorting and keyset pagination.

    SQLite keeps times as text, with or without microseconds; turned into a datetime and back they would compare
    differently, and rows would be skipped between two pages.
    """
    return sa.type_coerce(expression, sa.types.NullType()) if dialect.name == "sqlite" else expression


def after(expression: sa.ColumnElement[Any], value: Any, dialect: sa.Dialect) -> sa.ColumnElement[bool]:
    """Whether *expression* comes after the *value* that `cursor` gave."""
    stored = cursor(expression, dialect)
    return stored > _bound(value, dialect, expression)


def same(expression: sa.ColumnElement[Any], value: Any, dialect: sa.Dialect) -> sa.ColumnElement[bool]:
    """Whether *expression* equals the *value* that `cursor` gave."""
    return cursor(expression, dialect) == _bound(value, dialect, expression)


def _bound(value: Any, dialect: sa.Dialect, expression: sa.ColumnElement[Any]) -> sa.BindParameter[Any]:
    kind: Any = sa.types.NullType() if dialect.name == "sqlite" else expression.type
    return sa.bindparam(None, value, type_=kind, unique=True)


def not_before(column: sa.ColumnElement[Any], since: dt.datetime, dialect: sa.Dialect) -> sa.ColumnElement[bool]:
    """Whether the ``DateTime`` *column* is at or after *since*, an aware time in the zone of the column's naive times."""
    zoned = dialect.name == "postgresql" and getattr(column.type, "timezone", False)
    least: Any = since if zoned else since.replace(tzinfo=None)
    if dialect.name == "sqlite":
        # Text with or without microseconds: the whole second is shorter than, and so before, both.
        least = least.strftime("%Y-%m-%d %H:%M:%S")
    found: sa.ColumnElement[bool] = cursor(column, dialect) >= least
    return found
