"""Rules as rows and as JSON: times are UTC without zone in SQL, ISO 8601 in JSON."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from ...core.database import Database
from ..tables import StoredRule
from .rule import Rule

_NAMES = tuple(field.name for field in fields(Rule))
_TIMES = ("starts_at", "ends_at")


def rule_of(row: StoredRule) -> Rule:
    """The rule that *row* holds."""
    values = {name: getattr(row, name) for name in _NAMES}
    return Rule(**values | {name: _aware(values[name]) for name in _TIMES})


def values_of(rule: Rule) -> dict[str, Any]:
    """The columns of *rule*."""
    values = {name: getattr(rule, name) for name in _NAMES}
    return values | {name: _naive(values[name]) for name in _TIMES}


def dump_rule(version: int, rule: Rule) -> str:
    """*rule* as compact JSON, for the audit log."""
    values = {name: getattr(rule, name) for name in _NAMES}
    times = {name: None if values[name] is None else values[name].isoformat() for name in _TIMES}
    return json.dumps({"version": version} | values | times, separators=(",", ":"), ensure_ascii=False)


def load_rule(text: str) -> tuple[int, Rule]:
    """Version and rule, as `dump_rule` wrote them."""
    values = json.loads(text)
    version = values.pop("version")
    times = {name: dt.datetime.fromisoformat(values[name]) for name in _TIMES if values[name] is not None}
    return version, Rule(**values | times)


def enabled_rules(database: Database, blocking: bool = True) -> dict[int, Rule]:
    """All rules by id that hold or will hold."""
    now = dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)
    query = sa.select(StoredRule).where(
        StoredRule.enabled, sa.or_(StoredRule.ends_at.is_(None), StoredRule.ends_at > now)
    )
    with database.reading(blocking) as session:
        return {row.id: rule_of(row) for row in session.scalars(query)}


def _aware(moment: dt.datetime | None) -> dt.datetime | None:
    return None if moment is None else moment.replace(tzinfo=dt.timezone.utc)


def _naive(moment: dt.datetime | None) -> dt.datetime | None:
    return None if moment is None else moment.astimezone(dt.timezone.utc).replace(tzinfo=None)
