"""The plan that pages follow: the developer's, with the placements that the merchant has changed in place of his."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import sqlalchemy as sa

from ..core.database import Database
from ..core.errors import ConfigurationError
from .plan import Slot, check_slots
from .slot_json import load_slots
from .tables import PlacementRow

logger = logging.getLogger(__name__)

Plan: TypeAlias = Mapping[str, Sequence[Slot]]


def stored_slots(database: Database, blocking: bool = True) -> dict[str, str]:
    """The JSON of each placement that the merchant has changed."""
    with database.reading(blocking) as session:
        rows = session.execute(sa.select(PlacementRow.placement, PlacementRow.slots)).all()
    return {row.placement: row.slots for row in rows}


class EffectivePlan:
    """Makes the plan anew only when what is stored has changed.

    Args:
        own: The developer's plan.
        strategies: Names of all strategies there are.
    """

    def __init__(self, own: Plan, strategies: Collection[str]) -> None:
        self.own = own
        self._strategies = strategies
        self._made: tuple[Mapping[str, str], Plan] = ({}, own)

    def given(self, stored: Mapping[str, str]) -> Plan:
        """The plan with the *stored* placements. What cannot be shown is logged once and left out.

        Slots of the developer's that the merchant removed, and those left out, stay in it switched off: a template
        that names one shows nothing instead of failing.
        """
        known, plan = self._made
        if stored != known:
            changed = {name: self._placement(name, text) for name, text in stored.items() if name in self.own}
            plan = {**self.own, **changed}
            self._made = (stored, plan)
        return plan

    def _placement(self, placement: str, text: str) -> Sequence[Slot]:
        slots, problems = load_slots(text)
        if slots is None:
            for problem in problems:
                logger.warning("The developer's slots of %r are shown: %s", placement, problem)
            return self.own[placement]
        usable, more = usable_slots(placement, slots, self._strategies)
        for problem in (*problems, *more):
            logger.warning("A stored slot of %r is left out: %s", placement, problem)
        known = {slot.name: slot for slot in (*self.own[placement], *slots)}
        off = known.keys() - {slot.name for slot in usable}
        return (*usable, *(replace(slot, enabled=False) for name, slot in known.items() if name in off))


def usable_slots(placement: str, slots: Sequence[Slot], strategies: Collection[str]) -> tuple[list[Slot], list[str]]:
    """Those of *slots* that can be shown together, and a sentence for each of the others."""
    found: list[Slot] = []
    problems: list[str] = []
    for slot in slots:
        try:
            check_slots(placement, [*found, slot], strategies)
        except ConfigurationError as error:
            problems.append(str(error))
        else:
            found.append(slot)
    return found, problems
