"""The widgets in a real browser: room, access, keyboard, script and no script, under a strict CSP."""

from __future__ import annotations

from typing import Any

import pytest
from chromium import Opener, scrolls_sideways, settle, until, views, violations
from playwright.sync_api import Browser, Page, expect


def loads(page: Page) -> None:
    """Note every answer of a fragment in ``window.loads``."""
    page.evaluate("window.loads = []; addEventListener('storefront-load', (e) => window.loads.push(e.detail.status))")


def change_cart(page: Page, ids: str) -> None:
    """Fill the cart elsewhere and tell the page."""
    loads(page)
    page.evaluate(
        "async (ids) => { await fetch(`/shop/fill/${ids}`); dispatchEvent(new Event('storefront:cart-changed')); }", ids
    )
    until(page, "window.loads.length > 0")


@pytest.mark.parametrize("content", ["demo", "one", "hostile"])
@pytest.mark.parametrize("width", [375, 768, 1280])
@pytest.mark.parametrize("rest", ["shop=framework", "side=1", "placement=cart&shop=dark&locale=ja"])
def test_no_widget_is_wider_than_its_page(show: Opener, content: str, width: int, rest: str) -> None:
    """Long words, huge prices and narrow columns make nothing scroll sideways."""
    page = show(f"content={content}&{rest}", width)
    assert not scrolls_sideways(page)
    main = page.evaluate("document.querySelector('main').getBoundingClientRect().right")
    rights = page.evaluate(
        "[...document.querySelectorAll('.storefront-slot')].map(s => s.getBoundingClientRect().right)"
    )
    assert rights
    assert max(rights) <= main + 0.5


@pytest.mark.parametrize("content", ["demo", "one", "hostile"])
@pytest.mark.parametrize("rest", ["", "shop=framework&locale=ja", "shop=dark&placement=cart"])
@pytest.mark.parametrize("width", [375, 1280])
def test_axe_finds_nothing(show: Opener, content: str, rest: str, width: int) -> None:
    """No violation of any rule, in light and dark shops."""
    assert violations(show(f"content={content}&{rest}", width), ".storefront-placement") == []


@pytest.mark.parametrize("query", ["", "slot=related&lazy=related", "slot=also_bought&lazy=also_bought&layout=list"])
@pytest.mark.parametrize("width", [375, 1280])
def test_nothing_moves_when_a_fragment_arrives(show: Opener, query: str, width: int) -> None:
    """The shopper's own answer takes no more room than was held for it, though fewer and other products come."""
    first = show("", width)
    first.goto("/shop/fill/2,3")
    page = show(query, width, 1200)
    expect(page.locator("storefront-fragment")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator(".storefront-waiting")).to_have_count(0)
    page.wait_for_timeout(200)
    assert page.locator("[data-storefront-product='2']").count() == 0
    assert page.evaluate("window.shift") == 0


def test_a_taller_answer_waits_until_the_shopper_has_scrolled_on(show: Opener) -> None:
    """What is being read is not pushed down."""
    page = show("placement=product&slot=related", 1280, 900)
    short = page.locator(".storefront-slot .storefront-card").count()
    answer: dict[str, Any] = {
        "body": '<section class="storefront-slot"><div class="tall">new</div></section>',
        "content_type": "text/html",
        "headers": {"Storefront-Answer": "1"},
    }
    page.route("**/fragment/**", lambda route: route.fulfill(**answer))
    page.reload()
    settle(page)
    assert page.locator(".storefront-slot .storefront-card").count() == short
    page.evaluate("document.querySelector('.after').style.marginTop = '3000px'; scrollTo(0, 9999)")
    expect(page.locator(".storefront-slot .tall")).to_have_count(1)


