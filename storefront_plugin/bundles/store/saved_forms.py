"""Forms that were saved: one that is sent twice, by two presses of a button or a reload, does its work once."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from ...core.clock import now_in_sql
from ...core.sql.database import Base, Database, table_of
from ..definition import Definition
from . import proposals
from .definition_json import dump_definition
from .repository import BundleNotFound, BundleRecord, BundleRepository

KEPT: Final = dt.timedelta(days=7)
MAX_KEY: Final = 64


class SavedForm(Base):
    """The bundle that a form made; 0 for an import, which makes several. *key* is of the form and of what it said."""

    __tablename__ = "storefront_bundle_form"

    key: Mapped[str] = mapped_column(sa.String(MAX_KEY), primary_key=True)
    bundle_id: Mapped[int] = mapped_column(sa.BigInteger)
    saved_at: Mapped[dt.datetime] = mapped_column(sa.DateTime, index=True)


def create_once(
    database: Database, key: str, definition: Definition, by: str = "", *, proposal: str | None = None
) -> BundleRecord:
    """`create` for the form *key*, a random text; with the same definition a second time, what the first one made.

    Another definition, as after the browser's Back, makes another bundle. The key is inserted first, in the same
    transaction: of two at once the second waits and then finds it taken.
    """
    bundles = BundleRepository(database)
    key = hashlib.sha256(f"{key} {dump_definition(definition)}".encode()).hexdigest()[:MAX_KEY]
    try:
        with database.writing() as session:
            claim(session, key)
            (stored,) = bundles.insert(session, [definition], by)
            session.execute(sa.update(SavedForm).where(SavedForm.key == key).values(bundle_id=stored.id))
            if proposal:
                proposals.accept(session, proposal, stored.id, by)
            return stored
    except sa.exc.IntegrityError:
        with database.reading(blocking=True) as session:
            made = session.scalar(sa.select(SavedForm.bundle_id).where(SavedForm.key == key))
        if made is None:
            raise
        try:
            return bundles.load(made)
        except BundleNotFound:  # deleted in the meantime
            return bundles.create(definition, by, proposal=proposal)


def claim(session: Session, key: str) -> None:
    """Note in the transaction of *session* that the form *key* is saved; raises `IntegrityError` where it was before."""
    now = now_in_sql()
    session.execute(sa.insert(table_of(SavedForm)), {"key": key, "bundle_id": 0, "saved_at": now})
    session.execute(sa.delete(table_of(SavedForm)).where(SavedForm.saved_at < now - KEPT))
