"""From chosen products to what the templates show: prices, stars, reasons and addresses in the shopper's locale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from flask import has_request_context, request

from ..money import format_money, from_minor, minor_digits, to_minor
from ..recommending.page import Card, FilledSlot, ReasonKind
from ..shop.ports import Product
from ..texts import Texts
from .contexts import CardView, PartView, PriceView, SlotView, StarsView, TogetherView
from .forms import CartForms

HEADING_TELLS: Mapping[str, ReasonKind] = {
    "also_bought": "also_bought",
    "bought_together": "bought_together",
    "related": "alike",
    "top_rated": "rated",
    "bestsellers": "bestseller",
    "trending": "trending",
}
"""The kind of reason behind each strategy's heading."""

_PICTURE_SCHEMES = ("", "http", "https", "data")
_LINK_SCHEMES = ("", "http", "https")


class CardMaker:
    """Makes the views of one page: one locale, one default currency, one cart."""

    def __init__(self, texts: Texts, forms: CartForms, currency: str | None) -> None:
        self._texts = texts
        self._forms = forms
        self._currency = currency

    def slot(self, filled: FilledSlot) -> SlotView:
        """The view of a filled slot."""
        together = filled.layout == "together"
        return SlotView(
            name=filled.name,
            title=self._texts.title(filled.source, filled.slot.title),
            layout=filled.layout,
            source=filled.source,
            cards=() if together else tuple(self.card(card, _told(filled)) for card in filled.cards),
            together=self._together(filled) if together else None,
        )

    def card(self, card: Card, told: str | None = None) -> CardView:
        """The view of one suggestion, with its button. *told* is the kind of reason that the heading gives already."""
        form, later = self._forms.form_of(card.product)
        return self._view(card.product, card, told, form=form, form_later=later)

    def _view(self, product: Product, card: Card | None, told: str | None, **button: object) -> CardView:
        reason = card.reason if card else None
        if reason and reason.orders is None and reason.kind == told:
            reason = None
        return CardView(
            id=product.id,
            title=product.title,
            url=below_root(product.url, _LINK_SCHEMES),
            image_url=below_root(product.image_url, _PICTURE_SCHEMES),
            initial=product.title.strip()[:1].upper(),
            price=self._price(product),
            stars=self._stars(product),
            reason=self._texts.reason(reason.kind, reason.orders) if reason else None,
            **button,  # type: ignore[arg-type]
        )

    def _price(self, product: Product) -> PriceView:
        currency, locale = product.currency or self._currency, self._texts.locale
        now = format_money(product.price, currency, locale)
        if product.list_price is None or product.list_price <= product.price:
            return PriceView(now)
        saved = format_money(product.list_price - product.price, currency, locale)
        was = format_money(product.list_price, currency, locale)
        return PriceView(now, was, self._texts.gettext("You save %(amount)s", amount=saved))

    def _stars(self, product: Product) -> StarsView | None:
        if product.rating is None or not 0 < product.rating <= 5:
            return None
        rating, count = round(product.rating, 1), product.review_count
        label = self._texts.gettext("%(rating)s out of 5 stars", rating=self._texts.number(rating))
        if count < 1:
            return StarsView(label, rating * 20)
        words = self._texts.ngettext("%(num)s review", "%(num)s reviews", count)
        return StarsView(label, rating * 20, self._texts.number(count), words)

    def _together(self, filled: FilledSlot) -> TogetherView:
        chosen: list[tuple[Product, Card | None]] = [(card.product, card) for card in filled.cards]
        if filled.seed:
            chosen.insert(0, (filled.seed, None))
        currencies = {product.currency or self._currency for product, _ in chosen}
        currency = currencies.pop() if len(currencies) == 1 else None
        parts = tuple(
            PartView(
                self._view(product, card, _told(filled)),
                to_minor(product.price, product.currency or self._currency),
                not card,
            )
            for product, card in chosen
        )
        summable = not currencies
        total = from_minor(sum(part.amount for part in parts), currency)
        return TogetherView(
            action=self._forms.all_action if summable else None,
            parts=parts,
            total=format_money(total, currency, self._texts.locale) if summable else None,
            currency=currency or "",
            digits=minor_digits(currency),
            locale=self._texts.locale.replace("_", "-"),
            labels=self._labels(parts),
        )

    def _labels(self, parts: Sequence[PartView]) -> tuple[str, ...]:
        """One finished text for each number of checked parts: the script then needs no rules of grammar."""
        some = [self._texts.ngettext("Add %(num)s", "Add %(num)s", count) for count in range(1, len(parts))]
        every = self._texts.gettext("Add all %(num)s", num=self._texts.number(len(parts)))
        return (self._texts.gettext("Add to cart"), *some, every)


def _told(filled: FilledSlot) -> str | None:
    """The kind of reason that the slot's own heading gives: each card repeating it would be noise."""
    return HEADING_TELLS.get(filled.source) if filled.slot.title is None else None


def below_root(url: str | None, schemes: Sequence[str]) -> str | None:
    """*url* with the path that the shop is mounted under put before a path; None for a scheme that could run code."""
    if not url:
        return None
    try:
        scheme = urlsplit(url).scheme.lower()
    except ValueError:
        return None
    if scheme not in schemes or (scheme == "data" and not url.startswith("data:image/")):
        return None
    root = request.script_root if has_request_context() else ""
    if root and url.startswith("/") and not url.startswith(("//", root + "/")):
        return root + url
    return url
