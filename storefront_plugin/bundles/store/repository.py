"""The merchant's bundles: created, changed, published, archived, undone; the second of two editors is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ...core.audit import note
from ...core.database import Database, table_of
from ...core.errors import N_, InputError, StorefrontError
from ..definition import BundleText, Definition
from . import proposals
from .definition_json import dump_definition, load_definition
from .tables import BundleUse, BundleVersion, ShelfVersion, StoredBundle

State: TypeAlias = Literal["draft", "published", "archived"]
Action: TypeAlias = Literal["edit", "publish", "archive", "unpublish", "undo", "delete"]

DELETED: Final = "deleted"
"""The state of a deleted draft. Its row stays, so that the deletion can be undone and no other bundle gets its id."""

_STATES: dict[Action, str] = {
    "publish": "published",
    "archive": "archived",
    "unpublish": "draft",
    "delete": DELETED,
}
_PLAIN = {"synchronize_session": False}

# Written once and without the ORM: an import changes thousands of bundles.
_BUNDLES = table_of(StoredBundle).c
_GUARD = (
    sa.update(table_of(StoredBundle))
    .where(
        _BUNDLES.id == sa.bindparam("wanted"),
        _BUNDLES.version == sa.bindparam("known"),
        _BUNDLES.state != sa.bindparam("gone"),
    )
    .values(version=sa.bindparam("next"))
)
_KEEP = sa.insert(table_of(BundleVersion))


class BundleNotFound(StorefrontError):
    """There is no such bundle, or nothing to undo; look it up in the list."""


class EditConflict(StorefrontError):
    """Somebody else changed the bundle meanwhile; *current* is how it stands now."""

    def __init__(self, current: BundleRecord) -> None:
        super().__init__(
            N_(
                "Bundle %(id)s was changed by %(who)s at %(time)s UTC while you edited it; look at both and save again."
            ),
            id=current.id,
            who=current.updated_by or "somebody",
            time=f"{current.updated_at:%H:%M}",
        )
        self.current = current


@dataclass(frozen=True, slots=True)
class BundleRecord:
    """A bundle as it stands in the database. Times are UTC without zone."""

    id: int
    version: int
    state: State
    definition: Definition
    uses: int
    updated_at: dt.datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class Change:
    """What stood before a change, and who made it, when and how."""

    version: int
    state: State
    definition: Definition
    action: Action
    changed_by: str
    changed_at: dt.datetime


def create(database: Database, definition: Definition, by: str = "", *, proposal: str | None = None) -> BundleRecord:
    """Save a new draft; the *proposal* (its key) it was made of is accepted with it."""
    with database.writing() as session:
        (stored,) = add(session, [definition], by)
        if proposal:
            proposals.accept(session, proposal, stored.id, by)
        return stored


def add(
    session: Session, definitions: Sequence[Definition], by: str = "", action: str = "create"
) -> list[BundleRecord]:
    """Save new drafts in the transaction of *session*; *action* is their name in the audit log."""
    rows = [
        StoredBundle(version=1, state="draft", uses=0, created_at=_now(), **_columns(one, by)) for one in definitions
    ]
    session.add_all(rows)
    session.flush()
    for row in rows:
        note(session, by, "bundle", row.id, action, row.title)
    return [_stored(row, one) for row, one in zip(rows, definitions, strict=True)]


def load(database: Database, bundle_id: int) -> BundleRecord:
    """One bundle; raises `BundleNotFound`."""
    with database.reading(blocking=True) as session:
        return _stored(_row(session, bundle_id))


def update(database: Database, bundle_id: int, version: int, definition: Definition, by: str = "") -> BundleRecord:
    """Replace the definition of *version*; raises `EditConflict` where that is not the newest."""
    with database.writing() as session:
        return edit(session, bundle_id, version, definition, by)


def edit(session: Session, bundle_id: int, version: int, definition: Definition, by: str = "") -> BundleRecord:
    """`update` in the transaction of *session*; nothing is changed where it raises."""
    return _change(session, _claim(session, bundle_id, version), "edit", by, definition, None)


def set_state(database: Database, bundle_id: int, version: int, action: Action, by: str = "") -> BundleRecord:
    """``publish``, ``archive``, ``unpublish`` (to draft) or ``delete`` what stands as *version*; raises as `update`."""
    with database.writing() as session:
        return move(session, bundle_id, version, action, by)


def move(session: Session, bundle_id: int, version: int, action: Action, by: str = "") -> BundleRecord:
    """`set_state` in the transaction of *session*; nothing is changed where it raises."""
    if action not in _STATES:
        raise InputError(f"There is no action {action!r:.40}; use one of {', '.join(_STATES)}.")
    return _change(session, _claim(session, bundle_id, version), action, by, None, _STATES[action])


def publish(database: Database, definition: Definition, bundle_id: int | None = None, by: str = "") -> BundleRecord:
    """Save and publish in one transaction: a new bundle, or *bundle_id* anew, which is left where it stands just so.

    Raises `BundleNotFound`, and `EditConflict` where somebody changes it at the same moment.
    """
    stands = None if bundle_id is None else load(database, bundle_id)
    if stands is not None and (stands.state, stands.definition) == ("published", definition):
        return stands
    with database.writing() as session:
        if stands is None:
            (saved,) = add(session, [definition], by)
        else:
            saved = edit(session, stands.id, stands.version, definition, by)
        return saved if saved.state == "published" else move(session, saved.id, saved.version, "publish", by)


def undo(database: Database, bundle_id: int, version: int, by: str = "") -> BundleRecord:
    """Take back the change that led to *version*; undoing again goes back to what was undone."""
    with database.writing() as session:
        return revert(session, bundle_id, version, by)


def revert(session: Session, bundle_id: int, version: int, by: str = "", steps: int = 1) -> BundleRecord:
    """`undo` the last *steps* changes in the transaction of *session*; a deletion is undone, but not done again."""
    row = _claim(session, bundle_id, version, gone="")
    before = session.get(BundleVersion, (bundle_id, version - steps))
    if before is None or before.state == DELETED:
        message = N_("Bundle %(id)s has no version before %(version)s; there is nothing to undo.")
        raise BundleNotFound(message, id=bundle_id, version=version)
    return _change(session, row, "undo", by, load_definition(before.definition), before.state)


def duplicate(database: Database, bundle_id: int, by: str = "", suffix: str = " (copy)") -> BundleRecord:
    """Save a new draft like *bundle_id*, its titles with *suffix*."""
    found = load(database, bundle_id).definition
    texts = {
        language: BundleText(f"{one.title[: 200 - len(suffix)]}{suffix}", one.benefit, one.picture)
        for language, one in found.texts.items()
    }
    with database.writing() as session:
        return add(session, [replace(found, texts=texts)], by, "duplicate")[0]


def history(database: Database, bundle_id: int, limit: int = 50) -> list[Change]:
    """The latest changes of a bundle, the newest first."""
    query = sa.select(BundleVersion).where(BundleVersion.bundle_id == bundle_id)
    with database.reading(blocking=True) as session:
        rows = session.scalars(query.order_by(BundleVersion.version.desc()).limit(limit)).all()
    return [
        Change(
            row.version,
            _state(row.state),
            load_definition(row.definition),
            row.action,  # type: ignore[arg-type]
            row.changed_by,
            row.changed_at,
        )
        for row in rows
    ]


def _claim(session: Session, bundle_id: int, version: int, gone: str = DELETED) -> StoredBundle:
    """Make the next version ours. The guarded update is the transaction's first statement: of two editors one fails.

    Bundles in the state *gone* are as if they were not there.
    """
    guarded = {"wanted": bundle_id, "known": version, "next": version + 1, "gone": gone}
    changed: Any = session.execute(_GUARD, guarded)
    row = _row(session, bundle_id, gone)
    if not changed.rowcount:
        raise EditConflict(_stored(row))
    return row


def _change(
    session: Session, row: StoredBundle, action: Action, by: str, definition: Definition | None, state: str | None
) -> BundleRecord:
    """Keep what stood before, write what stands now, and note who did it."""
    before, now = row.state, _now()
    kept = {"bundle_id": row.id, "version": row.version - 1, "state": before, "definition": row.definition}
    who = {"action": action, "changed_by": by[:255], "changed_at": now}
    session.execute(_KEEP, kept | who)
    if definition is not None:
        if definition.limit_in_all is not None and row.limit_in_all is None:
            row.uses = _used(session, row.id)
        _set(row, _columns(definition, by))
    _set(row, {"updated_at": now, "updated_by": by[:255], "state": state or before})
    session.flush()
    note(session, by, "bundle", row.id, action, row.title)
    if DELETED in (before, row.state):
        proposals.follow(session, row.id, row.state == DELETED)
    if "published" in (before, row.state):
        raise_version(session)
    return _stored(row, definition)


def _set(row: StoredBundle, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _used(session: Session, bundle_id: int) -> int:
    """All uses so far: without a limit they are not counted in the bundle's own row, which orders would wait for."""
    query = sa.select(sa.func.sum(BundleUse.count)).where(BundleUse.bundle_id == bundle_id)
    return int(session.scalar(query) or 0)


