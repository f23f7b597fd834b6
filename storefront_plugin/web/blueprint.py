"""Our blueprint: static files, fragments and the cart form, under one prefix of the shop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakSet

from flask import Blueprint, Flask, Response, current_app, has_request_context, request, send_from_directory
from jinja2 import FileSystemLoader, PrefixLoader

from ..core.folders import STATIC, WIDGETS
from .cart.adding import add_to_cart, back_from_cart
from .cart.answers import answer
from .cart.codes import take_code, take_link
from .widgets.rendering import asset_version
from .widgets.sections import fragment

_ONE_YEAR = 31_536_000


def build_blueprint(app: Flask, name: str, url_prefix: str) -> Blueprint:
    """The blueprint of one mounted extension.

    A template of the shop such as ``templates/storefront/_card.html`` overrides ours, and can extend
    ``storefront-default/_card.html``.
    """
    blueprint = Blueprint(name, __name__, url_prefix=url_prefix)
    on_every_host(blueprint, app)
    ours = FileSystemLoader(WIDGETS)
    blueprint.jinja_loader = PrefixLoader({"storefront": ours, "storefront-default": ours})
    blueprint.add_url_rule("/static/<path:filename>", "static", static_file)
    blueprint.add_url_rule("/fragment/<placement>", "fragment", fragment)
    blueprint.add_url_rule("/cart", "add_to_cart", add_to_cart, methods=["POST"])
    blueprint.add_url_rule("/cart", "back_from_cart", back_from_cart)
    blueprint.add_url_rule("/answer", "answer", answer)
    blueprint.add_url_rule("/offer/<token>", "take_link", take_link)
    blueprint.add_url_rule("/code", "take_code", take_code, methods=["POST"])
    blueprint.url_value_preprocessor(exemption(blueprint))
    return blueprint


HOST = "storefront_host"
"""Argument of our addresses in an app with ``host_matching``: they are on each of its hosts, as its pages are."""


def on_every_host(blueprint: Blueprint, app: Flask) -> None:
    """Give the addresses of *blueprint* a host in an app with ``host_matching``, where those without one never match."""
    if not app.url_map.host_matching:
        return

    def forget(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        (values or {}).pop(HOST, None)

    def same(_endpoint: str, values: dict[str, Any]) -> None:
        values.setdefault(HOST, request.host if has_request_context() else "")

    blueprint.url_value_preprocessor(forget)
    blueprint.url_defaults(same)
    add = blueprint.add_url_rule
    blueprint.add_url_rule = partial(add, host=f"<{HOST}>")  # type: ignore[method-assign]


def static_file(filename: str) -> Response:
    """A static file; cached for a year if the URL has the hash of its content."""
    response = send_from_directory(STATIC, filename, max_age=0)
    if asset_version(filename) == request.args.get("v"):
        response.cache_control.max_age = _ONE_YEAR
        response.cache_control.public = True
        response.cache_control.immutable = True
        response.cache_control.no_cache = None
    return response


def exemption(blueprint: Blueprint) -> Callable[[str | None, dict[str, Any] | None], None]:
    """A URL value preprocessor that exempts the blueprint from the shop's CSRF protection and limiters.

    It runs at the first request, before any ``before_request`` of the shop, so that extensions may be mounted in any
    order. Posts are checked by their origin instead (`http.is_own`).
    """
    done: WeakSet[Flask] = WeakSet()

    def exempt(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        if app not in done:
            exempt_from_host(app, blueprint)
            done.add(app)

    return exempt


def exempt_from_host(app: Flask, blueprint: Blueprint) -> None:
    """Exempt *blueprint* from the shop's ``CSRFProtect`` and ``Limiter``, if any."""
    exempt = getattr(app.extensions.get("csrf"), "exempt", None)
    if exempt is not None:
        exempt(blueprint)
    limiters = app.extensions.get("limiter", ())
    for limiter in limiters if isinstance(limiters, (set, frozenset, list, tuple)) else (limiters,):
        limiter.exempt(blueprint)
