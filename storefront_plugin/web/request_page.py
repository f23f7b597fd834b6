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
    """The page of the current request; cart and customer are read only with *personal*.

    Raises `AdapterError` when the shop's cart, customers or consent adapter raises.
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
    """The locale of the request; outside of one, that of the setting, or English."""
    settings = current_services.settings
    if has_request_context():
        return locale_for(request, settings)
    locale = settings.locale
    return known_locale(locale() if callable(locale) else locale or "en") or "en"


KEY = "storefront_codes"
"""Session key of presented staff codes and links, including expired ones."""

MOST = 5
"""Maximum codes in the session; the oldest is dropped first."""


def presented() -> tuple[str, ...]:
    """Codes that the current shopper has presented; empty outside of a request."""
    stored = session.get(KEY, ()) if has_request_context() else ()
    return tuple(one for one in stored if isinstance(one, str)) if isinstance(stored, (list, tuple)) else ()


def remember(code: str) -> None:
    """Store *code* in the session."""
    others = [one for one in presented() if one != code]
    session[KEY] = [*others, code][-MOST:]
