"""Staff codes and links that a shopper showed, remembered in the shop's session by our own addresses only.

They are kept as they were shown, not as what they unlocked: an expired one is worthless whenever it is read.
"""

from __future__ import annotations

import datetime as dt

from flask import Response, abort, current_app, has_request_context, redirect, request, session
from werkzeug.exceptions import TooManyRequests

from ..errors import StorefrontError
from ..proxies import current_storefront
from ..recommending.page import MAX_SEEDS
from .guard import TROUBLE
from .limits import seconds_to_wait
from .origin import is_own, way_back
from .privacy import make_private

KEY = "storefront_codes"
WORKED = "storefront_code_worked"
"""Whether the code typed last works, until the cart has told it."""

MOST = 5
"""Codes remembered; the oldest is forgotten first. They travel in the shopper's cookie."""


def presented() -> tuple[str, ...]:
    """What the current shopper showed; nothing outside of a request."""
    held = session.get(KEY, ()) if has_request_context() else ()
    return tuple(one for one in held if isinstance(one, str)) if isinstance(held, (list, tuple)) else ()


def take_link(token: str) -> Response:
    """``GET <prefix>/offer/<token>``: unlock the bundle of a signed link, and go to its first product's page.

    A forged or expired link leads to the shop's home page and is told apart from nothing.
    """
    _refuse_too_many()
    unlocked = current_storefront.mounted.till.codes.unlocked([token], _now())
    if unlocked:
        _remember(token)
    return _sent_on(_page_of(min(unlocked, default=None)))


def take_code() -> Response:
    """``POST <prefix>/code``: unlock the bundle of a typed ``code``, and go back to the page it was typed on."""
    if not is_own(request):
        current_app.logger.warning("A code from another site was refused (%s).", request.origin)
        abort(403)
    _refuse_too_many()
    code = request.form.get("code", "")
    works = bool(current_storefront.mounted.till.codes.unlocked([code], _now()))
    if works:
        _remember(code.strip()[:128])
    session[WORKED] = works
    return _sent_on(way_back(request))


def code_worked() -> bool | None:
    """Whether the code that the shopper has just typed works; told once, None where there is nothing to tell."""
    if not has_request_context() or WORKED not in session:
        return None
    return bool(session.pop(WORKED))


def _remember(code: str) -> None:
    others = [one for one in presented() if one != code]
    session[KEY] = [*others, code][-MOST:]


def _page_of(bundle_id: int | None) -> str:
    """Path of the page of the bundle's first product; the shop's home page where there is none."""
    home = request.script_root + "/"
    if bundle_id is None:
        return home
    try:
        bundle = current_storefront.mounted.till.published.get().bundles.get(bundle_id)
        if bundle is None:
            return home
        ids = [component.product_id for component in bundle.definition.tiers[0].components][:MAX_SEEDS]
        products = current_storefront.mounted.cards.get_many(ids)
    except (StorefrontError, *TROUBLE) as error:
        current_app.logger.warning("The page of bundle %s cannot be told: %s", bundle_id, error)
        return home
    urls = (product.url for name in ids if (product := products.get(name)) is not None)
    return next((request.script_root + url for url in urls if url and _is_path(url)), home)


def _is_path(url: str) -> bool:
    return url.startswith("/") and not url.startswith("//") and "\\" not in url and url.isprintable()


def _refuse_too_many() -> None:
    seconds = seconds_to_wait("cart")
    if seconds:
        raise TooManyRequests(retry_after=seconds)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


def _sent_on(path: str) -> Response:
    response: Response = redirect(path, 303)  # type: ignore[assignment]
    return make_private(response)
