"""Labels of slots: on the list of placements, beside another version, and on the activity log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...core.clock import now, state_of
from ...core.errors import N_
from ...core.problems import Problem
from ...core.sql.audit import Entry
from ...proxies import current_services
from ...recommending.plan import PLACEMENTS, Slot, load_slots
from ...recommending.slot_stats import SlotCounts
from ..kit.i18n import _, admin_texts, shown_period
from ..kit.log_labels import LogLabels, LogLine
from ..kit.pages import link
from ..kit.templates import DOTS, state_labels


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A slot in a row of the list.

    Attributes:
        slot: The slot.
        title: What shoppers read above it, in the language of the page.
        chain: Titles of its strategies, the first choice first.
        layout: Label of its layout.
        count: How many products it shows, as text.
        schedule: From when to when, as text; "" without a schedule.
        state: Kind of the dot.
        state_label: What the dot means.
        fill: How often it stayed empty; None where that is not known.
    """

    slot: Slot
    title: str
    chain: tuple[str, ...]
    layout: str
    count: str
    schedule: str
    state: str
    state_label: str
    fill: SlotCounts | None = None

    @property
    def often_empty(self) -> bool:
        may_be = current_services.fillers.of(self.slot).may_stay_empty
        return self.fill is not None and not may_be and self.fill.is_often_empty


def slot_row(slot: Slot, fill: SlotCounts | None = None) -> SlotRow:
    """*slot* as the merchant reads it."""
    state, label = _state(slot)
    fillers = current_services.fillers
    return SlotRow(
        slot,
        slot_title(slot),
        tuple(strategy_label(name) for name in slot.strategies),
        layout_labels().get(slot.layout, slot.layout),
        fillers.of(slot).limit_text(admin_texts(), slot.limit),
        shown_period(slot.starts_at, slot.ends_at),
        state,
        label,
        fill,
    )


def placement_labels() -> Mapping[str, str]:
    """Labels of placements, in the order of a shopper's way."""
    labels = {
        "product": _("Product page"),
        "cart": _("Cart"),
        "checkout": _("Checkout"),
        "thank_you": _("Thank-you page"),
        "home": _("Home page"),
        "category": _("Category page"),
        "account": _("Account"),
        "email": _("Email"),
    }
    return {name: labels[name] for name in PLACEMENTS}


def slot_title(slot: Slot) -> str:
    """What shoppers read above *slot*, in the language of the page."""
    return current_services.fillers.title(admin_texts(), slot.strategies[0], slot.title)


def layout_labels() -> Mapping[str, str]:
    """Labels of layouts."""
    return {name: _(label) for name, label in current_services.fillers.layouts.items()}


def strategy_labels() -> Mapping[str, str]:
    """Labels of strategies."""
    return {name: strategy_label(name) for name in current_services.fillers.sources}


def strategy_label(name: str) -> str:
    """The label of a strategy; its bare name where there is none of it any more."""
    return current_services.fillers.label(admin_texts(), name)


def with_labels(problem: Problem) -> Problem:
    """*problem* with what merchants call the layout and the source in it."""
    labels = {"layout": layout_labels(), "name": strategy_labels()}
    values = {key: labels.get(key, {}).get(str(value), value) for key, value in problem.values.items()}
    return problem._replace(values=values)


@dataclass(frozen=True, slots=True)
class Placed:
    """A slot of one version, with its place from 1."""

    place: int
    row: SlotRow


def compared(mine: Sequence[Slot], theirs: Sequence[Slot]) -> Iterator[tuple[Placed | None, Placed | None]]:
    """Two versions beside each other by name, in my order; None where one of them lacks the slot. Equal ones too."""
    other = {slot.name: Placed(place, slot_row(slot)) for place, slot in enumerate(theirs, 1)}
    for place, slot in enumerate(mine, 1):
        yield Placed(place, slot_row(slot)), other.pop(slot.name, None)
    for placed in other.values():
        yield None, placed


def _state(slot: Slot) -> tuple[str, str]:
    unknown = next((name for name in slot.strategies if name not in current_services.fillers.sources), None)
    if unknown is not None:
        return "error", _("Not shown: source %(name)s no longer exists", name=unknown)
    state = state_of(slot, now())
    return DOTS.get(state, "off"), state_labels()[state]


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
