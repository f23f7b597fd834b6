"""Suggestions as JSON: the data of the widgets, one body for all errors, and a host that keeps its own API and pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, session
from flask.testing import FlaskClient
from flask_smorest import Api
from hosts.everything import create_app, place_orders
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import class_registry
from small_shop import SmallShop, made_products, small_shop

from storefront_plugin import CartLine, ConfigurationError, MemoryCatalog, Product, Storefront
from storefront_plugin.web.api import schemas

ASK = "/storefront/api/recommendations"
PAGE = "/storefront/api/placements/product"
ODD_IDS = ["", "\x00", "x" * 10_000, "é" * 200, "x" * 256]
NO_LIMIT = {"STOREFRONT_REQUESTS_PER_MINUTE": 0}

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


@pytest.fixture(scope="module")
def shop(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallShop]:
    """Three products, bought together; carts in the session."""
    made = small_shop(
        tmp_path_factory.mktemp("shop"),
        PRODUCTS,
        cart=SessionCart(),
        STOREFRONT_REDIS_URL=redis_url,
        STOREFRONT_REDIS_PREFIX=f"t{uuid.uuid4().hex[:8]}",
        **NO_LIMIT,
    )

    @made.app.get("/fill/<ids>")
    def fill(ids: str) -> str:
        session["cart"] = ids.split(",")
        return "filled"

    with made.app.app_context():
        made.place(["1", "2"], ["1", "2"], ["1", "2"], ["1", "2", "3"])
        made.storefront.mounted.held.refresh()
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


def test_an_address_that_could_run_code_is_not_told(client: FlaskClient) -> None:
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
    assert (response.status_code, response.json) == (200, {"recommendations": []})


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
    assert (first["name"], first["layout"], first["title"]) == (
        "bought_together",
        "together",
        "Frequently bought together",
    )
    assert (first["seed"]["product_id"], first["seed"]["price"]) == ("1", "499.00")
    assert "score" not in first["seed"]
    assert all(slot["seed"] is None for slot in answer["slots"][1:])


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


def test_redis_out_of_reach_is_a_shorter_answer(make_shop: Callable[..., SmallShop], tmp_path: Path) -> None:
    """As with the widgets: never an error."""
    client = make_shop(STOREFRONT_REDIS_URL=f"unix://{tmp_path}/nowhere").app.test_client()
    assert client.get(f"{ASK}?strategy=also_bought&product=p1").status_code == 200
    assert client.get(f"{PAGE}?product=p1").status_code == 200


# Refusals


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("", "strategy"),
        ("strategy=nothing", "strategy"),
        ("strategy=related&placement=nowhere", "placement"),
        ("strategy=related&limit=0", "limit"),
        ("strategy=related&limit=31", "limit"),
        ("strategy=related&limit=many", "limit"),
        ("strategy=related&limit=" + "9" * 5000, "limit"),
        ("strategy=related&specialness=nan", "specialness"),
        ("strategy=related&specialness=0.6", "specialness"),
        ("strategy=related&" + "&".join(f"product={n}" for n in range(21)), "product"),
        ("strategy=related&" + "&".join(f"exclude={n}" for n in range(101)), "exclude"),
    ],
)
def test_an_unusable_parameter_is_named(client: FlaskClient, query: str, name: str) -> None:
    """422, with what is wrong by the parameter's name."""
    assert list(refused(client.get(f"{ASK}?{query}"), 422)["errors"]["query"]) == [name]


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


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
    assert set(document["paths"]) == {"/storefront/api/recommendations", "/storefront/api/placements/{placement}"}
    known = document["components"]["schemas"]
    assert set(known) == {"Card", "Error", "Placement", "Product", "Recommendations", "Slot"}
    assert known["Card"]["properties"]["price"]["type"] == "string"
    card = client.get(f"{ASK}?strategy=also_bought&product=1").json["recommendations"][0]
    assert set(known["Card"]["properties"]) == set(known["Card"]["required"]) == set(card)
    asked = document["paths"]["/storefront/api/recommendations"]["get"]["parameters"]
    assert {each["name"] for each in asked} == {
        "strategy",
        "product",
        "placement",
        "limit",
        "exclude",
        "specialness",
    }


def test_our_schemas_take_no_name_of_the_shops(shop: SmallShop) -> None:
    """A shop that nests its own ``"ProductSchema"`` by name would meet two of them."""
    own = {name for name in vars(schemas) if name.endswith("Schema") and name != "Schema"}
    ours = f"{schemas.__name__}."
    assert "ProductSchema" in own
    assert not any(ours + name in class_registry._registry for name in own)


# Guests and hosts


def plain_app(**adapters: Any) -> Flask:
    """An app with nothing but us."""
    app = Flask("shop")
    app.config.update(SECRET_KEY="a key for tests", SQLALCHEMY_DATABASE_URI="sqlite:///:memory:")
    Storefront(app, catalog=MemoryCatalog(made_products(3)), **adapters)
    return app


def test_each_app_has_its_own_api_under_its_own_name() -> None:
    """Two apps in a process, one of them with another name and prefix."""
    first, second = plain_app(), plain_app(name="suggestions", url_prefix="/tips")
    refused(second.test_client().get("/tips/api/recommendations"), 422)
    assert second.test_client().get("/storefront/api/recommendations").mimetype == "text/html"
    document = second.test_client().get("/tips/api/openapi.json").json
    assert "/tips/api/recommendations" in document["paths"]
    refused(first.test_client().get(ASK), 422)
    assert first.url_map is not second.url_map


