"""The merchant's pages on one app: addresses, who may open them, and what every answer carries."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from flask import Blueprint, Flask, Response, abort, request
from werkzeug.exceptions import HTTPException, NotFound

from ..core.errors import AdapterError, DatabaseUnavailable, StoreUnavailable
from ..core.sql.patience import wait_briefly
from ..shop.speaking import tell_language
from ..web.blueprint import exemption, on_every_host
from ..web.http import ANSWER_HEADER, is_own, make_private
from ..web.request_page import current_locale
from .bundles import bulk as bundle_bulk
from .bundles import codes as bundle_codes
from .bundles import editor as bundle_editor
from .bundles import files as bundle_csv
from .bundles import history as bundle_history
from .bundles import preview as bundle_preview
from .bundles import proposals
from .bundles import state as bundle_state
from .bundles.list import LIST as BUNDLE_LIST
from .explain import page as explain
from .home import page as home
from .kit import catalogue_names, products
from .kit.access import current_merchant, may_edit
from .kit.forms import TOKEN
from .kit.pages import AdminBlueprint, show_page
from .log import LIST as AUDIT_LOG
from .rules.editor import EDITOR as RULE_EDITOR
from .rules.list import LIST as RULE_LIST
from .slots import editor as slots
from .tuning import page as tuning

_log = logging.getLogger(__name__)

_EVERY_METHOD = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_MOST_KEPT = 2000
"""Fields of a refused form that are shown again; a form of ours has a few hundred."""

_GREATEST = 2**63 - 1
"""Of numbers in addresses: no database has an id above it, and some raise for one."""

_POLICY = "default-src 'self'; img-src * data:; frame-ancestors 'self'; base-uri 'none'; object-src 'none'"


class _Page(Protocol):
    """What has pages: a module of this folder, a list or an editor."""

    def register(self, blueprint: AdminBlueprint) -> None: ...


# Sections of the navigation stand in this order.
PAGES: tuple[_Page, ...] = (
    home,
    BUNDLE_LIST,
    bundle_state,
    bundle_bulk,
    bundle_editor,
    bundle_preview,
    bundle_history,
    bundle_codes,
    bundle_csv,
    proposals,
    slots,
    RULE_LIST,
    RULE_EDITOR,
    explain,
    tuning,
    AUDIT_LOG,
    products,
    catalogue_names,
)


def build_admin(app: Flask, name: str, url_prefix: str) -> Blueprint:
    """The blueprint ``<name>-admin`` under ``<url_prefix>/admin``."""
    blueprint = AdminBlueprint(f"{name}-admin", url_prefix=f"{url_prefix}/admin")
    on_every_host(blueprint, app)
    for page in PAGES:
        page.register(blueprint)
    # Every address and method has a view, so that who asks is known first and the answer reveals nothing of what exists.
    for rule in ("", "/", "/<path:path>"):
        methods = _EVERY_METHOD if rule == "/<path:path>" else _EVERY_METHOD[1:]
        blueprint.add_url_rule(rule, "not_found", not_found, methods=methods, provide_automatic_options=False)
    blueprint.url_value_preprocessor(exemption(blueprint))
    blueprint.before_request(wait_briefly)
    blueprint.before_request(authorize)
    blueprint.before_request(speak)
    blueprint.after_request(security_headers)
    for error, answer in _ANSWERS:
        blueprint.register_error_handler(error, answer)
    return blueprint


def authorize() -> None:
    """Nobody comes in but those whom the shop's ``admin_access`` knows, and only editors post, from our own pages."""
    looks = request.method in ("GET", "HEAD", "OPTIONS")
    if current_merchant() is None or not (looks or may_edit()) or not (is_own(request) or (looks and _is_link())):
        abort(403)
    if any(isinstance(value, int) and value > _GREATEST for value in (request.view_args or {}).values()):
        abort(404)


def speak() -> None:
    """The shop's own code speaks the merchant's language, also where it knows the language from its addresses alone."""
    tell_language(current_locale())


def _is_link() -> bool:
    """Whether somebody follows a link from another site: a mail, a sign-in page."""
    return (request.headers.get("Sec-Fetch-Mode"), request.headers.get("Sec-Fetch-Dest")) == ("navigate", "document")


def not_found(path: str = "") -> Response:
    """An address without a page."""
    raise NotFound


def _forbidden(_error: Exception) -> Response:
    """The same for every address. A form that was posted after signing out is kept on the page, to be sent again."""
    return show_page("kit/forbidden.html", 403, kept=posted_fields() if is_own(request) else [])


def _not_found(_error: Exception) -> Response:
    return show_page("kit/not_found.html", 404)


def _unavailable(error: Exception) -> Response:
    """Database, Redis or the shop's own adapter failed: the page says so, with the remedy, and what was typed is kept."""
    _log.warning("An admin page could not be served: %s", error)
    return show_page("kit/unavailable.html", 503, reason=str(error), kept=posted_fields())


def posted_fields() -> list[tuple[str, str]]:
    """What was typed into a posted form. Its token is left out: that of the new page is younger."""
    if request.method != "POST":
        return []
    try:
        fields = [(name, value) for name, value in request.form.items(multi=True) if name != TOKEN]
    except HTTPException:  # larger than the shop lets forms be, or broken
        return []
    return fields if len(fields) <= _MOST_KEPT else []


_ANSWERS: tuple[tuple[type[Exception] | int, Callable[[Exception], Response]], ...] = (
    (403, _forbidden),
    (404, _not_found),
    (DatabaseUnavailable, _unavailable),
    (StoreUnavailable, _unavailable),
    (AdapterError, _unavailable),
)


def security_headers(response: Response) -> Response:
    """Never in a cache, never in a foreign frame; what the shop's own policy says wins."""
    make_private(response)
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("X-Frame-Options", "SAMEORIGIN")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers[ANSWER_HEADER] = "1"
    return response
