"""Our blueprint: static files, fragments and the cart form, under one prefix of the shop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from flask import Blueprint, Flask, Response, current_app, request, send_from_directory
from jinja2 import FileSystemLoader, PrefixLoader

from ..core.folders import STATIC, WIDGETS
from .cart.codes import take_code, take_link
from .cart.views import add_to_cart, answer
from .widgets.rendering import asset_version
from .widgets.sections import fragment

_ONE_YEAR = 31_536_000


def build_blueprint(name: str, url_prefix: str) -> Blueprint:
    """The blueprint of one mounted extension.

    A shop's ``templates/storefront/_card.html`` wins over ours of that name, and can extend
    ``storefront-default/_card.html``.
    """
    blueprint = Blueprint(name, __name__, url_prefix=url_prefix)
    ours = FileSystemLoader(WIDGETS)
    blueprint.jinja_loader = PrefixLoader({"storefront": ours, "storefront-default": ours})
    blueprint.add_url_rule("/static/<path:filename>", "static", static_file)
    blueprint.add_url_rule("/fragment/<placement>", "fragment", fragment)
    blueprint.add_url_rule("/cart", "add_to_cart", add_to_cart, methods=["POST"])
    blueprint.add_url_rule("/answer", "answer", answer)
    blueprint.add_url_rule("/offer/<token>", "take_link", take_link)
    blueprint.add_url_rule("/code", "take_code", take_code, methods=["POST"])
    blueprint.url_value_preprocessor(exemption(blueprint))
    return blueprint


def static_file(filename: str) -> Response:
    """A file of ours; kept for ever where the address carries the hash of its content."""
    response = send_from_directory(STATIC, filename, max_age=0)
    if asset_version(filename) == request.args.get("v"):
        response.cache_control.max_age = _ONE_YEAR
        response.cache_control.public = True
        response.cache_control.immutable = True
        response.cache_control.no_cache = None
    return response


def exemption(blueprint: Blueprint) -> Callable[[str | None, dict[str, Any] | None], None]:
    """A step that takes the blueprint out of the shop's CSRF protection and limiters.

    It runs at the first request to us, before any ``before_request`` of the shop, and so does not care which
    extension was mounted first. Posts to us are guarded by their origin (see `http.is_own`).
    """
    done: WeakSet[Flask] = WeakSet()

    def exempt(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        if app not in done:
            exempt_from_host(app, blueprint)
            done.add(app)

    return exempt


def exempt_from_host(app: Flask, blueprint: Blueprint) -> None:
    """Take *blueprint* out of the shop's ``CSRFProtect`` and ``Limiter``, if it has them."""
    exempt = getattr(app.extensions.get("csrf"), "exempt", None)
    if exempt is not None:
        exempt(blueprint)
    limiters = app.extensions.get("limiter", ())
    for limiter in limiters if isinstance(limiters, (set, frozenset, list, tuple)) else (limiters,):
        limiter.exempt(blueprint)
