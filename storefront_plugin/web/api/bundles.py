"""From the bundles of a slot to what the API gives; amounts in major units, as of products."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import has_request_context, request

from ...money import from_minor
from ...recommending.offers import BundleOffer, TierOffer
from ...recommending.pieces import Piece
from ..cards import PICTURE_SCHEMES, below_root


def bundle_numbers(offer: BundleOffer, locale: str) -> dict[str, Any]:
    """A bundle to add, one that the cart has, or one that it nearly has."""
    bundle, words = offer.bundle, offer.bundle.definition.words_in(locale)
    root = request.script_root if has_request_context() else ""
    return {
        "bundle": bundle.id,
        "version": bundle.version,
        "kind": bundle.definition.kind,
        "title": words.title,
        "benefit": words.benefit,
        "image_url": below_root(words.picture, PICTURE_SCHEMES, root),
        "currency": offer.currency,
        "tiers": [_tier(tier, offer.currency) for tier in offer.tiers],
        "applied": _applied(offer),
        "missing": _missing(offer),
    }


def _tier(offer: TierOffer, currency: str | None) -> dict[str, Any]:
    return {
        "tier": offer.number,
        "least": offer.tier.least,
        "most": offer.tier.most,
        "total": from_minor(offer.total, currency),
        "price": from_minor(offer.price, currency),
        "saving": from_minor(offer.saving, currency),
        "components": [_component(piece, currency) for piece in offer.pieces],
    }


def _component(piece: Piece, currency: str | None) -> dict[str, Any]:
    return {
        "part": piece.number,
        "product_id": piece.product.id,
        "title": piece.product.title,
        "quantity": piece.pieces,
        "unit_price": from_minor(piece.unit_price, currency),
        "optional": piece.component.optional,
        "free": piece.component.free,
        "variants": [{"variant_id": one.id, "title": one.title} for one in piece.variants],
    }


def _applied(offer: BundleOffer) -> dict[str, Any] | None:
    if offer.applied is None:
        return None
    return {"count": offer.applied.count, "saving": from_minor(offer.applied.saving, offer.currency)}


def _missing(offer: BundleOffer) -> dict[str, Any] | None:
    if offer.missing is None:
        return None
    lacks = [{"product_ids": list(lack.product_ids), "quantity": lack.pieces} for lack in offer.missing.lacks]
    saving: Decimal = from_minor(offer.missing.saving or 0, offer.currency)
    return {"saving": saving, "lacks": lacks}
