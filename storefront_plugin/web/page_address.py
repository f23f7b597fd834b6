"""The page that a request of ours was made from: its address, and a request as if it were for that page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Request, current_app, request
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException

from ..shop.speaking import log_once, preprocess, speaks_by_address
from .http import local_path, way_back

MAX_PATH = 1000


def page_path() -> str | None:
    """The path of this page, which its script sends along; None where the shop's code never looks at an address."""
    return request.path if speaks_by_address() and len(request.path) <= MAX_PATH else None


def path_before() -> str | None:
    """The path of the page that the browser comes from or wants to go back to; None where it does not tell."""
    path = unquote(urlsplit(way_back(request)).path).removeprefix(request.script_root)
    return path if path != "/" else None


@contextmanager
def as_on_page(path: str | None) -> Iterator[bool]:
    """Inside, ``flask.request`` is one for *path* of the shop, and the shop's URL value preprocessors have seen it.

    So the shop's own code chooses languages, tenants and links as on that page. Its ``before_request`` functions are not
    called again, and session, cookies and headers stay. Without *path*, for one that is no path of the shop, or one that
    the shop cannot read, ``flask.request`` stays as it is. Gives whether the preprocessors have seen it: one that fails is
    logged, as who asks has a page already.
    """
    context: Any = request_ctx._get_current_object()  # type: ignore[attr-defined]
    name = "request" if "request" in vars(context) else "_request"
    before = getattr(context, name)
    page = _request_for(path, before) if path and len(path) <= MAX_PATH and local_path(path) else None
    setattr(context, name, page or before)
    try:
        yield page is not None and _is_seen(page)
    finally:
        setattr(context, name, before)


def _is_seen(page: Request) -> bool:
    try:
        preprocess(page.endpoint, page.view_args)
    except Exception as error:  # the shop's own code may raise anything, and abort
        log_once(f"A URL value preprocessor for {page.endpoint} failed: {error!r:.200}")
        return False
    return True


def _request_for(path: str, given: Request) -> Request | None:
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
    except Exception as error:  # a converter of the shop's own
        log_once(f"The path of a page could not be read: {error!r:.200}")
        return None
    return page
