"""The shop's database, however the shop uses SQLAlchemy: its engine and its current session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from ..errors import ConfigurationError, InputError, shown
from .dialects import has_one_connection, is_in_memory

ShopSession: TypeAlias = "Session | scoped_session[Any]"
"""What a shop may pass as ``session=``."""


class ShopDatabase:
    """The database behind *given*: a Flask-SQLAlchemy, a `scoped_session`, a `sessionmaker` or an engine.

    None means the Flask-SQLAlchemy of the current app, if any. Everything is looked up at first use.
    """

    def __init__(self, given: Any = None) -> None:
        plain = isinstance(given, (scoped_session, sessionmaker, sa.Engine))
        # By dir(), not hasattr(): outside an app context Flask-SQLAlchemy's own attributes raise.
        if not (given is None or plain or {"engines", "session"} <= set(dir(given))):
            raise ConfigurationError(
                "The adapters take the shop's Flask-SQLAlchemy, its scoped_session, its sessionmaker or its engine "
                f"(none of asyncio), not {shown(given)}."
            )
        self._given = given

    def engine(self, model: Any = None) -> sa.Engine | None:
        """The engine of *model*, or the default engine; None when the shop has no database."""
        found = self._found()
        if found is None or isinstance(found, sa.Engine):
            return found
        if isinstance(found, (scoped_session, sessionmaker)):
            return _bound(found, model)
        engine: sa.Engine | None = found.engines.get(_bind_key(model))
        return engine

    def execution_options(self, model: Any = None) -> Mapping[str, Any]:
        """Execution options of the connections of the shop's sessions: of `engine`, and of the sessions."""
        engine, factory = self.engine(model), self._factory()
        of_sessions = {} if factory is None else factory.kw.get("execution_options") or {}
        return {**(engine.get_execution_options() if engine is not None else {}), **of_sessions}

    @contextmanager
    def new_session(self) -> Iterator[Session]:
        """A new session as the shop makes them, on a connection of the shop's pool; rolled back at the end."""
        factory, found = self._factory(), self._found()
        with Session(found) if factory is None else factory() as session:
            yield session

    def current(self) -> Session | None:
        """The shop's current session; None when it is unknown."""
        scoped = self._scoped()
        return None if scoped is None else scoped()

    def transaction(self, given: ShopSession | None = None) -> Session:
        """The session of *given*, or the current one; raises `InputError` when both are unknown.

        A scoped session is unwrapped: listeners registered on it would fire for all sessions of the shop.
        """
        found = given() if isinstance(given, scoped_session) else self.current() if given is None else given
        if isinstance(found, Session):
            return found
        raise InputError(
            f"session= takes the Session that holds the order's transaction, not {shown(given)}."
            if given is not None
            else "Pass session=, the Session that holds the order's transaction, or give the adapters your scoped_session."
        )

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Prevents flushes of the shop's session inside the block; a session that an adapter began inside is removed."""
        scoped = self._scoped()
        if scoped is None:
            yield
        elif scoped.registry.has():
            with scoped.no_autoflush:
                yield
        else:
            try:
                yield
            finally:
                scoped.remove()

    def joint(self, model: Any = None) -> sa.Connection | sa.Engine:
        """What to bind to in-memory SQLite: the shop's own connection while it is in a transaction, else the engine."""
        session, engine = self.current(), self.engine(model)
        if session is None or engine is None:
            raise ConfigurationError(
                "An SQLite database in memory has one connection, and whether the shop is using it only its current "
                "session tells: give the adapters your scoped_session, or use a file."
            )
        if not session.in_transaction():
            return engine.execution_options(**self.execution_options(model))
        return session.connection(bind_arguments={"mapper": sa.inspect(model)} if model is not None else None)

    def is_fleeting(self, app: Flask) -> bool:
        """Whether the database of *app* is in memory, as far as that is known before the first use."""
        if not isinstance(self._given, (scoped_session, sessionmaker, sa.Engine)):
            return is_in_memory(app.config.get("SQLALCHEMY_DATABASE_URI"))
        try:
            return has_one_connection(self.engine())
        except ConfigurationError:  # the session is bound later
            return False

    def _found(self) -> Any:
        return current_app.extensions.get("sqlalchemy") if self._given is None else self._given

    def _factory(self) -> sessionmaker[Session] | None:
        """What makes the shop's sessions; None where only its engine is known."""
        scoped = self._scoped()
        made = self._found() if scoped is None else scoped.session_factory
        return made if isinstance(made, sessionmaker) else None

    def _scoped(self) -> scoped_session[Session] | None:
        found = self._found()
        scoped = found if isinstance(found, scoped_session) else getattr(found, "session", None)
        return scoped if isinstance(scoped, scoped_session) else None


def shop_database_of(*adapters: object) -> ShopDatabase:
    """The database of the first of *adapters* that has one, or the current app's."""
    found = (getattr(adapter, "shop_database", None) for adapter in adapters)
    return next((one for one in found if isinstance(one, ShopDatabase)), ShopDatabase())


def _bound(factory: scoped_session[Session] | sessionmaker[Session], model: Any) -> sa.Engine:
    make = factory.session_factory if isinstance(factory, scoped_session) else factory
    with make() as session:
        try:
            return session.get_bind(model).engine
        except sa.exc.UnboundExecutionError as error:
            raise ConfigurationError(
                "The session given to the adapters has no engine: use sessionmaker(engine), or call "
                "Session.configure(bind=engine) before the first use."
            ) from error


def _bind_key(model: Any) -> str | None:
    """Flask-SQLAlchemy's bind key of *model*."""
    if model is None:
        return None
    metadata = getattr(sa.inspect(model).local_table, "metadata", None)
    key = getattr(model, "__bind_key__", None) or (metadata.info.get("bind_key") if metadata is not None else None)
    return None if key is None else str(key)
