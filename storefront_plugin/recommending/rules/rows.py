"""Rules as rows and as JSON: times are UTC without zone in SQL, ISO 8601 in JSON."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from ...core.clock import from_sql, now_in_sql, to_sql
from ...core.database import Database
from ..tables import RuleRow
from .rule import Rule

_NAMES = tuple(field.name for field in fields(Rule))
_TIMES = ("starts_at", "ends_at")


def rule_of(row: RuleRow) -> Rule:
    """The rule that *row* holds."""
    values = {name: getattr(row, name) for name in _NAMES}
    return Rule(**values | {name: from_sql(values[name]) for name in _TIMES})


def columns_of(rule: Rule) -> dict[str, Any]:
    """The columns of *rule*."""
    values = {name: getattr(rule, name) for name in _NAMES}
    return values | {name: to_sql(values[name]) for name in _TIMES}


def dump_rule(rule: Rule) -> str:
    """*rule* as compact JSON, for the log; times are ISO 8601."""
    values = {name: getattr(rule, name) for name in _NAMES}
    times = {name: None if values[name] is None else values[name].isoformat() for name in _TIMES}
    return json.dumps(values | times, separators=(",", ":"), ensure_ascii=False)


def load_rule(text: str) -> Rule:
    """The rule that `dump_rule` wrote."""
    values = json.loads(text)
    times = {name: dt.datetime.fromisoformat(values[name]) for name in _TIMES if values[name] is not None}
    return Rule(**values | times)


def enabled_rules(database: Database, blocking: bool = True) -> dict[int, Rule]:
    """All rules by id that hold or will hold."""
    query = sa.select(RuleRow).where(RuleRow.enabled, sa.or_(RuleRow.ends_at.is_(None), RuleRow.ends_at > now_in_sql()))
    with database.reading(blocking) as session:
        return {row.id: rule_of(row) for row in session.scalars(query)}
