"""The search for proposals: one at a time over all processes, its progress and its outcome stored for all to see."""

from __future__ import annotations

import datetime as dt
import json
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import sqlalchemy as sa

from ...core import clock
from ...core.errors import N_, DatabaseUnavailable, InputError, StorefrontError
from ...core.sql.database import Database, table_of
from ...orderlog.product_numbers import ProductNumbers
from ...shop.ports import Catalog
from ..price_kinds import NO_STEPS
from ..store.definition_json import load_definition
from ..store.proposals import Proposal, key_of
from ..store.tables import BundleRow, ProposalRow, ProposalRunRow
from .mining import MiningSettings, Progress, find_proposals, silent

logger = logging.getLogger(__name__)

RunState: TypeAlias = Literal["running", "done", "failed"]

DEAD_AFTER: Final = dt.timedelta(minutes=15)
"""Without a sign of life for so long, a search counts as dead; one statement of it can take minutes."""

BEAT_SECONDS: Final = 1.0
_TAKEN_OVER: Final = N_("Another search for bundles has taken over because this one stopped responding; wait for it.")
_BROKE_OFF: Final = N_("It was interrupted, probably because its process ended; run it again.")


class SearchRunning(StorefrontError):
    """Another search for proposals is at work; wait for it."""


@dataclass(frozen=True, slots=True)
class Run:
    """The latest search. Times are UTC without zone; *found* counts its proposals, *error* says why it failed."""

    state: RunState
    phase: str
    done: int
    total: int
    settings: MiningSettings
    started_by: str
    started_at: dt.datetime
    finished_at: dt.datetime | None
    found: int
    error: str


@dataclass(frozen=True, slots=True)
class Begun:
    """A search that was begun, and is to be carried out."""

    token: str
    settings: MiningSettings


class ProposalSearch:
    """Searches the order log of one shop for sets to offer.

    Args:
        folder: Where DuckDB may put what does not fit into memory.
        currency: Of products that name none.
        settle: Brings the orders that were recorded last into the log.
        steps: The shop's price steps, minor units by currency.
    """

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        numbers: ProductNumbers,
        folder: Path,
        currency: str | None,
        settle: Callable[[], object],
        steps: Mapping[str, int] = NO_STEPS,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._numbers = numbers
        self._folder = folder
        self._currency = currency
        self._settle = settle
        self._steps = steps

    def search(self, settings: MiningSettings | None = None, by: str = "", progress: Progress = silent) -> int:
        """Search now, in place of the open proposals; how many there are. *settings* None is as the last time.

        Raises `SearchRunning` while another search is at work.
        """
        return self.carry_out(begin(self._database, settings, by), progress)

    def search_if_due(self, days: int, by: str = "", progress: Progress = silent) -> int | None:
        """`search` where the last one is *days* ago; else None."""
        return self.search(None, by, progress) if is_due(self._database, days) else None

    def carry_out(self, begun: Begun, progress: Progress = silent) -> int:
        """Carry out a search that `begin` has begun, in this process or thread; as `carry_out`."""
        return carry_out(
            begun,
            self._database,
            self._catalog,
            self._numbers,
            self._folder,
            self._currency,
            self._settle,
            progress,
            self._steps,
        )


def latest_run(database: Database) -> Run | None:
    """The latest search, also while it runs; None where there was none."""
    with database.reading(blocking=True) as session:
        row = session.get(ProposalRunRow, 1)
        if row is None:
            return None
        run = Run(
            row.state,  # type: ignore[arg-type]
            row.phase,
            row.done,
            row.total,
            MiningSettings.from_json(row.settings),
            row.started_by,
            row.started_at,
            row.finished_at,
            row.found,
            row.error,
        )
        return replace(run, state="failed", error=_BROKE_OFF) if _is_dead(row) else run


def is_due(database: Database, days: int) -> bool:
    """Whether no search began within the last *days*, or the latest failed."""
    run = latest_run(database)
    return (
        run is None or run.state == "failed" or clock.now_in_sql() - run.started_at > dt.timedelta(days=days, hours=-1)
    )


def begin(database: Database, settings: MiningSettings | None = None, by: str = "") -> Begun:
    """Begin a search, for `carry_out`; *settings* None is as the last time.

    Of two that try at the same time one gets `SearchRunning`.
    """
    token, now = secrets.token_hex(8), clock.now_in_sql()
    row_of: dict[str, Any] = {"token": token, "state": "running", "phase": "read", "done": 0, "total": 0, "found": 0}
    row_of |= {"started_by": by[:255], "started_at": now, "beat_at": now, "finished_at": None, "error": ""}
    free = sa.or_(ProposalRunRow.state != "running", ProposalRunRow.beat_at < now - DEAD_AFTER)
    try:
        with database.writing() as session:
            taken: Any = session.execute(sa.update(ProposalRunRow).where(ProposalRunRow.id == 1, free).values(**row_of))
            row = session.get(ProposalRunRow, 1)
            if not taken.rowcount and row is not None:
                raise _running(row)
            wanted = settings or (MiningSettings.from_json(row.settings) if row else MiningSettings())
            if row is None:
                session.execute(sa.insert(table_of(ProposalRunRow)), row_of | {"id": 1, "settings": wanted.to_json()})
            else:
                row.settings = wanted.to_json()
    except sa.exc.IntegrityError:
        raise SearchRunning("Another search for bundles has just started; wait for it.") from None
    return Begun(token, wanted)


