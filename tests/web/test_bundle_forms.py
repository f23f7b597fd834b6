"""What posted bundles put into the cart: what the published bundle says, and nothing that was merely sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from bs4 import BeautifulSoup
from bundle_shop import BundleShop, bundle_shop, colours, stocked
from hypothesis import given, settings
from hypothesis import strategies as st
from made_bundles import mix_of, set_of, steps_of
from small_shop import SmallShop

from storefront_plugin import CartLine, MemoryCatalog, Product
from storefront_plugin.bundles.definition import Definition
from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.bundles.tier import Component, Tier
from storefront_plugin.proxies import SERVICES
from storefront_plugin.web import http
from storefront_plugin.web.request_page import MOST

MakeShop = Callable[..., SmallShop]
OFF = percent_off(10)


@pytest.fixture
def shop(make_shop: MakeShop) -> BundleShop:
    """Ten products at 1 to 10 euros, p2 in three colours, of p10 five items."""
    tenth = Product(id="p10", title="Product 10", price=Decimal(10), stock=5)
    return bundle_shop(make_shop, MemoryCatalog(stocked(p10=tenth), variants=colours))


def form_of(shop: BundleShop, product: str, number: int = 0) -> Any:
    return shop.soup(f"/p/{product}").select("[data-storefront-slot=bundles] form")[number]


def test_a_set_is_added_as_single_lines(shop: BundleShop) -> None:
    """With its quantities; the shopper is back on the page they came from."""
    parts = (Component("p1"), Component("p3", 2), Component("p5", optional=True))
    shop.publish(Definition(kind="set", tiers=(Tier(parts, OFF),), texts=set_of("p1", "p2", price=OFF).texts))
    form = form_of(shop, "p1")
    response = shop.client.post(
        form["action"],
        data={"bundle": "1", "version": "2", "tier": "0", "part": "2"},
        headers={"Referer": "http://localhost/p/p1"},
    )
    assert (response.status_code, response.location) == (303, "/p/p1")
    assert shop.cart == [("p1", None, 1), ("p3", None, 2), ("p5", None, 1)]


def test_an_unchecked_optional_part_stays_out(shop: BundleShop) -> None:
    """As the browser sends the form when the box is empty."""
    parts = (Component("p1"), Component("p3"), Component("p5", optional=True))
    shop.publish(Definition(kind="set", tiers=(Tier(parts, OFF),), texts=set_of("p1", "p2", price=OFF).texts))
    shop.submit(form_of(shop, "p1"), part=[])
    assert [name for name, _, _ in shop.cart] == ["p1", "p3"]


def test_the_form_as_it_stands_adds_each_kind(shop: BundleShop) -> None:
    """Ladder, mix, extra and steps, without a change by the shopper or a script."""
    texts = set_of("p1", "p2", price=OFF).texts
    ladder = (
        Tier((Component("p3"), Component("p4")), OFF),
        Tier((Component("p3"), Component("p4"), Component("p5")), OFF),
    )
    shop.publish(Definition(kind="ladder", tiers=ladder, texts=texts))
    shop.submit(form_of(shop, "p3", 1))
    assert shop.cart == [("p3", None, 1), ("p4", None, 1), ("p5", None, 1)]
    shop.publish(mix_of("p6", "p7", price=OFF, least=3))
    shop.fill()
    shop.submit(form_of(shop, "p7"))
    assert shop.cart == [("p6", None, 1), ("p7", None, 2)]
    shop.publish(steps_of("p8", "p9", steps={3: OFF, 6: percent_off(20)}))
    shop.fill()
    shop.submit(form_of(shop, "p9"), tier="1")
    assert shop.cart == [("p9", None, 6)]


def test_the_chosen_variant_is_added_and_priced(shop: BundleShop) -> None:
    """The bundle applies in the cart at the variant's own price."""
    shop.publish(set_of("p1", "p2", price=OFF))
    shop.submit(form_of(shop, "p1"), **{"variant-1": "gold"})
    assert shop.cart == [("p1", None, 1), ("p2", "gold", 1)]
    with shop.shop.app.test_request_context():
        pricing = shop.shop.storefront.price_cart([CartLine("p1"), CartLine("p2", 1, None, "gold")])
    assert (pricing.gross, pricing.discount) == (450, 45)


