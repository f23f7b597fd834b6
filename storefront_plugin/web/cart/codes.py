"""Views that accept staff codes and signed links."""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import replace

from flask import Response, abort, current_app, request

from ...bundles.bundle import Bundle, Shopper
from ...core import clock
from ...core.errors import StorefrontError
from ...proxies import current_services
from ...recommending.page import MAX_SEEDS, Page
from ...web.request_page import remember, request_page
from ..http import TROUBLE, is_own, local_path, way_back
from ..notices import Notice, Source
from .answers import answer_page, limit_requests, redirect_with_notice
from .in_place import page_language

_LONGEST = 128
_BEGINNING = dt.datetime.fromtimestamp(0, dt.timezone.utc)
"""Nothing had expired at this time, so that all codes that were ever valid unlock their bundle."""


def take_link(token: str) -> Response:
    """``GET <prefix>/offer/<token>``: unlock the bundle of a signed link, and redirect to its first product.

    An invalid link is answered by a page of ours, without a cookie.
    """
    limit_requests()
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
    limit_requests()
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
    with page_language():
        page = request_page("cart", personal=True)
        why = Shopper(page.segments, frozenset({bundle_id})).why_off(bundle, now)
        title = bundle.definition.text_in(page.locale).title
        kind = "gone" if why == "staff_only" else why or "unlocked"
        return Notice(kind, source, bundle_id=bundle_id, title=title, path=_page_of(bundle, page))


def _page_of(bundle: Bundle, page: Page) -> str:
    """Path of the page of the bundle's first product with one, or ""."""
    ids = [component.product_id for component in bundle.definition.tiers[0].components][:MAX_SEEDS]
    products = current_services.products.get_many(ids, page.shop_locale)
    urls = (product.url for name in ids if (product := products.get(name)) is not None)
    return next((request.script_root + url for url in urls if url and local_path(url)), "")
