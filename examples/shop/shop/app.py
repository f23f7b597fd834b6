"""The application factory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from markupsafe import Markup
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from . import account, basket, cart, checkout, language, money, pages, seed, staff
from .database import db, prepare_sqlite


class WithoutStorefront:
    """What templates get when the storefront is switched off."""

    def head(self) -> Markup:
        """Nothing for the page's head."""
        return Markup("")

    def placement(self, *args: object, **named: object) -> Markup:
        """Nothing in place of the widgets."""
        return Markup("")


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """The shop; ``FLASK_…`` environment variables and *config* override the defaults."""
    app = Flask(__name__)
    app.config.from_mapping(
        SECRET_KEY="only for the demonstration",  # noqa: S106
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{Path(app.instance_path) / 'shop.db'}",
        SESSION_COOKIE_SAMESITE="Lax",
        SHOP_CURRENCY="JPY",
        SHOP_WITHOUT_STOREFRONT=False,
    )
    app.config.from_prefixed_env()
    app.config.from_mapping(config or {})
    if app.config["SHOP_CURRENCY"] not in money.SHIPPING:
        raise ValueError(
            f"SHOP_CURRENCY is {app.config['SHOP_CURRENCY']!r}; set it to one of {', '.join(money.SHIPPING)}."
        )
    app.config.setdefault("STOREFRONT_CURRENCY", app.config["SHOP_CURRENCY"])
    Path(app.instance_path).mkdir(parents=True, exist_ok=True)

    db.init_app(app)
    with app.app_context():
        prepare_sqlite(db.engine)
    CSRFProtect(app)
    language.init_app(app)
    for part in (pages, basket, checkout, account, staff):
        app.register_blueprint(part.blueprint)
    app.cli.add_command(seed.command)
    app.jinja_env.filters.update(money=money.shown, price_of=money.price, list_price_of=money.list_price)
    app.context_processor(_for_every_page)
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(CSRFError, _stale_form)
    app.before_request(_refuse_nul)
    app.after_request(_headers)

    if app.config["SHOP_WITHOUT_STOREFRONT"]:
        app.jinja_env.globals["storefront"] = WithoutStorefront()
    else:
        from .storefront import storefront

        storefront.init_app(app)
    return app


def _for_every_page() -> dict[str, Any]:
    return {
        "menu": pages.departments(),
        "cart_count": cart.count(),
        "customer_number": account.customer_number(),
        "staff_role": account.staff_role(),
        "has_storefront": "storefront" in current_app.extensions,
    }


def _refuse_nul() -> None:
    """No text of ours holds a NUL character, and PostgreSQL raises for one."""
    sent = (request.path, *request.args.values(), *(text for texts in request.form.listvalues() for text in texts))
    if any("\x00" in text for text in sent):
        abort(404)


def _not_found(error: NotFound) -> tuple[str, int]:
    return render_template("not_found.html"), 404


def _stale_form(error: CSRFError) -> BaseResponse:
    flash(language._("stale"))
    referrer = request.referrer or ""
    own = referrer.startswith(request.host_url)
    return redirect(referrer if own else url_for("pages.home"))


def _headers(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if response.mimetype == "text/html":
        response.headers.setdefault(
            "Content-Security-Policy",
            "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'self'",
        )
    return response