def test_what_has_waited_is_not_shown_after_something_newer(show: Opener) -> None:
    """The cart changed meanwhile, and what the page shows is true."""
    page = show("placement=product&slot=related", 1280, 900)
    short = page.locator(".storefront-slot .storefront-card").count()
    ours = {"content_type": "text/html", "headers": {"Storefront-Answer": "1"}}
    tall = '<section class="storefront-slot"><div class="tall">old</div></section>'
    page.route("**/fragment/**", lambda route: route.fulfill(body=tall, **ours))
    page.reload()
    settle(page)
    page.unroute("**/fragment/**")
    page.route("**/fragment/**", lambda route: route.fulfill(status=204, **ours))
    loads(page)
    page.evaluate("dispatchEvent(new Event('storefront:cart-changed'))")
    until(page, "window.loads.length > 0")
    page.evaluate("document.querySelector('.after').style.marginTop = '3000px'; scrollTo(0, 9999)")
    page.wait_for_timeout(200)
    assert page.locator(".storefront-slot .tall").count() == 0
    assert page.locator(".storefront-slot .storefront-card").count() == short


def test_a_fragment_is_fetched_only_when_the_shopper_comes_near(show: Opener) -> None:
    """3 000 px above it nothing is asked for."""
    page = show("tall=1")
    asked = page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    assert asked
    assert not any("fragment" in url for url in asked)
    with page.expect_response("**/fragment/**") as response:
        page.evaluate("scrollTo(0, 2400)")
    assert response.value.status == 204


def test_a_changed_cart_brings_new_suggestions_and_says_so(show: Opener) -> None:
    """What was added is gone, focus stays where it was, and a screen reader hears it once."""
    page = show("shop=framework")
    page.locator(".storefront-grid [data-storefront-product='5'] .storefront-link").first.focus()
    change_cart(page, "4")
    assert page.locator("[data-storefront-product='4']").count() == 0
    expect(page.get_by_role("status").filter(has_text="Recommendations updated")).to_have_count(1)
    focused = page.evaluate("document.activeElement.closest('[data-storefront-product]')?.dataset.storefrontProduct")
    assert focused == "5"


def test_an_element_with_nothing_to_show_takes_itself_away(show: Opener) -> None:
    """No heading and no hole are left."""
    page = show("slot=related")
    change_cart(page, "1,2,3,4,5,6,7,8,9")
    expect(page.locator("storefront-fragment")).to_have_count(0)


def test_a_failing_fragment_leaves_the_page_and_notifies_the_shop(show: Opener) -> None:
    """The shared suggestions stay; `storefront-error` carries the status."""
    page = show("tall=1")
    page.evaluate("addEventListener('storefront-error', (event) => (window.failed = event.detail.status))")
    page.route("**/fragment/**", lambda route: route.fulfill(status=500, body="no"))
    page.evaluate("scrollTo(0, 2400)")
    until(page, "window.failed === 500")
    assert page.locator("section.storefront-slot").count() == 4


LOGIN = "<form class='storefront-slot'>Please sign in<input name='password'></form>"


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "body": LOGIN, "content_type": "text/html"},
        {"status": 302, "headers": {"Location": "/shop/category/a"}},
        {"status": 204},
    ],
)
def test_only_our_own_answer_is_shown(show: Opener, answer: dict[str, Any]) -> None:
    """A login form, a redirect or a maintenance page in its place leaves the page as it is, and the shop is notified."""
    page = show("tall=1")
    page.evaluate("addEventListener('storefront-error', (event) => (window.failed = event.detail.status))")
    page.route("**/fragment/**", lambda route: route.fulfill(**answer))
    page.evaluate("scrollTo(0, 2400)")
    until(page, "window.failed !== undefined")
    assert page.locator("section.storefront-slot").count() == 4
    assert page.locator("[name=password], storefront-fragment[aria-busy]").count() == 0


def test_of_two_answers_only_the_later_is_shown(show: Opener) -> None:
    """The first request is given up when the cart changes again."""
    page = show("placement=cart")
    loads(page)
    page.evaluate("for (let n = 0; n < 5; n++) dispatchEvent(new Event('storefront:cart-changed'))")
    until(page, "window.loads.length > 0")
    page.wait_for_timeout(300)
    assert page.evaluate("window.loads.length") == 1


def test_the_total_follows_the_boxes(show: Opener) -> None:
    """Exact to the cent, in the shop's words; with nothing checked there is nothing to add."""
    page = show("shop=framework")
    form = page.locator("form.storefront-together")
    expect(form.locator("output")).to_have_text("€48.40")
    form.get_by_role("checkbox").nth(1).uncheck()
    expect(form.locator("output")).to_have_text("€23.90")
    expect(form.get_by_role("button")).to_have_text("Add 2 to cart")
    for box in form.get_by_role("checkbox").all():
        box.uncheck()
    expect(form.get_by_role("button")).to_be_disabled()


