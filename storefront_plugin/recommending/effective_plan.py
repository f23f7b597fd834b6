"""The plan that pages follow: the developer's, with the placements that the merchant has changed in place of his."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from ..core.errors import ConfigurationError
from .fillers import Fillers
from .plan import DEFAULT_PLAN, PLACEMENTS, Slot, load_slots

logger = logging.getLogger(__name__)

Plan: TypeAlias = Mapping[str, Sequence[Slot]]


def checked_plan(given: Plan | None, fillers: Fillers) -> Plan:
    """The default plan with the placements of *given* in place of its own; raises `ConfigurationError`."""
    plan = {**DEFAULT_PLAN, **(given or {})}
    for placement, slots in plan.items():
        if placement not in PLACEMENTS:
            raise ConfigurationError(f"STOREFRONT_PLAN names placement {placement!r}; use {', '.join(PLACEMENTS)}.")
        wrong = next((slot for slot in slots if not isinstance(slot, Slot)), None)
        if wrong is not None:
            raise ConfigurationError(
                f"STOREFRONT_PLAN has {wrong!r:.80} on {placement!r}; give storefront_plugin.Slot(…)."
            )
        fillers.check_all(placement, slots)
    return plan


class EffectivePlan:
    """Makes the plan again only when what is stored has changed.

    Args:
        own: The developer's plan.
        fillers: What may fill slots.
    """

    def __init__(self, own: Plan, fillers: Fillers) -> None:
        self.own = own
        self._fillers = fillers
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
        usable, more = usable_slots(placement, slots, self._fillers)
        for problem in (*problems, *more):
            logger.warning("A stored slot of %r is left out: %s", placement, problem)
        known = {slot.name: slot for slot in (*self.own[placement], *slots)}
        off = known.keys() - {slot.name for slot in usable}
        return (*usable, *(replace(slot, enabled=False) for name, slot in known.items() if name in off))


def usable_slots(placement: str, slots: Sequence[Slot], fillers: Fillers) -> tuple[list[Slot], list[str]]:
    """Those of *slots* that can be shown together, and a sentence for each of the others."""
    found: list[Slot] = []
    problems: list[str] = []
    for slot in slots:
        try:
            fillers.check_all(placement, [*found, slot])
        except ConfigurationError as error:
            problems.append(str(error))
        else:
            found.append(slot)
    return found, problems
