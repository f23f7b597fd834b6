"""The `Page` of the current request: who is shopping, in which language, and with which codes; outside of one, nobody."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Request, g, has_request_context, request, session

from ..core.i18n import LANGUAGES, known_locale
from ..core.settings import Settings
from ..proxies import current_services
from ..recommending.page import Page
from ..shop.adapters import usable_ids
from ..shop.ports import clean_id
from ..shop.speaking import host_locale, spoken


def request_page(
    placement: str,
    products: Iterable[object] = (),
    category: object = None,
    personal: bool = False,
    locale: str | None = None,
) -> Page:
    """The page of the current request, in *locale* (None: that of the request).

    Cart and customer are read only with *personal*. Raises `AdapterError` when the shop's cart, customers or consent
    adapter raises.
    """
    shop, current = current_services.shop, current_locale()
    return Page(
        placement=placement,
        products=usable_ids(products),
        category=None if category is None else clean_id(category, "category id"),
        cart=shop.cart_lines() if personal else (),
        customer_id=shop.customer_id() if personal else None,
        consent=shop.consent_level() if personal else "none",
        locale=locale or current,
        shop_locale=spoken(current, locale or current),
        currency=current_services.settings.currency,
        personal=personal,
        presented=presented() if personal else (),
        segments=shop.segments() if personal else frozenset(),
    )


def shop_locale(locale: str | None = None) -> str:
    """What product data is cached by where *locale* is asked for (None: that of the request).

    A shop cannot always be told a language, so that of the request counts, too.
    """
    current = current_locale()
    return spoken(current, locale or current)


OUTSIDE_LOCALE = "_storefront_locale"
"""Where ``flask.g`` keeps the locale of a document that is rendered outside of a request."""


def current_locale() -> str:
    """The locale of the request; outside of one, that of the document, that of the setting, or English."""
    settings = current_services.settings
    if has_request_context():
        return locale_for(request, settings)
    if OUTSIDE_LOCALE in g:
        return str(g.get(OUTSIDE_LOCALE))
    locale = settings.locale
    return known_locale(locale() if callable(locale) else locale or "en") or "en"


def locale_for(request: Request | None, settings: Settings) -> str:
    """The locale of a page: the setting, else Flask-Babel's, else one of ``Accept-Language``, else English.

    A shop's Flask-Babel is used, but never configured.

    Outside of a request, *request* is None.
    """
    chosen = settings.locale() if callable(settings.locale) else settings.locale
    found = known_locale(str(chosen)) if chosen else host_locale()
    if found or request is None:
        return found or LANGUAGES[0]
    # Not best_match(): for "ja-JP, en;q=0.5" that answers "en", since it looks for whole tags first.
    accepted = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality > 0)
    return next((language for language in accepted if language in LANGUAGES), LANGUAGES[0])


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
