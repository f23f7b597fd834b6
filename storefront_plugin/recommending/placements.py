"""The merchant's slots of each placement, in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..core.clock import now_in_sql
from ..core.errors import N_, InputError
from ..core.problems import Problem
from ..core.sql.database import Database, table_of
from ..core.sql.versions import Record, VersionConflict, VersionedStore
from .fillers import Fillers
from .plan import PLACEMENTS, Slot, dump_slots, load_slots, slot_values
from .tables import PlacementRow

Slots: TypeAlias = "tuple[Slot, ...] | None"
"""The merchant's slots of a placement; None where the developer's plan holds."""

MAX_SLOTS = 20
"""Slots of one placement: each adds reads to every page."""

_DEVELOPERS: Final = "null"
"""What a row has where the developer's plan holds. Rows are never removed, so that versions only rise."""


class EditConflict(VersionConflict):
    """Somebody else changed the placement in the meantime; *current* is how it stands now."""

    changed = N_(
        "The slots of %(id)s were changed by %(who)s at %(time)s UTC while you were editing them; compare both "
        "versions and save again."
    )
    current: PlacementRecord


@dataclass(frozen=True, slots=True)
class PlacementRecord(Record[str, Slots]):
    """A placement as it stands: *id* is its name, *version* 0 before the first change.

    *problems* has a sentence for each slot in the database that cannot be read.
    """

    problems: tuple[str, ...] = ()

    @property
    def slots(self) -> Slots:
        """The merchant's slots, or None where the developer's plan holds."""
        return self.definition


def unchanged(placement: str) -> PlacementRecord:
    """A placement that nobody has changed."""
    return PlacementRecord(placement, 0, None, None, "")


class PlacementStore(VersionedStore[str, Slots, PlacementRecord]):
    """Placements: each stands from the beginning, with the developer's plan. `InputError` where there is none of a name."""

    subject = "placement"
    model = PlacementRow
    conflict = EditConflict

    def __init__(self, database: Database, fillers: Fillers) -> None:
        super().__init__(database)
        self._fillers = fillers

    def record(self, row: PlacementRow) -> PlacementRecord:
        slots, problems = load_slots(row.slots)
        return PlacementRecord(row.placement, row.version, slots, row.updated_at, row.updated_by, problems)

    def columns(self, definition: Slots) -> dict[str, Any]:
        return {"slots": _DEVELOPERS if definition is None else dump_slots(definition)}

    def dump(self, row: PlacementRow) -> str:
        return row.slots

    def restored(self, text: str) -> dict[str, Any]:
        return {"slots": text}

    def title(self, row: PlacementRow) -> str:
        return row.placement

    def problems(self, definition: Slots) -> Iterator[Problem]:
        return placement_problems([slot_values(slot) for slot in definition or ()], self._fillers)

    def load(self, key: str) -> PlacementRecord:
        """One placement, changed or not."""
        return self.find([_known(key)]).get(key, unchanged(key))

    def save(self, placement: str, version: int, slots: Sequence[Slot], by: str = "") -> PlacementRecord:
        """Replace the slots of *version*; raises `Invalid` with all problems of slots that cannot be, and `EditConflict`.

        Saving the same twice, as a double click does, is no conflict.
        """
        try:
            return self.update(_known(placement), version, tuple(slots), by)
        except EditConflict as error:
            if error.current.slots == load_slots(dump_slots(slots))[0]:
                return error.current
            raise

    def reset(self, placement: str, version: int, by: str = "") -> PlacementRecord:
        """Go back to the developer's plan; raises `EditConflict`."""
        return self.update(_known(placement), version, None, by, action="reset")

    def claim(self, session: Session, key: str, version: int) -> Any:
        """The row with its next version; the first is made from version 0."""
        first = {"placement": key, "version": 0, "slots": _DEVELOPERS, "updated_at": now_in_sql(), "updated_by": ""}
        if version == 0:
            try:
                session.execute(sa.insert(table_of(PlacementRow)), first)
            except sa.exc.IntegrityError:  # somebody else was quicker
                session.rollback()
        return super().claim(session, key, version)


def _known(placement: str) -> str:
    if placement not in PLACEMENTS:
        raise InputError(f"There is no placement {placement!r:.80}; use one of {', '.join(PLACEMENTS)}.")
    return placement


def placement_problems(slots: Sequence[Mapping[str, Any]], fillers: Fillers) -> Iterator[Problem]:
    """What is wrong with the slots of a placement, each given as its fields by name; paths begin with a slot's place."""
    if len(slots) > MAX_SLOTS:
        yield Problem((), N_("A placement has at most %(most)s slots; remove some."), {"most": MAX_SLOTS})
    yield from fillers.problems(slots)
