"""The API on one app: addresses, errors and document."""

from __future__ import annotations

import flask

from ..blueprint import exemption
from . import views
from .document import Blueprint, Document
from .errors import answer_errors
from .schemas import PlacementQuerySchema, PlacementSchema, RecommendationsQuerySchema, RecommendationsSchema

_EVERY_METHOD = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE")


def mount_api(app: flask.Flask, name: str, url_prefix: str) -> None:
    """Register the API under ``<url_prefix>/api`` as the blueprint ``<name>-api``."""
    document = Document(app)
    blueprint = _blueprint(f"{name}-api", f"{url_prefix}/api")
    # Past flask-smorest's own method: these are not part of the document.
    add_rule = flask.Blueprint.add_url_rule
    add_rule(blueprint, "/openapi.json", "openapi", document.serve)
    for rule in ("", "/", "/<path:path>"):
        add_rule(blueprint, rule, "elsewhere", views.elsewhere, methods=_EVERY_METHOD)
    document.register_blueprint(blueprint)


def _blueprint(name: str, url_prefix: str) -> flask.Blueprint:
    blueprint = Blueprint(name, __name__, url_prefix=url_prefix, description="Products to suggest.")
    ask, answer = blueprint.arguments, blueprint.response
    of_strategy = ask(RecommendationsQuerySchema, location="query")
    of_page = ask(PlacementQuerySchema, location="query")
    blueprint.add_url_rule(
        "/recommendations", view_func=of_strategy(answer(200, RecommendationsSchema)(views.recommendations))
    )
    blueprint.add_url_rule("/placements/<placement>", view_func=of_page(answer(200, PlacementSchema)(views.placement)))
    blueprint.url_value_preprocessor(exemption(blueprint))
    blueprint.before_request(views.refuse_too_many)
    blueprint.after_request(views.own_headers)
    answer_errors(blueprint)
    typed: flask.Blueprint = blueprint
    return typed
