"""From a posted bundle to cart lines: the published bundle defines what is in it, the form only what was chosen.

Nothing else of a form is trusted. An invalid form (a quantity or a variant that was never offered) raises `InputError`,
one that the shopper can correct raises `NotAdded`, and nothing is added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from werkzeug.datastructures import MultiDict

from ...bundles.bundle import Bundle, Shopper
from ...bundles.cart.lines import LineItem
from ...bundles.cart.next_offers import MissingItem
from ...bundles.cart.stock import enough
from ...bundles.slots.cart_verdicts import cart_pricing, counted
from ...bundles.slots.items import allowed, choices_left, remaining
from ...bundles.slots.variants import Choices
from ...bundles.tier import Component, Tier
from ...core import clock
from ...core.errors import InputError
from ...core.typed import whole_number
from ...proxies import current_services
from ...recommending.page import Page
from ...shop.ports import CartLine, Product, Variant
from ...shop.sellable import is_eligible
from ...web.request_page import request_page
from ..notices import NotAdded, Notice
from ..widgets.bundle_options import missing_variants, product_positions

Form: TypeAlias = "MultiDict[str, str]"

_MOST_DIGITS = 7


def bundle_lines(bundle: Bundle, form: Form, choices: Choices) -> list[CartLine]:
    """The lines of the posted tier of *bundle*; *choices* are the variants of its products."""
    definition = bundle.definition
    number = whole(form.get("tier", ""))
    if number >= len(definition.tiers):
        raise InputError(f"Bundle {bundle.id} has no tier {number}; load the page again.")
    tier = definition.tiers[number]
    if definition.kind == "steps":
        place, variant = _picked(form.get("part", "0"), tier.components)
        return [_line(tier.components[place], tier.least, choices, variant or form.get(f"variant-{place}"))]
    chosen = _mixed(tier, form) if definition.kind == "mix" else _set(tier, form)
    return [
        _line(tier.components[place], quantity, choices, form.get(f"variant-{place}")) for place, quantity in chosen
    ]


def lacking_lines(bundle: Bundle, lacks: Sequence[MissingItem], form: Form, choices: Choices) -> list[CartLine]:
    """The lines that fill *lacks* of *bundle*, with the products and variants that the shopper chose."""
    lines, offered = [], product_positions(bundle)
    for number, item in enumerate(lacks):
        product_id, variant = item.product_ids[0], None
        if f"product-{number}" in form:
            at, variant = _picked(form[f"product-{number}"], offered)
            product_id = offered[at]
        if product_id not in item.product_ids:
            raise InputError(f"The cart does not lack {product_id!r:.60} now; load the page again.")
        variants = missing_variants(item, product_id, choices.get(product_id, ()))
        if item.variants_of(product_id) and not variants:
            raise InputError(f"No variant of {product_id!r:.60} fits the bundle; correct the bundle.")
        chosen = _variant(variants, variant or form.get(f"variant-{number}"), item.quantity)
        lines.append(CartLine(product_id, item.quantity, None, chosen))
    return lines


def whole(text: str) -> int:
    """A whole number from 0. Raises `InputError` for anything else."""
    found = whole_number(text, 10**_MOST_DIGITS - 1)
    if found is None:
        raise InputError(f"{text!r:.40} is no whole number from 0; correct it.")
    return found


def _set(tier: Tier, form: Form) -> Iterator[tuple[int, int]]:
    """Components that are not optional, and optional ones that are checked."""
    checked = {_picked(text, tier.components)[0] for text in form.getlist("part")}
    for place, component in enumerate(tier.components):
        if not component.optional or place in checked:
            yield place, component.quantity


def _mixed(tier: Tier, form: Form) -> Iterator[tuple[int, int]]:
    quantities = {place: whole(form.get(f"pieces-{place}") or "0") for place in range(len(tier.components))}
    chosen = sum(quantities.values())
    if not tier.least <= chosen <= tier.most:
        notice = Notice("choose", least=tier.least, most=tier.most, quantity=chosen)
        raise NotAdded(f"Choose {tier.least} to {tier.most} items, not {chosen}.", notice)
    yield from ((place, quantity) for place, quantity in quantities.items() if quantity)


def _picked(text: str, offered: Sequence[object]) -> tuple[int, str | None]:
    """The index in *offered*, and the variant after a colon, if any."""
    place, _, variant = text.partition(":")
    if whole(place) >= len(offered):
        raise InputError(f"The bundle has no part {place}; load the page again.")
    return whole(place), variant or None


def _line(component: Component, quantity: int, choices: Choices, chosen: str | None) -> CartLine:
    known = allowed(component, choices.get(component.product_id, ()))
    variants = known or tuple(Variant(one, one) for one in component.variants)
    if not known and component.product_id in choices:
        raise InputError(f"No variant of {component.product_id!r:.60} fits the bundle; correct the bundle.")
    return CartLine(component.product_id, quantity, variant_id=_variant(variants, chosen, quantity))


def _variant(variants: Sequence[Variant], chosen: str | None, quantity: int) -> str | None:
    """The chosen variant. Of several with *quantity* in stock one must be chosen; a single one is the default."""
    if chosen is not None:
        if not any(one.id == chosen for one in variants):
            raise InputError(f"There is no variant {chosen!r:.60} to choose; load the page again.")
        return chosen
    there = [one.id for one in variants if enough(one.stock, quantity)]
    if len(there) > 1:
        raise NotAdded("No variant was chosen; choose one of each product.", Notice("variant"))
    return next(iter([*there, *(one.id for one in variants)]), None)


def posted_lines(form: Form) -> list[CartLine]:
    """The lines of the form's ``bundle``, or of what is missing for its ``near``, of the published bundle.

    Raises `InputError` for an invalid form, `NotAdded` if the shopper can correct it, and exceptions of the shop's
    adapters, Redis and the database.
    """
    near = "near" in form
    parts, page = current_services, request_page("cart", personal=True)
    bundle = _published(whole(form["near" if near else "bundle"]), whole(form.get("version", "")), page)
    found = parts.products.get_many(bundle.definition.product_ids, page.shop_locale)
    known = {name: product for name, product in found.items() if product is not None}
    choices = parts.variants.of(known.values())
    cart = [line for each in page.cart if (line := counted(each)) is not None]
    left = choices_left(choices, remaining(known, choices, cart))
    lines = lacking_lines(bundle, _lacks(bundle, page), form, left) if near else bundle_lines(bundle, form, left)
    _check_stock(lines, cart, known, choices)
    return lines


def _published(bundle_id: int, version: int, page: Page) -> Bundle:
    pricer = current_services.pricer
    bundle = pricer.published.get().bundles.get(bundle_id)
    if bundle is None or bundle.version != version:
        raise NotAdded(f"Bundle {bundle_id} was changed or ended since the page was made.", Notice("changed"))
    now = clock.now()
    shopper = Shopper(page.segments, pricer.codes.unlocked(page.presented, now))
    if not shopper.may_have(bundle, now):
        raise NotAdded(f"Bundle {bundle_id} is not available to this shopper now.", Notice("gone"))
    return bundle


def _lacks(bundle: Bundle, page: Page) -> Sequence[MissingItem]:
    """What the current cart lacks for *bundle*."""
    parts, ids = current_services, {line.product_id for line in page.cart}
    known = parts.products.get_many(ids, page.shop_locale)
    pricing = cart_pricing(parts.pricer, page, parts.pricer.published.get(), known)
    for missing in pricing.missing if pricing else ():
        if missing.bundle_id == bundle.id:
            return missing.items
    had = any(one.bundle_id == bundle.id for one in pricing.applied) if pricing else False
    message = f"Nothing is missing for bundle {bundle.id} any more, or what is missing is not available."
    raise NotAdded(message, Notice("there" if had else "changed"))


def _check_stock(
    lines: Sequence[CartLine], cart: Sequence[LineItem], products: Mapping[str, Product], choices: Choices
) -> None:
    """Raise `NotAdded` if *lines* are not available in addition to the *cart*."""
    there = {name: product for name, product in products.items() if is_eligible(product)}
    left = remaining(there, choices, cart)
    for line in lines:
        quantity = int(line.quantity)
        if not left.has(line.product_id, line.variant_id, quantity):
            available = left.of(line.product_id, line.variant_id) or 0
            message = f"Of {line.product_id!r:.60} only {available} are available, not {quantity}."
            raise NotAdded(message, Notice("short", product=_named(line, products, choices), quantity=available))
        left.take(line.product_id, line.variant_id, quantity)


def _named(line: CartLine, products: Mapping[str, Product], choices: Choices) -> str:
    """The title of the product of *line*, with its variant."""
    product = products.get(line.product_id)
    title = product.title if product is not None else line.product_id
    variant = next((one.title for one in choices.get(line.product_id, ()) if one.id == line.variant_id), None)
    return f"{title} – {variant}" if variant else title
