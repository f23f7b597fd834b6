"""Whether cards can be added to a shop's cart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from flask import current_app, has_request_context

from .findings import Finding, tried
from .ports import AddForm, AddsLines, Cart, CartLine, Catalog, Product
from .values import Unusable, address

FORMS = 5
"""Products whose add-to-cart form is asked for."""


def inspect_cart(cart: object, catalog: Catalog) -> list[Finding]:
    """Reads an empty cart and asks for a few add-to-cart forms, inside a request of its own if there is none."""
    if not isinstance(cart, Cart):
        return [Finding("error", "The cart lacks lines() or add_form(product); see storefront_plugin.Cart.")]
    if not has_request_context():
        with current_app.test_request_context():
            return inspect_cart(cart, catalog)
    findings = tried("Cart.lines outside a visit", lambda: _cart_lines(cart))
    return findings + tried("Cart.add_form", lambda: _forms(cart, _some(catalog)))


def _some(catalog: Catalog) -> list[Product]:
    try:
        return list(islice((product for product in catalog.iter_products() if product.visible), FORMS))
    except Exception:  # told where the catalogue was inspected
        return []


def _cart_lines(cart: Cart) -> Iterator[Finding]:
    strange = [line for line in cart.lines() if not isinstance(line, CartLine)]
    if strange:
        yield Finding("error", f"Cart.lines gives a {type(strange[0]).__name__}; give storefront_plugin.CartLine.")


def _forms(cart: Cart, products: Sequence[Product]) -> Iterator[Finding]:
    given: list[object] = [cart.add_form(product) for product in products]
    for form in given:
        if form is not None and not isinstance(form, AddForm):
            yield Finding(
                "error", f"Cart.add_form gives a {type(form).__name__}; give storefront_plugin.AddForm or None."
            )
            return
    forms = [form for form in given if isinstance(form, AddForm)]
    if products and not forms and not isinstance(cart, AddsLines):
        yield Finding("warning", "Cart.add_form gives no form and there is no Cart.add, so cards have no add button.")
    for form in forms:
        try:
            address(form.action)
        except Unusable as unusable:
            yield Finding("error", f"The action of an add-to-cart form is {unusable}: {form.action!r:.80}.")
            return
    if forms:
        yield Finding("ok", f"Cards post to {forms[0].action!r:.80} and the like.")