def test_an_app_without_smorest_gets_no_handler_and_no_command() -> None:
    """Its own error pages stay, and ``flask openapi`` does not appear."""
    app = plain_app()
    assert not app.error_handler_spec[None]
    assert "openapi" not in app.cli.commands
    assert app.test_client().get("/nowhere").mimetype == "text/html"


def test_a_command_of_the_shops_own_stays() -> None:
    """A shop may have an ``openapi`` command that has nothing to do with flask-smorest."""
    app = Flask("shop")
    app.config["SECRET_KEY"] = "a key for tests"
    own = app.cli.command("openapi")(lambda: None)
    Storefront(app, catalog=MemoryCatalog(made_products(3)))
    assert app.cli.commands["openapi"] is own


def test_an_occupied_name_of_the_api_is_refused() -> None:
    """Before anything is registered, and with the remedy."""
    app = Flask("shop")
    app.config["SECRET_KEY"] = "a key for tests"
    app.register_blueprint(plain_blueprint("storefront-api"))
    with pytest.raises(ConfigurationError, match=r"storefront-api.*Storefront\(name="):
        Storefront(app, catalog=MemoryCatalog(made_products(3)))
    assert "storefront" not in app.blueprints


def plain_blueprint(name: str) -> Any:
    from flask import Blueprint

    return Blueprint(name, "theirs")


def test_a_shops_handler_of_any_exception_does_not_answer_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours is a JSON 500 that tells nothing of it, and the shop's log has it."""
    app = plain_app()
    app.register_error_handler(Exception, lambda error: ("<h1>The shop's own</h1>", 500))
    monkeypatch.setattr("storefront_plugin.web.api.views.refuse_too_many", lambda: None)

    def fail(*_: object, **__: object) -> None:
        raise KeyError("secret")

    app.before_request(fail)
    response = app.test_client().get(ASK)
    refused(response, 500)
    assert "secret" not in response.text
    assert "The shop's own" in app.test_client().get("/nowhere").text


def test_the_shops_own_refusal_of_a_request_is_told_in_json() -> None:
    """A shop that lets nobody in without signing in: 401 with its own words."""
    from flask import abort

    app = plain_app()
    app.register_error_handler(401, lambda error: ("<h1>Sign in</h1>", 401))
    app.before_request(lambda: abort(401, "Sign in first."))
    assert refused(app.test_client().get(ASK), 401)["message"] == "Sign in first."


@pytest.fixture(scope="module", params=["us first", "us last"])
def everything(
    request: pytest.FixtureRequest, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The shop with an API, error pages, a limiter and CSRF protection of its own."""
    app = create_app(tmp_path_factory.mktemp("everything"), redis_url, request.param, f"t{uuid.uuid4().hex[:8]}")
    place_orders(app)
    with app.app_context():
        app.extensions["storefront"].mounted.held.refresh()
    yield app
    with app.app_context():
        app.extensions["storefront"].mounted.close()
        app.extensions["sqlalchemy"].engine.dispose()


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", ASK, 405),
        ("GET", ASK, 422),
        ("GET", "/storefront/api/nowhere", 404),
        ("PUT", "/storefront/api/nowhere", 404),
    ],
)
def test_a_shops_error_pages_do_not_answer_for_us(everything: Flask, method: str, path: str, code: int) -> None:
    """Its HTML of the very code, its CSRF protection and its limiter stand beside our JSON."""
    client = everything.test_client()
    for _ in range(10):  # more than its limiter would let pass
        refused(client.open(path, method=method), code)


def test_our_errors_do_not_answer_for_the_shop(everything: Flask) -> None:
    """Its pages, its API and its document are its own; ours is in neither."""
    client = everything.test_client()
    client.environ_base["REMOTE_ADDR"] = "10.9.0.1"
    for path, code in (("/nowhere", 404), ("/shop/unusable", 422), ("/shop/broken", 500)):
        assert client.get(path).text == f"<h1>The shop's own {code}</h1>"
    assert client.get("/api/items?limit=3").json == {"limit": 3}
    document = client.get("/docs/openapi.json").json
    assert list(document["paths"]) == ["/api/items"]
    assert document["info"]["title"] == "The shop's own"
    assert "openapi" in everything.cli.commands


def test_the_api_speaks_the_shops_language(everything: Flask) -> None:
    """And tells prices in its currency: yen have no decimals."""
    found = everything.test_client().get(f"{ASK}?strategy=also_bought&product=1").json["recommendations"]
    assert (found[0]["price"], found[0]["currency"]) == ("200", "JPY")
    assert "注文" in found[0]["reason"]


def test_two_apis_of_the_shops_own_may_come_later() -> None:
    """With and without a prefix of theirs."""
    app = plain_app()
    app.config.update(API_TITLE="a", API_VERSION="1", OPENAPI_VERSION="3.0.3", OPENAPI_URL_PREFIX="/docs")
    app.config.update({f"V2_{key}": value for key, value in app.config.items() if key.startswith(("API_", "OPENAPI_"))})
    app.config["V2_OPENAPI_URL_PREFIX"] = "/docs2"
    Api(app)
    Api(app, config_prefix="V2")
    client = app.test_client()
    assert [client.get(path).json["info"]["title"] for path in ("/docs/openapi.json", "/docs2/openapi.json")] == [
        "a",
        "a",
    ]
    assert client.get("/storefront/api/openapi.json").json["info"]["title"] == "Suggestions"
