"""Suggestions as JSON: the data of the widgets, refusals that name what is wrong, and the document."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import session
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from small_shop import SmallShop, made_products, small_shop

from storefront_plugin import CartLine, InputError, MemoryCatalog, Product, Slot
from storefront_plugin.proxies import SERVICES
from storefront_plugin.redis_store import MISSING
from storefront_plugin.shop.cleaning import Problem, ProblemCounts
from storefront_plugin.shop.ports import MAX_ID_BYTES

ASK = "/storefront/api/recommendations"
PAGE = "/storefront/api/placements/product"
ODD_IDS = ["", "\x00", "x" * 10_000, "é" * 200, "x" * 256]

PRODUCTS = [
    Product(id="1", title="Camera", price=Decimal("499"), url="/p/1", category_ids=("a",)),
    Product(
        id="2",
        title="<b>Lens</b>",
        price=Decimal("249.9"),
        list_price=Decimal("300"),
        currency="USD",
        url="/p/2",
        image_url="/lens.webp",
        rating=4.5,
        review_count=12,
        category_ids=("a",),
    ),
    Product(id="3", title="Bag", price=Decimal("49"), url="javascript:alert(1)"),
]


class SessionCart:
    """A cart in the session."""

    def lines(self) -> Sequence[CartLine]:
        return [CartLine(each) for each in session.get("cart", ())]

    def add_form(self, product: Product) -> None:
        return None


class BrokenCart(SessionCart):
    """A cart whose own code fails."""

    def lines(self) -> Sequence[CartLine]:
        raise RuntimeError("the shop's own secret")


class BrokenCustomers:
    """Customers whose own code fails."""

    def current_id(self) -> str | None:
        return None

    def segments(self) -> Sequence[str]:
        raise RuntimeError("the shop's own secret")


@pytest.fixture(scope="module")
def shop(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallShop]:
    """Three products, bought together; carts in the session."""
    made = small_shop(
        tmp_path_factory.mktemp("shop"),
        PRODUCTS,
        cart=SessionCart(),
        STOREFRONT_PLAN={"cart": (Slot(name="also_bought", strategies=("also_bought", "related"), minimum=1),)},
        STOREFRONT_REDIS_URL=redis_url,
        STOREFRONT_REDIS_PREFIX=f"t{uuid.uuid4().hex[:8]}",
        STOREFRONT_REQUESTS_PER_MINUTE=0,
    )

    @made.app.get("/fill/<ids>")
    def fill(ids: str) -> str:
        session["cart"] = ids.split(",")
        return "filled"

    with made.app.app_context():
        made.place(["1", "2"], ["1", "2"], ["1", "2"], ["1", "2", "3"])
        made.storefront.services.snapshots.refresh()
    yield made
    made.close()


@pytest.fixture
def client(shop: SmallShop) -> FlaskClient:
    return shop.app.test_client()


def ids(cards: Sequence[dict[str, Any]]) -> list[str]:
    return [card["product_id"] for card in cards]


def refused(response: Any, code: int) -> Any:
    """The body of an error, checked: one form for all, kept by no cache."""
    assert (response.status_code, response.mimetype) == (code, "application/json"), response.text[:200]
    assert set(response.json) == {"code", "status", "message", "errors"}
    assert response.json["code"] == code
    assert response.json["message"]
    assert isinstance(response.json["errors"], dict)
    assert response.cache_control.no_store
    return response.json


# Answers


def test_recommendations_are_those_of_python_with_their_cards(shop: SmallShop, client: FlaskClient) -> None:
    """The same products, scores and reasons as ``storefront.recommend``, and what a card shows beside."""
    found = client.get(f"{ASK}?strategy=also_bought&product=1").json["recommendations"]
    with shop.app.test_request_context():
        expected = shop.storefront.recommend("also_bought", ["1"])
    assert [(card["product_id"], card["score"], card["source"], card["reason"], card["support"]) for card in found] == [
        (one.product_id, one.score, one.source, one.reason, one.support) for one in expected
    ]
    assert found[0] == {
        "product_id": "2",
        "title": "<b>Lens</b>",
        "url": "/p/2",
        "image_url": "/lens.webp",
        "price": "249.90",
        "currency": "USD",
        "list_price": "300.00",
        "rating": 4.5,
        "review_count": 12,
        "score": found[0]["score"],
        "source": "also_bought",
        "reason": "Also bought in 4 orders",
        "support": 4,
    }


def test_an_address_that_could_run_code_is_not_shown(client: FlaskClient) -> None:
    """A front end may put it into a link, as our own templates do."""
    found = client.get(f"{ASK}?strategy=also_bought&product=1").json["recommendations"]
    assert [card["url"] for card in found if card["product_id"] == "3"] == [None]


def test_addresses_are_below_the_path_that_the_shop_is_mounted_under(client: FlaskClient) -> None:
    """In cards and in the document."""
    found = client.get(f"{ASK}?strategy=also_bought&product=1", environ_overrides={"SCRIPT_NAME": "/eu"}).json
    assert found["recommendations"][0]["url"] == "/eu/p/2"
    document = client.get("/storefront/api/openapi.json", environ_overrides={"SCRIPT_NAME": "/eu"}).json
    assert document["servers"] == [{"url": "/eu"}]


def test_limit_and_excluded_products_are_kept_to(client: FlaskClient) -> None:
    """Asked for by repeated parameters."""
    assert ids(client.get(f"{ASK}?strategy=also_bought&product=1&limit=1").json["recommendations"]) == ["2"]
    left = client.get(f"{ASK}?strategy=also_bought&product=1&exclude=2&exclude=9").json
    assert ids(left["recommendations"]) == ["3"]


def test_an_unknown_product_is_no_error(client: FlaskClient) -> None:
    """A front end may be older than the catalogue."""
    response = client.get(f"{ASK}?strategy=bought_together&product=gone&exclude=gone")
    assert (response.status_code, response.json) == (200, {"recommendations": [], "degraded": False})


def test_reasons_speak_the_language_of_the_browser(client: FlaskClient) -> None:
    """As the widgets do."""
    found = client.get(f"{ASK}?strategy=also_bought&product=1", headers={"Accept-Language": "ja"}).json
    assert "注文" in found["recommendations"][0]["reason"]


def test_a_placement_has_the_slots_that_a_page_has(shop: SmallShop, client: FlaskClient) -> None:
    """In the plan's order, with the cards that the templates would show; the seed where the slot shows it."""
    answer = client.get(f"{PAGE}?product=1").json
    with shop.app.test_request_context():
        filled = shop.storefront.fill(shop.storefront.page("product", ["1"], personal=True))
    assert answer["placement"] == "product"
    assert [(slot["name"], ids(slot["cards"])) for slot in answer["slots"]] == [
        (slot.name, [card.product.id for card in slot.cards]) for slot in filled if slot.cards
    ]
    first = answer["slots"][0]
    assert (first["layout"], first["title"]) == ("together", "Frequently bought together")
    assert (first["seed"]["product_id"], first["seed"]["price"]) == ("1", "499.00")
    assert "score" not in first["seed"]
    assert all(slot["seed"] is None for slot in answer["slots"][1:])


