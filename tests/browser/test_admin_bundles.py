"""The bundle's editor in a real browser: made by keyboard, previewed while one types, and the same without script."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from chromium import Opener, scrolls_sideways, until, violations
from made_bundles import mix_of, set_of, steps_of
from playwright.sync_api import Page, expect
from small_shop import SmallShop

from storefront_plugin import Merchant
from storefront_plugin.bundles.definition import BundleText
from storefront_plugin.bundles.price import fixed_price, percent_off
from storefront_plugin.bundles.store.repository import BundleRecord, BundleRepository

ADMIN = "/storefront/admin"
TEN = percent_off(10)
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamten <b>مجموعة"


@pytest.fixture
def shop(make_shop: Callable[..., SmallShop]) -> SmallShop:
    """A shop whose bundles its editor may change."""
    return make_shop(admin_access=lambda: Merchant("First editor"))


def stored(shop: SmallShop, bundle_id: int = 1) -> BundleRecord:
    with shop.app.app_context():
        return BundleRepository(shop.storefront.database).load(bundle_id)


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.getAttribute('name') + ' ' + document.activeElement.value"))


def test_a_bundle_is_made_by_keyboard(visit: Opener, shop: SmallShop) -> None:
    """Typing ahead adds products, the preview follows, rows move with the focus on them; then it is published."""
    page = visit("/bundles/new?kind=set")
    page.get_by_role("textbox", name="Title").first.fill("Kit")
    for texts, product in (("Product 20", "p20"), ("p3", "p3")):
        page.locator("[name='tiers-0-add']").focus()
        page.keyboard.type(texts)
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
    page.get_by_role("button", name="Remove Product 20").press("Enter")
    expect(page.locator(".component")).to_have_count(2)
    expect(page.get_by_role("textbox", name="Title").first).to_have_value("Kit")
    page.get_by_role("button", name="Save and publish").press("Enter")
    expect(page.locator(".notice")).to_contain_text("Published.")
    kept = stored(shop)
    assert kept.state == "published"
    assert [one.product_id for one in kept.definition.tiers[0].components] == ["p5", "p3"]


def test_products_of_like_names_are_picked_one_after_the_other(visit: Opener, shop: SmallShop) -> None:
    """By keyboard alone: Enter takes the suggestion that is marked, also in the field that comes with the new rows."""
    page = visit("/bundles/new?kind=set")
    page.locator("[name='tiers-0-add']").focus()
    for count in (1, 2, 3):
        until(page, "document.activeElement.name === 'tiers-0-add' && !document.activeElement.value")
        page.keyboard.type("Product 1")  # ten products have these words
        page.locator(".suggestions [role=option]").nth(count).wait_for()
        for _ in range(count):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator(".component")).to_have_count(count)
        expect(page.locator(".components .error")).to_have_count(0)
    assert len(set(page.locator(".component .product-title").all_inner_texts())) == 3


def test_the_keyboard_stays_where_one_types_and_goes_to_what_is_new(visit: Opener, shop: SmallShop) -> None:
    """Enter in a field previews and leaves it there; a new currency and a new tier are typed into at once."""
    page = visit("/bundles/new?kind=ladder")
    page.locator("[name='texts-0-title']").focus()
    page.keyboard.type("Kit")
    with page.expect_response("**/bundles/preview"):
        page.keyboard.press("Enter")
    assert focused(page) == "texts-0-title Kit"
    page.get_by_role("button", name="Add tier").press("Enter")
    until(page, "document.activeElement.name === 'tiers-2-add'")
    page.get_by_label("Amount off").first.check()
    page.get_by_role("button", name="Add currency").first.press("Enter")
    until(page, "/^tiers-0-amounts-\\d+-currency$/.test(document.activeElement.name)")
    assert focused(page).endswith(" ")


def test_the_menu_of_the_head_closes_again(visit: Opener, shop: SmallShop) -> None:
    """By Escape, which leaves the keyboard on it, and by a click elsewhere; its buttons work."""
    with shop.app.app_context():
        BundleRepository(shop.storefront.database).create(set_of("p1", "p2", price=TEN))
    page = visit("/bundles/1")
    archive = page.get_by_role("button", name="Archive")
    expect(archive).to_be_hidden()
    menu = page.locator(".menu > summary")
    menu.press("Enter")
    expect(archive).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(archive).to_be_hidden()
    until(page, "document.activeElement.matches('.menu > summary')")
    menu.click()
    page.locator("h1").click()
    expect(archive).to_be_hidden()
    menu.click()
    archive.click()
    expect(page.locator(".notice")).to_contain_text("Archived.")


def test_the_same_without_script(visit: Opener, shop: SmallShop) -> None:
    """Buttons alone: add by title, choose one of several, preview, move, publish; only the fields of a price kind show."""
    page = visit("/bundles/new?kind=set", script=False)
    page.get_by_role("textbox", name="Title").first.fill("Kit")
    page.get_by_label("Add product").fill("Product 1")
    page.get_by_role("button", name="Add product").click()
    page.locator(".choices label", has_text="Product 19").click()
    page.get_by_role("button", name="Add product").click()
    page.get_by_label("Add product").fill("p2")
    page.get_by_role("button", name="Add product").click()
    assert page.locator(".component .product-title").all_inner_texts() == ["Product 19", "Product 2"]
    expect(page.get_by_label("EUR")).to_be_hidden()
    page.get_by_label("Fixed price").check()
    expect(page.get_by_label("EUR")).to_be_visible()
    expect(page.get_by_text("Bundle price, in each currency")).to_be_visible()
    expect(page.get_by_text("Amount off, in each currency")).to_be_hidden()
    page.get_by_label("EUR").fill("19.50")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#bundle-preview tbody tr").first).to_contain_text("€1.50")
    page.get_by_role("button", name="Move Product 2 up").click()
    page.get_by_role("button", name="Save and publish").click()
    expect(page.locator(".notice")).to_contain_text("Published.")
    kept = stored(shop)
    assert kept.definition.tiers[0].price == fixed_price({"EUR": 1950})
    assert [one.product_id for one in kept.definition.tiers[0].components] == ["p2", "p19"]


def test_tiers_come_and_go_and_keep_what_was_typed(visit: Opener, shop: SmallShop) -> None:
    """A new tier has the products of the one before; taking one out leaves the others as they were."""
    page = visit("/bundles/new?kind=ladder")
    page.get_by_role("textbox", name="Title").first.fill("Ladder")
    page.locator("[name='tiers-1-add']").fill("p7")
    page.locator("button[value='add-1']").click()
    page.locator(".component").wait_for()
    page.locator("[name='tiers-1-percent']").fill("33")
    page.get_by_role("button", name="Add tier").click()
    expect(page.locator(".tier")).to_have_count(3)
    expect(page.locator(".tier").nth(2).locator(".product-title")).to_have_text("Product 7")
    page.get_by_role("button", name="Remove tier 1").click()
    expect(page.locator(".tier")).to_have_count(2)
    expect(page.locator("[name='tiers-0-percent']")).to_have_value("33")
    expect(page.get_by_role("textbox", name="Title").first).to_have_value("Ladder")


def test_nothing_typed_is_left_without_a_question(visit: Opener, shop: SmallShop) -> None:
    """Leaving with changes asks, saving does not; chosen rows of the list switch their buttons on."""
    with shop.app.app_context():
        BundleRepository(shop.storefront.database).create(set_of("p1", "p2", price=TEN))
    asked: list[str] = []
    page = visit("/bundles/1")
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_role("textbox", name="Title").first.fill("Other")
    page.get_by_role("link", name="History").click()
    page.wait_for_url("**/history")
    assert asked == ["beforeunload"]
    page.goto(f"{ADMIN}/bundles")
    publish = page.get_by_role("button", name="Publish", exact=True)
    expect(publish).to_be_disabled()
    page.get_by_label("Select all").check()
    publish.click()
    expect(page.locator(".notice")).to_contain_text("1 bundle published.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".state")).to_have_text("Draft")


def test_what_needs_script_is_not_there_without(visit: Opener, shop: SmallShop) -> None:
    """Choosing all rows and copying; with script both are there."""
    with shop.app.app_context():
        BundleRepository(shop.storefront.database).create(
            dataclasses.replace(set_of("p1", "p2", price=TEN), staff_only=True)
        )
    for script in (True, False):
        page = visit("/bundles", script=script)
        expect(page.get_by_label("Select all")).to_be_visible(visible=script)
        expect(page.get_by_label("Select Set")).to_be_visible()
        page.goto(f"{ADMIN}/bundles/1/code")
        page.get_by_role("button", name="Create code and link").click()
        expect(page.get_by_label("Code", exact=True)).to_be_visible()
        expect(page.locator("[data-copy]").first).to_be_visible(visible=script)


@pytest.mark.parametrize(
    ("width", "locale"),
    [(375, "ja"), (720, "en"), (768, "ja"), (860, "en"), (1000, "ja"), (1024, "en"), (1280, "ja")],
)
def test_rows_can_be_read_at_every_width(visit: Opener, shop: SmallShop, width: int, locale: str) -> None:
    """No column is as narrow as a letter or two, and none is hidden beside the page."""
    texts = {"en": BundleText("Everything for a long evening"), "ja": BundleText("長い夜のためのすべてのもの")}
    with shop.app.app_context():
        database = shop.storefront.database
        for number in range(3):
            definition = dataclasses.replace(set_of(*(f"p{each}" for each in range(1, 6)), price=TEN), texts=texts)
            made = BundleRepository(database).create(definition, "A merchant of a long name")
            BundleRepository(database).update(
                made.id, 1, dataclasses.replace(definition, limit_in_all=9 + number), "Second editor"
            )
    page = visit("/bundles", width=width, locale=locale)
    for path in ("/bundles", "/bundles/1/history", "/log", ""):
        page.goto(ADMIN + path)
        assert not scrolls_sideways(page), path
        assert page.evaluate(NARROW) == [], path


NARROW = """
() => [...document.querySelectorAll(".table-frame")].flatMap(frame => [
  ...(frame.scrollWidth > frame.clientWidth ? ["It scrolls."] : []),
  ...[...frame.querySelectorAll("td .row-title, td[data-label]:not(.number, .changed)")]
    .filter(each => each.textContent.trim().length > 9 && each.getBoundingClientRect().width < 70)
    .map(each => each.textContent.trim()),
])
"""
"""Tables that scroll sideways, and words in a column where few of them fit."""


def test_a_code_is_copied(visit: Opener, shop: SmallShop) -> None:
    """By a button; its field is selected on focus."""
    with shop.app.app_context():
        definition = dataclasses.replace(set_of("p1", "p2", price=TEN), staff_only=True)
        BundleRepository(shop.storefront.database).create(definition)
    page = visit("/bundles/1", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="Code and link").click()
    page.get_by_role("button", name="Create code and link").click()
    code = page.get_by_label("Code", exact=True)
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == code.input_value()


PAGES = ("/bundles", "/bundles/new", "/bundles/new?kind=steps", "/bundles/1", "/bundles/2", "/bundles/3",
         "/bundles/1/history", "/bundles/4/code", "/bundles/files")  # fmt: skip


@pytest.mark.parametrize(
    ("width", "locale", "scheme"), [(375, "ja", "dark"), pytest.param(1280, "en", "light", marks=pytest.mark.slow)]
)
def test_every_page_is_accessible_and_fits(
    visit: Opener, shop: SmallShop, scheme: str, width: int, locale: str
) -> None:
    """axe finds nothing and nothing is wider than the page, with long words and right-to-left text, open errors too."""
    with shop.app.app_context():
        database = shop.storefront.database
        hostile = {"en": BundleText(LONG * 2, LONG), "ar": BundleText(LONG)}
        made = BundleRepository(database).create(
            dataclasses.replace(set_of("p1", "gone", price=TEN), texts=hostile), LONG
        )
        BundleRepository(database).update(
            made.id, 1, set_of("p1", "p2", price=fixed_price({"EUR": 10**14, "JPY": 5})), LONG
        )
        BundleRepository(database).create(mix_of("p1", "p2", "p3", price=TEN, least=2, most=3))
        BundleRepository(database).create(steps_of("p1", "p2", steps={2: TEN, 5: percent_off(20)}))
        BundleRepository(database).create(
            dataclasses.replace(set_of("p1", "p2", price=TEN), staff_only=True, texts=hostile)
        )
    page = visit(PAGES[0], width=width, color_scheme=scheme, locale=locale)

    def look(name: str) -> None:
        assert not scrolls_sideways(page), name
        assert violations(page) == [], name

    for path in PAGES:
        page.goto(ADMIN + path)
        look(path)
    page.goto(f"{ADMIN}/bundles/1")
    page.locator("[name='limit_in_all']").fill("-1")
    page.locator("[name='tiers-0-amounts-0-amount']").fill(LONG)
    page.locator("[name='texts-0-title']").fill("")
    page.locator("button[value=publish]").click()
    expect(page.locator(".notice-error li")).to_have_count(3)
    look("errors")
