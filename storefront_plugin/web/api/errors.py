"""The one JSON body of all errors under our API, whatever error pages the shop has."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import HTTPException, default_exceptions

_MESSAGES = {
    422: "Some parameters cannot be used; errors says which.",
    500: "The answer could not be made; the shop's log says why.",
}


def answer_errors(blueprint: Blueprint) -> None:
    """Let *blueprint* answer its own errors.

    Each status code is registered by itself, because a shop's handler of a code wins over ours of all HTTP errors.
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
    """Past the shop's handler of any exception to Flask's own way, which logs it and comes back here as a 500."""
    raise error
