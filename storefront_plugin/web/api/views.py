"""Views of the API. Responses are private: locale, prices and cart may be those of a shopper."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from flask import Response, abort, current_app, request
from werkzeug.exceptions import MethodNotAllowed, ServiceUnavailable, TooManyRequests
from werkzeug.exceptions import NotFound as UnknownAddress

from ...bundles.slots.filler import FilledBundles
from ...bundles.slots.items import OfferItem
from ...bundles.slots.offers import BundleOffer, TierOffer
from ...core.i18n import texts_for
from ...money import from_minor, to_minor
from ...proxies import current_services
from ...recommending.page import Card, FilledSlot, Page
from ...recommending.plan import Slot
from ...shop.speaking import shop_speaking
from ...web.request_page import current_locale, request_page
from ..http import guarded, make_private
from ..limits import seconds_to_wait
from ..outside import shop_root
from ..widgets.cards import PICTURE_SCHEMES, CardMaker, CartForms, below_root


def bundle_numbers(offer: BundleOffer, locale: str) -> dict[str, Any]:
    """A bundle to add, one that applies to the cart, or one that nearly does."""
    bundle, text = offer.bundle, offer.bundle.definition.text_in(locale)
    return {
        "bundle": bundle.id,
        "version": bundle.version,
        "kind": bundle.definition.kind,
        "title": text.title,
        "benefit": text.benefit,
        "image_url": below_root(text.picture, PICTURE_SCHEMES, shop_root()),
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
        "components": [_component(item, currency) for item in offer.items],
    }


def _component(item: OfferItem, currency: str | None) -> dict[str, Any]:
    return {
        "part": item.number,
        "product_id": item.product.id,
        "title": item.product.title,
        "quantity": item.quantity,
        "unit_price": from_minor(item.unit_price, currency),
        "optional": item.component.optional,
        "free": item.component.free,
        "variants": [{"variant_id": one.id, "title": one.title} for one in item.variants],
    }


def _applied(offer: BundleOffer) -> dict[str, Any] | None:
    if offer.applied is None:
        return None
    return {"count": offer.applied.count, "saving": from_minor(offer.applied.saving, offer.currency)}


def _missing(offer: BundleOffer) -> dict[str, Any] | None:
    if offer.missing is None:
        return None
    items = [{"product_ids": list(item.product_ids), "quantity": item.quantity} for item in offer.missing.items]
    saving: Decimal = from_minor(offer.missing.saving or 0, offer.currency)
    return {"saving": saving, "items": items}


class CardNumbers:
    """Serializes the cards of a page; URLs and reasons are those of the widgets."""

    def __init__(self, page: Page) -> None:
        self._texts = texts_for(page.locale)
        self._currency = page.currency or current_services.settings.currency
        forms = CartForms(None, current_services.name, page.personal)
        self._maker = CardMaker(self._texts, forms, self._currency)

    def slots(self, filled_slots: Iterable[FilledSlot]) -> list[dict[str, Any]]:
        """The slots that are not empty."""
        return [self._slot(filled) for filled in filled_slots if filled.cards or _offers(filled)]

    def cards(self, cards: Iterable[Card]) -> list[dict[str, Any]]:
        """The cards, with their reasons."""
        return [self._card(card) for card in cards]

    def _slot(self, filled: FilledSlot) -> dict[str, Any]:
        seed = filled.addable_seed if filled.layout == "together" else None
        return {
            "name": filled.name,
            "title": current_services.fillers.title(self._texts, filled.heading, filled.slot.title),
            "layout": filled.layout,
            "source": filled.source,
            "seed": self._card(Card(seed, 0.0, filled.source)) if seed else None,
            "cards": self.cards(filled.cards),
            "bundles": [bundle_numbers(offer, self._texts.locale) for offer in _offers(filled)],
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


def _offers(filled: FilledSlot) -> Sequence[BundleOffer]:
    return filled.bundles if isinstance(filled, FilledBundles) else ()


def _exact(amount: Decimal, currency: str | None) -> Decimal:
    """*amount* with the decimals of its currency, rounded as in the widgets."""
    return from_minor(to_minor(amount, currency), currency)


METHODS = ("GET", "HEAD", "OPTIONS")
POST_METHODS = ("POST", "OPTIONS")
_Answer = TypeVar("_Answer")


def recommendations(question: Mapping[str, Any]) -> dict[str, Any]:
    """The best suggestions of one strategy

    Best first; fewer than `limit` if there are no more. Unknown products are no error.
    """

    def find() -> dict[str, Any]:
        page = request_page(question["placement"], question["product"], locale=question["locale"])
        page.exclude = frozenset(question["excluded"])
        slot = Slot(
            name="recommendations",
            strategies=(question["strategy"],),
            limit=question["limit"],
            minimum=1,
            specialness=question["specialness"],
        )
        page.all_candidates = True
        (filled,) = current_services.suggestions.fill(page, [slot])
        return {"recommendations": CardNumbers(page).cards(filled.cards), "degraded": page.failed}

    return answered("recommendations", find, question["locale"])


def placement(question: Mapping[str, Any], placement: str) -> dict[str, Any]:
    """All slots of a page

    For one shopper: what is in the cart is left out. Slots that find nothing are left out too.
    """
    if placement not in current_services.suggestions.plan:
        raise UnknownAddress(f"There is no such placement; use one of {', '.join(current_services.suggestions.plan)}.")

    def find() -> dict[str, Any]:
        page = request_page(placement, question["product"], question["category"], True, question["locale"])
        return {
            "placement": placement,
            "slots": CardNumbers(page).slots(current_services.suggestions.fill_placement(page)),
            "degraded": page.failed,
        }

    return answered(placement, find, question["locale"])


def elsewhere(path: str = "") -> Response:
    """Any other path or method below ours, so that errors are JSON."""
    adapter = current_app.create_url_adapter(request)
    for method, methods in (("GET", METHODS), ("POST", POST_METHODS)):
        if adapter is not None and request.method != method and adapter.match(method=method)[0] != request.endpoint:
            raise MethodNotAllowed(methods)
    abort(404)


def refuse_too_many() -> None:
    """Enforce the rate limit, before each request."""
    seconds = seconds_to_wait("api")
    if seconds:
        raise TooManyRequests("Too many requests from this address; try again later.", retry_after=seconds)


def own_headers(response: Response) -> Response:
    """Make each response private and readable for the origins of the setting; `elsewhere` accepts all methods."""
    if request.origin in current_services.settings.origins:
        response.headers["Access-Control-Allow-Origin"] = request.origin or ""
        response.headers["Access-Control-Allow-Credentials"] = "true"
    if current_services.settings.origins:
        response.vary.add("Origin")
    if request.method == "OPTIONS":
        posted = request.endpoint is not None and request.endpoint.endswith(".price")
        response.allow.clear()
        response.allow.update(POST_METHODS if posted else METHODS)
        if "Access-Control-Allow-Origin" in response.headers:
            response.headers["Access-Control-Allow-Headers"] = "Content-Type"
    return make_private(response)


def answered(
    name: str, find: Callable[[], _Answer], locale: str | None, refusals: tuple[type[Exception], ...] = ()
) -> _Answer:
    """What *find* finds while the shop speaks *locale* (None: that of the request).

    Raises `ServiceUnavailable` where it fails, and *refusals*, which say what is wrong with the question.
    """

    def speaking() -> _Answer:
        with shop_speaking(locale or current_locale()):
            return find()

    answer = guarded(name, speaking, refusals)
    if answer is None:
        raise ServiceUnavailable("There is no answer at the moment; see the log of the shop.")
    return answer
