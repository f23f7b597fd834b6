"""The page that a request of ours was made from: its address, and a request as if it were for that page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Request, current_app, request
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException

from ..shop.speaking import preprocess, speaks_by_address
from .http import local_path

MAX_PATH = 1000


def page_path() -> str | None:
    """The path of this page for requests that its script makes; None where the shop's code cannot look at it."""
    return request.path if speaks_by_address() and len(request.path) <= MAX_PATH else None


@contextmanager
def as_on_page(path: str | None) -> Iterator[None]:
    """Inside, ``flask.request`` is one for *path* of the shop, and the shop's URL value preprocessors have seen it.

    So the shop's own code chooses languages, tenants and links as on that page. Its ``before_request`` functions are not
    called again, and session, cookies and headers stay. Without *path*, or for one that is no path of the shop, nothing
    changes.
    """
    if not path or len(path) > MAX_PATH or local_path(path) is None:
        yield
        return
    context: Any = request_ctx._get_current_object()  # type: ignore[attr-defined]
    name = "request" if "request" in vars(context) else "_request"
    before = getattr(context, name)
    setattr(context, name, _request_for(path, before))
    try:
        preprocess(request.endpoint, request.view_args)
        yield
    finally:
        setattr(context, name, before)


def _request_for(path: str, given: Request) -> Request:
    environ = {key: value for key, value in given.environ.items() if key != "werkzeug.request"}
    environ |= {"PATH_INFO": path.encode().decode("latin-1"), "QUERY_STRING": "", "REQUEST_METHOD": "GET"}
    environ["REQUEST_URI"] = environ["RAW_URI"] = path
    page = current_app.request_class(environ)
    adapter = current_app.create_url_adapter(page)
    try:
        if adapter is not None:
            page.url_rule, values = adapter.match(return_rule=True)
            page.view_args = dict(values)
    except HTTPException as error:
        page.routing_exception = error
    return page
