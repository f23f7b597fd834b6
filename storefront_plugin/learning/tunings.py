"""What was chosen, when and why: a row a choice, the latest of which holds."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

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
    """A choice, with when it was made (UTC without zone).

    Attributes:
        is_set: Whether a merchant, *chosen_by*, has set it; else the shop's own orders have chosen it.
    """

    chosen_at: dt.datetime
    is_set: bool
    chosen_by: str
    tuned: Tuned


def latest_tuning(database: Database) -> Tuning | None:
    """The choice that holds; None before the first."""
    with database.reading(blocking=True) as session:
        row = session.scalar(sa.select(TuningRow).order_by(TuningRow.id.desc()).limit(1))
        return None if row is None else Tuning(row.chosen_at, row.is_set, row.chosen_by, _loaded(row))


def record_tuning(database: Database, tuned: Tuned, set_by: str | None = None) -> None:
    """Make *tuned* the choice that holds; *set_by* is the merchant whose it is, None of the shop's own orders."""
    evidence = {
        "queries": tuned.queries,
        "steps": [asdict(step) for step in tuned.steps],
        "pages": {page: asdict(one) for page, one in tuned.evidence.items()},
    }
    with database.writing() as session:
        session.add(
            TuningRow(
                chosen_at=clock.now_in_sql(),
                is_set=set_by is not None,
                chosen_by=set_by or "",
                constants_json=tuned.constants.to_json(),
                evidence=json.dumps(evidence),
            )
        )


def _loaded(row: TuningRow) -> Tuned:
    found = json.loads(row.evidence)
    return Tuned(
        Constants.from_json(row.constants_json),
        found["queries"],
        tuple(Step(**step) for step in found["steps"]),
        {page: PageEvidence(**one) for page, one in found["pages"].items()},
    )