WRONG: list[dict[str, Any]] = [
    {"bundle": "99"}, {"bundle": "x"}, {"bundle": "-1"}, {"bundle": "9" * 40}, {"version": "1"}, {"version": "٣"},
    {"tier": "1"}, {"tier": "-1"}, {"tier": "0.5"}, {"part": ["7"]}, {"variant-1": "blue"}, {"variant-1": "green"},
    {"variant-1": ""},
]  # fmt: skip


@pytest.mark.parametrize("changed", WRONG, ids=str)
def test_what_cannot_be_right_adds_nothing(shop: BundleShop, changed: dict[str, Any]) -> None:
    """The shopper is sent back; nobody meets an error page."""
    shop.publish(set_of("p1", "p2", price=OFF))
    sent = {"bundle": "1", "version": "2", "tier": "0", "variant-1": "red"}
    assert shop.post(**{**sent, **changed}).status_code == 303
    assert shop.cart == []
    assert shop.post(**sent).status_code == 303
    assert shop.cart == [("p1", None, 1), ("p2", "red", 1)]


@pytest.mark.parametrize(
    "quantities",
    [("1", "0"), ("3", "3"), ("-1", "4"), ("1.5", "1.5"), ("1e9", "1"), ("999999999999", "1"), ("NaN", "3"), ("", "")],
)
def test_a_mix_takes_no_other_number_than_it_offers(shop: BundleShop, quantities: tuple[str, str]) -> None:
    """Negative, huge and broken numbers too."""
    shop.publish(mix_of("p3", "p4", price=OFF, least=3, most=4))
    sent = {"bundle": "1", "version": "2", "tier": "0"}
    assert shop.post(**sent, **{"pieces-0": quantities[0], "pieces-1": quantities[1]}).status_code == 303
    assert shop.cart == []
    shop.post(**sent, **{"pieces-0": "4", "pieces-1": ""})
    assert shop.cart == [("p3", None, 4)]


def test_nothing_that_was_sent_sets_product_price_or_quantity(shop: BundleShop) -> None:
    """Fields that the form does not have are not looked at."""
    shop.publish(set_of("p1", "p3", price=OFF))
    shop.post(bundle="1", version="2", tier="0", product=["p9"], price="0", quantity="50", unit_price="1")
    assert shop.cart == [("p1", None, 1), ("p3", None, 1)]


def test_a_changed_bundle_is_not_added_as_it_was(shop: BundleShop) -> None:
    """The page was made before the merchant changed it: the shopper sees the page again."""
    number = shop.publish(set_of("p1", "p3", price=OFF))
    form = form_of(shop, "p1")
    with shop.shop.app.app_context():
        BundleRepository(shop.shop.storefront.database).update(number, 2, set_of("p1", "p9", price=OFF))
        shop.shop.storefront.bundles_changed()
    shop.submit(form)
    assert shop.cart == []
    shop.submit(form_of(shop, "p1"))
    assert [name for name, _, _ in shop.cart] == ["p1", "p9"]


def test_no_more_is_added_than_there_is(shop: BundleShop) -> None:
    """Of five items four stand in the cart: a set of two is refused."""
    shop.publish(
        Definition(kind="set", tiers=(Tier((Component("p10", 2),), OFF),), texts=set_of("p1", "p2", price=OFF).texts)
    )
    shop.fill(("p10", None, 4))
    shop.post(bundle="1", version="2", tier="0")
    assert shop.cart == [("p10", None, 4)]
    shop.fill(("p10", None, 3))
    shop.post(bundle="1", version="2", tier="0")
    assert shop.cart == [("p10", None, 5)]


