"""Slots in words, for the list of placements and for comparing two versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ...core import clock
from ...proxies import current_services
from ...recommending.plan import PLACEMENTS, Slot
from ...recommending.slot_stats import SlotCounts
from ..kit.i18n import _, admin_texts, shown_period

StateKind: TypeAlias = Literal["on", "off", "waiting", "error"]


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A slot in a row of the list.

    Attributes:
        slot: The slot.
        title: What shoppers read above it, in the language of the page.
        chain: Its strategies in words, the first choice first.
        layout: Its layout in words.
        count: How many products it shows, in words.
        schedule: From when to when, in words; "" without a schedule.
        state: Kind of the dot.
        state_words: What the dot means.
        fill: How often it stayed empty; None where that is not known.
    """

    slot: Slot
    title: str
    chain: tuple[str, ...]
    layout: str
    count: str
    schedule: str
    state: StateKind
    state_words: str
    fill: SlotCounts | None = None

    @property
    def often_empty(self) -> bool:
        may_be = current_services.fillers.of(self.slot).may_stay_empty
        return self.fill is not None and not may_be and self.fill.is_often_empty


def slot_row(slot: Slot, fill: SlotCounts | None = None) -> SlotRow:
    """*slot* in words."""
    state, words = _state(slot)
    fillers = current_services.fillers
    return SlotRow(
        slot,
        slot_title(slot),
        tuple(strategy_word(name) for name in slot.strategies),
        layout_words().get(slot.layout, slot.layout),
        fillers.of(slot).limit_text(admin_texts(), slot.limit),
        shown_period(slot.starts_at, slot.ends_at),
        state,
        words,
        fill,
    )


def placement_words() -> Mapping[str, str]:
    """Placements in words, in the order of a shopper's way."""
    words = {
        "product": _("Product page"),
        "cart": _("Cart"),
        "checkout": _("Checkout"),
        "thank_you": _("Thank-you page"),
        "home": _("Home page"),
        "category": _("Category page"),
        "account": _("Account"),
        "email": _("Email"),
    }
    return {name: words[name] for name in PLACEMENTS}


def slot_title(slot: Slot) -> str:
    """What shoppers read above *slot*, in the language of the page."""
    return current_services.fillers.title(admin_texts(), slot.strategies[0], slot.title)


def layout_words() -> Mapping[str, str]:
    """Layouts in words."""
    return {name: _(label) for name, label in current_services.fillers.layouts.items()}


def strategy_words() -> Mapping[str, str]:
    """Strategies in words."""
    return {name: strategy_word(name) for name in current_services.fillers.sources}


def strategy_word(name: str) -> str:
    """A strategy in words; its bare name where there is none of it any more."""
    return current_services.fillers.label(admin_texts(), name)


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


def _state(slot: Slot) -> tuple[StateKind, str]:
    now = clock.now()
    unknown = next((name for name in slot.strategies if name not in current_services.fillers.sources), None)
    if unknown is not None:
        return "error", _("Not shown: source %(name)s no longer exists", name=unknown)
    if not slot.enabled:
        return "off", _("Inactive")
    if slot.ends_at is not None and slot.ends_at <= now:
        return "off", _("Ended")
    return ("on", _("Active")) if slot.is_on(now) else ("waiting", _("Scheduled"))
