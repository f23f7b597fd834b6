"""What imports of a spreadsheet made, kept in the log of changes, so that one can be taken back as a whole."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ...core.sql import audit
from ...core.sql.database import Database
from ..store.repository import BundleNotFound, BundleRepository, EditConflict, NotDeletable
from .comparing import chunks

CHUNK: Final = 200
"""Bundles of one transaction, so that the shop never waits for an import."""


class Made(NamedTuple):
    """A bundle as an import left it, *steps* versions after it was met; 0 is a new draft."""

    bundle_id: int
    version: int
    steps: int


@dataclass(frozen=True, slots=True)
class Import:
    """An import that can be taken back: how many bundles it made or changed, who did it and when (UTC without zone)."""

    token: str
    count: int
    by: str
    at: dt.datetime


@dataclass(slots=True)
class Undone:
    """How many new drafts were deleted, how many bundles are as before, and how many were *left*: changed since."""

    deleted: int = 0
    restored: int = 0
    left: int = 0


def keep(session: Session, token: str, made: Sequence[Made], by: str) -> None:
    """Note in the transaction of *session* what a part of the import *token* made."""
    if made:
        audit.note(session, by, "bundle", subject_of(token), "import", str(len(made)), after=json.dumps(made))


def undo_import(database: Database, token: str, by: str = "") -> Undone:
    """Take the import *token* back, 200 bundles a transaction; who changed one of them since keeps that change.

    Of an import that is not known nothing is done; of one that was taken back everything is *left*. Raises
    `DatabaseUnavailable`.
    """
    undone, bundles = Undone(), BundleRepository(database)
    for part in chunks(made_by(database, token), CHUNK):
        with database.writing() as session:
            before = undone.deleted + undone.restored
            for one in part:
                try:
                    _undo(bundles, session, one, by, undone)
                except (EditConflict, BundleNotFound, NotDeletable):
                    undone.left += 1
            count = undone.deleted + undone.restored - before
            audit.note(session, by, "bundle", subject_of(token), "undo", str(count))
    return undone


def latest_import(database: Database) -> Import | None:
    """The latest import that changed something; None where it was taken back, and where there was none."""
    rows = audit.AuditRow
    ours = sa.select(rows).where(rows.subject == "bundle", rows.subject_id.startswith(subject_of("")))
    with database.reading(blocking=True) as session:
        last = session.scalars(ours.order_by(rows.id.desc()).limit(1)).first()
        if last is None or last.action != "import":
            return None
        parts = session.scalars(sa.select(rows.title).where(rows.subject_id == last.subject_id)).all()
    count = sum(int(part) for part in parts)
    return Import(last.subject_id.removeprefix(subject_of("")), count, last.changed_by, last.changed_at)


def _undo(bundles: BundleRepository, session: Session, one: Made, by: str, undone: Undone) -> None:
    if one.steps:
        bundles.take_back(session, one.bundle_id, one.version, by, one.steps)
        undone.restored += 1
    else:
        bundles.remove(session, bundles.claim(session, one.bundle_id, one.version), by)
        undone.deleted += 1


def made_by(database: Database, token: str) -> list[Made]:
    """What the import *token* made and changed; nothing where it is not known."""
    rows = audit.AuditRow
    query = sa.select(rows.after).where(rows.subject == "bundle", rows.subject_id == subject_of(token))
    with database.reading(blocking=True) as session:
        return [Made(*one) for text in session.scalars(query.order_by(rows.id)) for one in json.loads(text or "[]")]


def subject_of(token: str) -> str:
    """What the log calls the import *token*."""
    return f"import {token}"
