"""The rules that count, as every process keeps them."""

from __future__ import annotations

import sqlalchemy as sa

from ...core.clock import now_in_sql
from ...core.sql.database import Database
from ...core.sql.flat_store import from_row
from ..tables import RuleRow
from .rule import Rule


def enabled_rules(database: Database, blocking: bool = True) -> dict[int, Rule]:
    """All rules by id that hold or will hold."""
    query = sa.select(RuleRow).where(RuleRow.enabled, sa.or_(RuleRow.ends_at.is_(None), RuleRow.ends_at > now_in_sql()))
    with database.reading(blocking) as session:
        return {row.id: from_row(Rule, row) for row in session.scalars(query)}
