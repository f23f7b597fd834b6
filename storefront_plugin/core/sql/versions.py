"""What merchants make and change: versions, two editors at once, a log entry with each change, and the way back."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, ClassVar, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..clock import now_in_sql
from ..errors import N_, InputError, StorefrontError
from ..problems import Problem, refuse
from . import audit
from .audit import AuditRow
from .database import Base, Database, table_of

Key = TypeVar("Key", int, str)
Definition = TypeVar("Definition")


@dataclass(frozen=True, slots=True)
class Record(Generic[Key, Definition]):
    """A thing as it stands in the database, or as it last stood where it was deleted.

    Attributes:
        id: Its key.
        version: Rises with each change.
        definition: What the merchant made.
        updated_at: When it was changed, UTC without zone; None for what stands by default.
        updated_by: Who changed it.
        entry: Of a record that a change returned: the change's id in the audit log, which `VersionedStore.undo` takes.
    """

    id: Key
    version: int
    definition: Definition
    updated_at: dt.datetime | None
    updated_by: str
    entry: int = field(default=0, compare=False, kw_only=True)


AnyRecord = TypeVar("AnyRecord", bound=Record[Any, Any])


class RecordNotFound(StorefrontError):
    """There is no such thing (any more); look it up in the list."""

    message_of: ClassVar[str] = N_("There is no %(id)s; check the list.")

    def __init__(self, message: str = "", **values: object) -> None:
        super().__init__(message or self.message_of, **values)


class VersionConflict(StorefrontError):
    """Somebody else changed it since; *current* is how it stands now, None where it was deleted.

    A noun's own conflict has its own words in *changed* and *deleted*.
    """

    changed: ClassVar[str] = N_(
        "%(id)s was changed by %(who)s at %(time)s UTC while you were editing it; compare both versions and save again."
    )
    deleted: ClassVar[str] = N_("%(id)s was deleted while you were editing it; save it as a new one.")

    def __init__(self, key: object, current: Record[Any, Any] | None) -> None:
        if current is None:
            super().__init__(self.deleted, id=key)
        else:
            at = f"{current.updated_at:%H:%M}" if current.updated_at else ""
            super().__init__(self.changed, id=key, who=current.updated_by or "somebody", time=at)
        self.current = current


class VersionedStore(ABC, Generic[Key, Definition, AnyRecord]):
    """One kind of thing that merchants make: a row each, a version that rises with each change, and the audit log.

    A noun is a subclass. It names its *subject* in the log, the *model* of its rows (with the columns ``version``,
    ``updated_at`` and ``updated_by``, and ``sqlite_autoincrement``, so that no id is given twice) and its errors, and
    says how a definition becomes columns (`columns`), a row a record (`record`), and a row JSON and back (`dump`,
    `restored`), what a row is called in the log (`title`), and what is wrong with a definition (`problems`).

    It gets: `load`, `find`, `create`, `update`, `delete`, `undo`, `revert` and `history`, each in a transaction of its
    own, all with the entry of the log in the same transaction; and for transactions that do more, with the session
    first: `insert`, `edit`, `claim`, `write`, `remove` and `take_back`.

    Of two editors the second gets a conflict: each change claims the version it was made from by one guarded UPDATE, and
    raises *conflict* with how things stand now where that is not the newest. All raise `DatabaseUnavailable`.
    """

    subject: ClassVar[audit.Subject]
    model: ClassVar[type[Base]]
    not_found: ClassVar[type[RecordNotFound]] = RecordNotFound
    conflict: ClassVar[type[VersionConflict]] = VersionConflict

    def __init__(self, database: Database) -> None:
        self.database = database

    # What a noun says.

    @abstractmethod
    def record(self, row: Any) -> AnyRecord:
        """*row* as a value."""

    @abstractmethod
    def columns(self, definition: Definition) -> dict[str, Any]:
        """The columns that hold *definition*."""

    @abstractmethod
    def dump(self, row: Any) -> str:
        """What stands in *row*, as JSON for the log."""

    def loaded(self, text: str) -> Definition:
        """The definition that `dump` wrote. Nouns with an editor override this."""
        raise NotImplementedError

    def restored(self, text: str) -> dict[str, Any]:
        """The columns that hold what `dump` wrote."""
        return self.columns(self.loaded(text))

    @abstractmethod
    def title(self, row: Any) -> str:
        """What the log calls *row*."""

    def problems(self, definition: Definition) -> Iterator[Problem]:
        """What is wrong with *definition*; only what has no problems is saved."""
        yield from ()

    # Each in a transaction of its own.

    def load(self, key: Key) -> AnyRecord:
        """What stands; raises *not_found*."""
        with self.database.reading(blocking=True) as session:
            return self.record(self._row(session, key))

    def find(self, keys: Sequence[Key]) -> dict[Key, AnyRecord]:
        """Those of *keys* that stand."""
        with self.database.reading(blocking=True) as session:
            return {record.id: record for record in map(self.record, self.rows(session, keys))}

    def create(self, definition: Definition, by: str = "", *, title: str = "") -> AnyRecord:
        """Save a new one; raises `InputError` for one that cannot be. *title* is for the log, else the noun's own."""
        with self.database.writing() as session:
            return self.insert(session, [definition], by, title=title)[0]

    def update(
        self, key: Key, version: int, definition: Definition, by: str = "", *, action: str = "edit", title: str = ""
    ) -> AnyRecord:
        """Replace what stands as *version*; raises `InputError`, *not_found*, and *conflict* where it is not the newest.

        *action* is for the log.
        """
        with self.database.writing() as session:
            return self.edit(session, key, version, definition, by, action=action, title=title)

    def delete(self, keys: Sequence[Key], by: str = "", *, titles: Mapping[Key, str] | None = None) -> list[AnyRecord]:
        """Delete all of *keys* that stand, whatever their version, and answer with these."""
        titles = titles or MappingProxyType({})
        with self.database.writing() as session:
            rows = self.claim_all(session, keys)
            return [self.remove(session, row, by, title=titles.get(self._key(row), "")) for row in rows]

    def undo(self, entries: Sequence[int], by: str = "") -> list[AnyRecord]:
        """Take back the changes of audit *entries*, all or none; undoing the undo goes back to what was undone.

        Raises *conflict* where one was changed since, and `InputError` for an entry that is not there.
        """
        with self.database.writing() as session:
            return [self._undo(session, entry, by) for entry in entries]

    def revert(self, key: Key, version: int, by: str = "") -> AnyRecord:
        """Take back the change that led to *version*; raises as `undo`."""
        with self.database.writing() as session:
            return self.take_back(session, key, version, by)

    def history(self, key: Key, limit: int = 50) -> Sequence[audit.Entry]:
        """The latest changes, the newest first."""
        return audit.entries(self.database, self.subject, key, size=limit)[0]

    # In the transaction of a session.

    def rows(self, session: Session, keys: Sequence[Key], *where: sa.ColumnElement[bool]) -> Sequence[Any]:
        """The rows of *keys* that stand and for which *where* holds, in the order of the keys."""
        query = sa.select(self.model).where(self._id.in_(list(keys)), *where).order_by(self._id)
        return session.scalars(query, execution_options={"populate_existing": True}).all()

    def insert(
        self, session: Session, definitions: Sequence[Definition], by: str = "", action: str = "create", title: str = ""
    ) -> list[AnyRecord]:
        """Save new ones; raises `InputError` with the first problem."""
        for definition in definitions:
            refuse(self.problems(definition))
        rows = [self._new(self.columns(one), 1, by) for one in definitions]
        session.add_all(rows)
        session.flush()
        return [self._note(session, row, by, action, title, None, self.dump(row)) for row in rows]

    def claim(self, session: Session, key: Key, version: int) -> Any:
        """The row with its next version, for `write` or `remove`; raises *not_found* and *conflict*.

        The guarded update should be the transaction's first statement: of two editors one fails.
        """
        guard = sa.update(self._table).where(self._id == key, self._table.c.version == version)
        changed: Any = session.execute(guard.values(version=version + 1))
        row = self._row(session, key)
        if not changed.rowcount:
            raise self.conflict(key, self.record(row))
        return row

    def claim_all(self, session: Session, keys: Sequence[Key], *where: sa.ColumnElement[bool]) -> Sequence[Any]:
        """The rows of *keys* that stand and for which *where* holds, whatever their version, each with its next one."""
        query = sa.select(self._id).where(self._id.in_(list(keys)), *where).with_for_update()
        found = list(session.scalars(query))
        # The condition is asked again: SQLite does not lock what is selected.
        raised = sa.update(self._table).where(self._id.in_(found), *where).values(version=self._table.c.version + 1)
        session.execute(raised)
        return self.rows(session, found, *where)

    def edit(
        self,
        session: Session,
        key: Key,
        version: int,
        definition: Definition,
        by: str = "",
        *,
        action: str = "edit",
        title: str = "",
    ) -> AnyRecord:
        """`update` in the transaction of *session*; nothing is changed where it raises."""
        refuse(self.problems(definition))
        return self.write(session, self.claim(session, key, version), self.columns(definition), by, action, title)

    def write(
        self,
        session: Session,
        row: Any,
        columns: Mapping[str, Any],
        by: str = "",
        action: str = "edit",
        title: str = "",
    ) -> AnyRecord:
        """Write *columns* into a claimed *row*."""
        before = self.dump(row)
        for name, value in {**columns, "updated_at": now_in_sql(), "updated_by": by[:255]}.items():
            setattr(row, name, value)
        session.flush()
        return self._note(session, row, by, action, title, before, self.dump(row))

    def remove(self, session: Session, row: Any, by: str = "", action: str = "delete", title: str = "") -> AnyRecord:
        """Delete *row*, claimed or locked."""
        record = self._note(session, row, by, action, title, self.dump(row), None)
        session.delete(row)
        session.flush()
        return record

    def take_back(self, session: Session, key: Key, version: int, by: str = "", steps: int = 1) -> AnyRecord:
        """Take back the last *steps* changes, which led to *version*; raises as `undo`."""
        first, newest = self.entry(session, key, version - steps + 1), self.entry(session, key)
        row = session.get(self.model, key, populate_existing=True)
        if newest is None:
            raise InputError(N_("There is no change to undo; check the activity log."))
        if newest.version != version or first is None:
            raise self.conflict(key, None if row is None else self.record(row))
        if row is None:
            return self._bring_back(session, key, version, first, by)
        row = self.claim(session, key, version)
        if first.before is None:
            return self.remove(session, row, by, "undo", first.title)
        return self.write(session, row, self.restored(first.before), by, "undo", first.title)

    def entry(self, session: Session, key: Key, version: int | None = None) -> AuditRow | None:
        """The entry that led to *version*, or the newest."""
        query = sa.select(AuditRow).where(AuditRow.subject == self.subject, AuditRow.subject_id == str(key))
        if version is not None:
            query = query.where(AuditRow.version == version)
        return session.scalars(query.order_by(AuditRow.id.desc()).limit(1)).first()

    def _bring_back(self, session: Session, key: Key, version: int, entry: AuditRow, by: str) -> AnyRecord:
        if entry.before is None:
            raise InputError(N_("There is nothing left to undo."))
        row = self._new({**self.restored(entry.before), self._id.name: key}, version + 1, by)
        session.add(row)
        try:
            session.flush()
        except sa.exc.IntegrityError:  # somebody else was quicker
            session.rollback()
            raise self.conflict(key, self.record(self._row(session, key))) from None
        return self._note(session, row, by, "undo", entry.title, None, self.dump(row))

    def _undo(self, session: Session, entry_id: int, by: str) -> AnyRecord:
        entry = session.get(AuditRow, entry_id)
        if entry is None or entry.subject != self.subject or entry.version is None:
            raise InputError(N_("There is no change %(entry)s to undo; check the activity log."), entry=entry_id)
        return self.take_back(session, self._id.type.python_type(entry.subject_id), entry.version, by)

    def _row(self, session: Session, key: Key) -> Any:
        row = session.get(self.model, key, populate_existing=True)
        if row is None:
            raise self.not_found(id=key)
        return row

    def _new(self, columns: Mapping[str, Any], version: int, by: str) -> Any:
        return self.model(**columns, version=version, updated_at=now_in_sql(), updated_by=by[:255])

    def _note(
        self, session: Session, row: Any, by: str, action: str, title: str, before: str | None, after: str | None
    ) -> AnyRecord:
        title, record = title or self.title(row), self.record(row)
        entry = audit.note(session, by, self.subject, record.id, action, title, before, after, record.version)
        return replace(record, entry=entry)

    def _key(self, row: Any) -> Key:
        key: Key = getattr(row, self._id.name)
        return key

    @property
    def _table(self) -> sa.Table:
        return table_of(self.model)

    @property
    def _id(self) -> sa.Column[Any]:
        return self._table.primary_key.columns[0]
