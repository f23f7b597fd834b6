"""Mounted in a shop that uses everything: whatever worked before works as before, and we keep to ourselves."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from hosts.everything import BUDGET, create_app, place_orders

ADDRESSES = iter(range(1, 250))


@pytest.fixture(scope="module", params=["us first", "us last"])
def app(request: pytest.FixtureRequest, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The shop with us, mounted before or after all others."""
    app = create_app(tmp_path_factory.mktemp("with"), redis_url, request.param, f"t{uuid.uuid4().hex[:8]}")
    place_orders(app)
    yield app
    with app.app_context():
        app.extensions["storefront"].services.close()
        app.extensions["sqlalchemy"].engine.dispose()


@pytest.fixture(scope="module")
def plain(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The same shop without us."""
    app = create_app(tmp_path_factory.mktemp("without"), redis_url, "without us")
    yield app
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()


def shopper(app: Flask) -> FlaskClient:
    """A browser with an address of its own, and so with a budget of its own."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = f"10.0.0.{next(ADDRESSES)}"
    return client


def ready(app: Flask) -> None:
    """Let the process read its counts, and forget cached pages."""
    with app.app_context():
        app.extensions["storefront"].services.snapshots.refresh()
        next(iter(app.extensions["cache"].values())).clear()


@pytest.mark.parametrize(
    "path",
    [
        "/shop/word",
        "/nowhere",
        "/shop/product/99",
        "/shop/unusable",
        "/shop/broken",
        "/api/items",
        "/api/items?limit=many",
        "/api/items?limit=3",
        "/docs/openapi.json",
    ],
)
def test_answers_of_the_shops_own_are_unchanged(app: Flask, plain: Flask, path: str) -> None:
    """Words, error pages, the API and its document: the same bytes and headers as without us."""
    with_us, without = shopper(app).get(path), shopper(plain).get(path)
    assert (with_us.status_code, with_us.data) == (without.status_code, without.data)
    changing = {"Date", "X-RateLimit-Reset"}
    assert {k: v for k, v in with_us.headers if k not in changing} == {
        k: v for k, v in without.headers if k not in changing
    }


@pytest.mark.parametrize("path", ["/shop/cart", "/shop/add/1"])
def test_the_shops_own_posts_still_need_its_token(app: Flask, plain: Flask, path: str) -> None:
    """We are taken out of its protection, and nothing else is."""
    assert shopper(app).post("/shop/add", data={"id": "1"}).status_code == 400
    assert shopper(plain).post("/shop/add", data={"id": "1"}).status_code == 400
    assert shopper(app).get(path).status_code == 200


def test_our_words_follow_the_shops_language(app: Flask) -> None:
    """Japanese by the shop's Flask-Babel, prices in yen."""
    ready(app)
    html = shopper(app).get("/shop/product/1").text
    assert "よく一緒に購入されている商品" in html or "買った" in html or "購入" in html
    assert "買い物かご" in html
    assert "￥200" in html or "¥200" in html


def titles(html: str) -> set[str]:
    """The language that the shop's own code named each card's product in."""
    return {name.text.rpartition(" ")[2] for name in BeautifulSoup(html, "html5lib").select(".storefront-name")}


def test_a_fragment_in_another_language_changes_nobody_elses_page(app: Flask) -> None:
    """Titles by the shop's own code are held by the language it spoke, not by what an address asks for."""
    ready(app)
    with app.app_context():
        app.extensions["storefront"].services.products.forget(None)
    english = shopper(app).get("/storefront/fragment/product?product=1&locale=en").text
    assert titles(english) == {"(en)"}
    assert titles(shopper(app).get("/shop/product/1").text) == {"(ja)"}


def test_our_requests_cost_nothing_of_the_shops_budget(app: Flask) -> None:
    """Thirty fragments and files later the shopper has all requests left, and no more than that."""
    ready(app)
    client = shopper(app)
    page = BeautifulSoup(client.get("/shop/product/1").text, "html5lib")
    fragment = str(page.select("storefront-fragment")[0]["src"])
    style = str(page.select("link[rel=stylesheet]")[0]["href"])
    codes = {client.get(address, buffered=True).status_code for address in [fragment, style] * 15}
    assert codes <= {200, 204}
    left = [client.get("/shop/word").status_code for _ in range(BUDGET + 1)]
    assert left == [200] * BUDGET + [429]


def test_a_cached_page_tells_nobody_about_anybody(app: Flask) -> None:
    """Two shoppers get the same bytes, without a cookie, a token or the other's things; whoever comes first."""
    ready(app)
    alice, bob, nobody = shopper(app), shopper(app), shopper(app)
    for client, product in ((alice, 2), (bob, 3)):
        client.get(f"/shop/add/{product}")
    answers = [client.get("/shop/product/1") for client in (alice, bob, nobody)]
    assert len({answer.data for answer in answers}) == 1
    assert all("Set-Cookie" not in answer.headers for answer in answers)
    page = BeautifulSoup(answers[0].text, "html5lib")
    assert page.select("[name=csrf_token]") == []
    assert {"2", "3"} <= {str(card["data-storefront-product"]) for card in page.select("[data-storefront-product]")}


def test_nothing_of_ours_needs_more_than_a_strict_policy(app: Flask) -> None:
    """No inline script, style or handler, and Talisman's header stands on our own answers too."""
    ready(app)
    client = shopper(app)
    page = BeautifulSoup(client.get("/shop/product/1").text, "html5lib")
    assert page.select("script:not([src]), style, [style], [onclick], [onerror], [onload]") == []
    sources = [str(tag.get("src") or tag.get("href")) for tag in page.select("script, link")]
    assert sources
    assert all(source.startswith("/") for source in sources)
    answer = client.get(sources[0], buffered=True)
    assert answer.headers["Content-Security-Policy"] == "default-src 'self'"


def test_forms_to_the_shops_view_hold_its_token_on_private_answers_only(app: Flask) -> None:
    """The page that all share has a link instead; the shopper's own fragment a form that works."""
    ready(app)
    client = shopper(app)
    page = BeautifulSoup(client.get("/shop/product/1").text, "html5lib")
    assert page.select("form[action='/shop/add']") == []
    answer = client.get(str(page.select("storefront-fragment")[0]["src"]))
    form = BeautifulSoup(answer.text, "html5lib").select("form[action='/shop/add']")[0]
    assert answer.cache_control.no_store
    data = {str(field["name"]): str(field["value"]) for field in form.select("input")}
    assert client.post("/shop/add", data={"id": data["id"]}).status_code == 400
    assert client.post("/shop/add", data=data).status_code == 302
    assert BeautifulSoup(client.get("/shop/cart").text, "html5lib").select("form input[name=csrf_token]")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil"}, 403),
    ],
)
def test_our_post_is_guarded_by_its_origin(app: Flask, headers: dict[str, str], status: int) -> None:
    """It needs no token of the shop's, and no other site can make it."""
    assert shopper(app).post("/storefront/cart", data={"product": "2"}, headers=headers).status_code == status


