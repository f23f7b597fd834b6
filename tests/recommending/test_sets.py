"""What is bought together: complements of the product and of each other, and no other colour of what one has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from small_shop import SmallShop, made_products

from storefront_plugin import CartLine, MemoryCatalog
from storefront_plugin.recommending.page import Page

MakeShop = Callable[..., SmallShop]
KINDS = {"p1": "cameras", "p2": "lenses", "p6": "lenses", "p3": "bags"}


@pytest.fixture
def shop(make_shop: MakeShop) -> SmallShop:
    """A camera p1, bought most with the lens p2, then with the lens p6 and the bag p3."""
    products = [replace(one, category_ids=(KINDS.get(one.id, f"c{one.id}"), "photo")) for one in made_products()]
    shop = make_shop(catalog=MemoryCatalog(products))
    with shop.app.app_context():
        shop.place(*[["p1", "p2"]] * 9, *[["p1", "p6"]] * 7, *[["p1", "p3"]] * 4)
    return shop


def together(shop: SmallShop, *products: str) -> list[str]:
    """The complements in the box on the page of *products*."""
    with shop.app.app_context():
        (slot,) = shop.storefront.fill(shop.storefront.page("product", products), ["bought_together"])
    return [card.product.id for card in slot.cards]


def test_two_of_one_kind_stand_in_a_set_only_where_they_are_bought_together(shop: SmallShop) -> None:
    """Nobody needs both lenses, until three orders say so."""
    assert together(shop, "p1") == ["p2", "p3"]
    with shop.app.app_context():
        shop.place(*[["p2", "p6"]] * 2)
    assert together(shop, "p1") == ["p2", "p3"]
    with shop.app.app_context():
        shop.place(["p2", "p6"])
    assert together(shop, "p1") == ["p2", "p6"]


def test_a_rival_is_explained(shop: SmallShop) -> None:
    """Under the same choice as the page's; as a list of its own nothing is left out."""
    with shop.app.app_context():
        page = Page(placement="product", products=("p1",), blocking=True)
        plan = shop.storefront.plan["product"]
        (slot,) = shop.storefront.services.suggestions.explain(page, [plan[0]])
        assert [(one.product_id, one.kind) for one in slot.candidates] == [
            ("p2", "shown"),
            ("p6", "rival"),
            ("p3", "shown"),
        ]
        assert shop.ids("bought_together", "p1") == ["p2", "p6", "p3"]


@pytest.mark.parametrize("categories", [(), ("things",)])
def test_where_categories_tell_no_kinds_nobody_is_a_rival(make_shop: MakeShop, categories: tuple[str, ...]) -> None:
    """In a shop without categories, and in one with a single one."""
    shop = make_shop(catalog=MemoryCatalog([replace(one, category_ids=categories) for one in made_products()]))
    with shop.app.app_context():
        shop.place(*[["p1", "p2"]] * 9, *[["p1", "p3"]] * 7)
    assert together(shop, "p1") == ["p2", "p3"]


def test_another_colour_of_what_is_in_the_cart_is_not_offered(make_shop: MakeShop) -> None:
    """Of no line of the cart, also on product pages; without the cart it is."""
    products = [replace(one, variant_group="mug" if one.id in ("p5", "p9") else None) for one in made_products()]
    shop = make_shop(catalog=MemoryCatalog(products))
    with shop.app.app_context():
        shop.place(*[["p1", "p9"]] * 5, *[["p1", f"p{n}"] for n in (2, 3, 4)] * 4)
        parts = shop.storefront.services.suggestions
        lines = (CartLine("p5"), CartLine("p1"))

        def shown(page: Page) -> set[str]:
            return {card.product.id for slot in parts.fill_placement(page) for card in slot.cards}

        assert "p9" in shown(Page(placement="product", products=("p1",), blocking=True))
        assert "p9" not in shown(Page(placement="product", products=("p1",), cart=lines, blocking=True))
        assert "p9" in shown(Page(placement="cart", cart=(CartLine("p1"),), blocking=True))
        assert "p9" not in shown(Page(placement="cart", cart=lines, blocking=True))
