"""What shoppers read when a bundle is not added, and when a code or link works or does not: once, and them alone."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from bundle_shop import BundleShop, SessionCart, bundle_shop, colours, stocked
from flask import session
from made_bundles import mix_of, set_of
from small_shop import SmallShop

from storefront_plugin import CartLine, MemoryCatalog, Product
from storefront_plugin.bundles.definition import BundleText, Definition, Schedule
from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.bundles.tier import Component, Tier
from storefront_plugin.core.errors import DatabaseUnavailable
from storefront_plugin.proxies import SERVICES
from storefront_plugin.web import notices
from storefront_plugin.web.request_page import KEY

MakeShop = Callable[..., SmallShop]
OFF = percent_off(10)
NOW = dt.datetime.now(dt.timezone.utc)
HOUR = dt.timedelta(hours=1)
CHANGED = "This offer has changed. Please check it again."


@pytest.fixture
def shop(make_shop: MakeShop) -> BundleShop:
    """Ten products at 1 to 10 euros, p2 in three colours, of p10 five items."""
    tenth = Product(id="p10", title="<b>Tenth</b>", price=Decimal(10), stock=5, url="/p/p10")
    return bundle_shop(make_shop, MemoryCatalog(stocked(p10=tenth), variants=colours))


def texts_of_notices(soup: BeautifulSoup) -> list[str]:
    """The notices of a page."""
    return [one.bdi.text for one in soup.select(".storefront-notice")]


def fragment(shop: BundleShop, product: str = "p3") -> BeautifulSoup:
    """What the script fetches for a product page."""
    page = shop.soup(f"/p/{product}").select_one("storefront-fragment")
    response = shop.client.get(
        str(page["src"]) if page is not None else f"/storefront/fragment/product?product={product}"
    )
    assert "no-store" in response.headers["Cache-Control"]
    return BeautifulSoup(response.text, "html5lib")


def test_with_script_the_fragment_shows_it_at_the_bundle_once(shop: BundleShop) -> None:
    """The page itself stays the same for all; the shopper comes back to the notice."""
    number = shop.publish(mix_of("p3", "p4", price=OFF, least=3, most=4))
    before = shop.client.get("/p/p3").data
    response = shop.post(bundle=number, version=2, tier=0, once="k2", **{"pieces-0": "1", "pieces-1": "1"})
    assert (response.status_code, response.location) == (303, "/p/p1#storefront-notice")
    page = shop.client.get("/p/p3")
    assert page.data == before
    assert "Set-Cookie" not in page.headers
    notice = fragment(shop).select_one(f"#storefront-bundle-{number} .storefront-notice")
    assert notice is not None
    assert (notice["role"], notice["id"]) == ("alert", "storefront-notice")
    assert notice.text == "Choose 3 to 4 items; you chose 2."
    assert texts_of_notices(fragment(shop)) == []
    assert shop.cart == []


def test_without_script_a_page_of_ours_shows_it_and_leads_back(shop: BundleShop) -> None:
    """In the shopper's language; looked at again it leads straight back."""
    shop.publish(mix_of("p3", "p4", price=OFF, least=3))
    form = shop.soup("/p/p3").select_one("form.storefront-set")
    response = shop.client.post(
        form["action"],  # type: ignore[index]
        data={"bundle": 1, "version": 2, "tier": 0, "once": "", "pieces-0": 7},
        headers={"Referer": "http://localhost/p/p3"},
    )
    assert response.location == "/storefront/answer?next=/p/p3"
    answer = shop.client.get(response.location, headers={"Accept-Language": "ja"})
    page = BeautifulSoup(answer.text, "html5lib")
    assert (page.html["lang"], page.a["href"]) == ("ja", "/p/p3")  # type: ignore[index]
    assert page.h1.text == "3点お選びください（現在7点）。"  # type: ignore[union-attr]
    assert {"no-store", "private"} <= set(re.split(", ?", answer.headers["Cache-Control"]))
    again = shop.client.get(response.location)
    assert (again.status_code, again.location) == (303, "/p/p3")


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", ""])
def test_the_page_of_ours_leads_to_no_other_site(shop: BundleShop, elsewhere: str) -> None:
    """Whatever its address says."""
    assert shop.client.get("/storefront/answer", query_string={"next": elsewhere}).location == "/"


