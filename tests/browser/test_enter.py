"""Enter in a field of an editor saves and publishes nothing, with script and without."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chromium import Opener
from made_bundles import set_of
from playwright.sync_api import Page, expect
from small_shop import SmallShop

from storefront_plugin import Merchant
from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.core.sql import audit
from storefront_plugin.recommending.rules.rule import Rule
from storefront_plugin.recommending.rules.store import RuleStore

EDITORS = {
    "/rules/1": "#note",
    "/rules/new?kind=exclude&target=p1": "#target_product",
    "/bundles/1": "[name=texts-0-title]",
    "/bundles/new?kind=set": "[name=texts-0-title]",
    "/slots/product": ".slot-fields input[type=text]",
}
"""Each with a field to type into."""


@pytest.fixture
def shop(make_shop: Callable[..., SmallShop]) -> SmallShop:
    """A shop with a rule and a published bundle."""
    shop = make_shop(admin_access=lambda: Merchant("First editor"))
    with shop.app.app_context():
        shop.place(*[["p1", "p2", "p3"]] * 4)
        RuleStore(shop.storefront.database).create(Rule(kind="exclude", target_value="p3"))
        made = BundleRepository(shop.storefront.database).create(set_of("p1", "p2", price=percent_off(10)))
        BundleRepository(shop.storefront.database).set_state(made.id, made.version, "publish")
    return shop


def changes(shop: SmallShop) -> int:
    """How many changes the log has."""
    with shop.app.app_context():
        return audit.entries(shop.storefront.database)[1]


def press_enter(page: Page, selector: str) -> None:
    """Type into a field, and press Enter there, whether its slot is folded or not."""
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    field = page.locator(selector).first
    field.fill("p1" if "product" in selector else "Typed")
    field.press("Enter")
    page.wait_for_timeout(300)


@pytest.mark.parametrize("path", EDITORS)
def test_enter_with_script_stays_in_the_field(shop: SmallShop, visit: Opener, path: str) -> None:
    """The page stays, with what was typed, and the log has no change."""
    before, page = changes(shop), visit(path)
    address = page.url
    press_enter(page, EDITORS[path])
    assert page.url == address
    assert page.evaluate("document.activeElement.value") in ("p1", "Typed")
    assert changes(shop) == before
    page.get_by_role("button", name="Save").last.click()
    page.locator(".notice, .error").first.wait_for()


@pytest.mark.parametrize("path", EDITORS)
def test_enter_without_script_only_looks(shop: SmallShop, visit: Opener, path: str) -> None:
    """The form comes back as it was typed, with its preview, and the log has no change."""
    before, page = changes(shop), visit(path, script=False)
    if path.startswith("/slots"):  # its fields are folded, which no script opens here
        page.locator("details.slot-fields > summary").first.click()
        field = page.locator(EDITORS[path]).first
    else:
        field = page.locator(EDITORS[path]).first
    field.fill("p1" if "product" in EDITORS[path] else "Typed")
    with page.expect_navigation():
        field.press("Enter")
    assert page.locator(EDITORS[path]).first.input_value() in ("p1", "Typed")
    assert changes(shop) == before
    expect(page.locator("main .notice")).to_have_count(0)


def test_enter_in_the_search_of_a_list_searches(shop: SmallShop, visit: Opener) -> None:
    """As everywhere else."""
    page = visit("/rules")
    page.locator("input[type=search]").fill("nothing like it")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "q=nothing" in page.url