def test_an_answer_says_that_redis_was_late(
    shop: SmallShop, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the process held is answered, and the front end knows to ask again."""
    asked = (f"{PAGE}?product=1", f"{ASK}?strategy=also_bought&product=1")
    before = [client.get(one).json for one in asked]
    assert [one["degraded"] for one in before] == [False, False]
    monkeypatch.setattr(shop.app.extensions[SERVICES].store, "fetch", lambda reads, **_: [MISSING] * len(reads))
    late = [client.get(one).json for one in asked]
    assert [one["degraded"] for one in late] == [True, True]
    assert [ids(slot["cards"]) for slot in late[0]["slots"]] == [ids(slot["cards"]) for slot in before[0]["slots"]]
    assert ids(late[1]["recommendations"]) == ids(before[1]["recommendations"])


class ForgetfulCatalog(MemoryCatalog):
    """Cannot say the titles of *lost* products."""

    lost: frozenset[str] = frozenset()

    def get_many(self, ids: Sequence[str]) -> dict[str, Product]:
        for one in self.lost.intersection(ids):
            ProblemCounts("catalogue").add([Problem("title", "not available")], one, RuntimeError("no titles now"))
        return {name: one for name, one in super().get_many(ids).items() if name not in self.lost}


def test_titles_that_failed_to_load_are_those_that_were_held_and_degrade_the_answer(
    make_shop: Callable[..., SmallShop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The front end asks again; not for a product that never had a title, which would be asked for without end."""
    catalog = ForgetfulCatalog(made_products())
    shop = make_shop(catalog=catalog)
    with shop.app.app_context():
        shop.place(*[["p1", "p2", "p3"]] * 5)
    client, asked = shop.app.test_client(), f"{ASK}?strategy=also_bought&product=p1"
    catalog.lost = frozenset({"p3"})
    first = client.get(asked).json
    assert (ids(first["recommendations"])[:1], first["degraded"]) == (["p2"], False)
    catalog.lost = frozenset({"p2", "p3"})
    products = shop.app.extensions[SERVICES].products
    monkeypatch.setattr(products, "_clock", lambda: time.monotonic() + 600)
    late = client.get(asked).json
    assert (ids(late["recommendations"]), late["degraded"]) == (ids(first["recommendations"]), True)
    catalog.lost = frozenset({"p3"})
    assert client.get(asked).json == first


def test_pages_of_other_origins_read_answers_only_where_the_setting_names_them(
    shop: SmallShop, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the shopper's cookies, so only by name; a cache keeps the answers apart."""
    theirs = {"Origin": "https://www.shop.example"}
    assert "Access-Control-Allow-Origin" not in client.get(f"{PAGE}?product=1", headers=theirs).headers
    settings = shop.app.extensions[SERVICES].settings
    monkeypatch.setattr(type(settings), "origins", ("https://www.shop.example",))
    answer = client.get(f"{PAGE}?product=1", headers=theirs)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://www.shop.example"
    assert answer.access_control_allow_credentials
    assert "Origin" in answer.vary
    other = client.get(f"{PAGE}?product=1", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers


def test_what_is_in_the_cart_is_left_out(client: FlaskClient) -> None:
    """A placement answers the shopper who asks, and so no cache may keep it."""
    client.get("/fill/2")
    response = client.get(f"{PAGE}?product=1")
    assert "2" not in [each for slot in response.json["slots"] for each in ids(slot["cards"])]
    assert (response.cache_control.private, response.cache_control.no_store) == (True, True)
    assert "Cookie" in response.headers["Vary"]


def test_the_cart_page_takes_its_products_from_the_cart(client: FlaskClient) -> None:
    """Nothing needs to be sent."""
    client.get("/fill/1")
    slots = client.get("/storefront/api/placements/cart").json["slots"]
    assert "2" in ids(slots[0]["cards"])


def test_trouble_of_the_shops_own_code_is_503_and_keeps_its_secrets(make_shop: Callable[..., SmallShop]) -> None:
    """A cart that raises costs the answer; what it said goes to the log."""
    client = make_shop(cart=BrokenCart()).app.test_client()
    response = client.get(PAGE)
    refused(response, 503)
    assert "secret" not in response.text


@pytest.mark.parametrize("asked", [ASK + "?strategy=also_bought&product=p1", PAGE])
def test_what_goes_wrong_within_is_503_whatever_it_is(
    make_shop: Callable[..., SmallShop], monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    """An error of our own inside is no fault of who asks; nor is a callable of the shop for the language."""
    locales = ["en"]
    shop = make_shop(STOREFRONT_LOCALE=lambda: locales[0])
    shop.app.testing = False
    client = shop.app.test_client()

    def refuse(*_args: object) -> None:
        raise InputError("nothing that the front end could correct")

    with monkeypatch.context() as within:
        within.setattr(type(shop.app.extensions[SERVICES].suggestions), "fill", refuse)
        assert "correct" not in refused(client.get(asked), 503)["message"]
    locales.clear()
    refused(client.get(asked), 503)


def test_a_price_that_cannot_be_had_now_is_503_and_speaks_of_prices(
    make_shop: Callable[..., SmallShop],
) -> None:
    """The same for the price of a cart, whose message is about nothing else."""
    shop = make_shop(customers=BrokenCustomers())
    answer = shop.app.test_client().post("/storefront/api/price", json={"lines": [{"product_id": "p1"}]})
    assert "suggestions" not in refused(answer, 503)["message"]


def test_redis_out_of_reach_is_a_shorter_answer(make_shop: Callable[..., SmallShop], tmp_path: Path) -> None:
    """As with the widgets: never an error."""
    client = make_shop(STOREFRONT_REDIS_URL=f"unix://{tmp_path}/nowhere").app.test_client()
    assert client.get(f"{ASK}?strategy=also_bought&product=p1").status_code == 200
    assert client.get(f"{PAGE}?product=p1").status_code == 200


# Refusals


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("strategy", "nothing"),
        ("placement", "nowhere"),
        *(("limit", each) for each in ("0", "31", "many", "9" * 5000)),
        *(("specialness", each) for each in ("nan", "0.6")),
        ("product", list(range(21))),
        ("exclude", list(range(101))),
    ],
)
def test_an_unusable_parameter_is_named(client: FlaskClient, name: str, value: object) -> None:
    """422, with what is wrong by the parameter's name; a missing strategy too."""
    response = client.get(ASK, query_string={"strategy": "related", name: value})
    assert list(refused(response, 422)["errors"]["query"]) == [name]
    assert list(refused(client.get(ASK), 422)["errors"]["query"]) == ["strategy"]


@pytest.mark.parametrize("odd", ODD_IDS)
def test_what_can_be_no_id_is_refused(client: FlaskClient, odd: str) -> None:
    """Empty, too long, or with a NUL, wherever an id may stand; it does not come back in the answer."""
    for name in ("product", "exclude"):
        body = refused(client.get(ASK, query_string={"strategy": "related", name: ["1", odd]}), 422)
        assert list(body["errors"]["query"][name]) == ["1"]
    for name in ("product", "category"):
        response = client.get(PAGE, query_string={name: odd})
        assert name in refused(response, 422)["errors"]["query"]
        assert len(response.data) < 1000


def test_a_placement_that_the_plan_does_not_have_is_404(client: FlaskClient) -> None:
    """The message names those it has."""
    assert "thank_you" in refused(client.get("/storefront/api/placements/nowhere"), 404)["message"]


@pytest.mark.parametrize("path", ["", "/", "/nowhere", "/recommendations/", "/placements/", "/placements/a/b"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_address_is_404_in_json(client: FlaskClient, path: str, method: str) -> None:
    """Whatever the method."""
    refused(client.open(f"/storefront/api{path}", method=method), 404)


@pytest.mark.parametrize("path", [ASK, PAGE, "/storefront/api/openapi.json"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_another_method_is_405_in_json(client: FlaskClient, path: str, method: str) -> None:
    """It names the methods there are."""
    response = client.open(path, method=method)
    refused(response, 405)
    assert set(response.allow) == {"GET", "HEAD", "OPTIONS"}
    assert set(client.options(path).allow) == {"GET", "HEAD", "OPTIONS"}


WORDS = st.text(max_size=20) | st.sampled_from(
    ["1", "related", "also_bought", "cart", "home", "4", "0.2", "\x00", "-1"]
)
NAMES = st.sampled_from(["strategy", "product", "placement", "limit", "exclude", "specialness", "category"])
QUERIES = st.dictionaries(NAMES, st.lists(WORDS, max_size=4), max_size=7)


@settings(max_examples=150, deadline=None)
@given(query=QUERIES, raw=st.text(alphabet="&=%;+1aF\u00e9", max_size=30))
def test_no_question_is_answered_by_500(client: FlaskClient, query: dict[str, list[str]], raw: str) -> None:
    """Whatever is asked: an answer or a refusal in JSON, and nothing raises."""
    for path in (ASK, PAGE, "/storefront/api/placements/home"):
        response = client.get(path, query_string=query)
        assert response.status_code in (200, 422)
        assert response.is_json
        assert client.get(f"{path}?strategy=related&{raw}").status_code in (200, 422)


# The document


def test_the_document_describes_what_is_answered(client: FlaskClient) -> None:
    """Our addresses and schemas, prices as text, and nothing of flask-smorest's own."""
    document = client.get("/storefront/api/openapi.json").json
    paths = {"/storefront/api/recommendations", "/storefront/api/placements/{placement}", "/storefront/api/price"}
    assert set(document["paths"]) == paths
    known = document["components"]["schemas"]
    of_bundles = {"Applied", "Bundle", "Component", "Missing", "MissingItem", "Tier", "Variant"}
    of_carts = {"AppliedBundle", "Cart", "CartLine", "CartQuery", "NextOffer", "PricedLine"}
    assert set(known) == {"Card", "Error", "Placement", "Product", "Recommendations", "Slot"} | of_bundles | of_carts
    assert known["Card"]["properties"]["price"]["type"] == "string"
    card = client.get(f"{ASK}?strategy=also_bought&product=1").json["recommendations"][0]
    assert set(known["Card"]["properties"]) == set(known["Card"]["required"]) == set(card)
    asked = document["paths"]["/storefront/api/recommendations"]["get"]["parameters"]
    ids = next(each["schema"]["items"] for each in asked if each["name"] == "product")
    assert (ids["minLength"], ids["maxLength"]) == (1, MAX_ID_BYTES)
    names = {each["name"] for each in asked}
    assert names == {"strategy", "product", "placement", "limit", "exclude", "specialness", "locale"}
