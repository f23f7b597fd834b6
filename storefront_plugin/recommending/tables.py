"""What the merchant says about suggestions: rules, and the slots of each placement."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ..core.sql.database import Base
from ..core.sql.dialects import NEVER_REUSE_IDS, BigKey, Id, LongText


class RuleRow(Base):
    """A rule: what is done (*kind*) to which candidates (*target*), on pages about which seeds (*seed*).

    The columns are those of `rules.Rule`, and *search* has what the list is searched for; *version* rises with each
    change, so that the second of two editors gets a conflict.
    """

    __tablename__ = "storefront_rule"
    __table_args__ = (NEVER_REUSE_IDS,)  # the log names deleted rules: no id is given twice

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    version: Mapped[int]
    kind: Mapped[str] = mapped_column(sa.String(16))
    seed_kind: Mapped[str] = mapped_column(sa.String(16))
    seed_value: Mapped[str | None] = mapped_column(Id)
    target_kind: Mapped[str] = mapped_column(sa.String(16))
    target_value: Mapped[str | None] = mapped_column(Id)
    price_percent: Mapped[int | None]
    strength: Mapped[int | None]
    placement: Mapped[str | None] = mapped_column(sa.String(16))
    strategy: Mapped[str | None] = mapped_column(sa.String(64))
    position: Mapped[int]
    enabled: Mapped[bool]
    starts_at: Mapped[dt.datetime | None] = mapped_column(sa.DateTime)
    ends_at: Mapped[dt.datetime | None] = mapped_column(sa.DateTime)
    note: Mapped[str] = mapped_column(sa.String(255))
    search: Mapped[str] = mapped_column(LongText)
    updated_at: Mapped[dt.datetime] = mapped_column(sa.DateTime, index=True)
    updated_by: Mapped[str] = mapped_column(sa.String(255))


class PlacementRow(Base):
    """The slots of a placement as JSON, where the merchant has changed them; *version* as in `RuleRow`."""

    __tablename__ = "storefront_placement"

    placement: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    version: Mapped[int]
    slots: Mapped[str] = mapped_column(LongText)
    updated_at: Mapped[dt.datetime] = mapped_column(sa.DateTime)
    updated_by: Mapped[str] = mapped_column(sa.String(255))