def carry_out(
    begun: Begun,
    database: Database,
    catalog: Catalog,
    numbers: ProductNumbers,
    folder: Path,
    currency: str | None,
    settle: Callable[[], object],
    progress: Progress = silent,
    steps: Mapping[str, int] = NO_STEPS,
) -> int:
    """Find proposals and store them in place of the open ones; how many there are now.

    What was rejected stays so, what was accepted too, and sets that are bundles already are not proposed.

    Args:
        settle: Brings the orders that were recorded last into the log.
        progress: Gets the phases of `find_together`.
        steps: The shop's price steps, minor units by currency.

    Raises:
        SearchRunning: Another one has taken over, because this one stopped responding.
        DatabaseUnavailable, QueryFailed, ConfigurationError: It failed; the run says so too.
    """
    beat = _beat(database, begun.token)

    def report(phase: str, done: int, total: int) -> None:
        beat(phase, done, total)
        progress(phase, done, total)

    try:
        settle()
        without = _decided(database) | _in_bundles(database)
        found = find_proposals(database, catalog, numbers, folder, currency, begun.settings, without, report, steps)
        return _finish(database, begun.token, found)
    except BaseException as error:
        text = str(error) if isinstance(error, StorefrontError) else _BROKE_OFF
        _set(database, begun.token, state="failed", error=text, finished_at=clock.now_in_sql())
        raise


def _running(row: ProposalRunRow) -> SearchRunning:
    who = f" by {row.started_by}" if row.started_by else ""
    return SearchRunning(
        f"A search for bundles is already running, started{who} at {row.started_at:%H:%M} UTC; wait for it. If its "
        f"process has ended, you can start it again {DEAD_AFTER.seconds // 60} minutes after its last update."
    )


def _beat(database: Database, token: str) -> Progress:
    """Stores the progress, at most once in `BEAT_SECONDS`; a locked database does not stop the search."""
    reported = ("", float("-inf"))

    def beat(phase: str, done: int, total: int) -> None:
        nonlocal reported
        if phase == reported[0] and time.monotonic() - reported[1] < BEAT_SECONDS:
            return
        reported = (phase, time.monotonic())
        try:
            still_ours = _set(database, token, phase=phase, done=done, total=total, beat_at=clock.now_in_sql())
        except DatabaseUnavailable as error:
            logger.warning("The search for bundles could not show its progress: %s", error)
            return
        if not still_ours:
            raise SearchRunning(_TAKEN_OVER)

    return beat


def _finish(database: Database, token: str, found: list[Proposal]) -> int:
    """Replace the open proposals, in one transaction with the run's end."""
    now = clock.now_in_sql()
    with database.writing() as session:
        ours = sa.update(ProposalRunRow).where(ProposalRunRow.token == token)
        ended: Any = session.execute(ours.values(state="done", finished_at=now))
        if not ended.rowcount:
            raise SearchRunning(_TAKEN_OVER)
        session.execute(sa.delete(ProposalRow).where(ProposalRow.state == "open"))
        # Some may have been decided while the log was read.
        decided = set(session.scalars(sa.select(ProposalRow.key)))
        rows = [_row(one, now) for one in found if one.key not in decided]
        if rows:
            session.execute(sa.insert(table_of(ProposalRow)), rows)
        session.execute(ours.values(found=len(rows)))
    return len(rows)


def _row(one: Proposal, now: dt.datetime) -> dict[str, Any]:
    names = ("support", "orders", "confidence", "lift", "expected_share", "currency", "price", "discount", "margin")
    row = {name: getattr(one, name) for name in names}
    row |= {"key": one.key, "product_ids": json.dumps(one.product_ids), "state": "open", "found_at": now}
    return row | {"decided_at": None, "decided_by": "", "bundle_id": None}


def _set(database: Database, token: str, **values: Any) -> bool:
    with database.writing() as session:
        changed: Any = session.execute(sa.update(ProposalRunRow).where(ProposalRunRow.token == token).values(**values))
        return bool(changed.rowcount)


def _decided(database: Database) -> set[str]:
    with database.reading(blocking=True) as session:
        return set(session.scalars(sa.select(ProposalRow.key).where(ProposalRow.state != "open")))


def _in_bundles(database: Database) -> set[str]:
    """Keys of the products of each tier of all drafts and published bundles."""
    query = sa.select(BundleRow.definition).where(BundleRow.state.in_(("draft", "published")))
    keys: set[str] = set()
    with database.reading(blocking=True) as session:
        for text in session.scalars(query.execution_options(yield_per=1000)):
            try:
                tiers = load_definition(text).tiers
            except InputError:  # written by hand or by another version; it is reported where it is read for sale
                continue
            keys |= {key_of(part.product_id for part in tier.components) for tier in tiers}
    return keys


def _is_dead(row: ProposalRunRow) -> bool:
    return row.state == "running" and clock.now_in_sql() - row.beat_at > DEAD_AFTER
