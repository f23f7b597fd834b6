"""Views that add products and bundles to the cart, and that accept staff codes and signed links."""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import replace
from urllib.parse import urldefrag

from flask import Request, Response, abort, current_app, redirect, request, url_for
from werkzeug.exceptions import TooManyRequests

from ...bundles.bundle import Bundle, Shopper
from ...core import clock
from ...core.errors import AdapterError, InputError, StorefrontError
from ...core.i18n import texts_for
from ...core.typed import whole_number
from ...proxies import current_services
from ...recommending.page import MAX_SEEDS
from ...shop.ports import AddsLines, CartLine, clean_id
from ...shop.sellable import is_eligible
from ...web.request_page import current_locale, remember, request_page
from ..http import TROUBLE, is_own, local_path, make_private, posted_once, way_back
from ..limits import seconds_to_wait
from ..notices import ANCHOR, NotAdded, Notice, Source, keep, message_of, take
from ..widgets.cards import chosen_first
from ..widgets.rendering import render_answer
from .bundle_form import posted_lines


def see_other(path: str) -> Response:
    """Redirect to *path*, by a response that is not cached."""
    response: Response = redirect(path, 303)  # type: ignore[assignment]
    return make_private(response)


def redirect_with_notice(notice: Notice, path: str) -> Response:
    """Redirect to *path*, where the page or its fragment shows *notice*."""
    keep(notice)
    return see_other(f"{urldefrag(path).url}#{ANCHOR}")


def redirect_back(notice: Notice, request: Request) -> Response:
    """Redirect back to the page of the form, with *notice*.

    A page that is cached for all shoppers cannot show it, and without script there is no fragment: then a page of ours
    comes between.
    """
    if request.form.get("private") or request.form.get("once"):
        return redirect_with_notice(notice, way_back(request))
    keep(notice)
    return see_other(url_for(f"{current_services.name}.answer", next=way_back(request)))


def redirect_repeated(request: Request) -> Response:
    """Redirect back after a form that was posted a moment ago already.

    With the field of the script it was a double click. Otherwise it may be another shopper, who is informed by the URL
    alone: writing the session here could undo changes of the first post, such as a cart.
    """
    if request.form.get("once"):
        return see_other(way_back(request))
    return see_other(url_for(f"{current_services.name}.answer", next=way_back(request), again="yes"))


def answer() -> Response:
    """``GET <prefix>/answer?next=``: show the stored notice, with a link back; redirect back if there is none."""
    back = local_path(request.args.get("next", "")) or request.script_root + "/"
    notice = Notice("again") if request.args.get("again") == "yes" else take()
    return answer_page(notice, back) if notice is not None else see_other(back)


def answer_page(notice: Notice, back: str, status: int = 200) -> Response:
    """A page with *notice* and a link *back*."""
    texts = texts_for(current_locale())
    response = make_private(Response(render_answer(message_of(notice, texts), back, texts), status))
    response.headers["X-Robots-Tag"] = "noindex"
    return response


MAX_PRODUCTS = 31
"""The page's own product and the 30 that a slot can hold."""


def add_to_cart() -> Response:
    """``POST <prefix>/cart``: add each ``product`` of the form, or a ``bundle``, by ``Cart.add``.

    Of several products those that are in the cart already are not added once more: a page that is the same for all shoppers
    could not tell.

    If a bundle is not added, the shopper sees a notice. Products that are unknown, hidden, sold out or have variants are
    left out. Exceptions of ``add`` are left to the shop's error pages, as in a view of its own.
    """
    if not is_own(request):
        current_app.logger.warning("A post to the cart from another site was refused (%s).", request.origin)
        abort(403)
    _limit_requests()
    cart = current_services.shop.cart
    if not isinstance(cart, AddsLines):
        abort(404)
    if "bundle" in request.form or "near" in request.form:
        return _bundle_added(cart)
    lines = _lines(request.form.getlist("product"))
    if len(lines) > 1:
        there = {line.product_id for line in cart.lines()}
        lines = [line for line in lines if line.product_id not in there]
    if lines:
        cart.add(lines)
    return see_other(way_back(request))


def _bundle_added(cart: AddsLines) -> Response:
    """Add the posted bundle, unless the form was posted a moment ago."""
    try:
        with posted_once() as is_new:
            lines = _posted_lines() if is_new else []
            if lines:
                cart.add(lines)
    except _Refused as refused:
        return redirect_back(refused.notice, request)
    return see_other(way_back(request)) if is_new else redirect_repeated(request)


class _Refused(Exception):
    """The posted bundle is not added; distinct from exceptions of the shop's own cart."""

    def __init__(self, notice: Notice) -> None:
        self.notice = notice


