"""Sessions of adapters on the shop's models, separate from the shop's own sessions."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, WeakMethod

import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy import event
from sqlalchemy.orm import Session, object_session

from ...core.errors import ConfigurationError
from ...core.sql.database import Base, Database
from ...core.sql.dialects import error_text, has_one_connection, place
from ...core.sql.shop_database import ShopDatabase
from ..adapters import current_mount
from ..connection_inspection import Sight


class ShopReads:
    """Opens short read sessions on the database of *model*.

    That is the database of our own tables, unless ``STOREFRONT_DATABASE_URL`` is set or the model has another engine,
    such as that of a Flask-SQLAlchemy bind key.
    """

    def __init__(self, shop: ShopDatabase, model: Any) -> None:
        self._shop = shop
        self._model = model
        self._others: WeakKeyDictionary[Flask, Database] = WeakKeyDictionary()

    @contextmanager
    def open(self, blocking: bool = False) -> Iterator[Session]:
        """A read session; the shop's own session is not flushed inside."""
        with self._session(blocking) as session, session.no_autoflush, self._shop.undisturbed():
            yield session

    @contextmanager
    def _session(self, blocking: bool) -> Iterator[Session]:
        engine, ours = self._engine(), current_mount.database
        if not ours.is_apart and engine is ours.shop.engine():
            with ours.reading(blocking) as session:
                yield session
        elif has_one_connection(engine):
            bind = self._shop.joint(self._model)
            with Session(bind, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
                yield session
        else:
            with self._other().reading(blocking) as session:
                yield session

    def sights(self) -> tuple[Sight, Sight] | None:
        """What our connection and a new session of the shop see; None where there is one connection for both. Blocks."""
        if has_one_connection(self._engine()):
            return None
        with self.open(blocking=True) as session:
            ours = self._sight(session)
        with self._shop.new_session() as session:
            return ours, self._sight(session)

    def _sight(self, session: Session) -> Sight:
        bind = session.connection(bind_arguments={"mapper": sa.inspect(self._model)})
        where = place(bind)
        apart = current_mount.database.is_apart or self._engine() is not current_mount.database.shop.engine()
        our_table = next(iter(Base.metadata.sorted_tables))
        error = ""
        try:
            with session.begin_nested():
                rows = session.scalar(sa.select(sa.func.count()).select_from(self._model))
        except sa.exc.SQLAlchemyError as refused:
            rows, error = None, error_text(refused)
        return Sight(where, rows, None if apart else _is_there(session, our_table), error)

    def _engine(self) -> sa.Engine:
        engine = self._shop.engine(self._model)
        if engine is None:
            raise ConfigurationError(
                f"The shop's database has no engine for {self._model.__name__}; set SQLALCHEMY_DATABASE_URI, or the "
                "bind key of the model in SQLALCHEMY_BINDS."
            )
        return engine

    def _other(self) -> Database:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        if app not in self._others:
            self._others[app] = Database(None, Path(app.instance_path), current_mount.deadline, self._shop, self._model)
        return self._others[app]


def _is_there(session: Session, table: sa.Table) -> bool:
    try:
        with session.begin_nested():
            session.execute(sa.select(sa.literal(1)).select_from(table).limit(1))
    except sa.exc.SQLAlchemyError:
        return False
    return True


logger = logging.getLogger(__name__)

_CHANGED = "storefront_changed_products"


def watch(catalog: Any, notify: Callable[[Sequence[str]], None]) -> None:
    """Call the method *notify* with the ids of products that a session has changed, after its commit.

    The method is referenced weakly: a test suite may mount many extensions on one model.

    Works for catalogues that have ``model`` and ``id_of(instance)``. Changes by SQL or bulk statements are not
    noticed; they show after ``STOREFRONT_PRODUCT_CACHE_SECONDS``.
    """
    weak_notify = WeakMethod(notify)
    model, id_of = getattr(catalog, "model", None), getattr(catalog, "id_of", None)
    if model is None or id_of is None:
        return

    def changed(_mapper: Any, _connection: Any, instance: Any) -> None:
        session, alive = object_session(instance), weak_notify()
        if session is not None and alive is not None:
            _note(session, id_of, instance, alive)

    for name in ("after_insert", "after_update", "after_delete"):
        event.listen(model, name, changed, propagate=True)


def _note(
    session: Session, id_of: Callable[[Any], str], instance: Any, notify: Callable[[Sequence[str]], None]
) -> None:
    try:
        product_id = id_of(instance)
    except Exception as error:  # the shop's own mapping must not fail its flush
        logger.warning("A changed product could not be named (%s).", error)
        return
    if _CHANGED not in session.info:
        session.info[_CHANGED] = {}
        event.listen(session, "after_commit", _notify)
        event.listen(session, "after_rollback", lambda session: session.info[_CHANGED].clear())
    session.info[_CHANGED].setdefault(notify, {})[product_id] = None


def _notify(session: Session) -> None:
    # Also fires when a savepoint is released; only the outermost commit makes the change visible to others.
    if session.in_nested_transaction():
        return
    changed, session.info[_CHANGED] = session.info[_CHANGED], {}
    for notify, ids in changed.items():
        try:
            notify(list(ids))
        except Exception as error:  # the shop has committed: nothing may raise here
            logger.warning("Changed products were not passed on (%s).", error)