def test_a_private_page_shows_it_itself(shop: BundleShop) -> None:
    """In the cart, without script, at the offer that was pressed."""
    number = shop.publish(set_of("p3", "p10", price=OFF))
    shop.fill(("p10", None, 1))
    form = shop.soup("/cart").select_one("form.storefront-near")
    sell(shop, "p3", 0)
    response = shop.client.post(form["action"], data=sent(form), headers={"Referer": "http://localhost/cart"})  # type: ignore[index]
    assert response.location == "/cart#storefront-notice"
    cart = shop.soup("/cart")
    assert texts_of_notices(cart) == [CHANGED]
    assert texts_of_notices(shop.soup("/cart")) == []
    assert shop.cart == [("p10", None, 1)]
    assert number


def sent(form: Tag | None) -> dict[str, Any]:
    """The hidden fields of *form*."""
    assert form is not None
    return {str(one["name"]): one["value"] for one in form.select("input[type=hidden]")}


def sell(shop: BundleShop, product: str, left: int) -> None:
    """Leave this many items of *product* in stock."""
    catalog: Any = shop.shop.storefront.catalog
    catalog._products[product] = replace(catalog._products[product], stock=left)
    with shop.shop.app.app_context():
        shop.shop.storefront.product_changed(product)


@pytest.mark.parametrize(
    ("left", "sentence"),
    [(0, "<b>Tenth</b> has just sold out."), (1, "Only 1 more of <b>Tenth</b> available.")],
)
def test_what_is_sold_out_is_named_as_text(shop: BundleShop, left: int, sentence: str) -> None:
    """Its markup is shown, not obeyed; the whole set stays out."""
    texts = set_of("p3", "p10", price=OFF).texts
    tier = Tier((Component("p3"), Component("p10", 2)), OFF)
    number = shop.publish(Definition(kind="set", tiers=(tier,), texts=texts))
    sell(shop, "p10", left)
    shop.post(bundle=number, version=2, tier=0, once="x")
    page = fragment(shop)
    assert texts_of_notices(page) == [sentence]
    assert not page.select(".storefront-notice b")
    assert shop.cart == []


def test_a_changed_or_ended_bundle_is_shown_above_the_slots(shop: BundleShop) -> None:
    """Also where nothing of it is on the page any more."""
    number = shop.publish(set_of("p3", "p4", price=OFF))
    form = sent(shop.soup("/p/p3").select_one("form.storefront-set")) | {"once": "y"}
    with shop.shop.app.app_context():
        BundleRepository(shop.shop.storefront.database).set_state(number, 2, "archive")
        shop.shop.storefront.bundles_changed()
    shop.client.post("/storefront/cart", data=form, headers={"Referer": "http://localhost/p/p3"})
    page = fragment(shop)
    assert texts_of_notices(page) == [CHANGED]
    assert not page.select("[data-storefront-bundle]")
    assert shop.cart == []


def test_a_variant_that_was_not_chosen_is_asked_for(shop: BundleShop) -> None:
    """Of several that are available."""
    number = shop.publish(set_of("p3", "p2", price=OFF))
    shop.post(bundle=number, version=2, tier=0, once="z")
    assert texts_of_notices(fragment(shop)) == ["Please choose an option for each product."]


