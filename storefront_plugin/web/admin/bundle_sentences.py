"""The engine's sentences about a bundle, in the merchant's language, and the field of a tier that each is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...errors import InputError
from ...texts import _mark
from .language import say

PLACES: Final[Mapping[str, str]] = {
    _mark("A component stands twice in the set; raise its quantity instead."): "add",
    _mark("A set needs at least two pieces that are not optional; add a component or raise a quantity."): "add",
    _mark("A set has at most 4 optional components; make a mix or a ladder of it."): "add",
    _mark("A fixed price cannot have optional components; make a ladder with a price for each tier."): "price",
    _mark("Components marked free belong to the price kind 'free', which needs at least one of them."): "price",
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


def translated(error: InputError) -> str:
    """The sentence of *error*; in English where it is none of the usual ones."""
    return say(str(error))


def place_of(error: InputError) -> str:
    """The field of a tier that *error* is about."""
    return PLACES.get(str(error), "add")
