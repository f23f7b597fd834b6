"""Adding to the cart in a real browser: the page stays as it is, says what happened, and takes it back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from bundle_shop import BundleShop, SessionCart, bundle_shop, stocked
from chromium import SHIFT, View, served, settle, until, violations
from flask import Response, jsonify, render_template_string
from made_bundles import mix_of, set_of
from playwright.sync_api import Locator, Page, Route, expect
from small_shop import SmallShop

from storefront_plugin import CartLine, CartRefused, MemoryCatalog
from storefront_plugin.bundles.price import percent_off

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{{ storefront.head() }}</head>
<body><main><h1>The shop's own words</h1>{% if asks %}<form><label>Name <input name="name"></label></form>{% endif %}
{{ storefront.placement(placement, *products) }}<p>The page goes on.</p></main></body></html>"""

TWO = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>{{ storefront.head() }}</head><body>
<form action="{{ url_for('storefront.add_to_cart') }}" method="post" data-storefront-add>
<button name="product" value="p10"><span class="storefront-label">Add ten</span></button></form>
{{ storefront.slot("related", "p1") }}{{ storefront.slot("bought_together", "p1") }}</body></html>"""

EVENTS = """
window.heard = [];
for (const name of ["storefront:added", "storefront:removed"])
  document.addEventListener(name, ({ type, detail }) => window.heard.push([type, detail.lines, detail.count]));
"""


@pytest.fixture
def shop(make_shop: Callable[..., SmallShop], monkeypatch: pytest.MonkeyPatch) -> BundleShop:
    """A shop under a strict CSP where p1, p2 and p3 are bought together, and p4 to p9 by others."""
    monkeypatch.setattr("shop_pages._PAGE", PAGE)
    made = bundle_shop(make_shop, MemoryCatalog(stocked()))
    app = made.shop.app

    @app.get("/checkout")
    def checkout() -> str:
        return render_template_string(PAGE, asks=True, placement="checkout", products=[])

    @app.get("/two")
    def two() -> str:
        return render_template_string(TWO)

    @app.get("/contents")
    def contents() -> Response:
        return jsonify([[line.product_id, line.quantity] for line in SessionCart().lines()])

    @app.after_request
    def strict(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = "default-src 'self'"
        return response

    with app.app_context():
        made.shop.place(*[["p1", "p2", "p3"]] * 6, *[["p4", "p5", "p6", "p7", "p8", "p9"]] * 3)
        made.shop.storefront.rebuild()
    return made


@pytest.fixture
def address(shop: BundleShop) -> Iterator[str]:
    with served(shop.shop.app) as address:
        yield address


def opened(view: View, path: str = "/p/p1", **options: Any) -> Page:
    """A page whose clock can be moved on, with what the shop hears in ``window.heard``."""
    page = view(**options).new_page()
    page.add_init_script(EVENTS)
    page.add_init_script(SHIFT)
    page.set_default_timeout(5000)
    page.clock.install()
    page.goto(path)
    if options.get("script", True):
        settle(page)
        page.evaluate("window.same = true")  # a page that was left has forgotten it
    return page


def card(page: Page, product: str) -> Locator:
    return page.locator(f"li.storefront-card:not(.storefront-part)[data-storefront-product={product}]").first


def contents(page: Page) -> list[list[Any]]:
    """What the shopper's cart holds."""
    return list(page.evaluate("fetch('/contents').then((answer) => answer.json())"))


def heard(page: Page) -> list[Any]:
    return list(page.evaluate("window.heard"))


def said(page: Page) -> Locator:
    """The live region of the page."""
    return page.locator("body > [role=status]")


def test_a_card_is_added_without_leaving_the_page(shop: BundleShop, view: View) -> None:
    """The button says so, focus stays on it, a screen reader hears it once, the shop is told, and nothing moves."""
    page = opened(view)
    button = card(page, "p4").locator("[type=submit]")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_accessible_name("Added : Product 4")
    expect(button).to_be_focused()
    expect(said(page)).to_have_text("Added to cart: Product 4")
    assert heard(page) == [["storefront:added", [{"product": "p4", "variant": None, "quantity": 1}], 1]]
    assert contents(page) == [["p4", 1]]
    assert page.evaluate("[window.same, window.shift]") == [True, 0]
    assert violations(page, "body") == []


