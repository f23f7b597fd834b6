"""A shop that uses every extension a shop may have, each set up in its own way."""

from __future__ import annotations

import datetime as dt
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Blueprint, Flask, abort, redirect, render_template_string, request, session, url_for
from flask_babel import Babel, get_locale, gettext
from flask_caching import Cache
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_smorest import Api
from flask_smorest import Blueprint as ApiBlueprint
from flask_sqlalchemy import SQLAlchemy
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFProtect
from marshmallow import Schema
from marshmallow import fields as schema_fields

from storefront_plugin import AddForm, CartLine, Order, OrderLine, SQLAlchemyCatalog, Storefront

BUDGET = 8
"""Requests a minute that the host's limiter allows each address."""

BASE = "<!doctype html><title>{{ shout('shop') }}</title>"
PRODUCT = BASE + (
    "{{ storefront.head() if storefront is defined }}<h1>{{ _('Cart') }}: {{ title }}</h1>"
    "{{ storefront.placement('product', id) if storefront is defined }}"
)
CART = BASE + (
    "<h1>{{ _('Cart') }}</h1><form method=post action=/shop/add><input name=csrf_token value='{{ csrf_token() }}'></form>"
    "{{ storefront.placement('cart') if storefront is defined }}"
)


class SessionCart:
    """The cart in the session, which the shop's own view and our form fill."""

    def lines(self) -> list[CartLine]:
        return [CartLine(each) for each in session.get("cart", [])]

    def add_form(self, product: Any) -> AddForm:
        return AddForm(url_for("shop.add"), {"id": product.id})

    def add(self, lines: Any) -> None:
        session["cart"] = [*session.get("cart", []), *(line.product_id for line in lines)]


def create_app(folder: Path, redis_url: str, order: str = "us last", prefix: str = "everything") -> Flask:
    """The shop; *order* is ``us last``, ``us first`` (of all but Migrate), or ``without us``."""
    app = Flask("everything", instance_path=str(folder), root_path=str(folder))
    app.config.from_mapping(
        SECRET_KEY="a key for tests",
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder / 'shop.sqlite'}",
        BABEL_DEFAULT_LOCALE="ja",
        BABEL_TRANSLATION_DIRECTORIES=str(_translations(folder)),
        API_TITLE="The shop's own",
        API_VERSION="v1",
        OPENAPI_VERSION="3.0.2",
        OPENAPI_URL_PREFIX="/docs",
        CACHE_TYPE="SimpleCache",
        RATELIMIT_STORAGE_URI="memory://",
        PROPAGATE_EXCEPTIONS=False,
    )
    if order != "without us":
        app.config.from_mapping(
            STOREFRONT_REDIS_URL=redis_url,
            STOREFRONT_REDIS_PREFIX=prefix,
            STOREFRONT_CURRENCY="JPY",
            STOREFRONT_DRAIN="off",
            STOREFRONT_DEADLINE_MS=1000,
        )
    db = SQLAlchemy()

    class Product(db.Model):  # type: ignore[name-defined,misc]
        id = db.Column(db.Integer, primary_key=True)
        title = db.Column(db.String(80), nullable=False)
        price = db.Column(db.Numeric(10, 2), nullable=False)

    catalog = SQLAlchemyCatalog(
        db,
        Product,
        id=Product.id,
        title=lambda p: f"{p.title} ({get_locale()})",
        price=Product.price,
        url=lambda p: f"/shop/product/{p.id}",
    )
    Migrate(app, db, directory=str(folder / "migrations"))
    if order == "us first":
        Storefront(app, catalog=catalog, cart=SessionCart())
    db.init_app(app)
    _mount_others(app, db, Product)
    if order == "us last":
        Storefront(app, catalog=catalog, cart=SessionCart())
    with app.app_context():
        db.create_all()
        if not db.session.get(Product, 1):
            db.session.add_all(Product(title=f"Product {n}", price=Decimal(100 * n)) for n in range(1, 10))
            db.session.commit()
        if order != "without us":
            app.extensions["storefront"].init_db()
    return app


def _mount_others(app: Flask, db: SQLAlchemy, product_model: Any) -> None:
    Babel(app)
    CSRFProtect(app)
    Limiter(get_remote_address, app=app, default_limits=[f"{BUDGET} per minute"])
    cache = Cache(app)
    Talisman(app, force_https=False, content_security_policy={"default-src": "'self'"})
    app.jinja_env.globals["shout"] = str.upper
    app.register_blueprint(_pages(db, product_model, cache), url_prefix="/shop")
    Api(app).register_blueprint(_api())
    for code in (404, 422, 500):
        app.register_error_handler(code, lambda error, code=code: (f"<h1>The shop's own {code}</h1>", code))


def _pages(db: SQLAlchemy, product_model: Any, cache: Cache) -> Blueprint:
    pages = Blueprint("shop", "everything.shop")

    @pages.get("/product/<int:id>")
    @cache.cached(timeout=60)
    def product(id: int) -> str:
        return render_template_string(PRODUCT, id=id, title=db.get_or_404(product_model, id).title)

    @pages.get("/cart")
    def cart() -> str:
        return render_template_string(CART)

    @pages.get("/add/<int:id>")
    def put(id: int) -> str:
        session["cart"] = [*session.get("cart", []), str(id)]
        return "put"

    @pages.post("/add")
    def add() -> Any:
        session["cart"] = [*session.get("cart", []), request.form["id"]]
        return redirect("/shop/cart")

    @pages.get("/word")
    def word() -> str:
        return gettext("Cart")

    @pages.get("/unusable")
    def unusable() -> str:
        abort(422)

    @pages.get("/broken")
    def broken() -> str:
        raise RuntimeError("the shop's own mistake")

    return pages


def _api() -> ApiBlueprint:
    api = ApiBlueprint("items", "everything.api", url_prefix="/api")

    class Question(Schema):
        limit = schema_fields.Integer(required=True)

    @api.get("/items")
    @api.arguments(Question, location="query")
    @api.response(200)
    def items(question: dict[str, int]) -> dict[str, int]:
        return question

    return api


def _translations(folder: Path) -> Path:
    words = Catalog(locale="ja", domain="messages")
    words.add("Cart", "買い物かご")
    target = folder / "own_translations" / "ja" / "LC_MESSAGES"
    target.mkdir(parents=True, exist_ok=True)
    with (target / "messages.mo").open("wb") as file:
        write_mo(file, words)
    return folder / "own_translations"


def place_orders(app: Flask) -> None:
    """Thirty orders, so that product 1 goes with 2 to 7."""
    storefront = app.extensions["storefront"]
    moment = dt.datetime(2026, 3, 1, tzinfo=dt.timezone.utc)
    with app.app_context():
        for number in range(30):
            lines = [OrderLine("1"), OrderLine(str(2 + number % 6))]
            storefront.order_placed(Order(id=f"o{number}", placed_at=moment, lines=lines), commit=True)
        storefront.drain()


def from_environment() -> Flask:
    """For a process of its own."""
    return create_app(Path(os.environ["SHOP_FOLDER"]), os.environ["SHOP_REDIS"])
