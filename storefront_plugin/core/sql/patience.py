"""How long a session of ours may wait for a lock: what a page, a request of the admin, and background work can afford."""

from __future__ import annotations

from typing import Literal, TypeAlias

from flask import has_request_context, request

Patience: TypeAlias = Literal["page", "brief", "work"]

_KEY = "storefront.patience"
"""In the environment of a request that has said `wait_briefly`."""


def wait_briefly() -> None:
    """Let blocking sessions of this request wait briefly, since somebody waits for its page."""
    request.environ[_KEY] = "brief"


def patience_of_work() -> Patience:
    """The patience of a blocking session that begins here."""
    patience: Patience = request.environ.get(_KEY, "work") if has_request_context() else "work"
    return patience


def waited_in_vain() -> None:
    """Let the rest of a request that waits briefly wait no longer than a page does: its waits must not add up."""
    if has_request_context() and _KEY in request.environ:
        request.environ[_KEY] = "page"
