"""The list of placements with their slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Response

from ...core.errors import N_, StoreUnavailable
from ...proxies import current_services
from ...recommending.placements import PlacementRecord, unchanged
from ...recommending.plan import PLACEMENTS, Slot
from ...recommending.slot_stats import SlotCounts
from ..kit.pages import AdminBlueprint, show_page
from .labels import placement_labels, slot_row

DAYS = 7
"""Days of the share of pages on which a slot stayed empty."""


def register(blueprint: AdminBlueprint) -> None:
    blueprint.sections["slots"] = N_("Placements")
    blueprint.add_url_rule("/slots", "slots", listed)


def listed() -> Response:
    """``GET slots``: all placements with their slots."""
    stored = current_services.placements.find(PLACEMENTS)
    fills = empty_counts()
    rows = []
    for name, label in placement_labels().items():
        one, counted = stored.get(name, unchanged(name)), (fills or {}).get(name, {})
        lines = [slot_row(slot, counted.get(slot.name) if fills is not None else None) for slot in standing_slots(one)]
        rows.append((name, label, one, lines))
    return show_page("slots/list.html", rows=rows, counted=fills is not None, days=DAYS)


def empty_counts() -> Mapping[str, Mapping[str, SlotCounts]] | None:
    """How often slots stayed empty; None where Redis does not answer."""
    try:
        return current_services.slot_stats.totals(DAYS)
    except StoreUnavailable:
        return None


def standing_slots(stored: PlacementRecord) -> Sequence[Slot]:
    """The merchant's slots, else those of the developer's plan."""
    own = current_services.suggestions.own_plan[stored.id]
    return own if stored.slots is None else stored.slots