def _posted_lines() -> list[CartLine]:
    try:
        return posted_lines(request.form)
    except (StorefrontError, *TROUBLE) as error:
        current_app.logger.info("A posted bundle was not added: %s", error)
        raise _Refused(_notice_of(error)) from error


def _notice_of(error: Exception) -> Notice:
    """The notice for *error*; an invalid form is taken for one of an outdated page."""
    usual = Notice("changed" if isinstance(error, InputError) else "trouble")
    notice = error.notice if isinstance(error, NotAdded) else usual
    number = request.form.get("near") or request.form.get("bundle") or ""
    bundle_id = whole_number(number, 10**8)
    return notice if bundle_id is None else replace(notice, bundle_id=bundle_id)


def _lines(ids: list[str]) -> list[CartLine]:
    if len(ids) > MAX_PRODUCTS:
        abort(400)
    try:
        product_ids = list(dict.fromkeys(map(clean_id, ids)))
    except InputError:
        abort(400)
    try:
        found = current_services.products.get_many(product_ids, request_page("cart").shop_locale, blocking=True)
    except AdapterError as error:
        current_app.logger.warning("Posted products were not added: %s", error)
        return []
    there = [product for name in product_ids if (product := found[name]) is not None and is_eligible(product)]
    first = chosen_first(there)
    return [CartLine(product.id) for product in there if product.id not in first]


_LONGEST = 128
_BEGINNING = dt.datetime.fromtimestamp(0, dt.timezone.utc)
"""Nothing had expired at this time, so that all codes that were ever valid unlock their bundle."""


def take_link(token: str) -> Response:
    """``GET <prefix>/offer/<token>``: unlock the bundle of a signed link, and redirect to its first product.

    An invalid link is answered by a page of ours, without a cookie.
    """
    _limit_requests()
    notice = _look_at(token, "link")
    home = request.script_root + "/"
    if notice.kind in ("wrong", "over"):
        return answer_page(notice, home, 404)
    remember(token)
    if notice.kind != "unlocked":
        return answer_page(notice, notice.path or home)
    return redirect_with_notice(notice, notice.path or home)


def take_code() -> Response:
    """``POST <prefix>/code``: unlock the bundle of a typed ``code``, and redirect back."""
    if not is_own(request):
        current_app.logger.warning("A code from another site was refused (%s).", request.origin)
        abort(403)
    _limit_requests()
    # Japanese keyboards type full-width letters, which NFKC normalizes.
    code = unicodedata.normalize("NFKC", request.form.get("code", "")[:_LONGEST]).strip()[:_LONGEST]
    notice = _look_at(code, "code")
    if notice.kind not in ("wrong", "over"):
        remember(code)
    return redirect_with_notice(notice if notice.kind == "unlocked" else replace(notice, typed=code), way_back(request))


def _look_at(shown: str, source: Source) -> Notice:
    """The notice for a code or token. It has details only if the code or token was signed by us."""
    codes, now = current_services.pricer.codes, clock.now()
    signed = codes.unlocked([shown], _BEGINNING)
    if not signed:
        return Notice("wrong", source)
    if not codes.unlocked([shown], now):
        return Notice("over", source)
    try:
        return _unlocked(min(signed), source, now)
    except (StorefrontError, *TROUBLE) as error:
        current_app.logger.warning("Bundle %s of a code could not be looked up: %s", min(signed), error)
        return Notice("unlocked", source)


def _unlocked(bundle_id: int, source: Source, now: dt.datetime) -> Notice:
    published = current_services.pricer.published
    found = published.get().bundles.get(bundle_id)
    if found is None:
        return Notice("gone", source)
    bundle = next(
        (one for one in published.for_cart(found.definition.product_ids) if one.id == bundle_id),
        found,
    )
    page = request_page("cart", personal=True)
    why = Shopper(page.segments, frozenset({bundle_id})).why_off(bundle, now)
    title = bundle.definition.text_in(page.locale).title
    kind = "gone" if why == "staff_only" else why or "unlocked"
    return Notice(kind, source, bundle_id=bundle_id, title=title, path=_page_of(bundle))


def _page_of(bundle: Bundle) -> str:
    """Path of the page of the bundle's first product with one, or ""."""
    ids = [component.product_id for component in bundle.definition.tiers[0].components][:MAX_SEEDS]
    products = current_services.products.get_many(ids)
    urls = (product.url for name in ids if (product := products.get(name)) is not None)
    return next((request.script_root + url for url in urls if url and local_path(url)), "")


def _limit_requests() -> None:
    seconds = seconds_to_wait("cart")
    if seconds:
        raise TooManyRequests(retry_after=seconds)
