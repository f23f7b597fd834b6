"""The slots of a placement in a real browser: dragged, moved by keys, previewed while one types, and without script."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator

import pytest
from chromium import AXE, missing, until
from playwright.sync_api import Browser, Page, expect
from small_shop import SmallShop
from werkzeug.serving import make_server

from storefront_plugin import Merchant, Slot
from storefront_plugin.recommending import placements
from storefront_plugin.recommending.plan import DEFAULT_PLAN

PRODUCT = [slot.name for slot in DEFAULT_PLAN["product"]]
HEADINGS = ["Often bought together", "Sets", "Customers also bought", "Related products", "Highly rated"]
EDITOR = "/storefront/admin/slots/product?product=p1"

Opener = Callable[..., Page]


@pytest.fixture
def shop(make_shop: Callable[..., SmallShop]) -> SmallShop:
    """A shop with orders whose pages Mina may edit."""
    shop = make_shop(admin_access=lambda: Merchant("Mina Sato"))
    with shop.app.app_context():
        shop.place(*[["p1", "p2", "p3"]] * 4, ["p4", "p5"], ["p6"])
    return shop


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
    """Open the editor; at the end no page may have met an error or a breach of its CSP."""
    complaints: list[str] = []
    contexts = []

    def opened(path: str = EDITOR, **options: object) -> Page:
        context = browser.new_context(
            base_url=address, locale="en", **{"viewport": {"width": 1280, "height": 1000}, **options}
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def headings(page: Page) -> list[str]:
    """Headings of the slots in their order, without removed ones."""
    return page.locator(".slot-item:not(.is-removed) [data-heading-shown]").all_inner_texts()


def stored(shop: SmallShop) -> list[str]:
    with shop.app.app_context():
        slots = placements.load(shop.storefront.database, "product").slots
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


def test_slots_are_dragged_and_the_preview_follows(show: Opener, shop: SmallShop) -> None:
    """Down, up again, given up with Escape; then saved, and the page is not left with what is not."""
    page = show()
    drag(page, 0, 3)
    expected = [*HEADINGS[1:4], HEADINGS[0], HEADINGS[4]]
    assert headings(page) == expected
    expect(page.locator("[data-slots-status]")).to_have_text("Often bought together is number 4 of 5.")
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


def test_slots_are_moved_by_keys(show: Opener, shop: SmallShop) -> None:
    """Arrow keys on the handle and the buttons beside it; the focus stays where the hand is."""
    page = show()
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
    page.get_by_role("button", name="Remove: Sets").press("Enter")
    assert "Sets" not in headings(page)
    page.keyboard.press("Enter")  # the focus is on "Put back"
    assert "Sets" in headings(page)
    page.get_by_role("button", name="Save").last.press("Enter")
    expect(page.locator(".notice")).to_contain_text("Saved.")
    assert stored(shop) == [PRODUCT[4], PRODUCT[1], PRODUCT[0], PRODUCT[2], PRODUCT[3]]
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".notice")).to_contain_text("Undone.")
    assert headings(page) == HEADINGS


@pytest.mark.parametrize("script", [True, False], ids=["script", "without script"])
def test_a_slot_is_added_with_a_chain_and_a_title(show: Opener, shop: SmallShop, script: bool) -> None:
    """The same buttons do it with script and without."""
    page = show(java_script_enabled=script)
    page.get_by_role("button", name="Add a slot").click()
    item = page.locator(".slot-item").last
    item.get_by_role("button", name="Add a fallback").click()
    item = page.locator(".slot-item").last
    item.locator("select[name$=strategies]").nth(1).select_option("bestsellers")
    item.get_by_role("button", name="Earlier").nth(1).click()
    item = page.locator(".slot-item").last
    item.get_by_label("Title in English").fill("Taken most")
    item.get_by_label("Name for templates").fill("most")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator(".notice")).to_contain_text("Saved.")
    with shop.app.app_context():
        slots = placements.load(shop.storefront.database, "product").slots or ()
    assert slots[-1] == Slot(name="most", strategies=("bestsellers", "related"), title={"en": "Taken most"})


def test_the_preview_follows_what_is_typed_and_the_chosen_product(show: Opener) -> None:
    """Titles at once; another product from the type-ahead; the heading of the slot too."""
    page = show()
    item = page.locator(".slot-item").nth(3)
    item.locator("summary").click()
    item.get_by_label("Title in English").fill("Very much alike")
    expect(page.locator("#preview h2", has_text="Very much alike")).to_be_attached()
    expect(item.locator("[data-heading-shown]")).to_have_text("Very much alike")
    expect(page.locator("#preview .storefront-slot-together")).to_have_count(1)
    page.locator("#preview-product").fill("")
    page.locator("#preview-product").press_sequentially("Product 19")
    page.locator(".suggestions [role=option]").first.click()
    expect(page.locator("#preview-product")).to_have_value("p19")
    expect(page.locator("#preview .storefront-slot-together")).to_have_count(0)  # nobody bought anything with it
    expect(page.locator("#preview h2", has_text="Very much alike")).to_be_attached()


def test_what_is_not_saved_is_guarded(show: Opener) -> None:
    """A moved slot is; the product of the preview is not."""
    asked: list[str] = []
    page = show()
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.locator("#preview-product").fill("p2")
    page.locator("#preview-product").press("Tab")
    page.get_by_role("link", name="Back").click()
    page.wait_for_url("**/slots")
    assert asked == []
    page.goto(EDITOR)
    page.locator("[data-grip]").first.press("ArrowDown")
    page.get_by_role("link", name="Back").click()
    page.wait_for_url("**/slots")
    assert asked == ["beforeunload"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_axe_finds_nothing_and_nothing_overflows(show: Opener, shop: SmallShop, scheme: str, width: int) -> None:
    """The list, the editor with a slot open and one removed, what is wrong, and a conflict."""
    if not AXE.exists():
        missing("axe-core", "run npm ci")
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}, "bypass_csp": True}
    page = show("/storefront/admin/slots", **options)
    _clean(page)
    page.goto(EDITOR)
    page.locator("summary").nth(2).click()
    page.get_by_role("button", name="Remove: Sets").click()
    page.get_by_role("button", name="Add a slot").click()
    _clean(page)
    page.locator(".slot-item").last.get_by_label("Most products").fill("99")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator(".notice-error")).to_contain_text("could not be saved")
    _clean(page)
    page.locator(".slot-item").last.get_by_label("Most products").fill("9")
    with shop.app.app_context():
        theirs = [Slot(name="also_bought", strategies=("also_bought",), title="W" * 120)]
        placements.save(shop.storefront.database, "product", 0, theirs, "Noor")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator(".conflict")).to_contain_text("Noor changed these slots")
    _clean(page)


def _clean(page: Page) -> None:
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")["violations"]
    assert [f"{each['id']}: {each['nodes'][0]['html']}" for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
