"""The page of proposals in a real browser: the search is followed by itself, and nobody is kept out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chromium import Opener, scrolls_sideways, violations
from playwright.sync_api import expect
from small_shop import SmallShop

from storefront_plugin import Merchant
from storefront_plugin.bundles import proposal_run

PAGE = "/bundles/proposals"


@pytest.fixture
def shop(make_shop: Callable[..., SmallShop]) -> SmallShop:
    """A shop with proposals that its editor may decide on."""
    made = make_shop(admin_access=lambda: Merchant("First editor"))
    with made.app.app_context():
        made.place(*[("p1", "p2", "p3")] * 6, *[("p4",)] * 12)
        made.storefront.propose_bundles()
    return made


@pytest.mark.parametrize("script", [True, False])
def test_the_page_follows_a_search_by_itself(visit: Opener, shop: SmallShop, script: bool) -> None:
    """How far it is, and then what it found, with script and without."""
    with shop.app.app_context():
        database = shop.storefront.database
        begun = proposal_run.begin(database, None, "Second editor")
        page = visit(PAGE, script=script)
        expect(page.locator("[data-search=running]")).to_have_count(1)
        proposal_run._set(database, begun.token, done=3, total=4)
        expect(page.locator(".progress")).to_contain_text("75%", timeout=10_000)
        shop.storefront.search_begun(begun)
    expect(page.locator(".search summary")).to_contain_text("Second editor · 4 found", timeout=10_000)


@pytest.mark.parametrize("options", [{"width": 375, "height": 800, "color_scheme": "dark"}, {"locale": "ja"}])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    visit: Opener, shop: SmallShop, options: dict[str, object]
) -> None:
    """The list, and the same with all that can be opened and a wish that is wrong."""
    page = visit(PAGE, **options)
    page.locator(".search summary").click()
    page.locator("input[name=discount]").last.fill("100")
    page.evaluate("document.querySelector('.terms').closest('form').noValidate = true")
    with page.expect_navigation():
        page.locator(".search form button").click()
    page.locator(".figures summary").click()
    assert violations(page) == []
    assert not scrolls_sideways(page)
