"""The engine's sentences about a bundle, marked for translation, and the field of a tier that each is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...errors import InputError, _mark

PLACES: Final[Mapping[str, str]] = {
    _mark("A component stands twice in the set; raise its quantity instead."): "add",
    _mark("A set needs at least two pieces that are not optional; add a component or raise a quantity."): "add",
    _mark("A set has at most 4 optional components; make a mix or a ladder of it."): "add",
    _mark("A fixed price cannot have optional components; make a ladder with a price for each tier."): "price",
    _mark("Something must be bought for the free extra; add a component that is neither."): "add",
    _mark("A mix chooses at least two pieces; raise its numbers."): "most",
    _mark("Fewer pieces must be free than are chosen; lower the free ones."): "pieces",
    _mark("A mix at a fixed price needs one number of pieces; set least and most to the same."): "most",
}
"""Sentences about one tier, and the name of its field; those that are not here stand with its products."""

WHOLE: Final = (
    _mark("The bundle ends before it starts; set a later end."),
    _mark("Each quantity step must begin at more pieces than the one before; sort them."),
)
"""Sentences about the whole bundle."""

IN_FILES: Final = (
    _mark("Components marked free belong to the price kind 'free', which needs at least one of them."),
    _mark("A bundle needs a title; write one line that says what it is."),
    _mark("A bundle needs a title in at least one language; give words={'en': Words('…')}."),
    _mark("The segment must be a name of 1 to 64 characters, or None for everybody."),
    _mark("Only a mix and quantity steps have numbers of pieces; leave least and most at 0."),
    _mark("Components of a mix and of quantity steps are counted together: no quantity, optional or free."),
    _mark("A free extra needs the price kind 'free' and a component marked free."),
    _mark("A quantity step holds for all pieces from its number on; leave most at 0."),
    _mark("Quantity steps cannot have free pieces; make a mix with free pieces of it."),
    _mark("All quantity steps are about the same products; give each the same components."),
    _mark("A percentage belongs to the price kind 'percent', and only there; give one or change it."),
    _mark("The price kinds 'amount' and 'fixed', and only they, need an amount for each currency."),
)
"""Sentences that only an imported file can meet, because the form leaves no room for the mistake."""


def place_of(error: InputError) -> str:
    """The field of a tier that *error* is about."""
    return PLACES.get(str(error), "add")
