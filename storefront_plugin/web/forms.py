"""The forms behind "Add to cart": the shop's own view where it has one, else ours; with the shop's CSRF token."""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable
from urllib.parse import urlsplit

from flask import Flask, current_app, has_request_context, request, url_for

from ..errors import AdapterError
from ..proxies import current_storefront
from ..shop.ports import AddForm, AddsLines, Cart, Product
from .contexts import FormView

_log = logging.getLogger(__name__)


class CartForms:
    """Finds the form of each product of one page; asks the shop afresh every time, since stock and variants change.

    Args:
        cart: The shop's cart, or None.
        name: Name of our blueprint.
        private: The response belongs to one shopper, so that it may hold their token.
        products: Those that may get a form, so that variants are asked for once.
    """

    def __init__(self, cart: Cart | None, name: str, private: bool, products: Iterable[Product] = ()) -> None:
        fills = isinstance(cart, AddsLines)
        self._cart = cart
        self._chosen_first = chosen_first(products) if fills else ()
        self._private = private
        self._token: str | None = None
        self._token_field = token_field(current_app)
        self.all_action = url_for(f"{name}.add_to_cart") if fills and has_request_context() else None
        """Where several products are posted to at once; None where the cart cannot be filled from Python."""

    def form_of(self, product: Product) -> tuple[FormView | None, bool]:
        """The product's form, and whether the link to its page stands in for one.

        That is where only a private response may hold the form, and where the shopper chooses a variant first.
        """
        try:
            given = self._cart.add_form(product) if self._cart else None
            return self._completed(given) if given else self._ours(product)
        except Exception as error:  # the shop's own code: whatever it raises costs one button, not the page
            _log.warning("No form to add product %r to the cart; its button is left out: %r", product.id, error)
            return None, False

    def all_of(self, products: Iterable[Product]) -> str | None:
        """Where all of *products* are posted to; None where a variant of one is to be chosen first."""
        return None if any(product.id in self._chosen_first for product in products) else self.all_action

    def _ours(self, product: Product) -> tuple[FormView | None, bool]:
        if self.all_action is None:
            return None, False
        if product.id in self._chosen_first:
            return None, True
        return FormView(self.all_action, "post", (("product", product.id),)), False

    def _completed(self, given: AddForm) -> tuple[FormView | None, bool]:
        field = self._token_field if given.method == "post" else None
        if field is not None and not _posts_home(given.action):
            field = None
        if field is None:
            return FormView(given.action, given.method, tuple(given.fields.items())), False
        if not self._private:
            return None, True
        token = given.fields.get(field) or self._host_token()
        return FormView(given.action, given.method, tuple({**given.fields, field: token}.items())), False

    def _host_token(self) -> str:
        if self._token is None:
            from flask_wtf.csrf import generate_csrf

            self._token = str(generate_csrf())
        return self._token


def chosen_first(products: Iterable[Product]) -> Container[str]:
    """Ids of *products* of which the shopper chooses a variant; of all of them where the catalogue cannot tell now."""
    variants = current_storefront.mounted.variants
    if not variants.offered:
        return ()
    known = list(products)
    try:
        return variants.of(known).keys()
    except AdapterError as error:
        _log.warning("The variants are not known, so that nothing is added without one: %s", error)
        return {product.id for product in known}


def token_field(app: Flask) -> str | None:
    """Name of the hidden field that the shop's CSRFProtect wants in a posted form; None where it wants none."""
    if "csrf" not in app.extensions or not app.config.get("WTF_CSRF_ENABLED", True):
        return None
    return str(app.config.get("WTF_CSRF_FIELD_NAME", "csrf_token"))


def _posts_home(action: str) -> bool:
    """Whether *action* is on the shop's own host: its token must not travel to another one."""
    return urlsplit(action).netloc in ("", request.host)
