"""A published bundle, and whether it is on for a shopper."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .definition import Definition

OffKind: TypeAlias = Literal["scheduled", "ended", "used_up", "segment", "staff_only"]
"""Why a bundle is not on: it starts later, has ended, has reached its limit in all, or is for others."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A published bundle.

    Attributes:
        id: Its number in the database; of equal savings the lower one wins.
        version: Which version of the definition this is.
        uses_left: How often it may still apply in all orders; None without such a limit.
    """

    id: int
    definition: Definition
    version: int = 1
    uses_left: int | None = None

    def title(self, locale: str) -> str:
        """What shoppers call it."""
        return self.definition.text_in(locale).title

    def limit(self) -> int | None:
        """How often it may apply in one order now; None for any number of times."""
        limits = [one for one in (self.definition.limit_per_order, self.uses_left) if one is not None]
        return max(0, min(limits)) if limits else None


@dataclass(frozen=True, slots=True)
class Shopper:
    """What decides which bundles a shopper may have: names of segments, and ids of staff-only bundles unlocked."""

    segments: frozenset[str] = frozenset()
    unlocked: frozenset[int] = frozenset()

    def may_have(self, bundle: Bundle, now: dt.datetime) -> bool:
        """Whether *bundle* is on for this shopper at *now*, which needs a time zone."""
        return self.why_off(bundle, now) is None

    def why_off(self, bundle: Bundle, now: dt.datetime) -> OffKind | None:
        """Why *bundle* is not on for this shopper at *now*; None where it is."""
        definition = bundle.definition
        schedule = definition.schedule
        if not schedule.holds(now):
            return "ended" if schedule.begun(now) else "scheduled"
        if bundle.limit() == 0:
            return "used_up"
        if definition.segment is not None and definition.segment not in self.segments:
            return "segment"
        return "staff_only" if definition.staff_only and bundle.id not in self.unlocked else None
