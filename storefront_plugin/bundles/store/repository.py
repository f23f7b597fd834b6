"""The merchant's bundles in SQL: drafts, what is published, what is archived."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, NoReturn, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ...core.clock import to_sql
from ...core.errors import N_, InputError, StorefrontError, unknown_name
from ...core.sql.audit import AuditRow
from ...core.sql.database import table_of
from ...core.sql.versions import Record, RecordNotFound, VersionConflict, VersionedStore
from ...core.typed import folded
from ..definition import BundleText, Definition
from . import proposals
from .definition_json import definition_from_json, dump_definition, load_definition
from .tables import BundleRow, BundleUse, PublishedVersion

State: TypeAlias = Literal["draft", "published", "archived"]
Action: TypeAlias = Literal["publish", "archive", "unpublish"]

_STATES: Final[Mapping[str, State]] = {"publish": "published", "archive": "archived", "unpublish": "draft"}


class BundleNotFound(RecordNotFound):
    """There is no such bundle, or nothing to undo; look it up in the list."""

    message_of = N_("There is no bundle %(id)s; check the list.")


class EditConflict(VersionConflict):
    """Somebody else changed the bundle in the meantime; *current* is how it stands now."""

    changed = N_(
        "Bundle %(id)s was changed by %(who)s at %(time)s UTC while you were editing it; compare both versions and "
        "save again."
    )
    current: BundleRecord


class NotDeletable(StorefrontError):
    """The bundle is no draft, or was published or used before; archive it instead."""


@dataclass(frozen=True, slots=True)
class BundleRecord(Record[int, Definition]):
    """A bundle as it stands in the database.

    *uses* counts the sets of all orders, of a bundle with a limit in all. Times are UTC without zone.
    """

    state: State = "draft"
    uses: int = 0


class Version(NamedTuple):
    """What a bundle was once: its state and its definition."""

    state: State
    definition: Definition


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a bundle: the *version* it led to, what stood *before* and *after*; None where it did not stand."""

    version: int
    action: str
    changed_by: str
    changed_at: dt.datetime
    before: Version | None
    after: Version | None


