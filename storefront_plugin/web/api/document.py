"""flask-smorest as a guest uses it: it checks questions and writes the OpenAPI document, and leaves the app alone.

Its `Api` would register an error handler for the whole app, a blueprint for documents and a command.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, request
from flask_smorest import Api, Blueprint  # type: ignore[import-untyped]

from .schemas import ErrorSchema

CONFIG_PREFIX = "STOREFRONT"
"""The shop's own `Api` has no prefix. Nothing is read from its configuration: the texts below stand instead."""

__all__ = ["Blueprint", "Document"]


class Document(Api):  # type: ignore[misc]
    """Describes the API of one app; serves it as ``openapi.json``."""

    ERROR_SCHEMA = ErrorSchema

    def __init__(self, app: Flask) -> None:
        texts = {"title": "Suggestions", "version": "1", "openapi_version": "3.0.3"}
        super().__init__(app, spec_kwargs=texts, config_prefix=CONFIG_PREFIX)

    def serve(self) -> Response:
        """The document, with the path that the shop is mounted under."""
        return jsonify({**self.spec.to_dict(), "servers": [{"url": request.script_root or "/"}]})

    def _init_spec(self, **options: Any) -> None:
        commands = dict(self._app.cli.commands)
        super()._init_spec(**options)
        self._app.cli.commands = commands  # an ``openapi`` of the shop's own stays, and none appears where none was

    def _register_doc_blueprint(self) -> None:
        """Nothing: `serve` is an address of our own blueprint."""

    def _register_etag_headers(self) -> None:
        """Nothing: we have none."""

    def _register_pagination_header(self) -> None:
        """Nothing: we have no pages."""

    def _register_error_handlers(self) -> None:
        """Nothing: our blueprint answers its own errors."""
