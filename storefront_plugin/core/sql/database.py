"""Our own engines and sessions on the shop's database, separate from the shop's own: see `shop_engine`.

Sessions are short, and of three kinds:

* ``reading()`` inside a page: gives up within the deadline;
* ``reading(blocking=True)`` and ``writing()`` outside pages: wait up to five seconds for a lock;
* the same in a request that must not (`wait_briefly`), such as a page of the admin: up to a second, and once it was in
  vain no longer than a page.

In-memory SQLite, common in test suites, has a single connection. While the shop's session is in a transaction, ours
join it behind a savepoint; otherwise they use the connection directly.

Our tables live in the shop's database, unless ``STOREFRONT_DATABASE_URL`` is set or the shop has no database.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from flask import Flask, has_app_context
from sqlalchemy.orm import DeclarativeBase, Session

from ..errors import ConfigurationError, DatabaseUnavailable, InputError, TablesMissing
from ..forks import Forkable, Gate, ProcessLock, join_forks
from . import dialects
from .patience import Patience, patience_of_work, waited_in_vain
from .shop_database import ShopDatabase, ShopSession
from .shop_engine import engine_like

logger = logging.getLogger(__name__)

BLOCKING_SECONDS = 5.0
"""Seconds that each statement of a blocking session waits for a lock, and the session for a connection."""

BRIEF_SECONDS = 1.0
"""The same in a request that waits briefly."""

MAX_PAGE = 200
"""Rows of a page of a list."""

TABLE_PREFIX = "storefront_"


class Base(DeclarativeBase):
    """Base of our models. Table names begin with ``storefront_``; no foreign key refers to a table of the shop."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        }
    )


def table_of(model: type[Base]) -> sa.Table:
    """The table of *model*. Core inserts of many rows take half the time of the ORM's."""
    return cast(sa.Table, model.__table__)


class Database(Forkable):
    """Sessions on our tables. Engines are created at first use, once per process, so that nothing is shared across a fork.

    A fork waits for sessions of other threads and closes idle connections, in the parent too: see `forks`.
    """

    def __init__(
        self,
        url: str | None,
        folder: Path,
        deadline: float,
        shop: ShopDatabase,
        model: Any = None,
    ):
        self.shop = shop
        self._url = url
        self._folder = folder
        self._deadline = deadline
        self._model = model
        self._lock = ProcessLock()
        self._gate = Gate()
        self._engines: dict[tuple[int, Patience], sa.Engine] = {}
        self._in_memory: bool | None = None
        join_forks(self)

    @contextmanager
    def reading(self, blocking: bool = False) -> Iterator[Session]:
        """A read-only session; changes are discarded. Raises `DatabaseUnavailable` when the database is late or unreachable."""
        with self._session(blocking) as session, _translated():
            yield session

    def page(
        self, query: sa.Select[Any], order: Sequence[Any], page: int = 1, size: int = 50
    ) -> tuple[Sequence[sa.Row[Any]], int]:
        """One page (from 1) of the rows of *query* in *order*, and how many there are.

        Blocks. Raises `InputError` for a page below 1 or of more than `MAX_PAGE` rows.
        """
        if type(page) is not int or page < 1 or not 1 <= size <= MAX_PAGE:
            raise InputError(f"Pages start at 1 and have 1 to {MAX_PAGE} rows; correct the address.")
        count = sa.select(sa.func.count()).select_from(query.subquery())
        with self.reading(blocking=True) as session:
            rows = session.execute(query.order_by(*order).limit(size).offset((page - 1) * size)).all()
            return rows, session.scalar(count) or 0

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that commits when the block ends, or rolls back when it raises."""
        with self._session(blocking=True) as session, _translated():
            yield session
            session.commit()

    @property
    def in_memory(self) -> bool:
        """Whether there is a single connection, shared with the shop (in-memory SQLite)."""
        if self._in_memory is None:
            self._in_memory = self._url is None and dialects.has_one_connection(self._shop_engine())
        return self._in_memory

    @property
    def is_apart(self) -> bool:
        """Whether our tables are in another database, so that the shop's transactions cannot include our changes."""
        engine = self._shop_engine()
        return engine is None or (self._url is not None and sa.make_url(self._url) != engine.url)

    def prepare(self, connection: sa.Connection) -> None:
        """Create our tables in an in-memory database, where a test suite never runs ``init-db``."""
        if self.in_memory:
            Base.metadata.create_all(connection)

    @contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        """A connection of our own for migrations. Raises `DatabaseUnavailable` when a lock is not free within seconds."""
        with _translated():
            if self.in_memory:
                with self._shop_engine().connect() as connection:  # type: ignore[union-attr]
                    yield connection
            else:
                with self._passed("work"), self._engine("work").connect() as connection:
                    yield connection

    def dispose(self) -> None:
        """Close our connections; the next use opens new ones."""
        with self._lock:
            engines = [self._engines.pop(key) for key in self._own_keys()]
        for engine in engines:
            engine.dispose()

    def drop(self, seconds: float) -> bool:
        """Before a fork: let no session begin, wait for those of other threads, and close idle connections."""
        ended = self._gate.close(seconds)
        for key in self._own_keys():
            self._engines[key].dispose()
        return ended

    def resume(self) -> None:
        """After a fork, in the parent: let sessions begin."""
        self._gate.open()

    def renew(self) -> None:
        """After a fork, in the child: the same, with connections of its own."""
        self._gate.renew()

    def shop_session(self, given: ShopSession | None, commit: bool = False) -> Session | None:
        """The session of the shop's transaction: *given*, or the current one. None means a transaction of our own.

        That is the case when our tables are in another database, and with *commit* when the current session is unknown.
        Raises `InputError` when the session is needed and unknown.
        """
        alone = given is None and (self.is_apart or (commit and self.shop.current() is None))
        return None if alone else self.shop.transaction(given)

    @contextmanager
    def shop_transaction(self, given: ShopSession | None, commit: bool = False) -> Iterator[Session]:
        """The session of `shop_session`, or one of our own that commits when the block ends.

        Raises `TablesMissing` when the session's database lacks our tables.
        """
        session = self.shop_session(given, commit)
        if session is None:
            with self.writing() as own:
                yield own
            return
        try:
            yield session
        except (sa.exc.OperationalError, sa.exc.ProgrammingError) as error:
            missing = missing_table(error)
            if missing is None:
                raise
            if self._url is not None:
                raise TablesMissing(
                    "The session given is not on the database of STOREFRONT_DATABASE_URL, where our tables are; leave it "
                    "out, or give one that is."
                ) from error
            raise missing from error

    @contextmanager
    def _session(self, blocking: bool) -> Iterator[Session]:
        if self.in_memory:
            with self._joined_session() as session:
                yield session
            return
        patience = patience_of_work() if blocking else "page"
        with self._passed(patience), Session(self._engine(patience), expire_on_commit=False) as session:
            yield session

    @contextmanager
    def _passed(self, patience: Patience) -> Iterator[None]:
        with ExitStack() as stack:
            try:
                stack.enter_context(self._gate.passed(self._seconds(patience)))
            except TimeoutError as error:
                raise DatabaseUnavailable(f"{error} Trying again.") from error
            yield

    def _joined_session(self) -> Session:
        bind = self.shop.joint(self._model)
        if isinstance(bind, sa.Connection):
            self.prepare(bind)
        else:
            with bind.begin() as connection:
                self.prepare(connection)
        return Session(bind, join_transaction_mode="create_savepoint", expire_on_commit=False)

    def _shop_engine(self) -> sa.Engine | None:
        return self.shop.engine(self._model)

    def _engine(self, patience: Patience) -> sa.Engine:
        # Those of a parent process stay untouched: a forked child must neither use nor close its connections.
        key = (os.getpid(), patience)
        with self._lock:
            if key not in self._engines:
                self._engines[key] = self._make_engine(patience)
            return self._engines[key]

    def _own_keys(self) -> list[tuple[int, Patience]]:
        return [key for key in list(self._engines) if key[0] == os.getpid()]

    def _seconds(self, patience: Patience) -> float:
        return {"page": self._deadline, "brief": BRIEF_SECONDS, "work": BLOCKING_SECONDS}[patience]

    def _make_engine(self, patience: Patience) -> sa.Engine:
        wait, is_page = self._seconds(patience), patience == "page"
        # With an address of our own, processes without an app may work on our tables.
        shop = self._shop_engine() if self._url is None or has_app_context() else None
        if shop is None or self.is_apart:
            engine = self._engine_apart(wait, not is_page)
        else:
            engine = engine_like(shop, self.shop.execution_options(self._model), wait, not is_page)
        if is_page:
            dialects.limit_statements(engine, wait)
        else:
            dialects.limit_lock_waits(engine, wait)
        return engine

    def _engine_apart(self, wait: float, pre_ping: bool) -> sa.Engine:
        if self._url is not None:
            url = sa.make_url(self._url)
        else:
            self._folder.mkdir(parents=True, exist_ok=True)
            url = dialects.sqlite_file(self._folder / "storefront.sqlite")
        arguments = dialects.connect_args(url.get_backend_name(), url.get_driver_name(), wait, {})
        return sa.create_engine(
            url, connect_args=arguments, pool_size=2, max_overflow=2, pool_timeout=wait, pool_pre_ping=pre_ping
        )


