"""How the slots of a page read on the activity log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...core.audit import Entry
from ...core.errors import N_
from ...proxies import current_services
from ...recommending.plan import PLACEMENTS, Slot, load_slots
from ..kit.i18n import _
from ..kit.log_labels import LogLabels, LogLine
from ..kit.pages import link
from .labels import placement_labels, slot_title


def _lines(entries: Sequence[Entry]) -> list[LogLine]:
    labels = placement_labels()
    return [
        LogLine(
            labels.get(one.subject_id, one.title or one.subject_id),
            link("slots_edit", placement=one.subject_id),
            _changes(one),
        )
        for one in entries
    ]


def _changes(entry: Entry) -> tuple[str, ...]:
    """Which slots were added, removed, changed or moved."""
    if entry.before is None or entry.after is None or entry.subject_id not in PLACEMENTS:
        return ()
    own = current_services.suggestions.own_plan[entry.subject_id]
    before, after = load_slots(entry.before)[0], load_slots(entry.after)[0]
    return tuple(_compared(own if before is None else before, own if after is None else after))


def _compared(before: Sequence[Slot], after: Sequence[Slot]) -> Iterator[str]:
    old, new = {slot.name: slot for slot in before}, {slot.name: slot for slot in after}
    added = [slot for slot in after if slot.name not in old]
    removed = [slot for slot in before if slot.name not in new]
    changed = [slot for slot in after if old.get(slot.name, slot) != slot]
    if added:
        yield _("added: %(slots)s", slots=_titles(added))
    if removed:
        yield _("removed: %(slots)s", slots=_titles(removed))
    if changed:
        yield _("changed: %(slots)s", slots=_titles(changed))
    if [name for name in old if name in new] != [name for name in new if name in old]:
        yield _("reordered")


def _titles(slots: Sequence[Slot]) -> str:
    return ", ".join(slot_title(slot) for slot in slots)


PLACEMENT_LABELS = LogLabels("placement", N_("Placement"), N_("Placements"), _lines)
