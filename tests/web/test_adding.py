"""What our cart address answers: JSON to the script, which stays on its page, and a way back to everybody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from bundle_shop import BundleShop, SessionCart, bundle_shop, colours, stocked
from made_bundles import mix_of, set_of
from small_shop import SmallShop

from storefront_plugin import CartLine, CartRefused, MemoryCatalog
from storefront_plugin.bundles.price import percent_off
from storefront_plugin.web.cart import in_place

MakeShop = Callable[..., SmallShop]
OFF = percent_off(10)


@pytest.fixture
def shop(make_shop: MakeShop) -> BundleShop:
    """Ten products, p2 in three colours; p8 sold out, p9 hidden, p10 with stock for two."""
    known = {product.id: product for product in stocked()}
    changed = {
        "p8": replace(known["p8"], stock=0),
        "p9": replace(known["p9"], visible=False),
        "p10": replace(known["p10"], stock=2),
    }
    return bundle_shop(make_shop, MemoryCatalog(stocked(**changed), variants=colours))


def ask(shop: BundleShop, **fields: Any) -> Any:
    """What the script gets for a posted form."""
    return shop.client.post("/storefront/cart", data=fields, headers={"Accept": "application/json"})


def refuse(monkeypatch: pytest.MonkeyPatch, message: str, url: str | None = None) -> None:
    def refusing(cart: SessionCart, lines: Sequence[CartLine]) -> None:
        raise CartRefused(message, url)

    monkeypatch.setattr(SessionCart, "add", refusing)


def test_the_script_learns_what_was_added(shop: BundleShop) -> None:
    """In words and as lines, with the count of the whole cart; no cache may keep that."""
    shop.fill(("p5", None, 2))
    response = ask(shop, product="p3")
    assert response.json["message"] == "Added to cart: Product 3"
    assert response.json["lines"] == [{"product": "p3", "variant": None, "quantity": 1}]
    assert (response.json["label"], response.json["count"]) == ("Added", 3)
    assert response.json["undo"]["label"] == "Undo"
    assert response.headers["Storefront-Answer"] == "1"
    assert "no-store" in response.headers["Cache-Control"]
    assert shop.cart == [("p5", None, 2), ("p3", None, 1)]


def test_it_speaks_the_language_of_the_page(shop: BundleShop) -> None:
    """Which the script names, whatever the browser prefers."""
    assert ask(shop, product="p3", locale="ja").json["message"] == "カートに追加しました：Product 3"
    assert ask(shop, product=["p4", "p5"], locale="ja").json["message"] == "2点をカートに追加しました"
    assert (
        ask(shop, product="p8", locale="ja").json["notice"]["text"]
        == "申し訳ございません。「Product 8」は在庫切れになりました。"
    )


@pytest.mark.parametrize(
    ("product", "text"),
    [
        ("p8", "Product 8 has just sold out."),
        ("p9", "This offer isn't available right now."),
        ("unknown", "This offer isn't available right now."),
        ("p2", "Please choose an option for each product."),
    ],
)
def test_what_cannot_be_added_is_told_with_the_reason(shop: BundleShop, product: str, text: str) -> None:
    """Nothing gets into the cart; a form without script comes back silently, as ever."""
    response = ask(shop, product=product)
    assert (response.status_code, response.json["notice"]["text"]) == (409, text)
    assert response.headers["Storefront-Answer"] == "1"
    assert shop.post(product=product).location == "/p/p1"
    assert shop.cart == []


def test_a_set_that_the_cart_has_already_is_no_failure(shop: BundleShop) -> None:
    """The script is told so, and that its page shows too much."""
    shop.fill(("p3", None, 1), ("p4", None, 1))
    answer = ask(shop, product=["p3", "p4"]).json
    assert answer["notice"]["text"] == "Everything in this offer is already in your cart."
    assert (answer["notice"]["is_error"], answer["stale"]) == (False, True)


def test_a_bundle_answers_with_its_lines_or_with_its_notice(shop: BundleShop) -> None:
    """As the notice of a form without script would be; twice at once it is added once."""
    number = shop.publish(mix_of("p3", "p4", price=OFF, least=3))
    few = ask(shop, bundle=number, version=2, tier=0, once="a", **{"pieces-0": "1"})
    assert few.json["notice"]["text"] == "Choose 3 items; you chose 1."
    assert not few.json["stale"]
    full = {"bundle": number, "version": 2, "tier": 0, "once": "a", "pieces-0": "2", "pieces-1": "1"}
    first, second = ask(shop, **full), ask(shop, **full)
    assert first.json["message"] == "3 items added to cart"
    assert second.json["notice"]["is_error"] is False
    assert shop.cart == [("p3", None, 2), ("p4", None, 1)]
    assert ask(shop, bundle=number, version=1, tier=0, once="b").json["stale"]


def test_undo_takes_out_what_came_in(shop: BundleShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the cart itself shows it: where stock let in less than was asked, no more than that goes."""
    add = SessionCart.add
    monkeypatch.setattr(SessionCart, "add", lambda cart, lines: add(cart, lines[:1]))
    shop.fill(("p4", None, 1))
    token = ask(shop, product=["p3", "p5"]).json["undo"]["token"]
    assert shop.cart == [("p4", None, 1), ("p3", None, 1)]
    response = ask(shop, undo=token)
    assert response.json["message"] == "Removed from cart: Product 3"
    assert (response.json["undo"], response.json["count"]) == (None, 1)
    assert shop.cart == [("p4", None, 1)]


