"""Orders that count, in figures for the merchant."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from .tables import LoggedOrder


def orders_since(session: Session, day: int) -> int:
    """How many placed orders count on *day* (days since 1970-01-01 UTC) or later."""
    query = sa.select(sa.func.count()).where(LoggedOrder.day >= day, LoggedOrder.status == "placed")
    return session.scalar(query) or 0
