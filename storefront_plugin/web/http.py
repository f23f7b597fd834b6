"""Origin of requests, redirects within the shop, private responses, and errors that leave a widget out."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import Final, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Request, Response, after_this_request, current_app, has_request_context, request
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from ..core.errors import AdapterError, DatabaseUnavailable, StoreUnavailable
from ..proxies import current_services
from ..redis_store import Command
from ..signals import slot_failed


def is_own(request: Request) -> bool:
    """Whether a post comes from a page of the shop itself.

    Browsers send Sec-Fetch-Site, older ones Origin, and a page cannot forge either. A client that sends neither is not a
    browser with a shopper's cookies, and is accepted.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or (_host_of(origin) == request.host)


def way_back(request: Request) -> str:
    """The path to redirect to after a post: its ``next``, else the referring page, else the shop's home page."""
    given = local_path(request.form.get("next", ""))
    if given is not None:
        return given
    referrer = request.referrer or ""
    if _host_of(referrer) == request.host:
        parts = urlsplit(referrer)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if local_path(path) is not None:
            return path
    return request.script_root + "/"


def local_path(text: str) -> str | None:
    """*text*, if it is a path on this host: browsers read ``//`` and ``/\\`` as another host, and drop line ends."""
    plain = text.isprintable() and "\\" not in text
    return text if plain and text.startswith("/") and not text.startswith("//") else None


def _host_of(address: str) -> str | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return parts.netloc if parts.scheme in ("http", "https") and parts.netloc else None


ANSWER_HEADER: Final = "Storefront-Answer"
"""Marks our answers for our scripts, which show no others: a login form of the shop also has status 200."""


def keep_response_private() -> None:
    """Make the response to the current request private."""
    if has_request_context():
        after_this_request(make_private)


def make_private(response: Response) -> Response:
    """*response* with ``Cache-Control: private, no-store``."""
    control = response.cache_control
    control.private = True
    control.no_store = True
    control.public = False
    control.max_age = None
    control.s_maxage = None
    response.vary.add("Cookie")
    return response


_Found = TypeVar("_Found")
_log = logging.getLogger(__name__)

TROUBLE = (StoreUnavailable, DatabaseUnavailable, AdapterError, RedisError, SQLAlchemyError, OSError)
"""Outages, in contrast to mistakes in code or templates: never raised into a page, not even in tests."""


def guarded(slot: str, render: Callable[[], _Found], refusals: tuple[type[Exception], ...] = ()) -> _Found | None:
    """The result of *render*, or None if it fails; the error is logged and signalled.

    Mistakes in code or templates are raised in debug mode and in tests. Outages of Redis, the database or an adapter are
    not, so that tests see what shoppers would. *refusals* are for the caller and always raised.
    """
    try:
        return render()
    except refusals:
        raise
    except TROUBLE as error:
        _report(slot, error)
    except Exception as error:
        if current_app.testing or current_app.debug:
            raise
        _report(slot, error)
    return None


def _report(slot: str, error: Exception) -> None:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    _log.error("The widget %r is left out of the page: %r", slot, error, exc_info=error)
    slot_failed.send(app, slot=slot, error=error)


AGAIN_MS = 3000
"""Milliseconds within which the same form of the same browser counts as sent twice."""


@contextmanager
def posted_once() -> Iterator[bool]:
    """Whether this form was not sent by this browser a moment ago; also True if Redis does not answer.

    If the block raises, the form counts as not sent.

    The script sets a random field ``once`` in each form. Without script, two shoppers behind one address with equal
    browsers and the same choice within `AGAIN_MS` look like a double click: cookies do not help, as the first click
    changes them. So the caller shows the second what happened.
    """
    store, key = current_services.store, _key()
    (reply,) = store.fetch([Command(key, "SET", ("1", "NX", "PX", AGAIN_MS))])
    is_new = reply is not None
    try:
        yield is_new
    except BaseException:
        if is_new:
            store.fetch([Command(key, "DEL")])
        raise


def _key() -> str:
    who = [request.remote_addr, *(request.headers.get(name) for name in ("User-Agent", "Authorization"))]
    parts = [who, sorted(request.form.items(multi=True))]
    return current_services.keys.posted(blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest())
