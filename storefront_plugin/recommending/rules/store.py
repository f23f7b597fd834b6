"""The merchant's rules in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TypeAlias

import sqlalchemy as sa

from ...core.errors import N_
from ...core.problems import Problem, refuse
from ...core.sql.flat_store import FlatStore
from ...core.sql.versions import Record, RecordNotFound, VersionConflict
from ..strategies import STRATEGIES
from ..tables import RuleRow
from .rule import Rule, problems

RuleRecord: TypeAlias = "Record[int, Rule]"

_MEANING = ("kind", "seed_kind", "seed_value", "target_kind", "target_value", "price_percent", "placement", "strategy")
"""Rules that have these in common say the same of the same products."""


class RuleNotFound(RecordNotFound):
    """There is no such rule (any more); look it up in the list."""

    message_of = N_("There is no rule %(id)s; check the list.")


class RuleConflict(VersionConflict):
    """Somebody else changed the rule in the meantime; *current* is how it stands now, None where it was deleted."""

    changed = N_(
        "Rule %(id)s was changed by %(who)s at %(time)s UTC in the meantime; compare both versions and save again."
    )
    deleted = N_("Rule %(id)s has been deleted in the meantime; save it as a new one.")


class RuleStore(FlatStore[Rule]):
    """Rules: created, changed, switched, deleted and taken back. Titles for the log name products by their ids."""

    subject = "rule"
    model = RuleRow
    definition = Rule
    searched = ("seed_value", "target_value", "note")
    not_found = RuleNotFound
    conflict = RuleConflict

    def title_of(self, definition: Rule) -> str:
        return rule_title(definition)

    def problems(self, definition: Rule) -> Iterator[Problem]:
        return problems(definition, STRATEGIES)

    def put(self, rule: Rule, by: str = "", *, title: str = "") -> RuleRecord:
        """Save *rule* once: in place of those that say the same of the same products, whatever their position and times."""
        refuse(self.problems(rule))
        with self.database.writing() as session:
            same = self.claim_all(session, session.scalars(_same_as(rule)).all())
            for row in same[1:]:
                self.remove(session, row, by, title=title)
            if same:
                return self.write(session, same[0], self.columns(rule), by, title=title)
            return self.insert(session, [rule], by, title=title)[0]

    def take_away(self, rule: Rule, by: str = "") -> list[RuleRecord]:
        """Delete what says the same as *rule* of the same products; none is no error."""
        with self.database.writing() as session:
            same = self.claim_all(session, session.scalars(_same_as(rule)).all())
            return [self.remove(session, row, by) for row in same]


def rule_title(rule: Rule, titles: Mapping[str, str] = MappingProxyType({})) -> str:
    """What the log calls *rule*: its kind and what it is about; a product by its title, where *titles* have it by id."""
    if rule.target_value is None:
        return f"{rule.kind}: {rule.target_kind} {rule.price_percent} %"
    known = titles.get(rule.target_value) if rule.target_kind == "product" else None
    return f"{rule.kind}: {known or rule.target_value}"


def _same_as(rule: Rule) -> sa.Select[int]:
    where = [getattr(RuleRow, name) == getattr(rule, name) for name in _MEANING]
    return sa.select(RuleRow.id).where(*where).order_by(RuleRow.id)