def test_the_same_form_sent_twice_counts_once(shop: BundleShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A double click; another choice, another page's number and a later click are new."""
    shop.publish(set_of("p1", "p2", price=OFF))
    sent = {"bundle": "1", "version": "2", "tier": "0", "variant-1": "red", "once": ""}
    for _ in range(3):
        assert shop.post(**sent).status_code == 303
    assert shop.cart == [("p1", None, 1), ("p2", "red", 1)]
    shop.post(**{**sent, "once": "k3j2"})
    shop.post(**{**sent, "variant-1": "gold"})
    assert shop.cart == [("p1", None, 3), ("p2", "red", 2), ("p2", "gold", 1)]
    monkeypatch.setattr(http, "AGAIN_MS", 1)
    shop.post(**{**sent, "once": "later"})
    shop.post(**{**sent, "once": "later", "next": "/"})
    assert shop.cart[0] == ("p1", None, 5)


def test_another_shopper_taken_for_a_double_click_gets_a_notice(shop: BundleShop) -> None:
    """Without script two of one address cannot be told apart: the second reads it, and no cart is touched by that."""
    shop.publish(set_of("p1", "p2", price=OFF))
    sent = {"bundle": "1", "version": "2", "tier": "0", "variant-1": "red", "next": "/p/p1"}
    shop.client.post("/storefront/cart", data=sent)
    second = shop.shop.app.test_client()
    answer = second.post("/storefront/cart", data=sent)
    assert answer.status_code == 303
    assert "Set-Cookie" not in answer.headers
    page = BeautifulSoup(second.get(answer.location).text, "html5lib")
    assert "sent twice" in page.get_text()
    assert page.select_one('a[href="/p/p1"]') is not None
    numbered = [second.post("/storefront/cart", data=sent | {"once": "k3"}).location for _ in range(2)]
    assert numbered == ["/p/p1", "/p/p1"]


def test_what_is_missing_is_added_once_however_often_it_is_sent(shop: BundleShop) -> None:
    """The server looks what the cart lacks now; when nothing does, nothing is added."""
    shop.publish(
        Definition(
            kind="set",
            tiers=(Tier((Component("p4", 2), Component("p2", 2)), OFF),),
            texts=set_of("p1", "p2", price=OFF).texts,
        )
    )
    shop.fill(("p4", None, 2))
    form = shop.soup("/cart").select_one(".storefront-near")
    shop.submit(form)
    assert shop.cart == [("p4", None, 2), ("p2", "red", 2)]
    shop.submit(form, once="again")
    assert shop.cart == [("p4", None, 2), ("p2", "red", 2)]


def test_a_mix_lets_choose_what_is_missing(shop: BundleShop) -> None:
    """Any product of the group, and no other."""
    shop.publish(mix_of("p3", "p4", "p5", price=OFF, least=2))
    shop.fill(("p3", None, 1))
    form = shop.soup("/cart").select_one(".storefront-near")
    shop.submit(form, **{"product-0": "3"})
    assert shop.cart == [("p3", None, 1)]
    shop.submit(form, **{"product-0": "2"})
    assert shop.cart == [("p3", None, 1), ("p5", None, 1)]


def test_variants_of_a_group_are_chosen_with_their_product(shop: BundleShop) -> None:
    """In quantity steps of several products, and for what a mix lacks."""
    shop.publish(steps_of("p1", "p2", steps={2: OFF}))
    form = form_of(shop, "p2")
    assert [one["value"] for one in form.select("option")] == ["0", "1:red", "1:gold", "1:blue"]
    shop.submit(form, tier="0")
    shop.submit(form, tier="0", part="1:gold")
    shop.submit(form, tier="0", part="1:blue")
    shop.submit(form, tier="0", part="1")
    assert shop.cart == [("p2", "red", 2), ("p2", "gold", 2)]
    shop.publish(mix_of("p2", "p3", price=OFF, least=2))
    shop.fill(("p3", None, 1))
    form = shop.soup("/cart").select_one(".storefront-near")
    assert [one["value"] for one in form.select("option")] == ["0:red", "0:gold", "0:blue", "1"]
    shop.submit(form, **{"product-0": "0:gold"})
    assert shop.cart == [("p3", None, 1), ("p2", "gold", 1)]


def test_a_segment_or_staff_only_bundle_is_added_by_those_who_may_have_it(shop: BundleShop) -> None:
    """Knowing its number is not enough."""
    shop.publish(set_of("p1", "p3", price=OFF, segment="club"))
    shop.publish(set_of("p1", "p4", price=OFF, staff_only=True))
    for number in ("1", "2"):
        shop.post(bundle=number, version="2", tier="0")
    assert shop.cart == []
    with shop.client.session_transaction() as held:
        held["segments"] = ["club"]
    shop.post(bundle="1", version="2", tier="0")
    shop.client.get(f"/storefront/offer/{link(shop, 2)}")
    shop.post(bundle="2", version="2", tier="0", next="/")
    assert shop.cart == [("p1", None, 2), ("p3", None, 1), ("p4", None, 1)]


def link(shop: BundleShop, number: int, hours: float = 1) -> str:
    with shop.shop.app.app_context():
        until = dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=hours)
        return shop.shop.storefront.services.pricer.codes.link_token(number, until)


