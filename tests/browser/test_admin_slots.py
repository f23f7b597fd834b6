"""The slots of a placement in a real browser: dragged, moved by keys, previewed while one types, and without script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chromium import Opener, scrolls_sideways, until, violations
from fillers import FILLERS
from playwright.sync_api import Page, expect
from small_shop import SmallShop

from storefront_plugin import Merchant, Slot
from storefront_plugin.recommending.placements import PlacementStore
from storefront_plugin.recommending.plan import DEFAULT_PLAN

PRODUCT = [slot.name for slot in DEFAULT_PLAN["product"]]
HEADINGS = [
    "Frequently bought together",
    "Bundles & savings",
    "Customers also bought",
    "Related products",
    "Highly rated",
]
EDITOR = "/slots/product?product=p1"


@pytest.fixture
def shop(make_shop: Callable[..., SmallShop]) -> SmallShop:
    """A shop with orders whose pages its editor may change."""
    shop = make_shop(admin_access=lambda: Merchant("First editor"))
    with shop.app.app_context():
        shop.place(*[["p1", "p2", "p3"]] * 4, ["p4", "p5"], ["p6"])
    return shop


def headings(page: Page) -> list[str]:
    """Headings of the slots in their order, without removed ones."""
    return page.locator(".slot-item:not(.is-removed) [data-heading-shown]").all_inner_texts()


def stored(shop: SmallShop) -> list[str]:
    with shop.app.app_context():
        slots = PlacementStore(shop.storefront.database, FILLERS).load("product").slots
    return [slot.name for slot in slots or ()]


def drag(page: Page, place: int, onto: int, drop: bool = True) -> None:
    """Drag the slot at *place* by its handle to below the middle of the one at *onto*."""
    grip = page.locator("[data-grip]").nth(place).bounding_box()
    target = page.locator(".slot-item").nth(onto).bounding_box()
    assert grip is not None
    assert target is not None
    page.mouse.move(grip["x"] + 8, grip["y"] + 8)
    page.mouse.down()
    for part in range(1, 6):
        end = target["y"] + target["height"] * (0.8 if onto > place else 0.2)
        page.mouse.move(grip["x"] + 8, grip["y"] + 8 + (end - grip["y"] - 8) * part / 5)
    if drop:
        page.mouse.up()


def test_slots_are_dragged_and_the_preview_follows(visit: Opener, shop: SmallShop) -> None:
    """Down, up again, given up with Escape; then saved, and the page is not left with what is not."""
    page = visit(EDITOR, height=1000)
    drag(page, 0, 3)
    expected = [*HEADINGS[1:4], HEADINGS[0], HEADINGS[4]]
    assert headings(page) == expected
    expect(page.locator("[data-slots-status]")).to_have_text("Frequently bought together moved to position 4 of 5.")
    until(
        page, "document.querySelector('#preview [data-storefront-slot]').dataset.storefrontSlot !== 'bought_together'"
    )
    shown = page.locator("#preview [data-storefront-slot]").evaluate_all(
        "all => all.map(each => each.dataset.storefrontSlot)"
    )
    moved = [*PRODUCT[1:4], PRODUCT[0], PRODUCT[4]]
    assert shown == [name for name in moved if name in shown]
    drag(page, 4, 0)
    assert headings(page) == [HEADINGS[4], *expected[:4]]
    drag(page, 0, 2, drop=False)
    page.keyboard.press("Escape")
    page.mouse.up()
    assert headings(page) == [HEADINGS[4], *expected[:4]]
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator(".notice")).to_contain_text("Saved.")
    assert stored(shop) == [PRODUCT[4], PRODUCT[1], PRODUCT[2], PRODUCT[3], PRODUCT[0]]


def test_slots_are_moved_by_keys(visit: Opener, shop: SmallShop) -> None:
    """Arrow keys on the handle and the buttons beside it; the focus stays where the hand is."""
    page = visit(EDITOR, height=1000)
    page.locator("[data-grip]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert headings(page) == [HEADINGS[1], HEADINGS[0], *HEADINGS[2:]]
    assert page.evaluate("document.activeElement.closest('[data-slot]').dataset.slot") == "1"
    up = page.get_by_role("button", name="Move up: Highly rated")
    up.focus()
    for _ in range(4):
        page.keyboard.press("Enter")
    assert headings(page)[0] == "Highly rated"
    assert page.evaluate("document.activeElement !== document.body")
    expect(up).to_be_disabled()
    page.get_by_role("button", name="Remove: Bundles & savings").press("Enter")
    assert "Bundles & savings" not in headings(page)
    page.keyboard.press("Enter")  # the focus is on "Put back"
    assert "Bundles & savings" in headings(page)
    page.get_by_role("button", name="Save").last.press("Enter")
    expect(page.locator(".notice")).to_contain_text("Saved.")
    assert stored(shop) == [PRODUCT[4], PRODUCT[1], PRODUCT[0], PRODUCT[2], PRODUCT[3]]
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".notice")).to_contain_text("Undone.")
    assert headings(page) == HEADINGS


@pytest.mark.parametrize("script", [True, False], ids=["script", "without script"])
def test_a_slot_is_added_with_a_chain_and_a_title(visit: Opener, shop: SmallShop, script: bool) -> None:
    """The same buttons do it with script and without."""
    page = visit(EDITOR, script=script)
    page.get_by_role("button", name="Add slot").click()
    item = page.locator(".slot-item").last
    item.get_by_role("button", name="Add fallback").click()
    item = page.locator(".slot-item").last
    item.locator("select[name$=strategies]").nth(1).select_option("bestsellers")
    item.get_by_role("button", name="Move up", exact=True).nth(1).click()
    item = page.locator(".slot-item").last
    item.get_by_label("Title (English)").fill("Taken most")
    item.get_by_label("Name in templates").fill("most")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator(".notice")).to_contain_text("Saved.")
    with shop.app.app_context():
        slots = PlacementStore(shop.storefront.database, FILLERS).load("product").slots or ()
    assert slots[-1] == Slot(name="most", strategies=("bestsellers", "related"), title={"en": "Taken most"})


def test_the_preview_follows_what_is_typed_and_the_chosen_product(visit: Opener) -> None:
    """Titles at once; another product from the type-ahead; the heading of the slot too."""
    page = visit(EDITOR, height=1000)
    item = page.locator(".slot-item").nth(3)
    item.locator("summary").click()
    item.get_by_label("Title (English)").fill("Very much alike")
    expect(page.locator("#preview h2", has_text="Very much alike")).to_be_attached()
    expect(item.locator("[data-heading-shown]")).to_have_text("Very much alike")
    expect(page.locator("#preview .storefront-slot-together")).to_have_count(1)
    page.locator("#preview-product").fill("")
    page.locator("#preview-product").press_sequentially("Product 19")
    page.locator(".suggestions [role=option]").first.click()
    expect(page.locator("#preview-product")).to_have_value("p19")
    expect(page.locator("#preview .storefront-slot-together")).to_have_count(0)  # nobody bought anything with it
    expect(page.locator("#preview h2", has_text="Very much alike")).to_be_attached()


def test_what_is_not_saved_is_guarded(visit: Opener) -> None:
    """A moved slot is; the product of the preview is not."""
    asked: list[str] = []
    page = visit(EDITOR, height=1000)
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.locator("#preview-product").fill("p2")
    page.locator("#preview-product").press("Tab")
    page.get_by_role("link", name="Back").click()
    page.wait_for_url("**/slots")
    assert asked == []
    page.goto(f"/storefront/admin{EDITOR}")
    page.locator("[data-grip]").first.press("ArrowDown")
    page.get_by_role("link", name="Back").click()
    page.wait_for_url("**/slots")
    assert asked == ["beforeunload"]


@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), pytest.param(1280, "light", marks=pytest.mark.slow)])
def test_axe_finds_nothing_and_nothing_overflows(visit: Opener, shop: SmallShop, scheme: str, width: int) -> None:
    """The list, the editor with a slot open and one removed, what is wrong, and a conflict."""
    page = visit("/slots", width=width, color_scheme=scheme)
    _clean(page)
    page.goto(f"/storefront/admin{EDITOR}")
    page.locator("summary").nth(2).click()
    page.get_by_role("button", name="Remove: Bundles & savings").click()
    page.get_by_role("button", name="Add slot").click()
    _clean(page)
    page.locator(".slot-item").last.get_by_label("Maximum products").fill("99")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator(".notice-error")).to_contain_text("Not saved yet")
    _clean(page)
    page.locator(".slot-item").last.get_by_label("Maximum products").fill("9")
    with shop.app.app_context():
        theirs = [Slot(name="also_bought", strategies=("also_bought",), title="W" * 120)]
        PlacementStore(shop.storefront.database, FILLERS).save("product", 0, theirs, "Second editor")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator(".conflict")).to_contain_text("Second editor changed these slots")
    _clean(page)


def _clean(page: Page) -> None:
    assert violations(page) == []
    assert not scrolls_sideways(page)
