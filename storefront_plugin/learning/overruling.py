"""What merchants set in place of what their orders chose: with the way back, and a line in the activity log for each change."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..core import clock
from ..core.errors import N_, InputError, StorefrontError
from ..core.sql import audit
from ..core.sql.audit import AuditRow
from ..core.sql.database import Database
from ..counts.scoring import DEFAULTS, Constants
from .tuning import Tuned
from .tunings import Tuning, add_tuning, newest_tuning

SUBJECT: Final = "tuning"
"""Its name in the activity log."""

_KEY: Final = "shop"


class TuningConflict(StorefrontError):
    """Another choice has been made since, by another merchant or by the orders."""

    def __init__(self) -> None:
        super().__init__(N_("The tuning has changed since this page was opened. Look at it again, then save."))


def overrule(database: Database, version: int, constants: Constants | None, by: str) -> int:
    """Make *constants* hold, or give the choice back to the orders (None); the id of the new choice.

    *version* is the id of the choice it was made from, 0 for none; raises `TuningConflict` where that is not the latest.
    """
    with database.writing() as session:
        return _replace(session, _claimed(session, version), constants, by, "edit")


def take_back(database: Database, version: int, by: str) -> int:
    """Take back the change that led to the choice *version*; the id of the new one.

    Raises `TuningConflict` where it is not the latest, and `InputError` where nobody has changed it.
    """
    with database.writing() as session:
        latest = _claimed(session, version)
        entry = session.scalar(sa.select(AuditRow).where(AuditRow.subject == SUBJECT, AuditRow.version == version))
        if entry is None:
            raise InputError(N_("There is no change to undo; check the activity log."))
        return _replace(session, latest, loaded(entry.before), by, "undo")


def loaded(text: str | None) -> Constants | None:
    """What the log holds of a choice: its constants; None where the orders choose."""
    return Constants.from_json(text) if text else None


def _claimed(session: Session, version: int) -> Tuning | None:
    latest = newest_tuning(session)
    if version != (latest.id if latest else 0):
        raise TuningConflict
    return latest


def _replace(session: Session, latest: Tuning | None, constants: Constants | None, by: str, action: str) -> int:
    before = latest.tuned.constants if latest is not None and latest.is_set else None
    if constants is not None:
        id_ = add_tuning(session, Tuned(constants, 0), clock.now_in_sql(), by)
    else:
        chosen = newest_tuning(session, of_orders=True)
        tuned = chosen.tuned if chosen else Tuned(DEFAULTS, 0)
        # What the orders chose before holds until they have chosen anew, and was chosen then.
        id_ = add_tuning(session, tuned, chosen.chosen_at if chosen else clock.now_in_sql(), is_asked_again=True)
    audit.note(session, by, SUBJECT, _KEY, action, "", _dumped(before), _dumped(constants), id_)
    return id_


def _dumped(constants: Constants | None) -> str | None:
    return constants.to_json() if constants else None
