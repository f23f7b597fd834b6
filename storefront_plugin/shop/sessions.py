"""The session on which an adapter reads the shop's models: ours, never the shop's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from ..database import Database
from ..proxies import current_storefront


class ShopReads:
    """Opens short read sessions where *model* lives.

    That is the database of our own tables, unless the shop gave those another address (``STOREFRONT_DATABASE_URL``)
    or keeps the model under a Flask-SQLAlchemy bind key.
    """

    def __init__(self, db: Any, model: Any) -> None:
        self._db = db
        self._model = model
        self._others: WeakKeyDictionary[Flask, Database] = WeakKeyDictionary()

    @contextmanager
    def open(self, patient: bool = False) -> Iterator[Session]:
        """A session for reading; the shop's own session is not flushed by anything done inside."""
        with self._session(patient) as session, session.no_autoflush, self._db.session.no_autoflush:
            yield session

    @contextmanager
    def _session(self, patient: bool) -> Iterator[Session]:
        bind_key = self._bind_key()
        if bind_key is None and current_storefront.settings.database_url is None:
            with current_storefront.database.reading(patient) as session:
                yield session
        elif isinstance(self._engine(bind_key).pool, StaticPool):
            with self._joined(bind_key) as session:
                yield session
        else:
            with self._other(bind_key).reading(patient) as session:
                yield session

    def _bind_key(self) -> str | None:
        key = getattr(self._model, "__bind_key__", None) or self._model.__table__.metadata.info.get("bind_key")
        return str(key) if key is not None else None

    def _engine(self, bind_key: str | None) -> sa.Engine:
        engine: sa.Engine = self._db.engines[bind_key]
        return engine

    @contextmanager
    def _joined(self, bind_key: str | None) -> Iterator[Session]:
        """In memory there is one connection: joined while the shop's session is in a transaction, else simply used."""
        shop = self._db.session()
        bind: Any = self._engine(bind_key)
        if shop.in_transaction():
            bind = shop.connection(bind_arguments={"mapper": sa.inspect(self._model)})
        with Session(bind, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session

    def _other(self, bind_key: str | None) -> Database:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        if app not in self._others:
            options = app.config.get("SQLALCHEMY_ENGINE_OPTIONS") or {}
            self._others[app] = Database(
                None,
                Path(app.instance_path),
                current_storefront.settings.deadline,
                _engine_of(self._db, bind_key),
                {} if bind_key else options,
            )
        return self._others[app]


def _engine_of(db: Any, bind_key: str | None) -> Callable[[], sa.Engine]:
    # A closure over db alone: one over the app would keep its own weak key alive.
    return lambda: db.engines[bind_key]
