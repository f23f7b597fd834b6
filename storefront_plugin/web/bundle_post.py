"""What a posted form puts into the cart: lines of a bundle, or what the cart lacks for one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from ..bundles.bundle import Bundle, Shopper
from ..bundles.lines import Line
from ..bundles.missing import Lack
from ..proxies import current_storefront
from ..recommending.bundle_slots import cart_pricing, counted
from ..recommending.choosing import is_eligible
from ..recommending.page import Page
from ..recommending.pieces import choices_left, remaining
from ..recommending.variants import Choices
from ..shop.ports import CartLine, Product
from .bundle_form import Form, bundle_lines, lacking_lines, whole
from .notices import NotAdded, Notice


def posted_lines(form: Form) -> list[CartLine]:
    """The lines of the form's ``bundle``, or of what is missing for its ``near``, from what is published now.

    Raises `InputError` for what cannot be right, `NotAdded` where the shopper can mend it, and what the shop's
    adapters, Redis and the database raise.
    """
    near = "near" in form
    parts, page = current_storefront.mounted, current_storefront.page("cart", personal=True)
    bundle = _published(whole(form["near" if near else "bundle"]), whole(form.get("version", "")), page)
    found = parts.cards.get_many(bundle.definition.product_ids, page.shop_locale)
    known = {name: product for name, product in found.items() if product is not None}
    choices = parts.variants.of(known.values())
    cart = [line for each in page.cart if (line := counted(each)) is not None]
    left = choices_left(choices, remaining(known, choices, cart))
    lines = lacking_lines(bundle, _lacks(bundle, page), form, left) if near else bundle_lines(bundle, form, left)
    _check_stock(lines, cart, known, choices)
    return lines


def _published(bundle_id: int, version: int, page: Page) -> Bundle:
    till = current_storefront.mounted.till
    held = till.published.get().bundles.get(bundle_id)
    if held is None or held.version != version:
        raise NotAdded(f"Bundle {bundle_id} was changed or ended since the page was made.", Notice("changed"))
    now = dt.datetime.now(dt.timezone.utc)
    shopper = Shopper(page.segments, till.codes.unlocked(page.presented, now))
    if not shopper.may_have(held, now):
        raise NotAdded(f"Bundle {bundle_id} is not on for this shopper now.", Notice("gone"))
    return held


def _lacks(bundle: Bundle, page: Page) -> Sequence[Lack]:
    """What the cart as it is now lacks for *bundle*."""
    parts, ids = current_storefront.mounted, {line.product_id for line in page.cart}
    known = parts.cards.get_many(ids, page.shop_locale)
    pricing = cart_pricing(parts.till, page, parts.till.published.get(), known)
    for missing in pricing.missing if pricing else ():
        if missing.bundle_id == bundle.id:
            return missing.lacks
    had = any(one.bundle_id == bundle.id for one in pricing.applied) if pricing else False
    message = f"Nothing is missing for bundle {bundle.id} any more, or what is cannot be had."
    raise NotAdded(message, Notice("there" if had else "changed"))


def _check_stock(
    lines: Sequence[CartLine], cart: Sequence[Line], products: Mapping[str, Product], choices: Choices
) -> None:
    """Raise `NotAdded` where *lines* cannot be had together beside the *cart*."""
    there = {name: product for name, product in products.items() if is_eligible(product)}
    left = remaining(there, choices, cart)
    for line in lines:
        pieces = int(line.quantity)
        if not left.has(line.product_id, line.variant_id, pieces):
            pieces = left.of(line.product_id, line.variant_id) or 0
            message = f"Of {line.product_id!r:.60} only {pieces} can be had, not {line.quantity}."
            raise NotAdded(message, Notice("short", product=_named(line, products, choices), pieces=pieces))
        left.take(line.product_id, line.variant_id, pieces)


def _named(line: CartLine, products: Mapping[str, Product], choices: Choices) -> str:
    """The product of *line* as shoppers know it, with its variant."""
    product = products.get(line.product_id)
    title = product.title if product is not None else line.product_id
    variant = next((one.title for one in choices.get(line.product_id, ()) if one.id == line.variant_id), None)
    return f"{title} – {variant}" if variant else title
