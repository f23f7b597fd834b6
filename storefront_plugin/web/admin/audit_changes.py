"""What an entry of the audit log changed, in words: field by field of a rule, slot by slot of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ... import audit
from ...proxies import current_storefront
from ...recommending.plan import PLACEMENTS, Slot
from ...recommending.slot_codec import load_slots
from .language import admin_texts, say
from .rule_words import RuleView


def rule_changes(before: RuleView, after: RuleView) -> tuple[str, ...]:
    """The fields of a rule that differ, as they were and as they are."""
    old, new = _told(before), _told(after)
    return tuple(
        say("%(field)s: %(old)s → %(new)s", field=field, old=old[field] or "–", new=new[field] or "–")
        for field in old
        if old[field] != new[field]
    )


def _told(view: RuleView) -> dict[str, str]:
    return {
        say("What it does"): " ".join(filter(None, (view.kind, view.strength))),
        say("To which products"): view.target.title if view.target else view.target_words,
        say("On which pages"): view.seed.title if view.seed else view.seed_words,
        say("Where"): " · ".join(view.scope),
        say("Place among pinned products"): admin_texts().number(view.rule.position),
        say("When"): view.schedule,
        say("Note"): view.rule.note,
    }


def slot_changes(entry: audit.Entry) -> tuple[str, ...]:
    """Which slots of a page were added, removed, changed or moved."""
    if entry.before is None or entry.after is None or entry.subject_id not in PLACEMENTS:
        return ()
    own = current_storefront.mounted.own_plan[entry.subject_id]
    before, after = load_slots(entry.before)[0], load_slots(entry.after)[0]
    return tuple(_compared(own if before is None else before, own if after is None else after))


def _compared(before: Sequence[Slot], after: Sequence[Slot]) -> Iterator[str]:
    old, new = {slot.name: slot for slot in before}, {slot.name: slot for slot in after}
    added = [slot for slot in after if slot.name not in old]
    removed = [slot for slot in before if slot.name not in new]
    changed = [slot for slot in after if old.get(slot.name, slot) != slot]
    if added:
        yield say("added: %(slots)s", slots=_titles(added))
    if removed:
        yield say("removed: %(slots)s", slots=_titles(removed))
    if changed:
        yield say("changed: %(slots)s", slots=_titles(changed))
    if [name for name in old if name in new] != [name for name in new if name in old]:
        yield say("in another order")


def _titles(slots: Sequence[Slot]) -> str:
    return ", ".join(admin_texts().title(slot.strategies[0], slot.title) for slot in slots)
