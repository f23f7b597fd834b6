"""The page of proposals in a real browser: the search is followed by itself, and nobody is kept out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chromium import Opener, scrolls_sideways, until, violations
from playwright.sync_api import expect
from small_shop import SmallShop

from storefront_plugin import Merchant
from storefront_plugin.bundles.proposals import run as proposal_run

PAGE = "/bundles/proposals"


@pytest.fixture
def shop(make_shop: Callable[..., SmallShop]) -> SmallShop:
    """A shop with proposals that its editor may decide on."""
    made = make_shop(admin_access=lambda: Merchant("First editor"))
    with made.app.app_context():
        made.place(*[("p1", "p2", "p3")] * 6, *[("p4",)] * 12)
        made.storefront.propose_bundles()
    return made


@pytest.mark.parametrize("script", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_the_page_follows_a_search_by_itself(visit: Opener, shop: SmallShop, script: bool) -> None:
    """How far it is, and then what it found, with script and without."""
    with shop.app.app_context():
        database = shop.storefront.database
        begun = proposal_run.begin(database, None, "Second editor")
        page = visit(PAGE, script=script)
        expect(page.locator("[data-search=running]")).to_have_count(1)
        proposal_run._set(database, begun.token, done=3, total=4)
        expect(page.locator(".progress")).to_contain_text("75%", timeout=10_000)
        shop.storefront.services.proposals.carry_out(begun)
    expect(page.locator(".search summary")).to_contain_text("Second editor · 4 found", timeout=10_000)


@pytest.mark.parametrize("width", [375, 720, 768, 1000, 1080, 1280])
def test_each_row_can_be_decided_at_every_width(visit: Opener, shop: SmallShop, width: int) -> None:
    """Both buttons are within the page, which does not scroll sideways."""
    page = visit(PAGE, width=width, height=800)
    for button in (*page.locator("tbody a.accept").all(), *page.locator("tbody button").all()):
        box = button.bounding_box()
        assert box is not None
        assert 0 <= box["x"] < box["x"] + box["width"] <= width
    frame = page.locator(".table-frame")
    assert frame.evaluate("frame => frame.scrollWidth <= frame.clientWidth")
    assert not scrolls_sideways(page)


def test_after_a_rejection_the_next_row_has_the_focus(visit: Opener, shop: SmallShop) -> None:
    """And the message with Undo is in sight, however far below it was."""
    page = visit(PAGE, width=900, height=400)
    second = page.locator("tbody tr").nth(2)
    title = second.locator(".row-title").inner_text()
    page.locator("tbody tr").nth(1).get_by_role("button", name="Dismiss").click()
    until(page, "document.activeElement.matches('tr')")
    assert title in str(page.evaluate("document.activeElement.innerText"))
    expect(page.locator("tr:focus")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Undo")).to_be_in_viewport()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "rows"


@pytest.mark.parametrize("options", [{"width": 375, "height": 800, "color_scheme": "dark"}, {"locale": "ja"}])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    visit: Opener, shop: SmallShop, options: dict[str, object]
) -> None:
    """The list, and the same with all that can be opened and a wish that is wrong."""
    page = visit(PAGE, **options)
    page.locator(".search summary").click()
    page.locator("input[name=discount]").last.fill("100")
    page.evaluate("document.querySelector('.settings').closest('form').noValidate = true")
    with page.expect_navigation():
        page.locator(".search form button").click()
    page.locator(".figures summary").click()
    assert violations(page) == []
    assert not scrolls_sideways(page)
