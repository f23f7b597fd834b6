"""The view that puts products and bundles into the shop's cart, and takes out again what it has just put in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from urllib.parse import unquote

from flask import Response, abort, current_app, request

from ...core.errors import AdapterError, CartRefused, InputError, StorefrontError
from ...core.typed import whole_number
from ...proxies import current_services
from ...recommending.page import MAX_SEEDS
from ...shop.ports import AddsLines, CartLine, RemovesLines, clean_id
from ...shop.sellable import is_eligible
from ...shop.speaking import shop_speaking
from ...web.request_page import shop_locale
from ..http import TROUBLE, is_own, local_path, posted_once, way_back
from ..notices import NotAdded, Notice
from ..widgets.cards import chosen_first
from .answers import limit_requests, redirect_back, redirect_repeated, see_other
from .bundle_form import posted_lines
from .in_place import Change, answer_changed, answer_refused, is_in_place, lines_to_undo, page_language, page_locale

MAX_PRODUCTS = 31
"""The page's own product and the 30 that a slot can hold."""


def add_to_cart() -> Response:
    """``POST <prefix>/cart``: add each ``product`` of the form, or a ``bundle``, by ``Cart.add``; or ``undo`` that.

    Of several products those that are in the cart already are not added once more: a page that is the same for all shoppers
    could not tell.

    If a bundle is not added, or the shop's cart refuses, the shopper sees a notice. Products that are unknown, hidden, sold
    out or have variants are left out. Other exceptions of the cart are left to the shop's error pages, as in a view of its
    own. Our script gets an answer in JSON (`in_place`), all others a redirect.
    """
    if not is_own(request):
        current_app.logger.warning("A post to the cart from another site was refused (%s).", request.origin)
        abort(403)
    limit_requests()
    cart = current_services.shop.cart
    if not isinstance(cart, AddsLines):
        abort(404)
    try:
        return _undone(cart) if "undo" in request.form else _added(cart)
    except _Refused as refused:
        return answer_refused(refused.notice) if is_in_place() else redirect_back(refused.notice, request)


def back_from_cart() -> Response:
    """``GET <prefix>/cart``: lead back, such as who comes from a sign-in that stood before a post.

    To the ``product`` of the address, else to the page before, else home; never to a page that would lead here again.
    """
    back = way_back(request)
    return see_other(_product_path() or (back if request.path not in unquote(back) else request.script_root + "/"))


def _product_path() -> str | None:
    ids = request.args.getlist("product")[:MAX_SEEDS]
    try:
        with page_language():
            products = current_services.products.get_many(list(map(clean_id, ids)), shop_locale()) if ids else {}
    except (InputError, AdapterError):
        return None
    urls = (product.url for product in products.values() if product is not None)
    return next((request.script_root + url for url in urls if url and local_path(url)), None)


class _Refused(Exception):
    """What was posted is not added; distinct from exceptions of the shop's own cart."""

    def __init__(self, notice: Notice) -> None:
        self.notice = notice


@contextmanager
def _refusable(number: int | None = None) -> Iterator[None]:
    """The shop's cart may refuse inside, in the language of the page; *number* is the bundle's, if any."""
    locale = page_locale()
    try:
        with shop_speaking(locale) if locale else nullcontext():
            yield
    except CartRefused as error:
        raise _Refused(Notice("refused", bundle_id=number, text=str(error), path=error.url or "")) from error


def _added(cart: AddsLines) -> Response:
    is_bundle = "bundle" in request.form or "near" in request.form
    change = _change_of(cart, _TROUBLE) if is_in_place() else None
    if not is_bundle:
        _add(cart, _product_lines())
    elif not _add_bundle(cart):
        if change is None:
            return redirect_repeated(request)
        raise _Refused(Notice("again"))
    return see_other(way_back(request)) if change is None else answer_changed(change, _TROUBLE)


def _add(cart: AddsLines, lines: list[CartLine]) -> None:
    if lines:
        with _refusable(_bundle_id()):
            cart.add(lines)


def _add_bundle(cart: AddsLines) -> bool:
    """Whether the posted bundle was added: not if the form was posted a moment ago."""
    with posted_once() as is_new:
        _add(cart, _bundle_lines() if is_new else [])
    return is_new


def _undone(cart: AddsLines) -> Response:
    """Take out what the signed ``undo`` says, as far as it is in the cart. Once more does no harm, and is no failure."""
    if not isinstance(cart, RemovesLines):
        abort(404)
    change, signed = _change_of(cart, _NOT_REMOVED), lines_to_undo(request.form["undo"])
    lines = change.there_of(signed)
    with posted_once() as is_new:
        if lines and is_new:
            with _refusable():
                cart.remove(lines)
    if not is_in_place():
        return see_other(way_back(request))
    return answer_changed(change, _NOT_REMOVED, () if lines and is_new else signed)


_TROUBLE, _NOT_REMOVED = Notice("trouble"), Notice("not_removed")


def _change_of(cart: AddsLines, failed: Notice) -> Change:
    """What happens to *cart* from now on; `_Refused` by *failed* where it cannot be read."""
    try:
        return Change(cart)
    except AdapterError as error:
        current_app.logger.warning("Nothing was added or taken out: %s", error)
        raise _Refused(failed) from error


def _bundle_lines() -> list[CartLine]:
    form = request.form
    try:
        with page_language():
            return posted_lines(form)
    except (StorefrontError, *TROUBLE) as error:
        current_app.logger.info("A posted bundle was not added: %s", error)
        raise _Refused(_notice_of(error)) from error


def _notice_of(error: Exception) -> Notice:
    """The notice for *error*; an invalid form is taken for one of an outdated page."""
    usual = Notice("changed" if isinstance(error, InputError) else "trouble")
    notice = error.notice if isinstance(error, NotAdded) else usual
    number = _bundle_id()
    return notice if number is None else replace(notice, bundle_id=number)


def _bundle_id() -> int | None:
    return whole_number(request.form.get("near") or request.form.get("bundle") or "", 10**8)


def _product_lines() -> list[CartLine]:
    """A line for each posted product that can be added, of several only for those that the cart does not hold.

    Where there are none, our script learns why, by `_Refused`; a form comes back silently.
    """
    try:
        lines, why = _available(request.form.getlist("product"))
        if len(lines) > 1:
            there = {line.product_id for line in current_services.shop.cart_lines()}
            lines, why = [line for line in lines if line.product_id not in there], Notice("there")
    except AdapterError as error:
        current_app.logger.warning("Posted products were not added: %s", error)
        lines, why = [], _TROUBLE
    if not lines and is_in_place():
        raise _Refused(why)
    return lines


def _available(ids: list[str]) -> tuple[list[CartLine], Notice]:
    """A line for each product that can be added; and why there is none, where there is none."""
    if len(ids) > MAX_PRODUCTS:
        abort(400)
    try:
        product_ids = list(dict.fromkeys(map(clean_id, ids)))
    except InputError:
        abort(400)
    with page_language():
        found = current_services.products.get_many(product_ids, shop_locale(), blocking=True)
    known = [product for name in product_ids if (product := found[name]) is not None and product.visible]
    there = [product for product in known if is_eligible(product)]
    first = chosen_first(there)
    lines = [CartLine(product.id) for product in there if product.id not in first]
    if there:
        return lines, Notice("variant")
    return lines, Notice("short", product=known[0].title) if known else Notice("gone")
