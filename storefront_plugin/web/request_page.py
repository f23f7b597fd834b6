"""The `Page` of the current request: who is shopping, in which language, and with which codes."""

from __future__ import annotations

from collections.abc import Iterable

from flask import has_request_context, request, session

from ..core.i18n import known_locale, locale_for
from ..proxies import current_services
from ..recommending.page import Page
from ..shop.adapters import usable_ids
from ..shop.ports import clean_id


def request_page(
    placement: str, products: Iterable[object] = (), category: object = None, personal: bool = False
) -> Page:
    """The page of the current request; the shopper's cart and name are read only when it is *personal*.

    Raises `AdapterError` when the shop's own cart, customers or consent did.
    """
    shop, locale = current_services.shop, current_locale()
    return Page(
        placement=placement,
        products=usable_ids(products),
        category=None if category is None else clean_id(category, "category id"),
        cart=shop.cart_lines() if personal else (),
        customer_id=shop.customer_id() if personal else None,
        consent=shop.consent_level() if personal else "none",
        locale=locale,
        shop_locale=locale,
        currency=current_services.settings.currency,
        personal=personal,
        presented=presented() if personal else (),
        segments=shop.segments() if personal else frozenset(),
    )


def current_locale() -> str:
    """The locale of the request; outside of one that of the setting, else English."""
    settings = current_services.settings
    if has_request_context():
        return locale_for(request, settings)
    locale = settings.locale
    return known_locale(locale() if callable(locale) else locale or "en") or "en"


KEY = "storefront_codes"
"""Where the shop's session keeps staff codes and links as they were shown, also expired ones: only our own addresses write it."""

MOST = 5
"""Codes remembered; the oldest is forgotten first. They travel in the shopper's cookie."""


def presented() -> tuple[str, ...]:
    """What the current shopper showed; nothing outside of a request."""
    stored = session.get(KEY, ()) if has_request_context() else ()
    return tuple(one for one in stored if isinstance(one, str)) if isinstance(stored, (list, tuple)) else ()


def remember(code: str) -> None:
    """Keep *code* for this shopper."""
    others = [one for one in presented() if one != code]
    session[KEY] = [*others, code][-MOST:]
