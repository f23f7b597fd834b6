"""Slots, and those that a shop's pages have unless the developer or the merchant says otherwise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..core.errors import ConfigurationError

Placement: TypeAlias = Literal["product", "cart", "checkout", "thank_you", "home", "category", "account", "email"]

PLACEMENTS: tuple[Placement, ...] = ("product", "cart", "checkout", "thank_you", "home", "category", "account", "email")

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
        layout: ``grid``, ``carousel``, ``list`` (compact), ``together`` (seed and complements, add all at once) or
            ``bundles``, which belongs to the strategy of that name. It names the template of the slot's inside.
        limit: Most cards shown, 1 to 30.
        minimum: With fewer cards the slot is left out.
        lazy: Fetched when the shopper comes near it.
        specialness: The dial b from 0 (what most people take) to 0.5 (what is special to this); None is the measured
            default of the page type (0.1 on product pages, 0.4 in carts).
        starts_at: Left out before this time, which needs a time zone; None is open.
        ends_at: Left out from this time on; None is open.
        enabled: False switches the slot off.
    """

    name: str
    strategies: tuple[str, ...]
    title: str | Mapping[str, str] | None = None
    layout: str = "grid"
    limit: int = 4
    minimum: int = 1
    lazy: bool = False
    specialness: float | None = None
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    enabled: bool = True

    def __post_init__(self) -> None:
        if not self.strategies or not isinstance(self.strategies, tuple):
            raise ConfigurationError(
                f"Slot {self.name!r} needs a tuple of strategy names, such as ('also_bought', 'related')."
            )
        if self.specialness is not None and not 0 <= self.specialness <= 0.5:
            raise ConfigurationError(f"Slot {self.name!r} has specialness {self.specialness}; use 0 to 0.5, or None.")
        self._check_schedule()

    def _check_schedule(self) -> None:
        moments = [moment for moment in (self.starts_at, self.ends_at) if moment is not None]
        if any(moment.tzinfo is None for moment in moments):
            raise ConfigurationError(f"Slot {self.name!r} has a time without a zone; give starts_at and ends_at one.")
        if len(moments) == 2 and moments[0] >= moments[1]:
            raise ConfigurationError(f"Slot {self.name!r} ends before it starts; put ends_at after starts_at.")

    def is_on(self, moment: dt.datetime) -> bool:
        """Whether the slot is shown at *moment*."""
        started = self.starts_at is None or self.starts_at <= moment
        return self.enabled and started and (self.ends_at is None or moment < self.ends_at)


def running(slots: Sequence[Slot]) -> list[Slot]:
    """Those of *slots* that are on now."""
    now = dt.datetime.now(dt.timezone.utc)
    return [slot for slot in slots if slot.is_on(now)]


DEFAULT_PLAN: Mapping[str, Sequence[Slot]] = {
    "product": (
        Slot(name="bought_together", strategies=("bought_together",), layout="together", limit=2),
        Slot(name="bundles", strategies=("bundles",), layout="bundles", limit=3),
        Slot(name="also_bought", strategies=("also_bought", "related"), layout="carousel", limit=8),
        Slot(name="related", strategies=("related", "bestsellers"), layout="grid", limit=4),
        Slot(name="top_rated", strategies=("top_rated",), layout="grid", limit=4),
    ),
    "cart": (
        Slot(name="bundles", strategies=("bundles",), layout="bundles", limit=3),
        Slot(name="also_bought", strategies=("also_bought", "related", "bestsellers"), layout="list", limit=4),
        Slot(name="top_rated", strategies=("top_rated",), layout="carousel", limit=8),
    ),
    "checkout": (
        Slot(name="bundles", strategies=("bundles",), layout="bundles", limit=3),
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