def missing_table(error: sa.exc.SQLAlchemyError) -> DatabaseUnavailable | None:
    """The error to raise instead of *error* when a table or column is missing; None for other errors."""
    if not dialects.is_missing_table(error):
        return None
    text = dialects.error_text(error)
    if any(name in f"{text} {getattr(error, 'statement', None)}" for name in Base.metadata.tables):
        return TablesMissing(f"A table is missing ({text}); run `flask storefront init-db`.")
    return DatabaseUnavailable(
        f"The shop's database is missing something ({text}): create it as the shop does, with its migrations or "
        "create_all(), or check the columns given to the adapters."
    )


@contextmanager
def _translated() -> Iterator[None]:
    """Raise `DatabaseUnavailable` with a remedy in place of driver and pool errors, which become its cause."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.ProgrammingError, sa.exc.TimeoutError, sa.exc.InterfaceError) as error:
        missing = missing_table(error)
        if missing is not None:
            raise missing from error
        text = f"{dialects.error_text(error):.200}"
        if dialects.is_bad_query(error):
            raise DatabaseUnavailable(
                f"The database refused a query ({text}); check the columns given to the adapters."
            ) from error
        waited_in_vain()
        raise DatabaseUnavailable(f"The database is locked, slow or unreachable ({text}); trying again.") from error


def open_database(app: Flask, url: str | None, folder: Path, deadline: float, shop: ShopDatabase) -> Database:
    """The `Database` of *app*. Other extensions are looked up at first use, so ``init_app`` may be called in any order."""
    if url is not None:
        try:
            sa.make_url(url)
        except sa.exc.ArgumentError as error:
            raise ConfigurationError(
                "STOREFRONT_DATABASE_URL cannot be read; give it as an SQLAlchemy address such as postgresql+psycopg://host/name."
            ) from error
        if dialects.is_in_memory(url):
            raise ConfigurationError(
                "STOREFRONT_DATABASE_URL is an SQLite database in memory, of which each connection has another; give "
                "it a file, or leave it out where the shop's own database is in memory."
            )
    return Database(url, folder, deadline, shop)
