"""The page of proposals in a real browser: the search is followed by itself, and nobody is kept out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator

import pytest
from chromium import AXE, missing, until
from playwright.sync_api import Browser, Page, expect
from small_shop import SmallShop
from werkzeug.serving import make_server

from storefront_plugin import Merchant
from storefront_plugin.bundles import proposal_run

PAGE = "/storefront/admin/bundles/proposals"

Opener = Callable[..., Page]


@pytest.fixture
def shop(make_shop: Callable[..., SmallShop]) -> SmallShop:
    """A shop with proposals that Mina may decide on."""
    made = make_shop(admin_access=lambda: Merchant("Mina Sato"))
    with made.app.app_context():
        made.place(*[("p1", "p2", "p3")] * 6, *[("p4",)] * 12)
        made.storefront.propose_bundles()
    return made


@pytest.fixture
def show(browser: Browser, shop: SmallShop) -> Iterator[Opener]:
    """Open the page; at the end it may have met no error and no breach of its CSP."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, shop.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    complaints: list[str] = []
    contexts = []

    def opened(**options: object) -> Page:
        context = browser.new_context(base_url=f"http://127.0.0.1:{server.server_port}", **{"locale": "en", **options})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
        page.goto(PAGE)
        return page

    yield opened
    for context in contexts:
        context.close()
    server.shutdown()
    thread.join()
    server.server_close()
    assert complaints == []


@pytest.mark.parametrize("script", [True, False])
def test_the_page_follows_a_search_by_itself(show: Opener, shop: SmallShop, script: bool) -> None:
    """How far it is, and then what it found, with script and without."""
    with shop.app.app_context():
        database = shop.storefront.database
        begun = proposal_run.begin(database, None, "Noor")
        page = show(java_script_enabled=script)
        expect(page.locator("[data-search=running]")).to_have_count(1)
        proposal_run._set(database, begun.token, done=3, total=4)
        expect(page.locator(".progress")).to_contain_text("75%", timeout=10_000)
        shop.storefront.search_begun(begun)
    expect(page.locator(".search summary")).to_contain_text("Noor · 4 found", timeout=10_000)


@pytest.mark.parametrize(
    "options", [{"viewport": {"width": 375, "height": 800}, "color_scheme": "dark"}, {"locale": "ja"}]
)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    show: Opener, shop: SmallShop, options: dict[str, object]
) -> None:
    """The list, and the same with all that can be opened and a wish that is wrong."""
    if not AXE.exists():
        missing("axe-core", "run npm ci")
    page = show(**options)
    page.locator(".search summary").click()
    page.locator("input[name=discount]").last.fill("100")
    page.evaluate("document.querySelector('.terms').closest('form').noValidate = true")
    with page.expect_navigation():
        page.locator(".search form button").click()
    page.locator(".figures summary").click()
    page.evaluate(AXE.read_text())
    page.evaluate("axe.run().then((found) => { window.axeFound = found.violations.map((one) => one.id); })")
    until(page, "window.axeFound !== undefined")
    assert page.evaluate("window.axeFound") == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
