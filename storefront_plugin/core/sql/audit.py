"""The activity log: who changed what in the admin, one row per change, written in the same transaction as the change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from ..clock import now_in_sql
from .database import Base, Database, table_of
from .dialects import BigKey, LongText

Subject: TypeAlias = str
"""What kind of thing was changed: ``rule``, ``bundle`` …"""


class AuditRow(Base):
    """One change. *before* and *after* hold the subject as JSON where the change can be shown or undone.

    *version* is the one that the change led to, of things that have versions.
    """

    __tablename__ = "storefront_audit"
    __table_args__ = (sa.Index(None, "subject", "subject_id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    changed_at: Mapped[dt.datetime] = mapped_column(sa.DateTime, index=True)
    changed_by: Mapped[str] = mapped_column(sa.String(255))
    subject: Mapped[str] = mapped_column(sa.String(16))
    subject_id: Mapped[str] = mapped_column(sa.String(255))
    action: Mapped[str] = mapped_column(sa.String(16))
    version: Mapped[int | None]
    title: Mapped[str] = mapped_column(sa.String(255))
    before: Mapped[str | None] = mapped_column(LongText)
    after: Mapped[str | None] = mapped_column(LongText)


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. *changed_at* is UTC without zone; *title* is the subject's name at that time."""

    id: int
    changed_at: dt.datetime
    changed_by: str
    subject: Subject
    subject_id: str
    action: str
    version: int | None
    title: str
    before: str | None
    after: str | None


def note(
    session: Session,
    by: str,
    subject: Subject,
    subject_id: object,
    action: str,
    title: str = "",
    before: str | None = None,
    after: str | None = None,
    version: int | None = None,
) -> int:
    """Add an entry in the transaction of *session*, so that it commits or rolls back with the change; returns its id."""
    row = {
        "changed_at": now_in_sql(),
        "changed_by": by[:255],
        "subject": subject,
        "subject_id": str(subject_id)[:255],
        "action": action,
        "version": version,
        "title": title[:255],
        "before": before,
        "after": after,
    }
    written: Any = session.execute(sa.insert(table_of(AuditRow)), row)
    return int(written.inserted_primary_key[0])


def entries(
    database: Database,
    subject: Subject | None = None,
    subject_id: object = None,
    by: str | None = None,
    page: int = 1,
    size: int = 50,
) -> tuple[Sequence[Entry], int]:
    """One page of entries, newest first (*page* starts at 1), and the total number of entries."""
    where = []
    if subject is not None:
        where.append(AuditRow.subject == subject)
    if subject_id is not None:
        where.append(AuditRow.subject_id == str(subject_id))
    if by is not None:
        where.append(AuditRow.changed_by == by)
    rows, count = database.page(sa.select(*AuditRow.__table__.columns).where(*where), [AuditRow.id.desc()], page, size)
    return [Entry(**row._mapping) for row in rows], count
