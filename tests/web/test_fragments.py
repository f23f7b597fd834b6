"""The two addresses that browsers ask us for: the shopper's own fragment, and the form that fills the cart."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask import Flask, session
from flask.testing import FlaskClient
from flask_wtf.csrf import CSRFProtect
from handmade import FillableCart, HandmadeCart, HandmadeStorefront, make_lazy

from tests.web.test_widgets_html import PRODUCT, make_app

FRAGMENT = "/storefront/fragment/product?product=1"


@pytest.fixture
def app() -> Flask:
    app = make_app(FillableCart())
    CSRFProtect(app)

    @app.get("/shop/cart")
    def cart() -> list[str]:
        return list(session.get("cart", ()))

    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def shown_address(client: FlaskClient) -> str:
    return str(BeautifulSoup(client.get(PRODUCT).text, "html5lib").select("storefront-fragment")[0]["src"])


# Fragments


def test_a_fragment_is_kept_by_no_cache(client: FlaskClient) -> None:
    """It is one shopper's own."""
    response = client.get(FRAGMENT)
    assert (response.cache_control.private, response.cache_control.no_store) == (True, True)
    assert "Cookie" in response.headers["Vary"]


def test_a_fragment_leaves_out_what_is_in_the_cart(client: FlaskClient) -> None:
    """The shared page shows it; the shopper's own version does not."""
    client.get("/shop/fill/4,5")
    soup = BeautifulSoup(client.get(FRAGMENT).text, "html5lib")
    assert soup.select("section")
    assert not soup.select("[data-storefront-product='4'], [data-storefront-product='5']")


def test_nothing_is_sent_where_the_page_shows_it_already() -> None:
    """Most shoppers have an empty cart: their answer is 204."""
    client = make_app(FillableCart()).test_client()
    address = shown_address(client)
    assert client.get(address).status_code == 204
    client.get("/shop/fill/4")
    assert client.get(address).status_code == 200


def test_a_fragment_speaks_the_language_of_its_page(client: FlaskClient) -> None:
    """The address tells it, since a shop may choose by the path of the page."""
    address = str(
        BeautifulSoup(client.get(PRODUCT + "&locale=ja").text, "html5lib").select("storefront-fragment")[0]["src"]
    )
    assert "関連商品" in client.get(address).text


def test_an_empty_answer_says_so(app: Flask, client: FlaskClient) -> None:
    """Nothing shown and nothing to show is 204; something shown and nothing left is an empty 200."""
    client.get("/shop/fill/1,2,3,4,5,6,7,8,9")
    assert client.get(FRAGMENT).status_code == 204
    gone = client.get(FRAGMENT + "&have=something")
    assert (gone.status_code, gone.data) == (200, b"")


def test_a_failing_fragment_leaves_the_page_as_it_is(app: Flask, client: FlaskClient) -> None:
    """What a shopper sees already is not taken away by trouble of ours."""
    address = shown_address(client)
    app.extensions["storefront"].failure = ConnectionError("Redis is gone.")
    assert client.get(address).status_code == 204


@pytest.mark.parametrize(
    "address",
    [
        "/storefront/fragment/nowhere",
        FRAGMENT + "&slot=nothing",
        "/storefront/fragment/product?product=" + "x" * 10_000,
        "/storefront/fragment/product?product=",
        "/storefront/fragment/product?product=%00",
        "/storefront/fragment/product?product=%FF%FE",
        "/storefront/fragment/product?" + "&".join(f"product={n}" for n in range(21)),
        "/storefront/fragment/category?category=" + "x" * 300,
        FRAGMENT + "&layout=../../etc/passwd",
        FRAGMENT + "&limit=0",
        FRAGMENT + "&limit=-1",
        FRAGMENT + "&limit=²",
        FRAGMENT + "&locale=" + "x" * 5_000,
        FRAGMENT + "&after=nothing&after=" + "x" * 5_000,
        "/storefront/fragment/" + "x" * 5_000,
    ],
)
def test_nonsense_is_answered_without_an_error(client: FlaskClient, address: str) -> None:
    """Whatever is asked, nothing raises, and nothing of it comes back as HTML."""
    response = client.get(address)
    assert response.status_code in (200, 204, 400)
    assert response.status_code != 400 or response.mimetype == "text/plain"


