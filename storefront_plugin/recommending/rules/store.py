"""The merchant's rules in SQL: created, changed, switched, deleted and undone; the second of two editors is told.

Each change writes its audit entry in the same transaction; `undo` takes a change back from that entry.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ...core import versions
from ...core.database import Database
from ...core.errors import InputError, StorefrontError
from ..strategies import STRATEGIES
from ..tables import StoredRule
from .rows import dump_rule, load_rule, rule_of, values_of
from .rule import Rule, checked

Titles: TypeAlias = Mapping[str, str]
"""Titles of products by id, for the log; a product without one is named by its id."""

_NONE: Titles = MappingProxyType({})
_PLAIN = {"synchronize_session": False}


class RuleNotFound(StorefrontError):
    """There is no such rule (any more); look it up in the list."""


class RuleConflict(StorefrontError):
    """Somebody else changed the rule meanwhile; *current* is how it stands now, None where it was deleted."""

    def __init__(self, rule_id: int, current: Stored | None) -> None:
        done = (
            f"changed by {current.updated_by or 'somebody'} at {current.updated_at:%H:%M} UTC" if current else "deleted"
        )
        super().__init__(f"Rule {rule_id} was {done} meanwhile; look at both and save again.")
        self.current = current


@dataclass(frozen=True, slots=True)
class Stored:
    """A rule as it stands in the database. *updated_at* is UTC without zone."""

    id: int
    version: int
    rule: Rule
    updated_at: dt.datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class Done:
    """A change that was made; *entry* is its id in the audit log, which `undo` takes."""

    rule_id: int
    entry: int


def create(database: Database, rule: Rule, by: str = "", titles: Titles = _NONE) -> Done:
    """Save a new rule; raises `InputError` for one that cannot be."""
    with database.writing() as session:
        return _insert(session, checked(rule, STRATEGIES), 1, by, "create", _title(rule, titles))


def load(database: Database, rule_id: int) -> Stored:
    """One rule; raises `RuleNotFound`."""
    with database.reading(blocking=True) as session:
        return stored(_row(session, rule_id))


def rules_of(database: Database, rule_ids: Sequence[int]) -> list[Rule]:
    """The rules of these ids as they stand; those that are gone are left out."""
    with database.reading(blocking=True) as session:
        return [rule_of(row) for row in session.scalars(sa.select(StoredRule).where(StoredRule.id.in_(list(rule_ids))))]


def standing(database: Database, rule_ids: Sequence[int]) -> frozenset[int]:
    """Those of *rule_ids* that are not gone."""
    with database.reading(blocking=True) as session:
        return frozenset(session.scalars(sa.select(StoredRule.id).where(StoredRule.id.in_(list(rule_ids)))))


def update(database: Database, rule_id: int, version: int, rule: Rule, by: str = "", titles: Titles = _NONE) -> Done:
    """Replace what stands as *version*.

    Raises `InputError` for a rule that cannot be, `RuleNotFound`, and `RuleConflict` where *version* is not the newest.
    """
    with database.writing() as session:
        row = _claim(session, rule_id, version)
        return _change(session, row, checked(rule, STRATEGIES), by, "edit", _title(rule, titles))


def set_enabled(
    database: Database, rule_ids: Sequence[int], enabled: bool, by: str = "", titles: Titles = _NONE
) -> list[Done]:
    """Switch rules on or off; those that are so already, or are gone, are left out of the answer."""
    action = "enable" if enabled else "disable"
    with database.writing() as session:
        return [
            _change(session, row, replace(rule_of(row), enabled=enabled), by, action, _title(rule_of(row), titles))
            for row in _rows(session, rule_ids)
            if row.enabled != enabled
        ]


def delete(database: Database, rule_ids: Sequence[int], by: str = "", titles: Titles = _NONE) -> list[Done]:
    """Delete rules; those that are gone already are left out of the answer."""
    with database.writing() as session:
        rows = _rows(session, rule_ids)
        return [_remove(session, row, by, "delete", _title(rule_of(row), titles)) for row in rows]


def put(database: Database, rule: Rule, by: str = "", titles: Titles = _NONE) -> Done:
    """Save *rule* once: in place of those that say the same of the same products, whatever their position and times."""
    title = _title(rule, titles)
    with database.writing() as session:
        first, *others = [*session.scalars(_alike(rule)), None]
        for row in others:
            if row is not None:
                _remove(session, row, by, "delete", title)
        if first is None:
            return _insert(session, checked(rule, STRATEGIES), 1, by, "create", title)
        row = _claim(session, first.id, first.version)
        return _change(session, row, checked(rule, STRATEGIES), by, "edit", title)


def take_away(database: Database, rule: Rule, by: str = "") -> list[Done]:
    """Delete what says the same as *rule* of the same products; none is no error."""
    with database.writing() as session:
        return [_remove(session, row, by, "delete", _title(rule, _NONE)) for row in session.scalars(_alike(rule))]


def undo(database: Database, entries: Sequence[int], by: str = "") -> list[Done]:
    """Take back the changes of audit *entries*, all or none; undoing again goes back to what was undone.

    Raises `RuleConflict` where a rule was changed since, and `InputError` for an entry that is not there.
    """
    with database.writing() as session:
        return [_undo(session, entry, by) for entry in entries]


def _undo(session: Session, entry_id: int, by: str) -> Done:
    entry = session.get(versions.AuditRow, entry_id)
    if entry is None or entry.subject != "rule":
        raise InputError(f"There is no change {entry_id} of a rule to undo; look it up in the log.")
    rule_id = int(entry.subject_id)
    before = load_rule(entry.before) if entry.before else None
    after = load_rule(entry.after) if entry.after else None
    row = session.get(StoredRule, rule_id)
    if (row.version if row else None) != (after[0] if after else None):
        raise RuleConflict(rule_id, stored(row) if row else None)
    if row is None:
        if before is None:
            raise InputError(f"The change {entry_id} cannot be undone; look the rule up in the list.")
        return _insert(session, before[1], before[0] + 1, by, "undo", entry.title, rule_id)
    if before is None:
        return _remove(session, row, by, "undo", entry.title)
    return _change(session, _claim(session, rule_id, row.version), before[1], by, "undo", entry.title)


def _claim(session: Session, rule_id: int, version: int) -> StoredRule:
    """The row, if *version* is the newest. The guarded update comes first: of two editors one fails."""
    guard = sa.update(StoredRule).where(StoredRule.id == rule_id, StoredRule.version == version)
    changed: Any = session.execute(guard.values(version=version), execution_options=_PLAIN)
    row = _row(session, rule_id)
    if not changed.rowcount:
        raise RuleConflict(rule_id, stored(row))
    return row


def _insert(
    session: Session, rule: Rule, version: int, by: str, action: str, title: str, rule_id: int | None = None
) -> Done:
    row = StoredRule(id=rule_id, version=version, updated_at=_now(), updated_by=by[:255], **values_of(rule))
    session.add(row)
    session.flush()
    return Done(row.id, _note(session, by, row.id, action, title, None, dump_rule(version, rule)))


def _change(session: Session, row: StoredRule, rule: Rule, by: str, action: str, title: str) -> Done:
    before = dump_rule(row.version, rule_of(row))
    for name, value in values_of(rule).items():
        setattr(row, name, value)
    row.version, row.updated_at, row.updated_by = row.version + 1, _now(), by[:255]
    session.flush()
    return Done(row.id, _note(session, by, row.id, action, title, before, dump_rule(row.version, rule)))


def _remove(session: Session, row: StoredRule, by: str, action: str, title: str) -> Done:
    rule = rule_of(row)
    session.delete(row)
    session.flush()
    return Done(row.id, _note(session, by, row.id, action, title, dump_rule(row.version, rule), None))


def _note(
    session: Session, by: str, rule_id: int, action: str, title: str, before: str | None, after: str | None
) -> int:
    return versions.note(session, by, "rule", rule_id, action, title, before, after)


def _title(rule: Rule, titles: Titles) -> str:
    """What the log calls *rule*: its kind, and what it is about as that is called now."""
    if rule.target_value is None:
        return f"{rule.kind}: {rule.target_kind} {rule.price_percent} %"
    known = titles.get(rule.target_value) if rule.target_kind == "product" else None
    return f"{rule.kind}: {known or rule.target_value}"


def _alike(rule: Rule) -> sa.Select[StoredRule]:
    same = ("kind", "seed_kind", "seed_value", "target_kind", "target_value", "price_percent", "placement", "strategy")
    where = [getattr(StoredRule, name) == getattr(rule, name) for name in same]
    return sa.select(StoredRule).where(*where).order_by(StoredRule.id)


def _rows(session: Session, rule_ids: Sequence[int]) -> Sequence[StoredRule]:
    query = sa.select(StoredRule).where(StoredRule.id.in_(list(rule_ids))).order_by(StoredRule.id)
    return session.scalars(query.with_for_update()).all()


def _row(session: Session, rule_id: int) -> StoredRule:
    row = session.get(StoredRule, rule_id, populate_existing=True)
    if row is None:
        raise RuleNotFound(f"There is no rule {rule_id}; look it up in the list.")
    return row


def stored(row: StoredRule) -> Stored:
    """*row* as a value."""
    return Stored(row.id, row.version, rule_of(row), row.updated_at, row.updated_by)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)