def test_undo_is_signed_and_ends(shop: BundleShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forged or old one takes out nothing."""
    token = ask(shop, product="p3").json["undo"]["token"]
    payload, _, signature = token.rpartition(".")
    changed = f"{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"  # the last character has unused bits
    assert ask(shop, undo=changed).status_code == 409
    with monkeypatch.context() as patched:
        patched.setattr(in_place, "UNDO_SECONDS", -1)
        assert ask(shop, undo=token, once="later").status_code == 409
    assert shop.cart == [("p3", None, 1)]


@pytest.mark.parametrize("again", ["twice at once", "later"])
def test_undo_of_what_is_out_already_is_no_failure(shop: BundleShop, again: str) -> None:
    """Of a product as of a bundle; what came in since stays."""
    number = shop.publish(set_of("p3", "p4", price=OFF))
    for fields in ({"product": "p5"}, {"bundle": number, "version": 2, "tier": 0}):
        shop.fill(("p6", None, 1))
        token = ask(shop, **fields).json["undo"]["token"]
        first = ask(shop, undo=token, once=again)
        second = ask(shop, undo=token, **({"once": again} if again == "twice at once" else {}))
        assert (second.status_code, second.json["message"]) == (200, first.json["message"])
        assert (len(first.json["lines"]) > 0, second.json["lines"]) == (True, [])
        assert (second.json["undo"], second.json["count"]) == (None, 1)
        assert shop.cart == [("p6", None, 1)]


def test_undo_that_the_cart_does_not_follow_is_not_called_done(
    shop: BundleShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it holds is believed."""
    token = ask(shop, product="p3").json["undo"]["token"]
    monkeypatch.setattr(SessionCart, "remove", lambda cart, lines: None)
    answer = ask(shop, undo=token)
    assert answer.status_code == 409
    assert answer.json["notice"]["text"] == "This couldn't be removed. Please remove it in your cart."


def test_a_cart_that_cannot_be_read_adds_nothing(shop: BundleShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script is told of trouble, a form comes back, and neither is an error page."""

    def failing(cart: SessionCart) -> list[CartLine]:
        raise RuntimeError("no cart today")

    with monkeypatch.context() as patched:
        patched.setattr(SessionCart, "lines", failing)
        for product in ("p3", ["p3", "p4"]):
            answer = ask(shop, product=product)
            assert answer.json["notice"]["text"] == "This couldn't be added to your cart. Please try again."
        assert shop.post(product=["p3", "p4"]).location == "/p/p1"
    assert shop.cart == []


class AddOnlyCart:
    """A cart without the optional methods."""

    def __init__(self) -> None:
        self.lines, self.add_form, self.add = SessionCart().lines, SessionCart().add_form, SessionCart().add


def test_a_cart_that_can_only_add_offers_no_undo_and_no_count(shop: BundleShop) -> None:
    """Both are optional methods of the shop's."""
    token = ask(shop, product="p3").json["undo"]["token"]
    shop.shop.storefront.cart = AddOnlyCart()
    answer = ask(shop, product="p4").json
    assert (answer["undo"], answer["count"]) == (None, None)
    assert ask(shop, undo=token).status_code == 404


def test_a_count_that_fails_costs_only_the_count(shop: BundleShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was added is added."""

    def failing(cart: SessionCart) -> int:
        raise RuntimeError("no count today")

    monkeypatch.setattr(SessionCart, "count", failing)
    answer = ask(shop, product="p3")
    assert (answer.status_code, answer.json["count"]) == (200, None)


def test_a_cart_that_lets_nothing_in_is_believed(shop: BundleShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not called added."""
    monkeypatch.setattr(SessionCart, "add", lambda cart, lines: None)
    answer = ask(shop, product="p3")
    assert answer.json["notice"]["text"] == "This couldn't be added to your cart. Please try again."


def test_the_script_is_refused_as_a_form_is(shop: BundleShop) -> None:
    """From another site nothing is added, whatever is accepted."""
    headers = {"Accept": "application/json", "Sec-Fetch-Site": "cross-site"}
    assert shop.client.post("/storefront/cart", data={"product": "p3"}, headers=headers).status_code == 403
    assert shop.cart == []


# The shop's own cart refuses


def test_the_script_learns_the_shops_own_words_and_where_to_go_on(
    shop: BundleShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As text and an address, which cannot run code."""
    refuse(monkeypatch, "Please confirm your age.", "/age-check?next=/p/p1")
    notice = ask(shop, product="p3").json["notice"]
    assert notice == {
        "text": "Please confirm your age.",
        "is_error": True,
        "path": "/age-check?next=/p/p1",
        "label": "Continue",
    }
    refuse(monkeypatch, "No.", "javascript:alert(1)")
    assert ask(shop, product="p3").json["notice"]["path"] is None


def test_without_script_a_page_of_ours_says_it_and_leads_on(shop: BundleShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never an error page: to the shop's address, and back."""
    refuse(monkeypatch, "At most <b>two</b>.", "/sign-in")
    response = shop.post(product="p3")
    assert (response.status_code, response.location) == (303, "/storefront/answer?next=/p/p1")
    page = shop.soup(response.location)
    assert page.h1.text == "At most <b>two</b>."  # type: ignore[union-attr]
    assert [(link["href"], link.text) for link in page.select("a")] == [
        ("/sign-in", "Continue"),
        ("/p/p1", "Continue shopping"),
    ]
    assert shop.client.get(response.location).location == "/p/p1"


def test_a_refused_bundle_is_told_at_the_bundle_and_can_be_sent_again(
    shop: BundleShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the cart, without script: at once, since nothing was added."""
    number = shop.publish(set_of("p3", "p4", price=OFF))
    shop.fill(("p4", None, 1))
    sending = {"near": number, "version": 2, "private": "1"}
    with monkeypatch.context() as patched:
        refuse(patched, "At most one.", "/limits")
        shop.post(**sending)
    cart = shop.soup("/cart")
    notice = cart.select_one(f"#storefront-bundle-{number} .storefront-notice")
    assert notice is not None
    assert (notice.bdi.text, notice.a["href"]) == ("At most one.", "/limits")  # type: ignore[union-attr, index]
    shop.post(**sending)
    assert shop.cart == [("p4", None, 1), ("p3", None, 1)]


# Who comes by GET


@pytest.mark.parametrize(
    ("query", "referrer", "path"),
    [
        ("", "http://localhost/p/p4?a=1", "/p/p4?a=1"),
        ("?product=p3", "http://localhost/sign-in", "/p/p3"),
        ("?product=unknown", "http://localhost/sign-in", "/sign-in"),
        ("?product=", None, "/"),
        ("", "https://evil.example/", "/"),
        ("", "http://localhost/sign-in?next=%2Fstorefront%2Fcart", "/"),
    ],
)
def test_a_get_leads_back_into_the_shop(shop: BundleShop, query: str, referrer: str | None, path: str) -> None:
    """Such as after a sign-in that stood before the post; never in a circle."""
    response = shop.client.get(f"/storefront/cart{query}", headers={"Referer": referrer} if referrer else {})
    assert (response.status_code, response.location) == (303, path)


def test_the_answer_page_without_an_address_leads_back_only(shop: BundleShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal may have no way on."""
    refuse(monkeypatch, "Not today.")
    page = BeautifulSoup(shop.client.get(shop.post(product="p3").location).text, "html5lib")
    assert [link["href"] for link in page.select("a")] == ["/p/p1"]
