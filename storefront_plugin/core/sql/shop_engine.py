"""An engine of our own that opens and treats connections as the shop's engine does, with a small pool of its own.

It has the shop's dialect and way to connect, with its ``creator``, connect arguments and ``do_connect`` events; the
events of its engine and pool, such as a ``SET search_path`` or SQL functions at ``connect``; its execution options,
such as ``schema_translate_map``; its isolation level and the age at which connections are renewed. The shop's pool stays
untouched: its connections are the shop's.

What differs is that our sessions are transactions, also where the shop's commit each statement by itself; on SQLite they
begin as its driver does, since a shop's ``BEGIN IMMEDIATE`` would let pages that only read wait for the one that writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, Pool, QueuePool

from . import dialects

_waits: ContextVar[float | None] = ContextVar("storefront_waits", default=None)
"""Seconds that a connection which we open now waits for a lock; None for those of the shop."""


def engine_like(shop: sa.Engine, options: Mapping[str, Any], wait: float, pre_ping: bool) -> sa.Engine:
    """An engine like *shop* with the execution *options*, at most four connections, and *wait* seconds for each."""
    if not event.contains(shop.dialect, "do_connect", _add_timeouts):
        event.listen(shop.dialect, "do_connect", _add_timeouts, insert=True)
    commits_alone = options.get("isolation_level") == "AUTOCOMMIT"
    if commits_alone:
        options = {**options, "isolation_level": dialects.transactional(shop.dialect)}
    engine = sa.Engine(
        _pool_like(shop, wait, pre_ping),
        shop.dialect,
        shop.url,
        execution_options=options,
        hide_parameters=shop.hide_parameters,
    )
    _without_listeners_of_all_engines(engine)
    if commits_alone:
        event.listen(engine, "engine_connect", partial(_call_listeners, shop))
    joined: Any = engine.dispatch._join(shop.dispatch)
    if commits_alone:
        joined.engine_connect = engine.dispatch.engine_connect
    if not dialects.begins_as_told(shop.dialect):
        joined.begin = engine.dispatch.begin  # without those of the shop
    engine.dispatch = joined
    engine._has_events = True
    dialects.begin_transactions(engine)
    return engine


def _without_listeners_of_all_engines(engine: sa.Engine) -> None:
    """Leave what listens to every engine to the dispatch of the shop's, which is joined: it would be called twice."""
    dispatch: Any = engine.dispatch
    for name in dispatch._event_names:
        getattr(dispatch, name).for_modify(dispatch).parent_listeners = ()


def _call_listeners(shop: sa.Engine, connection: sa.Connection) -> None:
    """What listens to connections of *shop*, but for SQLAlchemy's own, which would let each statement commit by itself."""
    for listener in shop.dispatch.engine_connect:
        if getattr(listener, "__module__", None) != "sqlalchemy.engine.default":
            listener(connection)


def _pool_like(shop: sa.Engine, wait: float, pre_ping: bool) -> Pool:
    def create(rec: ConnectionPoolEntry) -> DBAPIConnection:
        token = _waits.set(wait)
        try:
            return shop.pool._invoke_creator(rec)
        finally:
            _waits.reset(token)

    like: dict[str, Any] = {
        "dialect": shop.dialect,
        "recycle": shop.pool._recycle,
        "pre_ping": pre_ping,
        "_dispatch": shop.pool.dispatch,
    }
    # What a creator of the shop's own opens may belong to the thread that opened it.
    if dialects.ties_to_threads(shop.dialect) and not _is_default(shop.pool._creator):
        return NullPool(create, **like)
    return QueuePool(create, pool_size=2, max_overflow=2, timeout=wait, **like)


def _is_default(creator: Any) -> bool:
    """Whether *creator* is SQLAlchemy's own, which connects to the address of the engine."""
    return str(getattr(creator, "__module__", "")).startswith("sqlalchemy.")


def _add_timeouts(dialect: sa.Dialect, _record: Any, _args: Any, arguments: dict[str, Any]) -> None:
    """Add our timeouts where we open the connection; the shop's own connections pass unchanged."""
    wait = _waits.get()
    if wait is not None:
        arguments.update(dialects.connect_args(dialect.name, dialect.driver, wait, arguments))
