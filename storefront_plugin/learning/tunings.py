"""What was chosen, when and why: a row a choice, the latest of which holds."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from ..core import clock
from ..core.sql.database import Base, Database
from ..core.sql.dialects import BigKey
from ..counts.scoring import Constants
from .tuning import PageEvidence, Step, Tuned


class TuningRow(Base):
    """A choice of constants. *evidence* is JSON; *is_set*: by a merchant, *chosen_by*, and not by the shop's own orders."""

    __tablename__ = "storefront_tuning"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    chosen_at: Mapped[dt.datetime] = mapped_column(sa.DateTime)
    is_set: Mapped[bool]
    chosen_by: Mapped[str] = mapped_column(sa.String(255))
    constants_json: Mapped[str] = mapped_column("constants", sa.Text)
    evidence: Mapped[str] = mapped_column(sa.Text)


@dataclass(frozen=True, slots=True)
class Tuning:
    """A choice, with when it was made (UTC without zone). *id* rises with each.

    Attributes:
        is_set: Whether a merchant, *chosen_by*, has set it; else the shop's own orders have chosen it.
        is_asked_again: Whether a merchant has given the choice back to the orders, which have not chosen since.
    """

    id: int
    chosen_at: dt.datetime
    is_set: bool
    chosen_by: str
    tuned: Tuned
    is_asked_again: bool = False


def latest_tuning(database: Database, of_orders: bool = False) -> Tuning | None:
    """The choice that holds, or the latest one *of_orders*; None before the first."""
    with database.reading(blocking=True) as session:
        return newest_tuning(session, of_orders)


def newest_tuning(session: Session, of_orders: bool = False) -> Tuning | None:
    """`latest_tuning` in the transaction of *session*."""
    query = sa.select(TuningRow).order_by(TuningRow.id.desc()).limit(1)
    row = session.scalar(query.where(~TuningRow.is_set) if of_orders else query)
    return None if row is None else _loaded(row)


def record_tuning(database: Database, tuned: Tuned, set_by: str | None = None) -> None:
    """Make *tuned* the choice that holds; *set_by* is the merchant whose it is, None of the shop's own orders."""
    with database.writing() as session:
        add_tuning(session, tuned, clock.now_in_sql(), set_by)


def add_tuning(
    session: Session, tuned: Tuned, chosen_at: dt.datetime, set_by: str | None = None, is_asked_again: bool = False
) -> int:
    """`record_tuning` in the transaction of *session*; the id of the choice."""
    evidence = {
        "queries": tuned.queries,
        "steps": [asdict(step) for step in tuned.steps],
        "pages": {page: asdict(one) for page, one in tuned.evidence.items()},
        "asked_again": is_asked_again,
    }
    row = TuningRow(
        chosen_at=chosen_at,
        is_set=set_by is not None,
        chosen_by=(set_by or "")[:255],
        constants_json=tuned.constants.to_json(),
        evidence=json.dumps(evidence),
    )
    session.add(row)
    session.flush()
    return row.id


def _loaded(row: TuningRow) -> Tuning:
    found = json.loads(row.evidence)
    tuned = Tuned(
        Constants.from_json(row.constants_json),
        found["queries"],
        tuple(Step(**step) for step in found["steps"]),
        {page: PageEvidence(**one) for page, one in found["pages"].items()},
    )
    return Tuning(row.id, row.chosen_at, row.is_set, row.chosen_by, tuned, found.get("asked_again", False))
