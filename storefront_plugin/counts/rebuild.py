"""The rebuild: counts the order log up to a position into a new generation, and makes that live.

A rebuild that failed is resumed: batches never change and its generation has the position, so the shards it has loaded
are right, and only the others are counted.
"""

from __future__ import annotations

import contextvars
import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Protocol, TypeAlias

import sqlalchemy as sa

from ..core.errors import DatabaseUnavailable, ForeignHistory, StorefrontError
from ..core.sql.database import Database
from ..orderlog.numbering import Position, batches_after, locked_applier
from ..orderlog.product_numbers import ProductNumbers
from ..orderlog.tables import Applier
from ..redis_store import RedisStore
from ..redis_store.keys import Keys
from ..shop.sellable import ALL_SELLABLE, Unsellable
from . import generations
from .applier import KEPT_NEIGHBOURS
from .generations import Generation
from .pair_counter import PairCounter
from .scoring import Constants
from .shards import ShardLoader, erase

logger = logging.getLogger(__name__)

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with the phase, such as ``shards counted``, how much of it is done, and its total."""

PAGE = 100
"""Batches per query; each query is a transaction of its own."""

BEAT_SECONDS = 10.0


class ConstantsChoice(Protocol):
    """Chooses what counts are weighed and scored with."""

    @property
    def start(self) -> Constants:
        """Before it was chosen."""
        ...

    def accepts(self, constants: Constants) -> bool:
        """Whether a rebuild that was begun with *constants* may go on with them."""
        ...

    def choose(self, lines: Path, folder: Path, progress: Progress) -> Constants:
        """By the file that `PairCounter` counts, with a *folder* for temporary files."""
        ...

    def learn(self, lines: Path, folder: Path, constants: Constants, progress: Progress) -> None:
        """Called when the new counts are in use; what takes longer than they may wait."""
        ...


class RebuildRunning(StorefrontError):
    """Another process is rebuilding; wait until it ends."""


def _silent(phase: str, done: int, total: int) -> None:
    """Show no progress."""


def rebuild(
    database: Database,
    store: RedisStore,
    keys: Keys,
    *,
    folder: Path,
    choice: ConstantsChoice,
    shards: int,
    admission: int,
    catch_up: Callable[[Generation], None],
    progress: Progress = _silent,
    source: Path | None = None,
    unsellable: Unsellable = ALL_SELLABLE,
    in_use: Callable[[Generation], None] = lambda generation: None,
) -> Generation:
    """Count the whole log, make the result the live generation, and return it.

    Args:
        folder: For temporary files; those of this rebuild are removed at its end.
        choice: Of what the counts are weighed and scored with, made before anything is counted.
        admission: Pairs seen once are left out for products with at least this many neighbours seen twice; 0 keeps all.
        catch_up: Called with the new generation; applies batches to it and to the live one until the end of the log.
        progress: Called after each page, each shard and each phase.
        source: A Parquet file to count instead of the log: ``order_row``, ``day``, ``size``, ``product`` and, where
            orders were reversed, ``sign`` and ``is_other``.
        unsellable: Of weaker neighbours these are kept last.
        in_use: Called with the new generation when it is live, before *choice* learns more.

    Raises:
        RebuildRunning: Another rebuild is running.
        StoreUnavailable, DatabaseUnavailable: It failed; the next one resumes it.
    """
    generation = _begin(database, store, keys, folder, choice, shards)
    with _beating(database, generation.token), _own_folder(folder, generation.token) as own:
        loader = ShardLoader(store, keys, generation, admission)
        missing = loader.missing()
        lines: Path | None = None
        if missing:
            lines = source or dump_log(database, generation.start, own, progress)
            if len(missing) == shards:  # else it is resumed, and has them
                generations.set_constants(database, generation, choice.choose(lines, own, progress))
            numbers = sorted(unsellable.numbers)
            with closing(PairCounter(lines, generation.weighting, own, numbers)) as counter:
                load_shards(counter, loader, missing, product_count(database), progress)
        progress("orders since then", 0, 1)
        catch_up(generation)
        progress("orders since then", 1, 1)
        generations.switch(database, generation.token)
        store.pipeline_write([("HSET", keys.news, "generation", generation.token)])
        progress("new counts in use", 1, 1)
        in_use(generation)
        if lines is not None:
            choice.learn(lines, own, generation.constants, progress)
    return generation


def dump_log(database: Database, until: Position, folder: Path, progress: Progress = _silent) -> Path:
    """Write the entries of all batches up to *until* as JSON lines into a file in *folder*, a page at a time.

    Raises `ForeignHistory` if the log no longer has that position.
    """
    path = folder / "log.jsonl"
    last = Position(0, until.token)
    with path.open("w", encoding="utf-8") as file:
        while last.number < until.number:
            page = [b for b in batches_after(database, last.number, PAGE) if b.number <= until.number]
            if not page:
                break
            file.writelines(batch.entries for batch in page)
            last = Position(page[-1].number, page[-1].token)
            progress("orders read", last.number, until.number)
    if last != until:
        raise ForeignHistory(
            f"The order log does not hold batch {until} any more (is it a restored backup?); start the rebuild again."
        )
    return path


def load_shards(
    counter: PairCounter, loader: ShardLoader, missing: list[int], known_products: int, progress: Progress = _silent
) -> None:
    """Count and load the *missing* shards; each is loaded while the next is counted."""
    shards = loader.generation.shards
    products = max(counter.products, known_products)
    loading: Future[None] | None = None
    with ThreadPoolExecutor(1, "storefront-rebuild") as pool:
        for done, shard in enumerate(missing, shards - len(missing)):
            progress("shards counted", done - (loading is not None), shards)
            counted = counter.count(shard, shards, loader.admission, KEPT_NEIGHBOURS, *loader.stems(shard))
            if loading is not None:
                loading.result()
            loading = pool.submit(loader.load, counted, counter.day, counter.large, products)
        if loading is not None:
            loading.result()
    progress("shards counted", shards, shards)


def product_count(database: Database) -> int:
    """The largest product number of the log."""
    with database.reading(blocking=True) as session:
        return session.scalar(sa.select(Applier.products).where(Applier.id == 1)) or 0


def sweep(database: Database, store: RedisStore, keys: Keys) -> int:
    """Remove generations that were retired long enough ago; returns their number."""
    due = generations.retired_due(database)
    for generation in due:
        _remove(database, store, keys, generation)
    return len(due)


def _remove(database: Database, store: RedisStore, keys: Keys, generation: Generation) -> None:
    erase(store, keys, generation, product_count(database))
    generations.drop(database, generation.token)


def _begin(
    database: Database, store: RedisStore, keys: Keys, folder: Path, choice: ConstantsChoice, shards: int
) -> Generation:
    """The failed generation to resume, or a new one."""
    found = generations.building(database)
    while found is not None:
        if not generations.is_dead(found):
            raise RebuildRunning("Another rebuild is running; wait for it, or end it and try again a minute later.")
        if found.shards == shards and choice.accepts(found.constants):
            logger.info("The rebuild %s continues where it was interrupted.", found.token)
            generations.beat(database, found.token)
            return found
        logger.info("The rebuild %s was made with other settings and is discarded.", found.token)
        shutil.rmtree(_folder_of(folder, found.token), ignore_errors=True)
        _remove(database, store, keys, found)
        found = generations.building(database)
    with locked_applier(database, ProductNumbers()):
        pass  # creates the log of a shop without any order
    return generations.create(database, choice.start, shards)


def _folder_of(folder: Path, token: str) -> Path:
    return folder / f"rebuild-{token}"


@contextmanager
def _own_folder(folder: Path, token: str) -> Iterator[Path]:
    """An empty folder for this rebuild; files that a killed process left in it are removed."""
    own = _folder_of(folder, token)
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    try:
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)


@contextmanager
def _beating(database: Database, token: str) -> Iterator[None]:
    """Send heartbeats from a thread while the block runs: a statement of DuckDB can take minutes.

    Not for an in-memory database: no other thread may use its connection, and no other process sees it.
    """
    if database.in_memory:
        yield
        return
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT_SECONDS):
            try:
                generations.beat(database, token)
            except DatabaseUnavailable as error:
                logger.warning("The rebuild could not report its progress: %s", error)

    # The copied context carries the app context, from which the database knows the shop's engine.
    thread = threading.Thread(
        target=contextvars.copy_context().run, args=(beat,), name="storefront-rebuild-beat", daemon=True
    )
    thread.start()
    try:
        yield
    except BaseException:
        ended.set()
        thread.join()
        with suppress(DatabaseUnavailable):
            generations.abandon(database, token)
        raise
    finally:
        ended.set()
        thread.join()