def raise_version(session: Session) -> None:
    """Let all processes read the published bundles anew once *session* has committed."""
    raised = sa.update(ShelfVersion).where(ShelfVersion.id == 1).values(version=ShelfVersion.version + 1)
    changed: Any = session.execute(raised, execution_options=_PLAIN)
    if not changed.rowcount:
        session.execute(sa.insert(table_of(ShelfVersion)), {"id": 1, "version": 1})


def _row(session: Session, bundle_id: int, gone: str = DELETED) -> StoredBundle:
    row = session.get(StoredBundle, bundle_id)
    if row is None or row.state == gone:
        raise BundleNotFound(N_("There is no bundle %(id)s; look it up in the list."), id=bundle_id)
    return row


def _stored(row: StoredBundle, definition: Definition | None = None) -> BundleRecord:
    definition = definition or load_definition(row.definition)
    return BundleRecord(row.id, row.version, _state(row.state), definition, row.uses, row.updated_at, row.updated_by)


def _state(text: str) -> State:
    return text  # type: ignore[return-value]


def _columns(definition: Definition, by: str) -> dict[str, Any]:
    titles = [text.title for text in definition.texts.values()]
    schedule = definition.schedule
    return {
        "kind": definition.kind,
        "title": definition.text_in("en").title,
        "search": "\n".join([*titles, *sorted(definition.product_ids)]).lower(),
        "definition": dump_definition(definition),
        "starts_at": _naive(schedule.start),
        "ends_at": _naive(schedule.end),
        "segment": definition.segment,
        "staff_only": definition.staff_only,
        "limit_in_all": definition.limit_in_all,
        "updated_at": _now(),
        "updated_by": by[:255],
    }


def _naive(moment: dt.datetime | None) -> dt.datetime | None:
    return None if moment is None else moment.astimezone(dt.timezone.utc).replace(tzinfo=None)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)


class NotDeletable(StorefrontError):
    """The bundle is no draft, or was published or used before; archive it instead."""


def delete(database: Database, bundle_id: int, version: int, by: str = "") -> BundleRecord:
    """Delete the draft that stands as *version*; `undo` brings it back.

    Raises `NotDeletable`, and `BundleNotFound` and `EditConflict` as `update`.
    """
    with database.writing() as session:
        deleted = move(session, bundle_id, version, "delete", by)
        kept = sa.select(BundleVersion.version, BundleVersion.state).where(BundleVersion.bundle_id == bundle_id)
        states = {row.version: row.state for row in session.execute(kept)}
        used = session.scalar(sa.select(sa.func.count()).where(BundleUse.bundle_id == bundle_id))
        if used or states[version] != "draft" or "published" in states.values():
            message = N_("Bundle %(id)s is no draft, or was on sale before; archive it instead.")
            raise NotDeletable(message, id=bundle_id)
        return deleted
