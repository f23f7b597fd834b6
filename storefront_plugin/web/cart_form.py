"""Where our own forms post to: the checked products go into the shop's cart, and the shopper back to the page."""

from __future__ import annotations

from flask import Response, abort, current_app, redirect, request
from werkzeug.exceptions import TooManyRequests

from ..errors import AdapterError, InputError, StorefrontError
from ..proxies import current_storefront
from ..recommending.choosing import is_eligible
from ..shop.ports import AddsLines, CartLine, clean_id
from .bundle_post import is_repeated, posted_lines
from .forms import chosen_first
from .guard import TROUBLE
from .limits import seconds_to_wait
from .origin import is_own, way_back

MAX_PRODUCTS = 31
"""The page's own product and the 30 that a slot can hold."""


def add_to_cart() -> Response:
    """``POST <prefix>/cart``: put each ``product`` of the form, or a ``bundle``, into the cart by the shop's ``Cart.add``.

    Products that are unknown, hidden or sold out, and those with variants to choose from, are left out.
    What ``add`` raises is left to the shop's error pages, as in a view of its own: a shopper who pressed a button must
    not be told that all went well.
    """
    if not is_own(request):
        current_app.logger.warning("A post to the cart from another site was refused (%s).", request.origin)
        abort(403)
    seconds = seconds_to_wait("cart")
    if seconds:
        raise TooManyRequests(retry_after=seconds)
    cart = current_storefront.cart
    if not isinstance(cart, AddsLines):
        abort(404)
    of_bundle = "bundle" in request.form or "near" in request.form
    lines = _bundle_lines() if of_bundle else _lines(request.form.getlist("product"))
    if lines:
        cart.add(lines)
    return _sent_on(way_back(request))


def _bundle_lines() -> list[CartLine]:
    """The lines of the posted bundle; none where it cannot be right any more, or was posted a moment ago."""
    try:
        lines = posted_lines(request.form)
        return [] if is_repeated(request.form) else lines
    except (StorefrontError, *TROUBLE) as error:
        current_app.logger.info("A posted bundle was not added: %s", error)
        return []


def _lines(ids: list[str]) -> list[CartLine]:
    if len(ids) > MAX_PRODUCTS:
        abort(400)
    try:
        wanted = list(dict.fromkeys(map(clean_id, ids)))
    except InputError:
        abort(400)
    try:
        found = current_storefront.mounted.cards.get_many(
            wanted, current_storefront.page("cart").shop_locale, patient=True
        )
    except AdapterError as error:
        current_app.logger.warning("Posted products were not added: %s", error)
        return []
    there = [product for name in wanted if (product := found[name]) is not None and is_eligible(product)]
    first = chosen_first(there)
    return [CartLine(product.id) for product in there if product.id not in first]


def _sent_on(path: str) -> Response:
    response = redirect(path, 303)
    response.headers["Cache-Control"] = "no-store"
    return response  # type: ignore[return-value]