def test_unchecked_boxes_survive_a_new_answer(show: Opener) -> None:
    """A shopper's choice is not undone by a fragment."""
    page = show()
    page.get_by_role("checkbox").first.uncheck()
    change_cart(page, "9")
    expect(page.get_by_role("checkbox").first).not_to_be_checked()


def test_all_is_added_by_one_button(show: Opener) -> None:
    """The set goes into the cart, and after a moment its products are offered no more."""
    page = show("content=demo")
    page.clock.install()
    button = page.locator("form.storefront-together [type=submit]")
    button.click()
    expect(button).to_have_accessible_name("Added")
    page.clock.fast_forward(4000)
    expect(page.locator(".storefront-grid [data-storefront-product='2']")).to_have_count(0)


def test_arrow_keys_walk_the_carousel(show: Opener) -> None:
    """Right and left go from card to card, End to the last, which comes into view."""
    page = show(width=375)
    links = page.locator(".storefront-carousel .storefront-link")
    links.first.focus()
    page.keyboard.press("ArrowRight")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(links.last).to_be_focused()
    expect(links.last).to_be_in_viewport()
    page.keyboard.press("Home")
    expect(links.first).to_be_focused()


def test_buttons_move_the_carousel_and_stop_at_its_ends(show: Opener) -> None:
    """They are there only where something can be moved."""
    page = show()
    before, after = page.get_by_role("button", name="Previous"), page.get_by_role("button", name="Next")
    expect(before).to_have_attribute("aria-disabled", "true")
    after.click()
    expect(before).to_have_attribute("aria-disabled", "false")
    until(page, "document.querySelector('.storefront-carousel').scrollLeft > 300")
    expect(show("content=one").get_by_role("button", name="Next")).to_have_count(0)


def test_a_card_is_clicked_anywhere_but_on_its_button(show: Opener) -> None:
    """Picture and price lead to the product."""
    page = show("slot=related")
    with page.expect_navigation(url="**/product/**"):
        page.locator(".storefront-card .storefront-picture").first.click(force=True)


@pytest.mark.parametrize("placement", ["product", "cart"])
def test_everything_works_without_script(show: Opener, placement: str) -> None:
    """Products, links and forms are in the page itself, and no empty room waits for a script."""
    page = show(f"placement={placement}", script=False)
    expect(page.locator("section.storefront-slot")).to_have_count(4 if placement == "product" else 2)
    page.locator(".storefront-card form button").first.click()
    assert "/?placement=" in page.url
    if placement == "product":
        page.get_by_role("checkbox").first.uncheck()
        page.get_by_role("button", name="Add all 3").click()
        assert "/?placement=" in page.url
    page.goto("/?slot=related&lazy=related")
    expect(page.locator(".storefront-waiting")).to_be_hidden()


def test_a_dark_shop_has_readable_buttons_on_a_light_system(show: Opener) -> None:
    """The main button takes the shop's text colour, and its label the contrary."""
    page = show("shop=dark")
    button = page.locator(".storefront-button-primary")
    back = button.evaluate("element => getComputedStyle(element).backgroundColor")
    assert back == "rgb(236, 231, 223)"
    label = button.locator(".storefront-label").evaluate("element => getComputedStyle(element).color")
    assert label.startswith("oklch(0 ")


LOOK = """
(selector) => [...document.querySelectorAll(selector)].map((each) => {
  const style = getComputedStyle(each);
  const told = ["text-transform",
    "background-color", "border-radius", "border-top-width", "font-size", "letter-spacing", "padding-left"];
  return told.map((name) => style.getPropertyValue(name)).join(" ");
})
"""


@pytest.mark.parametrize("selector", [".storefront-button:not(.storefront-button-primary, td *)", ".storefront-move"])
def test_buttons_are_alike_whatever_the_shop_says_of_button_and_a(show: Opener, selector: str) -> None:
    """Links and buttons stand in one row; a rule for bare elements reaches neither."""
    plain = show("bundles=steps", 1280).evaluate(LOOK, selector)
    loud = show("bundles=steps&shop=loud", 1280).evaluate(LOOK, selector)
    assert loud
    assert set(loud) == set(plain)
    assert len(set(loud)) == 1


