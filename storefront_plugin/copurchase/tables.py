"""Generations of the counts: which sets of keys in Redis stand, and what they were made with."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Base
from ..orderlog.numbering import Position
from .weights import Weighting


class Generation(Base):
    """One full set of counts in Redis. SQL holds the truth: *state* is ``building``, ``live`` or ``retired``."""

    __tablename__ = "storefront_generation"

    token: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    state: Mapped[str] = mapped_column(sa.String(16), index=True)
    epoch: Mapped[int]
    half_life: Mapped[float]
    shards: Mapped[int]
    start_number: Mapped[int] = mapped_column(sa.BigInteger)
    start_token: Mapped[str] = mapped_column(sa.String(16))
    created_at: Mapped[dt.datetime] = mapped_column(sa.DateTime)
    heartbeat_at: Mapped[dt.datetime] = mapped_column(sa.DateTime)
    live_at: Mapped[dt.datetime | None] = mapped_column(sa.DateTime)
    retired_at: Mapped[dt.datetime | None] = mapped_column(sa.DateTime)

    @property
    def weighting(self) -> Weighting:
        """How its orders were weighted."""
        return Weighting(self.epoch, self.half_life)

    @property
    def start(self) -> Position:
        """The log position of its snapshot."""
        return Position(self.start_number, self.start_token)
