"""The pages about rules and the one that explains in a real browser: fields follow what is chosen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chromium import Opener
from playwright.sync_api import Page, expect
from small_shop import SmallShop

from storefront_plugin import Merchant


@pytest.fixture
def shop(make_shop: Callable[..., SmallShop]) -> SmallShop:
    """A shop with orders whose rules its editor may change."""
    shop = make_shop(admin_access=lambda: Merchant("First editor"))
    with shop.app.app_context():
        shop.place(*[["p1", "p2", "p3"]] * 4, ["p4", "p5"], ["p6"])
    return shop


def pick(page: Page, words: str) -> None:
    """Choose a suggested product by the keyboard."""
    page.locator("#add").press_sequentially(words)
    page.locator(".suggestions [role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def test_a_cart_to_explain_is_put_together_without_a_button(visit: Opener) -> None:
    """The field asks for what such a page has, each pick is explained at once, and the next one is typed there."""
    page = visit("/explain")
    expect(page.locator("#category")).to_be_hidden()
    page.get_by_label("Page", exact=True).select_option("category")
    expect(page.locator("#category")).to_be_visible()
    expect(page.locator("#add")).to_be_hidden()
    page.get_by_label("Page", exact=True).select_option("cart")
    expect(page.get_by_role("combobox", name="Add another product to the cart")).to_be_visible()
    for number, words in enumerate(("p1", "p4"), start=1):
        pick(page, words)
        expect(page.locator(".explain-chosen li")).to_have_count(number)
        expect(page.get_by_role("combobox", name="Add another product to the cart")).to_be_focused()
    assert page.locator(".explain-chosen .product-title").all_inner_texts() == ["Product 1", "Product 4"]


def test_a_pin_asks_for_its_product_alone(visit: Opener) -> None:
    """Other rules are about a brand as well, and what was typed comes back with them."""
    page = visit("/rules/new")
    targets, product, brand = (
        page.locator("#target_kind"),
        page.locator("#target_product"),
        page.locator("#target_brand"),
    )
    expect(targets).to_be_hidden()
    expect(product).to_be_visible()
    page.get_by_role("radio", name="Exclude").check()
    targets.select_option("brand")
    brand.fill("Aster")
    expect(product).to_be_hidden()
    page.get_by_role("radio", name="Pin").check()
    expect(product).to_be_visible()
    expect(brand).to_be_hidden()
    page.get_by_role("radio", name="Exclude").check()
    assert (targets.input_value(), brand.input_value()) == ("brand", "Aster")


def test_a_category_is_picked_by_the_keyboard(visit: Opener) -> None:
    """As a product is; its field then holds the id, and the form without script has the same names to choose from."""
    page = visit("/rules/new")
    page.get_by_role("radio", name="Exclude").check()
    page.locator("#target_kind").select_option("category")
    field = page.get_by_role("combobox", name="Category", exact=True)
    field.press_sequentially("c2")
    page.locator(".suggestions [role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value("c2")
    expect(page.locator(".suggestions:visible")).to_have_count(0)
