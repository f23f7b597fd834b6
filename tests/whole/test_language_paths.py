"""Shops whose addresses hold the language, as Flask documents it: whatever answers, titles and links are those of the page."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import flask_babel
import pytest
from bs4 import BeautifulSoup
from flask import Blueprint, Flask, abort, current_app, g, render_template_string, session, url_for
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from small_shop import SmallShop
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.routing import BaseConverter

from storefront_plugin import CartLine, CartRefused, Merchant, Order, OrderLine, SQLAlchemyCatalog, Storefront
from storefront_plugin.bundles import BundleText, Component, Definition, Tier, percent_off
from storefront_plugin.core import clock

PAGE = "{{ storefront.placement('product', id) }}"
TITLES = {"en": "Kettle", "ja": "やかん"}


class Base(DeclarativeBase):
    pass


class Product(Base):
    """Named in two languages."""

    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)


def title(product: Product) -> str:
    """In the language that the shop's own code has."""
    return f"{TITLES[spoken()]} {product.id}"


def spoken() -> str:
    if "babel" in current_app.extensions:
        return str(flask_babel.get_locale() or "en")
    return g.lang_code or "en"


class Shop:
    """Serves ``/<lang_code>/product/<id>`` as Flask's documentation on internationalized addresses does."""

    def __init__(self, folder: Path, redis_url: str, with_babel: bool) -> None:
        self.app = app = Flask("shop", instance_path=str(folder))
        app.config.update(
            TESTING=True,
            SECRET_KEY="a key for tests",
            SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder / 'shop.sqlite'}",
            STOREFRONT_REDIS_URL=redis_url,
            STOREFRONT_REDIS_PREFIX=f"t{uuid.uuid4().hex[:8]}",
            STOREFRONT_CURRENCY="EUR",
            STOREFRONT_DEADLINE_MS=1000,
            STOREFRONT_EXTERNAL_URL="https://shop.example",
        )
        self._speak(app)
        if with_babel:
            flask_babel.Babel(app, locale_selector=lambda: g.get("lang_code") or "en")
        else:
            app.config["STOREFRONT_LOCALE"] = lambda: g.get("lang_code") or "en"
        db = SQLAlchemy(app, model_class=Base)
        catalog = SQLAlchemyCatalog(
            db,
            Product,
            id=Product.id,
            title=title,
            price=Decimal(5),
            url=lambda product: url_for("product", id=product.id),
        )
        self.storefront = Storefront(app, catalog=catalog)
        with app.app_context():
            db.create_all()
            self.storefront.init_db()
            db.session.add_all(Product(id=number) for number in range(1, 7))
            db.session.commit()
            lines = [OrderLine(str(one), 1) for one in (1, 2, 3, 4)]
            for number in range(5):
                order = Order(id=f"o{number}", placed_at=clock.now(), lines=lines)
                self.storefront.order_placed(order, commit=True)
            self.storefront.drain()
        self.client: FlaskClient = app.test_client()

    @staticmethod
    def _speak(app: Flask) -> None:
        @app.url_defaults
        def add_language_code(endpoint: str, values: dict[str, Any]) -> None:
            if "lang_code" in values or not g.lang_code:
                return
            if app.url_map.is_endpoint_expecting(endpoint, "lang_code"):
                values["lang_code"] = g.lang_code

        @app.url_value_preprocessor
        def pull_lang_code(_endpoint: str | None, values: dict[str, Any] | None) -> None:
            g.lang_code = values.pop("lang_code", None) if values else None

        @app.get("/<any(en, ja):lang_code>/product/<id>")
        def product(id: str) -> str:
            return render_template_string(PAGE, id=id)

    def page(self, language: str, **options: Any) -> BeautifulSoup:
        """A product's page."""
        answer = self.client.get(f"/{language}/product/1", **options)
        assert answer.status_code == 200
        return BeautifulSoup(answer.text, "html5lib")