def test_slots_apart_do_not_repeat_each_other(app: Flask) -> None:
    """The address of a later slot names the earlier ones, so that a fragment of its own knows them too."""
    call = "/page?call=storefront.slot('related', '1') ~ storefront.slot('top_rated', '1')"
    fragments = BeautifulSoup(app.test_client().get(call).text, "html5lib").select("storefront-fragment")
    assert "after=" not in str(fragments[0]["src"])
    assert "after=related" in str(fragments[1]["src"])
    again = BeautifulSoup(app.test_client().get(str(fragments[1]["src"])).text, "html5lib")
    assert [each["data-storefront-slot"] for each in again.select("section")] == ["top_rated"]


def test_a_lazy_slot_comes_with_its_fragment(app: Flask, client: FlaskClient) -> None:
    """One request brings everything of the placement."""
    make_lazy(app.extensions["storefront"], "product", "top_rated")
    slots = BeautifulSoup(client.get(shown_address(client)).text, "html5lib").select("section")
    assert [each["data-storefront-slot"] for each in slots][-1] == "top_rated"


# The form that fills the cart


def test_the_checked_products_go_into_the_cart_and_the_shopper_back(client: FlaskClient) -> None:
    """Through the shop's own code, past the shop's CSRFProtect, which was mounted after us."""
    response = client.post(
        "/storefront/cart",
        data={"product": ["1", "3", "3"]},
        headers={"Sec-Fetch-Site": "same-origin", "Referer": "http://localhost/page?call=x"},
    )
    assert (response.status_code, response.location) == (303, "/page?call=x")
    assert client.get("/shop/cart").json == ["1", "3"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://["},
    ],
)
def test_another_site_cannot_fill_the_cart(client: FlaskClient, headers: dict[str, str]) -> None:
    """Our posts hold no token; they are known by where the browser says they come from."""
    assert client.post("/storefront/cart", data={"product": "1"}, headers=headers).status_code == 403
    assert client.get("/shop/cart").json == []


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}])
def test_the_shops_own_pages_can(client: FlaskClient, headers: dict[str, str]) -> None:
    """Old browsers and clients that are no browsers as well."""
    assert client.post("/storefront/cart", data={"product": "1"}, headers=headers).status_code == 303


@pytest.mark.parametrize(
    ("given", "referrer", "path"),
    [
        ("/cart?a=1", "http://localhost/page", "/cart?a=1"),
        ("//evil.example", "http://localhost/page", "/page"),
        ("/\\evil.example", None, "/"),
        ("/\t/evil.example", None, "/"),
        ("https://evil.example/", None, "/"),
        ("javascript:alert(1)", "https://evil.example/", "/"),
        ("", "http://localhost//evil.example/", "/"),
        ("", "http://localhost@evil.example/", "/"),
        ("/a\r\nSet-Cookie: x=1", None, "/"),
    ],
)
def test_the_way_back_never_leaves_the_shop(client: FlaskClient, given: str, referrer: str | None, path: str) -> None:
    """Only a path on this host, from the form or the page before; else the home page."""
    response = client.post(
        "/storefront/cart", data={"product": "1", "next": given}, headers={"Referer": referrer} if referrer else {}
    )
    assert (response.status_code, response.location) == (303, path)


@pytest.mark.parametrize("ids", [["x" * 10_000], [""], ["a\x00"], [str(number) for number in range(32)]])
def test_bad_ids_fill_nothing(client: FlaskClient, ids: list[str]) -> None:
    """They are refused before the shop's code sees them."""
    assert client.post("/storefront/cart", data={"product": ids}).status_code == 400
    assert client.get("/shop/cart").json == []


def test_nothing_checked_adds_nothing(client: FlaskClient) -> None:
    """The shopper comes back to the page."""
    assert client.post("/storefront/cart").status_code == 303


def test_a_cart_that_cannot_be_filled_has_no_such_address() -> None:
    """There is no form that posts there either."""
    app = Flask(__name__)
    app.secret_key = "test"
    HandmadeStorefront(app, HandmadeCart())
    assert app.test_client().post("/storefront/cart", data={"product": "1"}).status_code == 404


def test_a_set_does_not_double_what_is_in_the_cart(client: FlaskClient) -> None:
    """A page for all shoppers offers the set with a product that this one has; its own button adds one more."""
    client.post("/storefront/cart", data={"product": "1"})
    client.post("/storefront/cart", data={"product": ["1", "3"]})
    assert client.get("/shop/cart").json == ["1", "3"]
    client.post("/storefront/cart", data={"product": "1"})
    assert client.get("/shop/cart").json == ["1", "3", "1"]
