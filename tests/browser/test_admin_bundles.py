"""The bundle's editor in a real browser: made by keyboard, previewed while one types, and the same without script."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Callable, Iterator

import pytest
from chromium import AXE, missing, until
from made_bundles import mix_of, set_of, steps_of
from playwright.sync_api import Browser, Page, expect
from small_shop import SmallShop
from werkzeug.serving import make_server

from storefront_plugin import Merchant
from storefront_plugin.bundles import shelf
from storefront_plugin.bundles.definition import Words
from storefront_plugin.bundles.price import fixed_price, percent_off

ADMIN = "/storefront/admin"
TEN = percent_off(10)
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamten <b>مجموعة"

Opener = Callable[..., Page]


@pytest.fixture
def shop(make_shop: Callable[..., SmallShop]) -> SmallShop:
    """A shop whose bundles Mina may edit."""
    return make_shop(admin_access=lambda: Merchant("Mina Sato"))


@pytest.fixture
def address(shop: SmallShop) -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, shop.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def show(browser: Browser, address: str) -> Iterator[Opener]:
    """Open a page of ours; at the end no page may have met an error or a breach of its CSP."""
    complaints: list[str] = []
    contexts = []

    def opened(path: str, **options: object) -> Page:
        size = {"viewport": {"width": 1280, "height": 1000}}
        context = browser.new_context(base_url=address, **{"locale": "en", **size, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
        page.goto(ADMIN + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def stored(shop: SmallShop, bundle_id: int = 1) -> shelf.Stored:
    with shop.app.app_context():
        return shelf.load(shop.storefront.database, bundle_id)


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.getAttribute('name') + ' ' + document.activeElement.value"))


def test_a_bundle_is_made_by_keyboard(show: Opener, shop: SmallShop) -> None:
    """Typing ahead adds products, the preview follows, rows move with the focus on them; then it is published."""
    page = show("/bundles/new?kind=set")
    page.get_by_label("Title").first.fill("Kit")
    for words, product in (("Product 20", "p20"), ("p3", "p3")):
        page.locator("[name='tiers-0-add']").focus()
        page.keyboard.type(words)
        page.locator(".suggestions [role=option]").first.wait_for()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.locator(f".component input[value={product}]").wait_for(state="attached")
    until(page, "document.activeElement.name === 'tiers-0-add'")
    page.keyboard.type("p5")
    page.locator(".suggestions [role=option]").first.wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")  # no suggestion taken: the id itself
    page.locator(".component input[value=p5]").wait_for(state="attached")
    page.get_by_label("Percent off").last.fill("50")
    expect(page.locator("#bundle-preview tbody tr").first).to_contain_text("€14.00")
    expect(page.locator("#bundle-preview .preview")).to_contain_text("Kit")
    page.get_by_role("button", name="Move Product 5 up").press("Enter")
    until(page, "document.querySelectorAll('.component input[type=hidden]')[1].value === 'p5'")
    assert focused(page) == "do up-tiers-0-components-1"
    page.keyboard.press("Enter")
    until(page, "document.querySelectorAll('.component input[type=hidden]')[0].value === 'p5'")
    assert focused(page) == "do down-tiers-0-components-0"
    page.get_by_role("button", name="Take Product 20 out").press("Enter")
    expect(page.locator(".component")).to_have_count(2)
    expect(page.get_by_label("Title").first).to_have_value("Kit")
    page.get_by_role("button", name="Save and publish").press("Enter")
    expect(page.locator(".notice")).to_contain_text("Published.")
    kept = stored(shop)
    assert kept.state == "published"
    assert [one.product_id for one in kept.definition.tiers[0].components] == ["p5", "p3"]


def test_the_same_without_script(show: Opener, shop: SmallShop) -> None:
    """Buttons alone: add by title, choose one of several, preview, move, publish; only the fields of a price kind show."""
    page = show("/bundles/new?kind=set", java_script_enabled=False)
    page.get_by_label("Title").first.fill("Kit")
    page.get_by_label("Add a product").fill("Product 1")
    page.get_by_role("button", name="Add product").click()
    page.locator(".choices label", has_text="Product 19").click()
    page.get_by_role("button", name="Add product").click()
    page.get_by_label("Add a product").fill("p2")
    page.get_by_role("button", name="Add product").click()
    assert page.locator(".component .product-title").all_inner_texts() == ["Product 19", "Product 2"]
    expect(page.get_by_label("EUR")).to_be_hidden()
    page.get_by_label("Fixed price").check()
    expect(page.get_by_label("EUR")).to_be_visible()
    page.get_by_label("EUR").fill("19.50")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#bundle-preview tbody tr").first).to_contain_text("€1.50")
    page.get_by_role("button", name="Move Product 2 up").click()
    page.get_by_role("button", name="Save and publish").click()
    expect(page.locator(".notice")).to_contain_text("Published.")
    kept = stored(shop)
    assert kept.definition.tiers[0].price == fixed_price({"EUR": 1950})
    assert [one.product_id for one in kept.definition.tiers[0].components] == ["p2", "p19"]


def test_tiers_come_and_go_and_keep_what_was_typed(show: Opener, shop: SmallShop) -> None:
    """A new tier has the products of the one before; taking one out leaves the others as they were."""
    page = show("/bundles/new?kind=ladder")
    page.get_by_label("Title").first.fill("Ladder")
    page.locator("[name='tiers-1-add']").fill("p7")
    page.locator("button[value='add-1']").click()
    page.locator(".component").wait_for()
    page.locator("[name='tiers-1-percent']").fill("33")
    page.get_by_role("button", name="Add a tier").click()
    expect(page.locator(".tier")).to_have_count(3)
    expect(page.locator(".tier").nth(2).locator(".product-title")).to_have_text("Product 7")
    page.get_by_role("button", name="Take tier 1 out").click()
    expect(page.locator(".tier")).to_have_count(2)
    expect(page.locator("[name='tiers-0-percent']")).to_have_value("33")
    expect(page.get_by_label("Title").first).to_have_value("Ladder")


def test_nothing_typed_is_left_without_a_question(show: Opener, shop: SmallShop) -> None:
    """Leaving with changes asks, saving does not; chosen rows of the list switch their buttons on."""
    with shop.app.app_context():
        shelf.create(shop.storefront.database, set_of("p1", "p2", price=TEN))
    asked: list[str] = []
    page = show("/bundles/1")
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_label("Title").first.fill("Other")
    page.get_by_role("link", name="History").click()
    page.wait_for_url("**/history")
    assert asked == ["beforeunload"]
    page.goto(f"{ADMIN}/bundles")
    publish = page.get_by_role("button", name="Publish")
    expect(publish).to_be_disabled()
    page.get_by_label("All on this page").check()
    publish.click()
    expect(page.locator(".notice")).to_contain_text("1 bundle published.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".state")).to_have_text("Draft")


def test_a_code_is_copied(show: Opener, shop: SmallShop) -> None:
    """By a button; its field is selected on focus."""
    with shop.app.app_context():
        definition = dataclasses.replace(set_of("p1", "p2", price=TEN), staff_only=True)
        shelf.create(shop.storefront.database, definition)
    page = show("/bundles/1", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="Code and link").click()
    page.get_by_role("button", name="Make a code and a link").click()
    code = page.get_by_label("Code", exact=True)
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == code.input_value()


PAGES = ("/bundles", "/bundles/new", "/bundles/new?kind=steps", "/bundles/1", "/bundles/2", "/bundles/3",
         "/bundles/1/history", "/bundles/4/code", "/bundles/files")  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "locale"), [(375, "ja"), (1280, "en")])
def test_every_page_is_accessible_and_fits(show: Opener, shop: SmallShop, scheme: str, width: int, locale: str) -> None:
    """axe finds nothing and nothing is wider than the page, with long words and right-to-left text, open errors too."""
    if not AXE.exists():
        missing("axe-core", "run npm install")
    with shop.app.app_context():
        database = shop.storefront.database
        hostile = {"en": Words(LONG * 2, LONG), "ar": Words(LONG)}
        made = shelf.create(database, dataclasses.replace(set_of("p1", "gone", price=TEN), words=hostile), LONG)
        shelf.update(database, made.id, 1, set_of("p1", "p2", price=fixed_price({"EUR": 10**14, "JPY": 5})), LONG)
        shelf.create(database, mix_of("p1", "p2", "p3", price=TEN, least=2, most=3))
        shelf.create(database, steps_of("p1", "p2", steps={2: TEN, 5: percent_off(20)}))
        shelf.create(database, dataclasses.replace(set_of("p1", "p2", price=TEN), staff_only=True, words=hostile))
    page = show(PAGES[0], viewport={"width": width, "height": 900}, color_scheme=scheme, locale=locale, bypass_csp=True)

    def look(name: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        page.evaluate(AXE.read_text())
        found = page.evaluate(
            "axe.run().then(r => r.violations.map(v => `${v.id}: ${v.nodes[0].target} ${v.nodes[0].html}`))"
        )
        assert found == [], (name, found)

    for path in PAGES:
        page.goto(ADMIN + path)
        look(path)
    page.goto(f"{ADMIN}/bundles/1")
    page.locator("[name='limit_in_all']").fill("-1")
    page.locator("[name='tiers-0-amounts-0-amount']").fill(LONG)
    page.locator("[name='words-0-title']").fill("")
    page.locator("button[value=publish]").click()
    expect(page.locator(".notice-error li")).to_have_count(3)
    look("errors")
