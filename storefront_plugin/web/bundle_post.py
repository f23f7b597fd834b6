"""What a posted form puts into the cart: lines of a bundle, or what the cart lacks for one."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from flask import request

from ..bundles.availability import shortages
from ..bundles.bundle import Bundle, Shopper
from ..bundles.missing import Lack
from ..errors import InputError
from ..proxies import current_storefront
from ..recommending.bundle_slots import cart_pricing, counted
from ..recommending.choosing import is_eligible
from ..recommending.page import Page
from ..redis_store import Read
from ..shop.ports import CartLine, Product
from .bundle_form import Form, bundle_lines, lacking_lines, whole

AGAIN_MS = 3000
"""The same form of the same browser within so many milliseconds is one that was sent twice."""


def posted_lines(form: Form) -> list[CartLine]:
    """The lines of the form's ``bundle``, or of what is missing for its ``near``, from what is published now.

    Raises `InputError` for what cannot be right, and what the shop's adapters, Redis and the database raise.
    """
    near = "near" in form
    parts, page = current_storefront.mounted, current_storefront.page("cart", personal=True)
    bundle = _published(whole(form["near" if near else "bundle"]), whole(form.get("version", "")), page)
    found = parts.cards.get_many(bundle.definition.product_ids, page.shop_locale)
    products = {name: product for name, product in found.items() if product is not None and is_eligible(product)}
    choices = parts.variants.of(products.values())
    lines = lacking_lines(_lacks(bundle, page), form, choices) if near else bundle_lines(bundle, form, choices)
    _check_stock(page, lines, products)
    return lines


def is_repeated(form: Form) -> bool:
    """Whether this very form came from this browser a moment ago; False where Redis cannot tell.

    The script writes a number of its own into each form it meets (``once``). Without script two shoppers behind one
    address, with equal browsers and the same choice within `AGAIN_MS`, cannot be told apart from a double click.
    """
    said = [request.remote_addr, request.user_agent.string, sorted(form.items(multi=True))]
    digest = blake2b(json.dumps(said).encode(), digest_size=16).hexdigest()
    parts = current_storefront.mounted
    (reply,) = parts.store.fetch([Read(parts.keys.posted(digest), "SET", ("1", "NX", "PX", AGAIN_MS))])
    return reply is None


def _published(bundle_id: int, version: int, page: Page) -> Bundle:
    till = current_storefront.mounted.till
    held = till.published.get().bundles.get(bundle_id)
    if held is None or held.version != version:
        raise InputError(f"Bundle {bundle_id} was changed or ended since the page was made; load it again.")
    now = dt.datetime.now(dt.timezone.utc)
    shopper = Shopper(page.segments, till.codes.unlocked(page.presented, now))
    if not shopper.may_have(held, now):
        raise InputError(f"Bundle {bundle_id} is not on for this shopper now.")
    return held


def _lacks(bundle: Bundle, page: Page) -> Sequence[Lack]:
    """What the cart as it is now lacks for *bundle*."""
    parts, ids = current_storefront.mounted, {line.product_id for line in page.cart}
    known = parts.cards.get_many(ids, page.shop_locale)
    pricing = cart_pricing(parts.till, page, parts.till.published.get(), known)
    for missing in pricing.missing if pricing else ():
        if missing.bundle_id == bundle.id:
            return missing.lacks
    raise InputError(f"Nothing is missing for bundle {bundle.id} any more.")


def _check_stock(page: Page, lines: Sequence[CartLine], products: Mapping[str, Product]) -> None:
    """Raise `InputError` where *lines* cannot be had beside the cart."""
    ids = {line.product_id for line in lines}
    wanted = [line for each in (*page.cart, *lines) if each.product_id in ids and (line := counted(each)) is not None]
    short = shortages({name: product.stock for name, product in products.items()}, wanted)
    if short:
        raise InputError(f"Of {short[0].product_id!r:.60} only {short[0].there} can be had, not {short[0].wanted}.")