def test_what_the_shop_has_put_into_jinja_stays(app: Flask) -> None:
    """Our global stands beside its own, and our widgets' words are not the shop's."""
    assert app.jinja_env.globals["shout"] is str.upper
    assert "<title>SHOP</title>" in shopper(app).get("/shop/product/1").text


def test_the_shops_migrations_leave_our_tables_alone(redis_url: str, tmp_path: Path) -> None:
    """``flask db migrate`` finds nothing to do after ``init-db``; in a process of its own, as Alembic sets up logging."""
    program = (
        "from flask_migrate import init, migrate\n"
        "from hosts.everything import from_environment\n"
        "app = from_environment()\n"
        "with app.app_context():\n"
        "    init(); migrate()\n"
    )
    found = _run(["-c", program], SHOP_FOLDER=str(tmp_path), SHOP_REDIS=redis_url)
    assert "No changes in schema detected" in found.stdout + found.stderr
    assert list((tmp_path / "migrations" / "versions").iterdir()) == []


def _run(arguments: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    here = Path(__file__).parents[1]
    paths = os.pathsep.join(map(str, (here, here / "support", here.parent)))
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **environment, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_fixtures_are_real(app: Flask) -> None:
    """The shop has all that this file is about."""
    wanted = {"babel", "csrf", "limiter", "flask-smorest", "cache", "migrate", "sqlalchemy", "storefront"}
    assert wanted <= set(app.extensions)
