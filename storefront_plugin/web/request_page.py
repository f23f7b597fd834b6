"""The `Page` of the current request: what the shop's own code says about who is shopping, and in which language."""

from __future__ import annotations

from collections.abc import Iterable

from flask import has_request_context, request

from ..core.i18n import known_locale, locale_for
from ..proxies import current_services
from ..recommending.page import Page
from ..shop.adapters import usable_ids
from ..shop.ports import clean_id
from .presented import presented


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
