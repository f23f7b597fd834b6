"""What slots can show, as their classes describe it; fills nothing."""

from __future__ import annotations

from storefront_plugin.bundles.slots.filler import BundleFiller
from storefront_plugin.recommending.cards import CardFiller
from storefront_plugin.recommending.fillers import Fillers

FILLERS = Fillers([CardFiller, BundleFiller])  # type: ignore[list-item]
