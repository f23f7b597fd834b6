"""Taking a whole import back: what it made is kept with the audit log, in the transactions that made it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from .. import audit
from ..database import Database
from . import shelf

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
        audit.note(session, by, "bundle", _subject(token), "import", str(len(made)), after=json.dumps(made))


def undo_import(database: Database, token: str, by: str = "") -> Undone:
    """Take the import *token* back, 200 bundles a transaction; who changed one of them since keeps that change.

    Of an import that is not known nothing is done; of one that was taken back everything is *left*. Raises
    `DatabaseUnavailable`.
    """
    undone = Undone()
    for part in chunks(_made(database, token), CHUNK):
        with database.writing() as session:
            before = undone.deleted + undone.restored
            for one in part:
                try:
                    _undo(session, Made(*one), by, undone)
                except (shelf.EditConflict, shelf.BundleNotFound):
                    undone.left += 1
            count = undone.deleted + undone.restored - before
            audit.note(session, by, "bundle", _subject(token), "undo", str(count))
    return undone


def latest_import(database: Database) -> Import | None:
    """The latest import that changed something; None where it was taken back, and where there was none."""
    rows = audit.AuditRow
    ours = sa.select(rows).where(rows.subject == "bundle", rows.subject_id.startswith(_subject("")))
    with database.reading(patient=True) as session:
        last = session.scalars(ours.order_by(rows.id.desc()).limit(1)).first()
        if last is None or last.action != "import":
            return None
        parts = session.scalars(sa.select(rows.title).where(rows.subject_id == last.subject_id)).all()
    count = sum(int(part) for part in parts)
    return Import(last.subject_id.removeprefix(_subject("")), count, last.changed_by, last.changed_at)


def chunks(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """*values* in parts of *size*."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _undo(session: Session, one: Made, by: str, undone: Undone) -> None:
    if one.steps:
        shelf.step_back(session, one.bundle_id, one.version, by, one.steps)
        undone.restored += 1
    else:
        shelf.move(session, one.bundle_id, one.version, "delete", by)
        undone.deleted += 1


def _made(database: Database, token: str) -> list[Any]:
    rows = audit.AuditRow
    query = sa.select(rows.after).where(rows.subject == "bundle", rows.subject_id == _subject(token))
    with database.reading(patient=True) as session:
        return [one for text in session.scalars(query.order_by(rows.id)) for one in json.loads(text or "[]")]


def _subject(token: str) -> str:
    return f"import {token}"
