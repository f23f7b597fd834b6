"""Deleting drafts that no shopper ever saw; everything else is archived, since orders and the history tell of it."""

from __future__ import annotations

import sqlalchemy as sa

from ..database import Database
from ..errors import StorefrontError, _mark
from . import shelf
from .tables import BundleUse, BundleVersion


class NotDeletable(StorefrontError):
    """The bundle is no draft, or was published or used before; archive it instead."""


def delete(database: Database, bundle_id: int, version: int, by: str = "") -> shelf.Stored:
    """Delete the draft that stands as *version*; `shelf.undo` brings it back.

    Raises `NotDeletable`, and `BundleNotFound` and `EditConflict` as `shelf.update`.
    """
    with database.writing() as session:
        deleted = shelf.move(session, bundle_id, version, "delete", by)
        kept = sa.select(BundleVersion.version, BundleVersion.state).where(BundleVersion.bundle_id == bundle_id)
        states = {row.version: row.state for row in session.execute(kept)}
        used = session.scalar(sa.select(sa.func.count()).where(BundleUse.bundle_id == bundle_id))
        if used or states[version] != "draft" or "published" in states.values():
            message = _mark("Bundle %(id)s is no draft, or was on sale before; archive it instead.")
            raise NotDeletable(message, id=bundle_id)
        return deleted