def test_a_class_of_the_shop_wins_over_our_buttons(show: Opener) -> None:
    """Without ``!important``, whichever sheet comes first."""
    page = show("", 1280)
    style = """(address) => {
      const link = document.createElement("link");
      [link.rel, link.href] = ["stylesheet", address];
      document.head.prepend(link);
    }"""
    page.route(
        "**/shop/own.css",
        lambda route: route.fulfill(body=".storefront-button { border-radius: 9px }", content_type="text/css"),
    )
    page.evaluate(style, "/shop/own.css")
    until(page, "getComputedStyle(document.querySelector('.storefront-button')).borderRadius === '9px'")


@pytest.mark.parametrize("width", [375, 1280])
def test_a_page_to_the_edges_of_the_window_does_not_scroll_sideways(show: Opener, width: int) -> None:
    """Not even by the room that a ring of focus takes."""
    assert not scrolls_sideways(show("shop=loud&bundles=set,mix,steps", width))


@pytest.mark.parametrize("width", [375, 600, 700, 760, 1000, 1280])
def test_the_last_of_four_cards_does_not_stand_alone(show: Opener, width: int) -> None:
    """Four stand in a row, or two and two, in any width of the page."""
    page = show("slot=related&layout=grid", width)
    tops = page.evaluate(
        "[...document.querySelectorAll('.storefront-grid .storefront-card')].map((c) => c.getBoundingClientRect().top)"
    )
    assert len(tops) == 4
    assert sorted(tops.count(top) for top in set(tops)) in ([4], [2, 2])


@pytest.mark.parametrize("shop", ["plain", "loud"])
def test_one_ring_shows_the_focus(show: Opener, shop: str) -> None:
    """That of the card where its link has the focus, and none around the words of the link."""
    page = show(f"slot=related&layout=grid&shop={shop}", 1280)
    page.locator(".storefront-grid .storefront-link").first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    link = "document.activeElement"
    assert page.evaluate(f"{link}.className") == "storefront-link"
    assert page.evaluate(f"getComputedStyle({link}).outlineStyle") == "none"
    assert page.evaluate(f"getComputedStyle({link}, '::after').outlineWidth") == "2px"


def test_fingers_have_targets_of_44_pixels(browser: Browser, gallery: str) -> None:
    """On a touch screen all buttons, fields and boxes, with the room around a box."""
    with views(browser, gallery) as view:
        page = view(390, 844, has_touch=True, is_mobile=True).new_page()
        page.goto("/?bundles=set,mix,steps,cart&codes=1")
        settle(page)
        targets = ".storefront-button, .storefront-step-by, .storefront-choice, .storefront-code-ask, .storefront-move"
        small = page.evaluate(
            """(targets) => [...document.querySelectorAll(targets)]
            .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 43.9)
            .map((each) => each.outerHTML)""",
            targets,
        )
        assert small == []


def test_the_keyboard_skips_all_widgets_at_once(show: Opener) -> None:
    """The first tab stop of a placement leads behind it; it is seen while it has the focus."""
    page = show("", 1280)
    page.keyboard.press("Tab")
    skip = page.locator(".storefront-skip")
    expect(skip).to_be_focused()
    assert skip.bounding_box()["height"] > 20  # type: ignore[index]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert not page.evaluate("!!document.activeElement.closest('.storefront-slots')")


def test_quantities_are_changed_by_buttons_that_the_script_shows(show: Opener) -> None:
    """The price follows; without script one types."""
    page = show("bundles=mix", 1280)
    before = page.locator(".storefront-bundle-mix output").text_content()
    page.locator(".storefront-bundle-mix .storefront-step-by[data-by='1']").first.click()
    assert page.locator(".storefront-bundle-mix .storefront-number").first.input_value() == "2"
    assert page.locator(".storefront-bundle-mix output").text_content() != before
    plain = show("bundles=mix", 1280, script=False)
    expect(plain.locator(".storefront-step-by").first).to_be_hidden()