@pytest.fixture(scope="module", params=[True, False], ids=["Flask-Babel", "own callables"])
def shop(request: pytest.FixtureRequest, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One shop for all tests, so that each meets what the others left in its cache."""
    made = Shop(tmp_path_factory.mktemp("shop"), redis_url, with_babel=request.param)
    yield made
    with made.app.app_context():
        made.storefront.services.close()


def cards(soup: BeautifulSoup) -> list[tuple[str, str]]:
    """Title and link of each card that leads to another page."""
    return [(link.text.strip(), str(link["href"])) for link in soup.select("li.storefront-card a.storefront-link")]


def assert_speaks(soup: BeautifulSoup, language: str, root: str = "") -> None:
    found = cards(soup)
    assert found
    assert all(title.startswith(TITLES[language]) for title, _ in found)
    assert all(link.startswith(f"{root}/{language}/product/") for _, link in found)


def test_fragments_speak_and_link_as_their_page(shop: Shop) -> None:
    """Whichever is asked first, and whatever the browser's language is."""
    for language, other in (("ja", "en"), ("en", "ja"), ("ja", "en")):
        with shop.app.app_context():
            shop.storefront.services.products.forget(None)
        src = str(shop.page(language).select("storefront-fragment")[0]["src"]).replace("have=", "had=")
        for _ in range(2):
            with shop.app.app_context():
                shop.storefront.services.products.forget(None)
            answer = shop.client.get(src, headers={"Accept-Language": other})
            assert answer.status_code == 200
            assert_speaks(BeautifulSoup(answer.text, "html5lib"), language)
            assert_speaks(shop.page(language, headers={"Accept-Language": other}), language)
            assert_speaks(shop.page(other, headers={"Accept-Language": language}), other)


class CountedCart:
    """Holds a few in the session, and says so when it has enough."""

    def lines(self) -> list[CartLine]:
        return [CartLine(one) for one in session.get("cart", ())]

    def add_form(self, product: object) -> None: ...

    def add(self, lines: Sequence[CartLine]) -> None:
        if session.get("cart"):
            raise CartRefused({"en": "One is enough.", "ja": "1点までです。"}[spoken()])
        session["cart"] = [line.product_id for line in lines]


def test_what_is_added_is_told_in_the_language_of_the_page(shop: Shop) -> None:
    """By us and by the shop's own cart, since our script says which page it is on."""
    shop.storefront.cart = CountedCart()
    told = {
        "en": ("Added to cart: Kettle 3", "One is enough."),
        "ja": ("カートに追加しました：やかん 3", "1点までです。"),
    }
    for language, (added, refused) in told.items():
        client = shop.app.test_client()
        form = {"product": "3", "locale": language, "page": f"/{language}/product/1"}
        headers = {"Accept": "application/json", "Accept-Language": "de"}
        answers = [client.post("/storefront/cart", data=form, headers=headers).json for _ in range(2)]
        assert (answers[0]["message"], answers[1]["notice"]["text"]) == (added, refused)
    shop.storefront.cart = None


@pytest.fixture
def strict(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop whose preprocessor sets the language of its pages alone, so that none is left at addresses of ours."""

    def pull(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        if values and "lang_code" in values:
            g.lang_code = values.pop("lang_code")

    monkeypatch.setitem(shop.app.url_value_preprocessors, None, [pull])
    return shop


def test_merchants_find_products_where_only_pages_know_the_language(strict: Shop) -> None:
    """Else the admin would call every product of a bundle or a rule gone."""
    strict.storefront.admin_access = lambda: Merchant("Mika")
    client = strict.app.test_client()
    found = client.get("/storefront/admin/products?q=3", headers={"Accept-Language": "ja"}).json
    assert [(one["id"], one["title"][-1]) for one in found] == [("3", "3")]
    text = client.get("/storefront/admin/explain?placement=product&product=1").text
    assert f"{TITLES['en']} 3" in text


def test_a_link_to_a_bundle_leads_to_its_page_where_only_pages_know_the_language(strict: Shop) -> None:
    """As a merchant's mail has it: nothing comes before it."""
    with strict.app.test_request_context("/en/product/1"):
        g.lang_code = "en"
        bundle = strict.storefront.publish_bundle(
            Definition(
                kind="set",
                tiers=(Tier((Component("2"), Component("3")), percent_off(10)),),
                texts={"en": BundleText("Pair")},
                staff_only=True,
            )
        )
        token = strict.storefront.services.pricer.codes.link_token(bundle.id, clock.now() + dt.timedelta(1))
    answer = strict.app.test_client().get(f"/storefront/offer/{token}")
    assert answer.headers["Location"].startswith("/en/product/2")


@pytest.mark.parametrize("told", ["by our script", "by the browser", "by nobody"])
def test_a_form_adds_where_only_pages_know_the_language(strict: Shop, told: str) -> None:
    """A preprocessor that sets the language of pages alone leaves none at our cart address, where products are looked up."""
    strict.storefront.cart = CountedCart()
    form = {"product": "3", **({"locale": "ja", "page": "/ja/product/1"} if told == "by our script" else {})}
    headers = {"Referer": "http://localhost/ja/product/1"} if told == "by the browser" else {}
    client = strict.app.test_client()
    back = client.get("/storefront/cart?product=2", headers=headers).headers["Location"]
    assert back == ("/ja/product/2" if told == "by the browser" else "/en/product/2")
    answer = client.post("/storefront/cart", data=form, headers=headers | {"Accept": "application/json"})
    assert answer.status_code == 200
    assert answer.json["lines"] == [{"product": "3", "variant": None, "quantity": 1}]
    strict.storefront.cart = None


@pytest.mark.parametrize("language", ["en", "ja"])
def test_json_speaks_the_language_that_is_asked_for(shop: Shop, language: str) -> None:
    """A front end of its own has no page of ours."""
    of_page = shop.client.get(f"/storefront/api/placements/product?product=1&locale={language}").json
    asked = f"/storefront/api/recommendations?strategy=also_bought&product=1&locale={language}"
    for found in (of_page["slots"][0]["cards"], shop.client.get(asked).json["recommendations"]):
        assert found
        assert {one["url"].split("/product/")[0] for one in found} == {f"/{language}"}
        assert all(one["title"].startswith(TITLES[language]) for one in found)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_mails_speak_and_link_in_their_language(shop: Shop, language: str) -> None:
    """Rendered by a worker, which no page of the shop has told a language."""
    with shop.app.app_context():
        text = str(shop.storefront.placement("product", "1", locale=language))
    assert_speaks(BeautifulSoup(text, "html5lib"), language, "https://shop.example")


def test_a_command_reads_the_catalogue_with_its_links(shop: Shop) -> None:
    """`check` and the content index walk the whole catalogue outside of any page."""
    with shop.app.app_context():
        found = [product.url for product in shop.storefront.services.shop.catalog.iter_products()]
    assert found == [f"/en/product/{number}" for number in range(1, 7)]


def test_what_failed_is_not_kept(shop: Shop) -> None:
    """A page of another kind, whose request lacks what the shop's callables need, shows what it can; the next is whole."""
    with shop.app.app_context():
        shop.storefront.services.products.forget(None)
    with shop.app.test_request_context("/storefront/api/"):
        g.lang_code = None
        shop.storefront.services.products.get_many(["2", "3"], "ja [('lang_code', 'ja')]")
    assert_speaks(shop.page("ja"), "ja")


def test_a_fragment_for_a_path_that_is_none_of_the_shop_is_answered_as_ever(shop: Shop) -> None:
    """Nobody's address, another host's or a broken one."""
    for path in ("/nowhere", "//evil.example/", "relative", "/" + "x" * 5000, "/\x00"):
        answer = shop.client.get("/storefront/fragment/product", query_string={"product": "1", "page": path})
        assert answer.status_code in (200, 204)


def test_a_preprocessor_that_needs_more_than_a_language_breaks_nothing(make_shop: Callable[..., SmallShop]) -> None:
    """JSON, mails and the shop's own cart do without the tenant, which only pages of the shop know."""
    shop = make_shop(STOREFRONT_EXTERNAL_URL="https://shop.example")
    pages = Blueprint("pages", __name__, url_prefix="/<tenant>/<lang>")
    pages.add_url_rule("/product/<id>", "product", lambda id: render_template_string(PAGE, id=id))

    @pages.url_value_preprocessor
    def pull(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.tenant, g.lang = (values or {}).pop("tenant"), (values or {}).pop("lang")

    shop.app.register_blueprint(pages)
    with shop.app.app_context():
        shop.place(*[["p1", "p2", "p3", "p4"]] * 5)
        assert "storefront-card" in shop.storefront.placement("product", "p1", locale="ja")
    client = shop.app.test_client()
    answer = client.get("/storefront/api/placements/product?product=p1&locale=ja").json
    assert answer["slots"][0]["cards"]
    shop.storefront.cart = CountedCart()
    assert client.post("/storefront/cart", data={"product": "p2", "locale": "ja"}).status_code == 303
    assert "storefront-card" in client.get("/north/en/product/p1").text


def test_each_blueprint_that_takes_the_language_is_told(make_shop: Callable[..., SmallShop]) -> None:
    """Whichever is registered first, and beside one whose views take the language themselves."""
    shop = make_shop(STOREFRONT_EXTERNAL_URL="https://shop.example")
    names = ("plain", "blog", "pages", "livres")
    for name in names:
        argument = "any('ja-jp', fr):langue" if name == "livres" else "lang_code"
        blueprint = Blueprint(name, __name__, url_prefix=f"/<{argument}>/{name}")
        blueprint.add_url_rule("/<id>", "show", lambda id, lang_code=None: id)
        if name != "plain":

            @blueprint.url_value_preprocessor
            def pull(_endpoint: str | None, values: dict[str, Any] | None, name: str = name) -> None:
                setattr(g, name, (values or {}).pop("langue" if name == "livres" else "lang_code"))

        shop.app.register_blueprint(blueprint)
    with shop.app.app_context():
        shop.storefront.placement("product", "p1", locale="ja")
        assert (g.get("blog"), g.get("pages"), g.get("livres")) == ("ja", "ja", "ja-jp")


def test_a_preprocessor_that_refuses_a_page_costs_neither_fragment_nor_what_was_added(
    make_shop: Callable[..., SmallShop], caplog: pytest.LogCaptureFixture
) -> None:
    """An answer that is an error after the cart has changed would make our script post a second time."""
    shop = make_shop()
    pages = Blueprint("pages", __name__, url_prefix="/<lang>")
    pages.add_url_rule("/product/<id>", "product", lambda id: render_template_string(PAGE, id=id))
    pages.add_url_rule("/<int:broken>", "broken", lambda broken: "never")

    @pages.url_value_preprocessor
    def pull(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.lang = (values or {}).pop("lang")
        if g.lang not in ("en", "ja"):
            abort(404)
        if "broken" in (values or {}):
            raise RuntimeError("the shop's own mistake")

    shop.app.register_blueprint(pages)
    with shop.app.app_context():
        shop.place(*[["p1", "p2", "p3", "p4"]] * 5)
    shop.storefront.cart = CountedCart()
    for path in ("/xx/product/p1", "/en/7"):
        client = shop.app.test_client()
        form = {"product": "p2", "locale": "ja", "page": path}
        answer = client.post("/storefront/cart", data=form, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json["lines"][0]["product"]) == (200, "p2")
        asked = {"product": "p1", "locale": "ja", "page": path}
        answer = client.get("/storefront/fragment/product", query_string=asked)
        assert (answer.status_code, "storefront-card" in answer.text) == (200, True)
    assert "RuntimeError" in caplog.text


class Unreadable(BaseConverter):
    """Looks tenants up where they cannot be looked up now."""

    def to_python(self, value: str) -> str:
        raise RuntimeError("the shop's own mistake")


def test_an_address_that_the_shop_fails_to_read_is_told_its_language_as_without_one(
    make_shop: Callable[..., SmallShop],
) -> None:
    """And so is one that is no path of the shop."""
    shop = make_shop()
    shop.app.url_map.converters["unreadable"] = Unreadable
    shop.app.add_url_rule("/<lang>/<unreadable:tenant>/", "tenant", lambda lang, tenant: "never")
    told: list[str | None] = []

    @shop.app.url_value_preprocessor
    def pull(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        told.append((values or {}).pop("lang", None))

    for path in ("/en/north/", "//other.example/", "x" * 2000):
        asked = {"product": "p1", "locale": "ja", "page": path}
        assert shop.app.test_client().get("/storefront/fragment/product", query_string=asked).status_code in (200, 204)
        assert told[-1] == "ja"