def test_our_own_trouble_is_shown_and_the_form_can_be_sent_again(
    shop: BundleShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once: what failed is no double click."""
    number = shop.publish(set_of("p3", "p4", price=OFF))
    published = shop.shop.app.extensions[SERVICES].pricer.published
    sending = {"bundle": number, "version": 2, "tier": 0, "once": "t"}

    def late(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("late")

    with monkeypatch.context() as patched:
        patched.setattr(published, "get", late)
        shop.post(**sending)
    assert texts_of_notices(fragment(shop)) == ["This couldn't be added to your cart. Please try again."]
    shop.post(**sending)
    assert shop.cart == [("p3", None, 1), ("p4", None, 1)]


def test_a_form_that_made_the_shops_own_code_fail_can_be_sent_again_at_once(
    make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first try meets the shop's error page; the second adds it, a third within the moment is a double click."""
    shop = bundle_shop(make_shop)
    shop.shop.app.testing = False
    number = shop.publish(set_of("p3", "p4", price=OFF))
    add, tries = SessionCart.add, []

    def failing(cart: SessionCart, lines: Sequence[CartLine]) -> None:
        tries.append(lines)
        if len(tries) == 1:
            raise RuntimeError("the database is locked")
        add(cart, lines)

    monkeypatch.setattr(SessionCart, "add", failing)
    answers = [shop.post(bundle=number, version=2, tier=0, once="f").status_code for _ in range(3)]
    assert (answers, len(tries)) == ([500, 303, 303], 2)
    assert shop.cart == [("p3", None, 1), ("p4", None, 1)]
    assert texts_of_notices(fragment(shop)) == []


def test_a_second_click_on_what_is_missing_is_no_failure(shop: BundleShop) -> None:
    """A later one hears that the cart has it."""
    number = shop.publish(set_of("p3", "p4", price=OFF))
    shop.fill(("p4", None, 1))
    sending = {"near": number, "version": 2, "private": "1"}
    for once in ("a", "a", "b"):
        shop.post(**sending, once=once)
    assert shop.cart == [("p4", None, 1), ("p3", None, 1)]
    notice = shop.soup("/cart").select_one("[role=status].storefront-notice")
    assert notice is not None
    assert notice.text == "Everything in this offer is already in your cart."


def test_a_notice_that_nobody_came_for_is_forgotten(shop: BundleShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that another version of this package left."""
    number = shop.publish(mix_of("p3", "p4", price=OFF, least=3))
    monkeypatch.setattr(notices, "SECONDS", -1)
    shop.post(bundle=number, version=2, tier=0, once="o")
    assert texts_of_notices(fragment(shop)) == []
    monkeypatch.undo()
    for odd in ({"at": 2**40, "kind": "choose", "unknown": 1}, "x", None, {"at": "now"}):
        with shop.client.session_transaction() as held:
            held[notices.KEY] = odd
        assert texts_of_notices(fragment(shop)) == []


def code_of(shop: BundleShop, number: int, until: dt.datetime) -> str:
    """A typed code."""
    with shop.shop.app.app_context():
        return shop.shop.storefront.services.pricer.codes.code(number, until)


def link_of(shop: BundleShop, number: int, until: dt.datetime) -> str:
    """The address of a link."""
    with shop.shop.app.app_context():
        return "/storefront/offer/" + shop.shop.storefront.services.pricer.codes.link_token(number, until)


KIT = {"en": BundleText("Club <i>kit</i>")}
STATES: dict[str, tuple[dict[str, Any], str]] = {
    "works": ({}, "Offer unlocked: Club <i>kit</i>"),
    "scheduled": ({"schedule": Schedule(start=NOW + HOUR)}, "“Club <i>kit</i>” hasn't started yet."),
    "ended": ({"schedule": Schedule(end=NOW - HOUR)}, "“Club <i>kit</i>” has ended."),
    "used up": ({"limit_in_all": 1}, "“Club <i>kit</i>” is no longer available: its limit has been reached."),
    "members": ({"segment": "club"}, "“Club <i>kit</i>” is for members only."),
    "draft": ({}, "This offer isn't available right now."),
    "expired": ({}, "This code has expired."),
    "forged": ({}, "This code isn't valid or has expired."),
}


@pytest.mark.parametrize("state", STATES)
def test_a_code_says_what_it_unlocked_or_what_is_wrong(shop: BundleShop, state: str) -> None:
    """One that we did not sign learns nothing, and no code works differently for being full-width."""
    more, sentence = STATES[state]
    definition = set_of("p3", "p4", price=OFF, staff_only=True, **more)
    number = shop.publish(definition_with(definition))
    shop.publish(set_of("p5", "p6", price=OFF, staff_only=True))
    if state == "used up":
        use_up(shop, number)
    if state == "draft":
        with shop.shop.app.app_context():
            BundleRepository(shop.shop.storefront.database).set_state(number, 2, "unpublish")
            shop.shop.storefront.bundles_changed()
    code = code_of(shop, number, NOW - 2 * HOUR if state == "expired" else NOW + 3 * HOUR)
    code = code[:-1] + ("A" if code[-1] != "A" else "C") if state == "forged" else code
    wide = "".join(chr(ord(sign) + 0xFEE0) if sign.isalnum() else sign for sign in code)
    response = shop.client.post("/storefront/code", data={"code": wide}, headers={"Referer": "http://localhost/cart"})
    assert response.location == "/cart#storefront-notice"
    cart = shop.soup("/cart")
    assert texts_of_notices(cart) == [sentence]
    field = cart.select_one("details[open] input[name=code]")
    assert field is not None
    assert field["value"] == ("" if state == "works" else code)
    links = [one["href"] for one in cart.select(".storefront-notice a")]
    assert links == ([f"/p/p3#storefront-bundle-{number}"] if state == "works" else [])
    assert bool(cart.select(".storefront-notice[role=alert]")) == (state != "works")
    assert texts_of_notices(shop.soup("/cart")) == []


def definition_with(definition: Any) -> Any:
    return replace(definition, texts=KIT)


def use_up(shop: BundleShop, number: int) -> None:
    """The bundle applies to its only order."""
    with shop.shop.app.test_request_context():
        storefront, db = shop.shop.storefront, shop.shop.db
        token = storefront.services.pricer.codes.link_token(number, NOW + HOUR)
        session[KEY] = [token]
        pricing = storefront.price_cart([CartLine("p3"), CartLine("p4")])
        assert pricing.discount > 0
        storefront.bundles_applied("order-1", pricing)
        db.session.commit()


def test_a_link_says_at_its_bundle_that_it_is_unlocked(shop: BundleShop) -> None:
    """The page it leads to stays the same for all; the fragment tells it."""
    number = shop.publish(definition_with(set_of("p3", "p4", price=OFF, staff_only=True)))
    response = shop.client.get(link_of(shop, number, NOW + HOUR))
    assert response.location == "/p/p3#storefront-notice"
    notice = fragment(shop).select_one(f"#storefront-bundle-{number} [role=status]")
    assert notice is not None
    assert (notice.text, notice.a) == ("Offer unlocked: Club <i>kit</i>", None)


@pytest.mark.parametrize("state", ["ended", "members", "expired"])
def test_a_link_that_works_no_more_says_so(shop: BundleShop, state: str) -> None:
    """On a page of ours, with a way on."""
    more, sentence = STATES[state]
    number = shop.publish(definition_with(set_of("p3", "p4", price=OFF, staff_only=True, **more)))
    page = shop.client.get(link_of(shop, number, NOW - HOUR if state == "expired" else NOW + HOUR))
    soup = BeautifulSoup(page.text, "html5lib")
    assert soup.h1.text == sentence.replace("code", "link")  # type: ignore[union-attr]
    assert soup.a["href"] == ("/" if state == "expired" else "/p/p3")  # type: ignore[index]
    assert ("Set-Cookie" in page.headers) == (state != "expired")


def test_a_good_code_is_kept_while_the_database_is_late(shop: BundleShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is accepted without the bundle's name."""
    number = shop.publish(set_of("p3", "p4", price=OFF, staff_only=True))

    def late(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("late")

    published = shop.shop.app.extensions[SERVICES].pricer.published
    with monkeypatch.context() as patched:
        patched.setattr(published, "get", late)
        shop.client.post("/storefront/code", data={"code": code_of(shop, number, NOW + 3 * HOUR)})
    assert texts_of_notices(shop.soup("/cart")) == ["Code accepted."]
