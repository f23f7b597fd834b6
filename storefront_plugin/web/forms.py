"""The forms behind "Add to cart": the shop's own view where it has one, else ours; with the shop's CSRF token."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from flask import Flask, current_app, has_request_context, request, url_for

from ..shop.ports import AddForm, AddsLines, Cart, Product
from .contexts import FormView

_log = logging.getLogger(__name__)


class CartForms:
    """Finds the form of each product of one page; asks the shop afresh every time, since stock and variants change.

    Args:
        cart: The shop's cart, or None.
        name: Name of our blueprint.
        private: The response belongs to one shopper, so that it may hold their token.
    """

    def __init__(self, cart: Cart | None, name: str, private: bool) -> None:
        self._cart = cart
        self._private = private
        self._token: str | None = None
        fills = has_request_context() and isinstance(cart, AddsLines)
        self.all_action = url_for(f"{name}.add_to_cart") if fills else None
        """Where several products are posted to at once; None where the cart cannot be filled from Python."""

    def form_of(self, product: Product) -> tuple[FormView | None, bool]:
        """The product's form, and whether one exists that only a private response may hold."""
        try:
            given = self._cart.add_form(product) if self._cart else None
            return self._completed(given) if given else (self._ours(product), False)
        except Exception as error:  # the shop's own code: whatever it raises costs one button, not the page
            _log.warning("No form to add product %r to the cart; its button is left out: %r", product.id, error)
            return None, False

    def _ours(self, product: Product) -> FormView | None:
        return FormView(self.all_action, "post", (("product", product.id),)) if self.all_action else None

    def _completed(self, given: AddForm) -> tuple[FormView | None, bool]:
        field = token_field(current_app) if given.method == "post" else None
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


def token_field(app: Flask) -> str | None:
    """Name of the hidden field that the shop's CSRFProtect wants in a posted form; None where it wants none."""
    if "csrf" not in app.extensions or not app.config.get("WTF_CSRF_ENABLED", True):
        return None
    return str(app.config.get("WTF_CSRF_FIELD_NAME", "csrf_token"))


def _posts_home(action: str) -> bool:
    """Whether *action* is on the shop's own host: its token must not travel to another one."""
    return urlsplit(action).netloc in ("", request.host)