def code(shop: BundleShop, number: int, hours: float = 2) -> str:
    with shop.shop.app.app_context():
        until = dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=hours)
        return shop.shop.storefront.services.pricer.codes.code(number, until)


def test_a_link_unlocks_its_bundle_for_the_till_too(shop: BundleShop) -> None:
    """It leads to the page of the first product; the cart is priced with it from then on."""
    number = shop.publish(set_of("p4", "p6", price=OFF, staff_only=True))
    shop.fill(("p4", None, 1), ("p6", None, 1))
    assert not shop.soup("/cart").select(".storefront-deal")
    response = shop.client.get(f"/storefront/offer/{link(shop, number)}")
    assert (response.status_code, response.location) == (303, "/p/p4#storefront-notice")
    assert "no-store" in response.headers["Cache-Control"]
    assert shop.soup("/cart").select(".storefront-deal")


def test_a_typed_code_unlocks_its_bundle(shop: BundleShop) -> None:
    """In small letters and with blanks, as people type; back to the page it was typed on."""
    number = shop.publish(set_of("p4", "p6", price=OFF, staff_only=True))
    shop.fill(("p4", None, 1), ("p6", None, 1))
    typed = code(shop, number).lower().replace("-", " ")
    response = shop.client.post("/storefront/code", data={"code": typed}, headers={"Referer": "http://localhost/cart"})
    assert (response.status_code, response.location) == (303, "/cart#storefront-notice")
    cart = shop.soup("/cart")
    assert cart.select(".storefront-deal")
    notice = cart.select_one("details[open] [role=status]")
    assert notice.bdi.text == "Offer unlocked: Set"  # type: ignore[union-attr]
    assert notice.a["href"] == f"/p/p4#storefront-bundle-{number}"  # type: ignore[union-attr,index]


@pytest.mark.parametrize("made", ["forged", "expired", "", "x" * 5000, "a.b.c"])
def test_forged_and_expired_ones_unlock_nothing(shop: BundleShop, made: str) -> None:
    """A link leads to a page that says so, without a cookie; of a typed code the cart says it once, its form open."""
    number = shop.publish(set_of("p4", "p6", price=OFF, staff_only=True))
    token = {"forged": link(shop, number)[:-2] + "xx", "expired": link(shop, number, -1)}.get(made, made)
    if token:
        followed = shop.client.get(f"/storefront/offer/{token}")
        assert followed.status_code == 404
        assert "Set-Cookie" not in followed.headers
        expected = "This link has expired." if made == "expired" else "This link isn't valid or has expired."
        page = BeautifulSoup(followed.text, "html5lib")
        assert (page.h1.text, page.a["href"]) == (expected, "/")  # type: ignore[union-attr,index]
    typed = shop.client.post("/storefront/code", data={"code": token})
    assert (typed.status_code, typed.location) == (303, "/#storefront-notice")
    shop.fill(("p4", None, 1), ("p6", None, 1))
    cart = shop.soup("/cart")
    assert not cart.select(".storefront-deal")
    expected = "This code has expired." if made == "expired" else "This code isn't valid or has expired."
    assert [one.text for one in cart.select("details[open] [role=alert]")] == [expected]
    field = cart.select_one("input[name=code]")
    assert (field["value"], field["aria-invalid"]) == (token[:128], "true") if token else True  # type: ignore[index]
    assert not shop.soup("/cart").select("details[open], .storefront-notice")