class BundleRepository(VersionedStore[int, Definition, BundleRecord]):
    """Bundles: created as drafts, changed, published, archived, taken back.

    The log has their state with their definition. Drafts that no shopper ever saw can be deleted, which undo takes back;
    it does not undo that they were made.
    """

    subject = "bundle"
    model = BundleRow
    not_found = BundleNotFound
    conflict = EditConflict

    def record(self, row: BundleRow) -> BundleRecord:
        state: Any = row.state
        definition = load_definition(row.definition)
        return BundleRecord(row.id, row.version, definition, row.updated_at, row.updated_by, state, row.uses)

    def columns(self, definition: Definition) -> dict[str, Any]:
        titles = [text.title for text in definition.texts.values()]
        return {
            "kind": definition.kind,
            "title": definition.text_in("en").title,
            "search": "\n".join(map(folded, [*titles, *sorted(definition.product_ids)])),
            "definition": dump_definition(definition),
            "starts_at": to_sql(definition.schedule.start),
            "ends_at": to_sql(definition.schedule.end),
            "segment": definition.segment,
            "staff_only": definition.staff_only,
            "limit_in_all": definition.limit_in_all,
        }

    def dump(self, row: BundleRow) -> str:
        return f'{{"state":"{row.state}","definition":{row.definition}}}'

    def restored(self, text: str) -> dict[str, Any]:
        data = json.loads(text)
        return {**self.columns(definition_from_json(data["definition"])), "state": data["state"]}

    def title(self, row: BundleRow) -> str:
        return row.title

    def create(
        self, definition: Definition, by: str = "", *, title: str = "", proposal: str | None = None
    ) -> BundleRecord:
        """Save a new draft; the *proposal* (its key) it was made of is accepted with it."""
        with self.database.writing() as session:
            (made,) = self.insert(session, [definition], by, title=title)
            if proposal:
                proposals.accept(session, proposal, made.id, by)
            return made

    def set_state(self, bundle_id: int, version: int, action: Action, by: str = "") -> BundleRecord:
        """``publish``, ``archive`` or ``unpublish`` (to draft) what stands as *version*; raises as `update`."""
        with self.database.writing() as session:
            return self.move(session, bundle_id, version, action, by)

    def move(self, session: Session, bundle_id: int, version: int, action: Action, by: str = "") -> BundleRecord:
        """`set_state` in the transaction of *session*."""
        if action not in _STATES:
            raise InputError(f"There is no action {action!r:.40}; use one of {', '.join(_STATES)}.")
        return self.write(session, self.claim(session, bundle_id, version), {"state": _STATES[action]}, by, action)

    def publish(
        self,
        definition: Definition,
        bundle_id: int | None = None,
        by: str = "",
        check: Callable[[Definition], None] | None = None,
    ) -> BundleRecord:
        """Save and publish in one transaction: a new bundle, or *bundle_id*, which is left alone if nothing changes.

        *check* raises where what would be published cannot be.
        Raises `BundleNotFound`, and `EditConflict` where somebody changes it at the same moment.
        """
        stands = None if bundle_id is None else self.load(bundle_id)
        if stands is not None and (stands.state, stands.definition) == ("published", definition):
            return stands
        if check is not None:
            check(definition)
        with self.database.writing() as session:
            if stands is None:
                (saved,) = self.insert(session, [definition], by)
            else:
                saved = self.edit(session, stands.id, stands.version, definition, by)
            return saved if saved.state == "published" else self.move(session, saved.id, saved.version, "publish", by)

    def duplicate(self, bundle_id: int, by: str = "", suffix: str = " (copy)") -> BundleRecord:
        """Save a new draft like *bundle_id*, its titles with *suffix*."""
        found = self.load(bundle_id).definition
        texts = {
            language: BundleText(f"{one.title[: 200 - len(suffix)]}{suffix}", one.benefit, one.picture)
            for language, one in found.texts.items()
        }
        with self.database.writing() as session:
            return self.insert(session, [replace(found, texts=texts)], by, "duplicate")[0]

    def delete_draft(self, bundle_id: int, version: int, by: str = "") -> BundleRecord:
        """Delete the draft that stands as *version*; `undo` brings it back.

        Raises `NotDeletable`, and `BundleNotFound` and `EditConflict` as `update`.
        """
        with self.database.writing() as session:
            return self.remove(session, self.claim(session, bundle_id, version), by)

    def version(self, bundle_id: int, version: int) -> Version | None:
        """What the bundle was as *version*; None where it was none."""
        with self.database.reading(blocking=True) as session:
            entry = self.entry(session, bundle_id, version)
        return None if entry is None else _version(entry.after)

    def changes(self, bundle_id: int, limit: int = 50) -> list[Change]:
        """The latest changes of a bundle, the newest first."""
        return [
            Change(
                one.version or 0, one.action, one.changed_by, one.changed_at, _version(one.before), _version(one.after)
            )
            for one in self.history(bundle_id, limit)
        ]

    # What else changes with a bundle.

    def write(
        self,
        session: Session,
        row: Any,
        columns: Mapping[str, Any],
        by: str = "",
        action: str = "edit",
        title: str = "",
    ) -> BundleRecord:
        """Write, count the uses so far where a first limit is set, and let processes read what is published again."""
        before = row.state
        if columns.get("limit_in_all") is not None and row.limit_in_all is None:
            columns = {**columns, "uses": _uses(session, row.id)}
        written = super().write(session, row, columns, by, action, title)
        if "published" in (before, row.state):
            raise_version(session)
        return written

    def remove(self, session: Session, row: Any, by: str = "", action: str = "delete", title: str = "") -> BundleRecord:
        """Delete a draft that was never on sale, and open the proposal that it was made of; raises `NotDeletable`."""
        if row.state != "draft" or _was_on_sale(session, row.id):
            message = N_("Bundle %(id)s isn't a draft or has been published before; archive it instead.")
            raise NotDeletable(message, id=row.id)
        proposals.follow(session, row.id, is_deleted=True)
        return super().remove(session, row, by, action, title)

    def take_back(self, session: Session, key: int, version: int, by: str = "", steps: int = 1) -> BundleRecord:
        """Take back the last *steps* changes; raises `BundleNotFound` where there is nothing before them."""
        first = self.entry(session, key, version - steps + 1)
        if first is None or first.before is None:
            message = N_("Bundle %(id)s has no version before %(version)s, so there is nothing to undo.")
            raise BundleNotFound(message, id=key, version=version)
        restored = super().take_back(session, key, version, by, steps)
        if first.after is None:
            proposals.follow(session, key, is_deleted=False)
        return restored


def _version(text: str | None) -> Version | None:
    """What an entry of the log holds; raises `InputError`."""
    if text is None:
        return None
    data = json.loads(text)
    return Version(data["state"], definition_from_json(data["definition"]))


def _uses(session: Session, bundle_id: int) -> int:
    """All uses so far: without a limit they are not counted in the bundle's own row, which orders would wait for."""
    query = sa.select(sa.func.sum(BundleUse.count)).where(BundleUse.bundle_id == bundle_id)
    return int(session.scalar(query) or 0)


def _was_on_sale(session: Session, bundle_id: int) -> bool:
    published = sa.select(AuditRow.id).where(
        AuditRow.subject == "bundle", AuditRow.subject_id == str(bundle_id), AuditRow.action == "publish"
    )
    used = sa.select(BundleUse.bundle_id).where(BundleUse.bundle_id == bundle_id)
    return any(session.scalar(query.limit(1)) is not None for query in (published, used))


def raise_version(session: Session) -> None:
    """Let all processes read the published bundles again once *session* has committed."""
    table = table_of(PublishedVersion)
    changed: Any = session.execute(sa.update(table).where(table.c.id == 1).values(version=table.c.version + 1))
    if not changed.rowcount:
        session.execute(sa.insert(table), {"id": 1, "version": 1})


_RENAMED = {
    name: f"BundleRepository(database).{name}"
    for name in ("create", "load", "update", "set_state", "publish", "duplicate", "history")
} | {"undo": "BundleRepository(database).revert", "delete": "BundleRepository(database).delete_draft"}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> NoReturn:
        raise unknown_name(__name__, _RENAMED, name)
