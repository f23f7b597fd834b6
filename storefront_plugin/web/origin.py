"""Where a request came from, and where it may be sent back to: nowhere but the shop itself."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request


def is_own(request: Request) -> bool:
    """Whether a post was made by one of the shop's own pages.

    Browsers say so in Sec-Fetch-Site, older ones in Origin, and a page cannot forge either. A client that sends neither
    is no browser with the shopper's cookies, and passes.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or (_host_of(origin) == request.host)


def way_back(request: Request) -> str:
    """The path to go on to after a post: its ``next``, else the page it came from, else the shop's home page."""
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
    """*text* where it is a path on this host: browsers take ``//`` and ``/\\`` for another one, and drop line ends."""
    plain = text.isprintable() and "\\" not in text
    return text if plain and text.startswith("/") and not text.startswith("//") else None


def _host_of(address: str) -> str | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return parts.netloc if parts.scheme in ("http", "https") and parts.netloc else None