def test_remembered_codes_are_few_and_expire(shop: BundleShop) -> None:
    """The oldest is forgotten first; an expired one is worthless though it is still remembered."""
    number = shop.publish(set_of("p4", "p6", price=OFF, staff_only=True))
    shop.fill(("p4", None, 1), ("p6", None, 1))
    for hours in range(1, MOST + 3):
        shop.client.get(f"/storefront/offer/{link(shop, number, hours)}")
    with shop.client.session_transaction() as held:
        assert len(held["storefront_codes"]) == MOST
        held["storefront_codes"] = [link(shop, number, -1), 7, {"a": 1}]
    assert not shop.soup("/cart").select(".storefront-deal")


@pytest.mark.parametrize("path", ["/storefront/cart", "/storefront/code"])
def test_another_site_cannot_post(shop: BundleShop, path: str) -> None:
    """Neither a bundle nor a code."""
    shop.publish(set_of("p1", "p3", price=OFF))
    sent = {"bundle": "1", "version": "2", "tier": "0", "code": "x"}
    assert shop.client.post(path, data=sent, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert shop.cart == []


def test_codes_cannot_be_tried_without_end(make_shop: MakeShop) -> None:
    """An address that asks too often waits."""
    shop = bundle_shop(make_shop, STOREFRONT_REQUESTS_PER_MINUTE=15)
    answers = [shop.client.post("/storefront/code", data={"code": str(n)}).status_code for n in range(5)]
    assert answers == [303, 303, 303, 429, 429]
    assert shop.client.get("/storefront/offer/x").status_code == 429


def test_single_products_are_posted_as_before(shop: BundleShop) -> None:
    """The form of the set bought together."""
    shop.post(product=["p1", "p3"])
    assert shop.cart == [("p1", None, 1), ("p3", None, 1)]


def test_redis_being_away_does_not_keep_a_shopper_from_buying(make_shop: MakeShop) -> None:
    """Only the double click is not noticed then."""
    shop = bundle_shop(make_shop, STOREFRONT_REDIS_URL="redis://127.0.0.1:1")
    with shop.shop.app.app_context():
        stored = BundleRepository(shop.shop.storefront.database).create(set_of("p1", "p3", price=OFF))
        BundleRepository(shop.shop.storefront.database).set_state(stored.id, 1, "publish")
    assert shop.post(bundle="1", version="2", tier="0").status_code == 303
    assert shop.cart == [("p1", None, 1), ("p3", None, 1)]


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["bundle", "near", "version", "tier", "part", "variant-0", "variant-1", "pieces-0", "product-0"]
        ),
        st.one_of(st.text(max_size=8), st.integers(-3, 9).map(str), st.sampled_from(["red", "p2", "1e5", "١"])),
    )
)
def test_any_form_is_answered_and_adds_whole_offers_or_nothing(any_form: BundleShop, fields: dict[str, str]) -> None:
    """No 500, and never a line that no bundle has."""
    any_form.fill()
    response = any_form.post(**{"bundle": "1", **fields})
    assert response.status_code == 303
    assert any_form.cart in ([], [("p1", None, 1), ("p2", "red", 1)], [("p1", None, 1), ("p2", "gold", 1)])


@pytest.fixture
def any_form(shop: BundleShop, monkeypatch: pytest.MonkeyPatch) -> BundleShop:
    """One bundle, no limit of requests, and each form is new."""
    shop.publish(set_of("p1", "p2", price=OFF))
    services = shop.shop.app.extensions[SERVICES]
    unlimited = replace(services.settings, requests_per_minute=0)
    shop.shop.app.extensions[SERVICES] = replace(services, settings=unlimited)
    monkeypatch.setattr(http, "AGAIN_MS", 1)
    return shop
