"""The merchant's slots of each placement: stored, changed, undone; the second of two editors is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..core import audit
from ..core.database import Database, table_of
from ..core.errors import N_, ConfigurationError, InputError, StorefrontError
from .plan import PLACEMENTS, Slot, check_slots
from .slot_json import dump_slots, load_slots, slot_from_json, slot_to_json
from .strategies import PLANNED
from .tables import PlacementRow

Action: TypeAlias = Literal["edit", "reset", "undo"]

MAX_SLOTS = 20
"""Slots of one placement: each adds reads to every page."""

_DEVELOPERS = "null"
"""What is stored where the developer's plan holds. Rows are never removed, so that versions only rise."""


class EditConflict(StorefrontError):
    """Somebody else changed the placement meanwhile; *current* is how it stands now."""

    def __init__(self, current: Stored) -> None:
        at = f" at {current.updated_at:%H:%M} UTC" if current.updated_at else ""
        super().__init__(
            f"The slots of {current.placement!r} were changed by {current.updated_by or 'somebody'}{at} "
            "while you edited them; look at both and save again."
        )
        self.current = current


@dataclass(frozen=True, slots=True)
class Stored:
    """A placement as it stands in the database.

    Attributes:
        placement: Its name.
        version: Rises with each change; 0 before the first.
        slots: The merchant's slots, or None where the developer's plan holds.
        updated_at: When it was changed, UTC without zone.
        updated_by: Who changed it.
        problems: A sentence for each stored slot that cannot be read.
    """

    placement: str
    version: int = 0
    slots: tuple[Slot, ...] | None = None
    updated_at: dt.datetime | None = None
    updated_by: str = ""
    problems: tuple[str, ...] = ()


def load(database: Database, placement: str) -> Stored:
    """One placement; `InputError` where there is none of this name."""
    _known(placement)
    with database.reading(blocking=True) as session:
        return _stored(placement, session.get(PlacementRow, placement))


def load_changed(database: Database) -> dict[str, Stored]:
    """All placements that were ever changed, by name."""
    with database.reading(blocking=True) as session:
        rows = session.scalars(sa.select(PlacementRow)).all()
    return {row.placement: _stored(row.placement, row) for row in rows}


def save(database: Database, placement: str, version: int, slots: Sequence[Slot], by: str = "") -> Stored:
    """Replace the slots of *version*.

    Raises `InputError` for slots that cannot be, and `EditConflict` where *version* is not the newest. Saving the
    same twice, as a double click does, is no conflict.
    """
    checked = _checked(placement, slots)
    try:
        with database.writing() as session:
            return _change(session, _claim(session, placement, version), "edit", by, dump_slots(checked))
    except EditConflict as error:
        if error.current.slots == checked:
            return error.current
        raise


def reset(database: Database, placement: str, version: int, by: str = "") -> Stored:
    """Go back to the developer's plan; `EditConflict` as `save`."""
    _known(placement)
    with database.writing() as session:
        return _change(session, _claim(session, placement, version), "reset", by, _DEVELOPERS)


def undo(database: Database, placement: str, version: int, by: str = "") -> Stored:
    """Take back the change that led to *version*; undoing again goes back to what was undone. Raises as `save`."""
    _known(placement)
    with database.writing() as session:
        row = _claim(session, placement, version)
        before = _before(session, placement)
        if before is None:
            raise InputError(N_("There is no change of these slots to undo; edit them instead."))
        return _change(session, row, "undo", by, before)


def _known(placement: str) -> None:
    if placement not in PLACEMENTS:
        raise InputError(f"There is no placement {placement!r:.80}; use one of {', '.join(PLACEMENTS)}.")


def _checked(placement: str, slots: Sequence[Slot]) -> tuple[Slot, ...]:
    _known(placement)
    if len(slots) > MAX_SLOTS:
        message = N_("A placement takes at most %(most)s slots, not %(count)s; remove some.")
        raise InputError(message, most=MAX_SLOTS, count=len(slots))
    read = tuple(slot_from_json(slot_to_json(slot)) for slot in slots)
    try:
        check_slots(placement, read, PLANNED)
    except ConfigurationError as error:
        raise InputError(str(error)) from None
    return read


def _claim(session: Session, placement: str, version: int) -> PlacementRow:
    """Make the next version ours. The guarded update is the transaction's first statement: of two editors one fails."""
    guard = sa.update(PlacementRow).where(PlacementRow.placement == placement, PlacementRow.version == version)
    changed: Any = session.execute(guard.values(version=version + 1), execution_options={"synchronize_session": False})
    first = not changed.rowcount and version == 0 and _insert(session, placement)
    row = session.get(PlacementRow, placement)
    if row is None or not (changed.rowcount or first):
        raise EditConflict(_stored(placement, row))
    return row


def _insert(session: Session, placement: str) -> bool:
    """Write the first version; False where somebody else was quicker."""
    row = {"placement": placement, "version": 1, "slots": _DEVELOPERS, "updated_at": _now(), "updated_by": ""}
    try:
        session.execute(sa.insert(table_of(PlacementRow)), row)
    except sa.exc.IntegrityError:
        session.rollback()
        return False
    return True


def _change(session: Session, row: PlacementRow, action: Action, by: str, slots: str) -> Stored:
    """Write what stands now, and note what stood before."""
    audit.note(session, by, "placement", row.placement, action, row.placement, row.slots, slots)
    row.slots, row.updated_at, row.updated_by = slots, _now(), by[:255]
    session.flush()
    return _stored(row.placement, row)


def _before(session: Session, placement: str) -> str | None:
    query = sa.select(audit.AuditRow.before).where(
        audit.AuditRow.subject == "placement", audit.AuditRow.subject_id == placement
    )
    return session.scalar(query.order_by(audit.AuditRow.id.desc()).limit(1))


def _stored(placement: str, row: PlacementRow | None) -> Stored:
    if row is None:
        return Stored(placement)
    slots, problems = load_slots(row.slots)
    return Stored(placement, row.version, slots, row.updated_at, row.updated_by, problems)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)
