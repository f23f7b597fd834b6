"""What cards expect of a shop's cart."""

from __future__ import annotations

from collections import Counter

import pytest

from ..shop.ports import AddForm, AddsLines, Cart, CartLine, Product, clean_id
from ..shop.values import address


class CartContract:
    """Needs fixtures ``cart`` and ``product`` (one that can be added), inside a request context."""

    def test_it_offers_what_a_cart_must(self, cart: object) -> None:
        """lines and add_form are there."""
        assert isinstance(cart, Cart)

    def test_lines_can_be_read_again_and_again(self, cart: Cart) -> None:
        """Two readings of one request are equal, and every line has an id and a quantity."""
        lines = list(cart.lines())
        assert list(cart.lines()) == lines
        for line in lines:
            assert clean_id(line.product_id) == line.product_id
            assert line.quantity > 0

    def test_the_form_posts_to_the_shop(self, cart: Cart, product: Product) -> None:
        """The form has a harmless address and text fields; None is allowed, for a product with choices say."""
        form = cart.add_form(product)
        if form is None:
            pytest.skip("this cart gives no form for the product")
        assert isinstance(form, AddForm)
        assert address(form.action)
        assert form.method in ("post", "get")
        assert all(isinstance(name, str) and isinstance(value, str) for name, value in form.fields.items())

    def test_what_is_added_is_in_the_cart(self, cart: Cart, product: Product) -> None:
        """Where `add` is offered, two pieces more are in the cart afterwards."""
        if not isinstance(cart, AddsLines):
            pytest.skip("this cart is filled by forms only")
        before = _pieces(cart)[product.id]
        cart.add([CartLine(product.id, 2)])
        assert _pieces(cart)[product.id] == before + 2


def _pieces(cart: Cart) -> Counter[str]:
    pieces: Counter[str] = Counter()
    for line in cart.lines():
        pieces[line.product_id] += line.quantity
    return pieces