def test_after_some_seconds_the_suggestions_are_fresh(shop: BundleShop, view: View) -> None:
    """What is in the cart is offered no more, and focus goes on to a neighbour, not to the top of the page."""
    page = opened(view)
    card(page, "p5").get_by_role("button").press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.clock.fast_forward(9000)
    expect(page.locator("[data-storefront-product=p5]")).to_have_count(0)
    assert page.evaluate("document.activeElement.closest('.storefront-card').dataset.storefrontProduct") == "p6"
    expect(page.get_by_text("Recommendations updated")).to_have_count(0)
    assert contents(page) == [["p5", 1]]


def test_other_places_of_the_page_are_fresh_at_once(shop: BundleShop, view: View) -> None:
    """Only the one where the button is waits until it has said what happened."""
    page = opened(view, "/two")
    with page.expect_response("**/fragment/**") as fetched:
        card(page, "p4").get_by_role("button").click()
    assert "slot=bought_together" in fetched.value.url
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def test_a_form_of_the_shops_own_page_is_sent_in_the_same_way(shop: BundleShop, view: View) -> None:
    """By its attribute, with the name and value of its button."""
    page = opened(view, "/two")
    button = page.locator("[name=product][value=p10]")
    button.click()
    expect(button).to_have_accessible_name("Added")
    assert heard(page) == [["storefront:added", [{"product": "p10", "variant": None, "quantity": 1}], 1]]
    page.get_by_role("button", name="Undo").click()
    expect(button).to_have_accessible_name("Add ten")
    assert page.evaluate("window.same")


