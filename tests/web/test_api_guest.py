"""The API as a guest: shops with an API, error pages, names and commands of their own keep them, and ours answers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Blueprint, Flask, abort
from flask_smorest import Api
from hosts.everything import create_app, place_orders
from marshmallow import class_registry
from small_shop import made_products

from storefront_plugin import ConfigurationError, MemoryCatalog, Storefront
from storefront_plugin.web.api import schemas
from tests.web.test_api import ASK, refused


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
    app.register_blueprint(Blueprint("storefront-api", "theirs"))
    with pytest.raises(ConfigurationError, match=r"storefront-api.*Storefront\(name="):
        Storefront(app, catalog=MemoryCatalog(made_products(3)))
    assert "storefront" not in app.blueprints


def test_a_shops_handler_of_any_exception_does_not_answer_ours() -> None:
    """A mistake of ours is a JSON 500 that tells nothing of it, and the shop's log has it."""
    app = plain_app()
    app.register_error_handler(Exception, lambda error: ("<h1>The shop's own</h1>", 500))

    def fail(*_: object, **__: object) -> None:
        raise KeyError("secret")

    app.before_request(fail)
    response = app.test_client().get(ASK)
    refused(response, 500)
    assert "secret" not in response.text
    assert "The shop's own" in app.test_client().get("/nowhere").text


def test_the_shops_own_refusal_of_a_request_is_shown_in_json() -> None:
    """A shop that lets nobody in without signing in: 401 with its own words."""
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
        app.extensions["storefront"].services.snapshots.refresh()
    yield app
    with app.app_context():
        app.extensions["storefront"].services.close()
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


def test_our_schemas_take_no_name_of_the_shops() -> None:
    """A shop that nests its own ``"ProductSchema"`` by name would meet two of them."""
    own = {name for name in vars(schemas) if name.endswith("Schema") and name != "Schema"}
    ours = f"{schemas.__name__}."
    assert "ProductSchema" in own
    assert not any(ours + name in class_registry._registry for name in own)
