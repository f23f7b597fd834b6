"""The session on which an adapter reads the shop's models: ours, never the shop's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.orm import Session

from ..database import Database
from ..errors import ConfigurationError
from ..proxies import current_storefront
from ..shop_database import ShopDatabase, has_one_connection


class ShopReads:
    """Opens short read sessions where *model* lives.

    That is the database of our own tables, unless the shop gave those another address (``STOREFRONT_DATABASE_URL``)
    or keeps the model on another engine, such as that of a Flask-SQLAlchemy bind key.
    """

    def __init__(self, shop: ShopDatabase, model: Any) -> None:
        self._shop = shop
        self._model = model
        self._others: WeakKeyDictionary[Flask, Database] = WeakKeyDictionary()

    @contextmanager
    def open(self, patient: bool = False) -> Iterator[Session]:
        """A session for reading; the shop's own session is not flushed by anything done inside."""
        with self._session(patient) as session, session.no_autoflush, self._shop.undisturbed():
            yield session

    @contextmanager
    def _session(self, patient: bool) -> Iterator[Session]:
        engine, ours = self._engine(), current_storefront.database
        if not ours.is_apart and engine is ours.shop.engine():
            with ours.reading(patient) as session:
                yield session
        elif has_one_connection(engine):
            bind = self._shop.joint(self._model)
            with Session(bind, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
                yield session
        else:
            with self._other(engine).reading(patient) as session:
                yield session

    def _engine(self) -> sa.Engine:
        engine = self._shop.engine(self._model)
        if engine is None:
            raise ConfigurationError(
                f"The shop's database has no engine for {self._model.__name__}; set SQLALCHEMY_DATABASE_URI, or the "
                "bind key of the model in SQLALCHEMY_BINDS."
            )
        return engine

    def _other(self, engine: sa.Engine) -> Database:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        if app not in self._others:
            is_main = engine is self._shop.engine()
            options = app.config.get("SQLALCHEMY_ENGINE_OPTIONS") or {}
            self._others[app] = Database(
                None,
                Path(app.instance_path),
                current_storefront.settings.deadline,
                self._shop,
                options if is_main else {},
                self._model,
            )
        return self._others[app]