def test_undo_takes_out_what_was_added_and_no_more(shop: BundleShop, view: View) -> None:
    """What the cart had before stays; the button is as it was, with the focus."""
    page = opened(view, "/p/p4")
    page.evaluate("fetch('/storefront/cart', { method: 'POST', body: new URLSearchParams({ product: 'p10' }) })")
    until(page, "fetch('/contents').then((answer) => answer.json()).then(({ length }) => length === 1)")
    button = card(page, "p7").locator("[type=submit]")
    button.press("Enter")
    expect(page.get_by_role("button", name="Undo : Product 7")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Undo : Product 7")).to_be_focused()
    page.clock.fast_forward(20_000)  # while it has the focus, it stays
    page.keyboard.press("Enter")
    expect(said(page)).to_have_text("Removed from cart: Product 7")
    expect(button).to_have_accessible_name("Add to cart : Product 7")
    expect(button).to_be_focused()
    assert contents(page) == [["p10", 1]]
    assert heard(page)[-1] == ["storefront:removed", [{"product": "p7", "variant": None, "quantity": 1}], 1]


def test_all_of_a_set_is_added_and_taken_back_at_once(shop: BundleShop, view: View) -> None:
    """By the one button of "bought together", on a phone as well."""
    page = opened(view, width=390)
    together = page.locator("form.storefront-together")
    together.get_by_role("button").click()
    expect(together.get_by_role("button").first).to_have_accessible_name("Added")
    assert {name for name, _ in contents(page)} == {"p1", "p2", "p3"}
    together.get_by_role("button", name="Undo").click()
    expect(said(page)).to_have_text("3 items removed from cart")
    assert contents(page) == []


def test_a_bundle_is_added_by_a_double_click_only_once(shop: BundleShop, view: View) -> None:
    """And again later, when the shopper wants a second one."""
    shop.publish(set_of("p4", "p10", price=percent_off(10)))
    page = opened(view, "/p/p4")
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    button = page.locator("form.storefront-set button[type=submit]")
    button.dblclick()
    expect(button).to_contain_text("Added")
    assert contents(page) == [["p4", 1], ["p10", 1]]
    page.get_by_role("button", name="Undo").click()
    expect(said(page)).to_have_text("2 items removed from cart")
    assert len(posts) == 2
    button.click()
    expect(button).to_contain_text("Added")
    assert contents(page) == [["p4", 1], ["p10", 1]]


def test_several_cards_in_a_row_are_all_in_the_cart(shop: BundleShop, view: View) -> None:
    """Though the shop keeps the cart in a cookie, which holds what the last answer says."""
    page = opened(view)
    page.evaluate("document.querySelectorAll('.storefront-action [type=submit]').forEach((button) => button.click())")
    expect(page.get_by_role("button", name="Undo")).to_have_count(4)
    assert contents(page) == [["p4", 1], ["p5", 1], ["p6", 1], ["p7", 1]]
    assert [count for *_, count in heard(page)] == [1, 2, 3, 4]


def test_on_checkout_nothing_typed_is_lost(shop: BundleShop, view: View) -> None:
    """Not while something is added, nor when the suggestions are fresh."""
    page = opened(view, "/checkout")
    page.evaluate("fetch('/storefront/cart', { method: 'POST', body: new URLSearchParams({ product: 'p4' }) })")
    page.reload()
    settle(page)
    page.get_by_label("Name").fill("Aiko Tanaka")
    page.locator(".storefront-card form button").first.click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.get_by_label("Name").focus()
    page.clock.fast_forward(9000)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    settle(page)
    expect(page.get_by_label("Name")).to_have_value("Aiko Tanaka")
    expect(page.get_by_label("Name")).to_be_focused()
    assert len(contents(page)) == 2


def test_the_shops_refusal_stands_at_the_button_with_its_link(
    shop: BundleShop, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Heard at once, in the shop's words; without script it is a page of ours."""

    def refuse(cart: SessionCart, lines: Sequence[CartLine]) -> None:
        raise CartRefused("Only for <b>adults</b>.", "/age-check")

    monkeypatch.setattr(SessionCart, "add", refuse)
    page = opened(view)
    card(page, "p4").get_by_role("button").click()
    notice = card(page, "p4").get_by_role("alert")
    expect(notice).to_have_text("Only for <b>adults</b>. Continue")
    expect(notice.get_by_role("link")).to_have_attribute("href", "/age-check")
    expect(card(page, "p4").get_by_role("button")).to_have_accessible_name("Add to cart : Product 4")
    assert violations(page, ".storefront-placement") == []
    plain = opened(view, script=False)
    card(plain, "p4").get_by_role("button").click()
    expect(plain.get_by_role("heading")).to_have_text("Only for <b>adults</b>.")
    expect(plain.get_by_role("link").first).to_have_attribute("href", "/age-check")


def test_a_notice_stays_while_other_buttons_work(shop: BundleShop, view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fresh suggestions do not take it away before it is read."""
    add = SessionCart.add

    def refuse_p4(cart: SessionCart, lines: Sequence[CartLine]) -> None:
        if lines[0].product_id == "p4":
            raise CartRefused("At most one.")
        add(cart, lines)

    monkeypatch.setattr(SessionCart, "add", refuse_p4)
    page = opened(view)
    card(page, "p4").get_by_role("button").click()
    expect(card(page, "p4").get_by_role("alert")).to_have_text("At most one.")
    card(page, "p5").get_by_role("button").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.clock.fast_forward(9000)
    expect(card(page, "p5")).to_have_count(0)
    expect(card(page, "p4").get_by_text("At most one.")).to_be_visible()


def test_a_notice_stays_where_nothing_else_is_left(
    shop: BundleShop, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cart changed elsewhere, so that the page has nothing more to offer."""
    refuse = CartRefused("At most one.")

    def refusing(cart: SessionCart, lines: Sequence[CartLine]) -> None:
        raise refuse

    monkeypatch.setattr(SessionCart, "add", refusing)
    page = opened(view)
    card(page, "p4").get_by_role("button").click()
    expect(card(page, "p4").get_by_role("alert")).to_have_text("At most one.")
    nothing = {"status": 200, "body": "", "content_type": "text/html", "headers": {"Storefront-Answer": "1"}}
    page.route("**/fragment/**", lambda route: route.fulfill(**nothing))
    page.evaluate("dispatchEvent(new Event('storefront:cart-changed'))")
    expect(page.locator(".storefront-card")).to_have_count(0)
    expect(page.get_by_text("At most one.")).to_be_visible()
    expect(page.locator("storefront-fragment[aria-busy]")).to_have_count(0)
    assert violations(page, ".storefront-placement") == []


def test_parameters_of_the_shops_own_address_are_none_of_ours(shop: BundleShop, view: View) -> None:
    """A list of the shop's has a page, too; a form of its own speaks the language of the widgets beside it."""
    page = opened(view, "/two?page=2&locale=de", locale="ja")
    with page.expect_request("**/storefront/cart") as posted:
        page.get_by_role("button", name="Add ten").click()
    assert "page=" not in (posted.value.post_data or "")
    expect(said(page)).to_have_text("カートに追加しました：Product 10")


def test_who_leaves_before_the_answer_has_it_in_the_cart(
    shop: BundleShop, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shop's cookie comes with an answer that no page waits for any more."""
    add = SessionCart.add

    def slowly(cart: SessionCart, lines: Sequence[CartLine]) -> None:
        time.sleep(0.5)
        add(cart, lines)

    monkeypatch.setattr(SessionCart, "add", slowly)
    page = opened(view)
    with page.expect_request("**/storefront/cart"):
        card(page, "p4").get_by_role("button").click()
    page.goto("/checkout")
    page.wait_for_timeout(1000)
    assert contents(page) == [["p4", 1]]


def test_a_script_that_came_late_is_held_by_nobody(shop: BundleShop, view: View) -> None:
    """What was held before it was there is released all the same, and it goes on fetching."""
    page = opened(view)
    page.evaluate("document.querySelector('storefront-fragment').release()")
    with page.expect_response("**/fragment/**"):
        page.evaluate("dispatchEvent(new Event('storefront:cart-changed'))")


def test_what_is_wrong_with_a_bundle_stands_beside_its_fresh_price(shop: BundleShop, view: View) -> None:
    """It had sold out meanwhile, so that the page shows it no more; the notice stands where it can be read."""
    shop.publish(mix_of("p4", "p10", price=percent_off(20), least=2))
    shop.publish(set_of("p4", "p9", price=percent_off(10)))
    page = opened(view, "/p/p4")
    catalog: Any = shop.shop.storefront.catalog
    catalog._products["p9"] = replace(catalog._products["p9"], stock=0)
    with shop.shop.app.app_context():
        shop.shop.storefront.product_changed("p9")
    page.locator("form.storefront-set:not([data-more]) button[type=submit]").click()
    expect(page.get_by_role("alert")).to_have_text("Product 9 has just sold out.")
    expect(page.locator("form.storefront-set:not([data-more])")).to_have_count(0)
    assert page.evaluate("window.same")
    assert contents(page) == []


def test_without_an_answer_the_shopper_tries_again_as_without_script(shop: BundleShop, view: View) -> None:
    """Nobody knows whether it was added, so nothing is sent again by itself."""
    page = opened(view)
    page.route("**/storefront/cart", lambda route: route.abort())
    button = card(page, "p4").get_by_role("button")
    button.click()
    expect(card(page, "p4").get_by_role("alert")).to_have_text("No answer. Check your cart, then try again.")
    expect(button).to_have_accessible_name("Try again : Product 4")
    assert violations(page, ".storefront-placement") == []
    page.unroute("**/storefront/cart")
    with page.expect_navigation():
        button.click()
    assert contents(page) == [["p4", 1]]


@pytest.mark.parametrize(
    "answer", [{"status": 302, "headers": {"Location": "/cart"}}, {"status": 200, "body": "Sign in"}]
)
def test_what_the_shop_answers_in_our_place_is_shown_as_a_page(
    shop: BundleShop, view: View, answer: dict[str, Any]
) -> None:
    """Such as a sign-in: the browser posts the form itself."""
    page = opened(view)

    def answered(route: Route) -> None:
        in_place = route.request.headers["accept"] == "application/json"
        route.fulfill(**answer) if in_place else route.continue_()

    page.route("**/storefront/cart", answered)
    with page.expect_navigation():
        card(page, "p4").get_by_role("button").click()
    assert contents(page) == [["p4", 1]]


def test_without_script_forms_are_posted_as_ever(shop: BundleShop, view: View) -> None:
    """The shopper comes back to the page."""
    page = opened(view, script=False)
    with page.expect_navigation():
        card(page, "p4").get_by_role("button").click()
    assert page.url.endswith("/p/p1")
    page.goto("/contents")
    expect(page.locator("body")).to_contain_text('"p4"')
