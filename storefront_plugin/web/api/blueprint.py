"""The blueprint of the API: routes, errors and OpenAPI document.

flask-smorest validates requests and writes the OpenAPI document, but is kept from changing the app: its `Api` would
register an error handler for the whole app, a blueprint for documentation and a command.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import flask
from flask import Response, jsonify, request
from flask_smorest import Api  # type: ignore[import-untyped]
from flask_smorest import Blueprint as SmorestBlueprint
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, HTTPException, default_exceptions

from ..blueprint import HOST, exemption, on_every_host
from . import views
from .price import price
from .schemas import (
    CartQuerySchema,
    CartSchema,
    ErrorSchema,
    PlacementQuerySchema,
    PlacementSchema,
    RecommendationsQuerySchema,
    RecommendationsSchema,
)

CONFIG_PREFIX = "STOREFRONT"
"""Keeps our `Api` from reading the configuration of the shop's own, which has no prefix."""

_EVERY_METHOD = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE")


class _Parser(FlaskParser):
    """Answers 400 to all JSON that Python cannot read: its own limits, of depth and of digits, are no faults of ours."""

    def load_json(self, req: Any, schema: Any) -> Any:
        try:
            return super().load_json(req, schema)
        except (RecursionError, ValueError) as error:
            refusal = BadRequest()
            refusal.data = {"messages": {"json": ["Invalid JSON body."]}}  # type: ignore[attr-defined]
            raise refusal from error


class Blueprint(SmorestBlueprint):  # type: ignore[misc]
    """A blueprint with this parser."""

    ARGUMENTS_PARSER = _Parser()


def mount_api(app: flask.Flask, name: str, url_prefix: str, subdomain: str | None = None) -> None:
    """Register the API under ``<url_prefix>/api`` as the blueprint ``<name>-api``."""
    document = Document(app)
    blueprint = _blueprint(app, f"{name}-api", f"{url_prefix}/api")
    # Not by flask-smorest's method: these are not part of the document.
    host: dict[str, Any] = {"host": f"<{HOST}>"} if app.url_map.host_matching else {}
    add_rule = flask.Blueprint.add_url_rule
    add_rule(blueprint, "/openapi.json", "openapi", document.serve, **host)
    for rule in ("", "/", "/<path:path>"):
        add_rule(blueprint, rule, "elsewhere", views.elsewhere, methods=_EVERY_METHOD, **host)
    document.register_blueprint(blueprint, subdomain=subdomain)


def _blueprint(app: flask.Flask, name: str, url_prefix: str) -> flask.Blueprint:
    blueprint = Blueprint(name, __name__, url_prefix=url_prefix, description="Products to suggest.")
    on_every_host(blueprint, app)
    ask, answer = blueprint.arguments, blueprint.response
    of_strategy = ask(RecommendationsQuerySchema, location="query")
    of_page = ask(PlacementQuerySchema, location="query")
    blueprint.add_url_rule(
        "/recommendations", view_func=of_strategy(answer(200, RecommendationsSchema)(views.recommendations))
    )
    blueprint.add_url_rule("/placements/<placement>", view_func=of_page(answer(200, PlacementSchema)(views.placement)))
    priced = ask(CartQuerySchema, location="json")(answer(200, CartSchema)(price))
    blueprint.add_url_rule("/price", "price", view_func=priced, methods=["POST"])
    blueprint.url_value_preprocessor(exemption(blueprint))
    blueprint.before_request(views.refuse_too_many)
    blueprint.after_request(views.own_headers)
    answer_errors(blueprint)
    typed: flask.Blueprint = blueprint
    return typed


class Document(Api):  # type: ignore[misc]
    """Describes the API of one app; serves it as ``openapi.json``."""

    ERROR_SCHEMA = ErrorSchema

    def __init__(self, app: flask.Flask) -> None:
        texts = {"title": "Suggestions", "version": "1", "openapi_version": "3.0.3"}
        super().__init__(app, spec_kwargs=texts, config_prefix=CONFIG_PREFIX)

    def serve(self) -> Response:
        """The document, with the path of the mount."""
        return jsonify({**self.spec.to_dict(), "servers": [{"url": request.script_root or "/"}]})

    def _init_spec(self, **options: Any) -> None:
        commands = dict(self._app.cli.commands)
        super()._init_spec(**options)
        self._app.cli.commands = commands  # keep flask-smorest from adding or replacing a command ``openapi``

    def _register_doc_blueprint(self) -> None:
        """Does nothing: `serve` is a route of our own blueprint."""

    def _register_responses(self) -> None:
        """Registers what the document names; flask-smorest makes each of HTTP's sixty, a quarter of a mount's time."""
        invalid = HTTPStatus(422)
        for name, description in ((invalid.name, invalid.phrase), ("DEFAULT_ERROR", "Default error response")):
            content = {self.DEFAULT_RESPONSE_CONTENT_TYPE: {"schema": self.ERROR_SCHEMA}}
            self.spec.components.response(name, {"description": description, "content": content}, lazy=True)

    def _register_etag_headers(self) -> None:
        """Does nothing: there are none."""

    def _register_pagination_header(self) -> None:
        """Does nothing: there is no pagination."""

    def _register_error_handlers(self) -> None:
        """Does nothing: our blueprint handles its own errors."""


_MESSAGES = {
    422: "Some parameters cannot be used; errors says which.",
    500: "The response could not be created; see the shop's log.",
}


def answer_errors(blueprint: flask.Blueprint) -> None:
    """Register JSON error handlers on *blueprint*.

    Each status code is registered separately, because a shop's handler of a code takes precedence over ours of all HTTP
    errors.
    """
    for code in default_exceptions:
        blueprint.register_error_handler(code, error_body)
    blueprint.register_error_handler(HTTPException, error_body)
    blueprint.register_error_handler(Exception, _raise)


def error_body(error: HTTPException) -> Response:
    """The error as JSON, with its own headers (Allow, Retry-After)."""
    data: dict[str, Any] = getattr(error, "data", None) or {}
    code = error.code or 500
    response = jsonify(
        code=code,
        status=error.name,
        message=data.get("message") or _MESSAGES.get(code) or error.description or error.name,
        errors=data.get("errors") or data.get("messages") or {},
    )
    response.status_code = code
    response.headers.extend((name, value) for name, value in error.get_headers() if name != "Content-Type")
    return response


def _raise(error: Exception) -> Response:
    """Bypass the shop's handler of all exceptions: Flask logs the error and calls the handler of 500."""
    raise error
