"""Bundles from a spreadsheet: what would be created, changed and refused, and then doing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, get_args

import sqlalchemy as sa

from ..database import Database
from ..errors import DatabaseUnavailable
from ..shop.ports import Catalog
from . import shelf
from .codec import load_definition
from .csv_read import Written, read_csv
from .tables import StoredBundle

Does: TypeAlias = Literal["create", "change", "same", "refuse"]

CHUNK: Final = 200
"""Bundles of one transaction, so that the shop never waits for an import."""

_MOVES: Final[dict[str, shelf.Action]] = {"draft": "unpublish", "published": "publish", "archived": "archive"}


@dataclass(slots=True)
class Outcome:
    """What becomes of one bundle of the file; *sentence* says why it is refused, for *line*."""

    line: int
    action: Does
    title: str
    bundle_id: int | None = None
    sentence: str = ""


@dataclass(slots=True)
class ImportReport:
    """What an import did, or under *check* would do, in the order of the file."""

    outcomes: list[Outcome] = field(default_factory=list)

    def _count(self, action: Does) -> int:
        return sum(one.action == action for one in self.outcomes)

    @property
    def created(self) -> int:
        """New drafts."""
        return self._count("create")

    @property
    def changed(self) -> int:
        """Bundles that were another way before."""
        return self._count("change")

    @property
    def same(self) -> int:
        """Bundles that stand already as the file has them."""
        return self._count("same")

    @property
    def refused(self) -> int:
        """Bundles that cannot be used; the others are kept."""
        return self._count("refuse")


@dataclass(frozen=True, slots=True)
class _Now:
    """How a bundle stands now."""

    version: int
    state: str
    text: str
    by: str


@dataclass(slots=True)
class _Step:
    """One bundle of the file with what stands now, and what becomes of it."""

    written: Written
    now: _Now | None
    outcome: Outcome


def import_csv(
    database: Database,
    data: bytes,
    by: str = "",
    *,
    check: bool = False,
    timezone: str = "UTC",
    catalog: Catalog | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Create and change bundles as the file *data* (UTF-8, see `csv_sheet`) says; good ones are kept, bad ones told.

    Args:
        check: Write nothing and tell the same.
        timezone: Of times that name none.
        catalog: Where given, bundles with products that it does not know are refused.
        progress: Called with the bundles that are done, and all.

    Raises:
        InputError: The file as a whole cannot be used.
        DatabaseUnavailable: Nothing was written. Later, what could not be written is refused in the report.
    """
    written = read_csv(data, timezone)
    steps = _steps(database, written, catalog)
    done = 0
    for chunk in _chunks([] if check else [one for one in steps if one.outcome.action in ("create", "change")], CHUNK):
        try:
            _apply(database, chunk, by)
        except DatabaseUnavailable as error:
            for one in chunk:
                _refuse(one.outcome, f"{error} Import it again.")
        done += len(chunk)
        if progress:
            progress(done, len(steps))
    return ImportReport([one.outcome for one in steps])


def _steps(database: Database, written: Sequence[Written], catalog: Catalog | None) -> list[_Step]:
    found = _standing(database, [one.bundle_id for one in written if one.bundle_id is not None])
    steps = []
    for one in written:
        now = found.get(one.bundle_id) if one.bundle_id is not None else None
        outcome = Outcome(one.line, "refuse", one.title, one.bundle_id, one.sentence)
        if one.definition is not None:
            outcome.action, outcome.sentence = _judge(one, now)
        steps.append(_Step(one, now, outcome))
    if catalog is not None:
        _refuse_unknown(catalog, steps)
    return steps


def _judge(written: Written, now: _Now | None) -> tuple[Does, str]:
    if written.state not in ("", *get_args(shelf.State)):
        return "refuse", f"There is no state {written.state!r:.40}; use one of {', '.join(get_args(shelf.State))}."
    if written.bundle_id is None:
        return "create", ""
    if now is None:
        return "refuse", f"There is no bundle {written.bundle_id}; empty its id to create a new one."
    if written.state in ("", now.state) and load_definition(now.text) == written.definition:
        return "same", ""
    if written.version != now.version:
        whom = f" by {now.by}" if now.by else ""
        return "refuse", f"Bundle {written.bundle_id} was changed{whom} since the file was written; export it again."
    return "change", ""


def _refuse_unknown(catalog: Catalog, steps: Sequence[_Step]) -> None:
    changing = [one for one in steps if one.outcome.action in ("create", "change")]
    ids = sorted({name for one in changing for name in one.written.definition.product_ids})  # type: ignore[union-attr]
    known: set[str] = set()
    for part in _chunks(ids, 500):
        known |= set(catalog.get_many(part))
    for one in changing:
        unknown = sorted(one.written.definition.product_ids - known)  # type: ignore[union-attr]
        if unknown:
            _refuse(one.outcome, f"The shop has no product {unknown[0]!r:.60}; correct its id as the shop writes it.")


def _apply(database: Database, steps: Sequence[_Step], by: str) -> None:
    new = [one for one in steps if one.outcome.action == "create"]
    with database.writing() as session:
        if new:
            stored = shelf.add(session, [one.written.definition for one in new], by)  # type: ignore[misc]
            for one, bundle in zip(new, stored, strict=True):
                one.outcome.bundle_id = bundle.id
        for one in steps:
            if one.outcome.action == "change":
                try:
                    _change(session, one, by)
                except (shelf.EditConflict, shelf.BundleNotFound) as error:
                    _refuse(one.outcome, str(error))


def _change(session: Any, step: _Step, by: str) -> None:
    written, now = step.written, step.now
    assert written.bundle_id is not None
    assert written.definition is not None
    assert now is not None
    version = now.version
    if load_definition(now.text) != written.definition:
        version = shelf.edit(session, written.bundle_id, version, written.definition, by).version
    if written.state not in ("", now.state):
        shelf.move(session, written.bundle_id, version, _MOVES[written.state], by)


def _refuse(outcome: Outcome, sentence: str) -> None:
    outcome.action, outcome.sentence = "refuse", sentence


def _standing(database: Database, ids: Sequence[int]) -> dict[int, _Now]:
    columns = (StoredBundle.version, StoredBundle.state, StoredBundle.definition, StoredBundle.updated_by)
    found: dict[int, _Now] = {}
    for part in _chunks(ids, 500):
        query = sa.select(StoredBundle.id, *columns).where(StoredBundle.id.in_(part))
        with database.reading(patient=True) as session:
            found |= {row[0]: _Now(*row[1:]) for row in session.execute(query)}
    return found


def _chunks(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
