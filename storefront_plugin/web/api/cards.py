"""From filled slots to what the API gives: the numbers behind the cards that the templates show in words."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from ...money import from_minor, to_minor
from ...proxies import current_storefront
from ...recommending.page import Card, FilledSlot, Page
from ...texts import texts_for
from ..cards import CardMaker
from ..forms import CartForms
from .bundles import bundle_numbers


class CardNumbers:
    """Tells the cards of one page; addresses and reasons are those of the widgets."""

    def __init__(self, page: Page) -> None:
        self._texts = texts_for(page.locale)
        self._currency = page.currency or current_storefront.settings.currency
        forms = CartForms(None, current_storefront.name, page.personal)
        self._maker = CardMaker(self._texts, forms, self._currency)

    def slots(self, filled_slots: Iterable[FilledSlot]) -> list[dict[str, Any]]:
        """Each slot that found something."""
        return [self._slot(filled) for filled in filled_slots if filled.cards or filled.bundles]

    def cards(self, cards: Iterable[Card]) -> list[dict[str, Any]]:
        """Each card, with why it is suggested."""
        return [self._card(card) for card in cards]

    def _slot(self, filled: FilledSlot) -> dict[str, Any]:
        seed = filled.seed if filled.layout == "together" else None
        return {
            "name": filled.name,
            "title": self._texts.title(filled.source, filled.slot.title),
            "layout": filled.layout,
            "source": filled.source,
            "seed": self._card(Card(seed, 0.0, filled.source)) if seed else None,
            "cards": self.cards(filled.cards),
            "bundles": [bundle_numbers(offer, self._texts.locale) for offer in filled.bundles],
        }

    def _card(self, card: Card) -> dict[str, Any]:
        product, view = card.product, self._maker.card(card)
        currency = product.currency or self._currency
        return {
            "product_id": product.id,
            "title": view.title,
            "url": view.url,
            "image_url": view.image_url,
            "price": _exact(product.price, currency),
            "currency": currency,
            "list_price": None if product.list_price is None else _exact(product.list_price, currency),
            "rating": product.rating,
            "review_count": product.review_count,
            "score": card.score,
            "source": card.source,
            "reason": view.reason,
            "support": card.support,
        }


def _exact(amount: Decimal, currency: str | None) -> Decimal:
    """*amount* with all decimals of its currency, rounded as the widgets do."""
    return from_minor(to_minor(amount, currency), currency)
