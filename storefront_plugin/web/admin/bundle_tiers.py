"""Tiers that a lower one outdoes: the till then takes off more than shoppers are shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from ...bundles.bundle import Bundle
from ...bundles.definition import Definition, Schedule
from ...bundles.lines import Line
from ...bundles.pricing import Applied, price_cart
from ...recommending.offers import TierOffer
from .bundle_words import tier_name
from .language import admin_texts, say, shown_money


def outdone(definition: Definition, offer: TierOffer, currency: str) -> str:
    """What is wrong where the till prices the pieces of *offer* by other tiers, which save more; else ""."""
    if len(definition.tiers) < 2:
        return ""
    everyones = replace(definition, schedule=Schedule(), segment=None, staff_only=False)
    lines = [
        Line(piece.product.id, piece.pieces, piece.unit_price, piece.variant.id if piece.variant else None)
        for piece in offer.pieces
        if piece.pieces
    ]
    pricing = price_cart(lines, [Bundle(1, everyones)], currency, dt.datetime.now(dt.timezone.utc))
    if pricing.discount <= offer.saving:
        return ""
    return say(
        "“%(tier)s” saves less than “%(other)s”: a cart with all of it pays %(paid)s, not the %(shown)s that shoppers "
        "are shown. Lower the price of “%(tier)s”, or save less with “%(other)s”.",
        tier=tier_name(definition, offer.number),
        other=_named(definition, pricing.applied),
        paid=shown_money(pricing.total, currency),
        shown=shown_money(offer.price, currency),
    )


def _named(definition: Definition, applied: Sequence[Applied]) -> str:
    return " + ".join(
        tier_name(definition, one.tier)
        if one.count == 1
        else f"{admin_texts().number(one.count)} × {tier_name(definition, one.tier)}"
        for one in applied
    )
