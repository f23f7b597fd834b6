"""What keeps one shopper's page from another: marking responses as private."""

from __future__ import annotations

from flask import Response, after_this_request, has_request_context


def keep_response_private() -> None:
    """Mark the response to the current request as one shopper's own; headers that are stricter already stay."""
    if has_request_context():
        after_this_request(make_private)


def make_private(response: Response) -> Response:
    """*response* with ``Cache-Control: private, no-store`` and nothing that a shared cache could go by."""
    control = response.cache_control
    control.private = True
    control.no_store = True
    control.public = False
    control.max_age = None
    control.s_maxage = None
    response.vary.add("Cookie")
    return response
