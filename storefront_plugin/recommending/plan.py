"""Which slots a placement has, and which strategies fill each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..errors import ConfigurationError

Placement: TypeAlias = Literal["product", "cart", "checkout", "thank_you", "home", "category", "account", "email"]
Layout: TypeAlias = Literal["grid", "carousel", "list", "together"]

PLACEMENTS: tuple[Placement, ...] = ("product", "cart", "checkout", "thank_you", "home", "category", "account", "email")
LAYOUTS: tuple[Layout, ...] = ("grid", "carousel", "list", "together")

PERSONAL_PLACEMENTS: frozenset[str] = frozenset({"cart", "checkout", "thank_you", "account", "email"})
"""Pages that belong to one shopper anyway: everything on them is inline and the response is private."""

MAX_LIMIT = 30
"""Most cards of a slot."""

CART_LIKE: frozenset[str] = frozenset({"cart", "checkout", "thank_you", "email"})
"""Placements whose seeds are a basket; they score as a cart, all others as a product page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One widget's place on a placement.

    Attributes:
        name: Unique on its placement; also the name for ``storefront.slot(name, …)``.
        strategies: First choice, then fallbacks; a later one fills what an earlier one left empty.
        title: Heading; a text, texts by language, or None for the strategy's own.
        layout: ``grid``, ``carousel``, ``list`` (compact) or ``together`` (seed and complements, add all at once).
        limit: Most cards shown, 1 to 30.
        minimum: With fewer cards the slot is left out.
        lazy: Fetched when the shopper comes near it.
        specialness: The dial b from 0 (what most people take) to 0.5 (what is special to this); None is the measured
            default of the page type (0.1 on product pages, 0.4 in carts).
    """

    name: str
    strategies: tuple[str, ...]
    title: str | Mapping[str, str] | None = None
    layout: Layout = "grid"
    limit: int = 4
    minimum: int = 1
    lazy: bool = False
    specialness: float | None = None

    def __post_init__(self) -> None:
        if not self.strategies or not isinstance(self.strategies, tuple):
            raise ConfigurationError(
                f"Slot {self.name!r} needs a tuple of strategy names, such as ('also_bought', 'related')."
            )
        if self.layout not in LAYOUTS:
            raise ConfigurationError(f"Slot {self.name!r} has layout {self.layout!r}; use one of {', '.join(LAYOUTS)}.")
        if self.specialness is not None and not 0 <= self.specialness <= 0.5:
            raise ConfigurationError(f"Slot {self.name!r} has specialness {self.specialness}; use 0 to 0.5, or None.")


DEFAULT_PLAN: Mapping[str, Sequence[Slot]] = {
    "product": (
        Slot(name="bought_together", strategies=("bought_together",), layout="together", limit=2),
        Slot(name="also_bought", strategies=("also_bought", "related"), layout="carousel", limit=8),
        Slot(name="related", strategies=("related", "bestsellers"), layout="grid", limit=4),
        Slot(name="top_rated", strategies=("top_rated",), layout="grid", limit=4),
    ),
    "cart": (
        Slot(name="also_bought", strategies=("also_bought", "related", "bestsellers"), layout="list", limit=4),
        Slot(name="top_rated", strategies=("top_rated",), layout="carousel", limit=8),
    ),
    "checkout": (
        Slot(name="also_bought", strategies=("also_bought", "related", "bestsellers"), layout="list", limit=3),
    ),
    "thank_you": (
        Slot(name="also_bought", strategies=("also_bought", "related", "bestsellers"), layout="grid", limit=4),
    ),
    "home": (
        Slot(name="trending", strategies=("trending", "bestsellers"), layout="carousel", limit=8),
        Slot(name="bestsellers", strategies=("bestsellers",), layout="grid", limit=4),
        Slot(name="top_rated", strategies=("top_rated",), layout="grid", limit=4),
    ),
    "category": (Slot(name="bestsellers", strategies=("bestsellers", "top_rated"), layout="carousel", limit=8),),
    "account": (),
    "email": (Slot(name="also_bought", strategies=("also_bought", "related", "bestsellers"), layout="grid", limit=4),),
}


def checked_plan(given: Mapping[str, Sequence[Slot]] | None, strategies: Sequence[str]) -> Mapping[str, Sequence[Slot]]:
    """The default plan with the placements of *given* in place of its own; unknown names raise `ConfigurationError`."""
    plan = {**DEFAULT_PLAN, **(given or {})}
    for placement, slots in plan.items():
        if placement not in PLACEMENTS:
            raise ConfigurationError(f"STOREFRONT_PLAN names placement {placement!r}; use {', '.join(PLACEMENTS)}.")
        wrong = next((slot for slot in slots if not isinstance(slot, Slot)), None)
        if wrong is not None:
            raise ConfigurationError(
                f"STOREFRONT_PLAN has {wrong!r:.80} on {placement!r}; give storefront_plugin.Slot(…)."
            )
        names = [slot.name for slot in slots]
        if len(set(names)) < len(names):
            raise ConfigurationError(
                f"STOREFRONT_PLAN has two slots of one name on {placement!r}; rename one of {names}."
            )
        too_long = [slot for slot in slots if not 1 <= slot.limit <= MAX_LIMIT]
        if too_long:
            raise ConfigurationError(f"Slot {too_long[0].name!r} has limit {too_long[0].limit}; use 1 to {MAX_LIMIT}.")
        unknown = [name for slot in slots for name in slot.strategies if name not in strategies]
        if unknown:
            raise ConfigurationError(f"STOREFRONT_PLAN names strategy {unknown[0]!r}; use {', '.join(strategies)}.")
    return plan
