"""Rendering where there is no request, as for a mail: all links are absolute, and nothing is anybody's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import current_app, g, has_request_context, request
from flask.globals import app_ctx

from ..core.errors import ConfigurationError
from ..core.i18n import known_locale
from ..proxies import current_services
from ..shop.speaking import shop_speaking
from .request_page import OUTSIDE_LOCALE, current_locale

SHOWN_SLOTS = "_storefront_slots"
"""Where ``flask.g`` keeps the slots that this page or document has shown already."""


@contextmanager
def outside(locale: str | None = None) -> Iterator[None]:
    """Render one document where there is no request; in a request nothing changes.

    Inside, `url_for` gives addresses below ``STOREFRONT_EXTERNAL_URL`` and raises `ConfigurationError` where neither that
    nor ``SERVER_NAME`` is set, words and the shop's own Flask-Babel follow *locale* (None: that of the setting), and
    slots do not repeat each other's products. A document in a document is a part of it. Needs an app context.
    """
    if has_request_context() or (OUTSIDE_LOCALE in g and locale is None):
        yield
        return
    chosen = known_locale(locale or "") or current_locale()
    with _set(g, **{OUTSIDE_LOCALE: chosen, SHOWN_SLOTS: {}}), _external_links(), shop_speaking(chosen):
        yield


def shop_root() -> str | None:
    """What stands before the shop's own paths: where it is mounted, outside of a request its external address.

    None where that is not known.
    """
    return request.script_root if has_request_context() else current_services.settings.external_root


def absolute(url: str, root: str | None) -> str:
    """*url* for readers elsewhere, where the shop's own paths are below *root*; raises `ConfigurationError` without it."""
    if urlsplit(url).scheme:
        return url
    if root is None:
        raise ConfigurationError(_NEEDED)
    path = urlsplit(root).path
    own = url.startswith("/") and not url.startswith(("//", f"{path}/"))
    return urljoin(f"{root}/", path + url if own else url)


_NEEDED = (
    "A link outside of a request needs the shop's address: set STOREFRONT_EXTERNAL_URL, such as 'https://shop.example'."
)


class _Unknown:
    """Stands for the shop's addresses where nobody knows them."""

    def build(self, *_args: object, **_values: object) -> str:
        raise ConfigurationError(_NEEDED)


@contextmanager
def _external_links() -> Iterator[None]:
    """`url_for` in this app context builds from our setting, as Flask's own does from ``SERVER_NAME``."""
    root = current_services.settings.external_root
    if root is None:
        adapter: Any = app_ctx.url_adapter or _Unknown()
    else:
        parts = urlsplit(root)
        adapter = current_app.url_map.bind(parts.netloc, f"{parts.path}/", url_scheme=parts.scheme)
    context = app_ctx._get_current_object()  # type: ignore[attr-defined]
    with _set(context, url_adapter=adapter):
        yield


@contextmanager
def _set(target: Any, **values: Any) -> Iterator[None]:
    """Attributes of *target*, which at the end are again what they were."""
    before = {name: getattr(target, name) for name in values if hasattr(target, name)}
    for name, value in values.items():
        setattr(target, name, value)
    try:
        yield
    finally:
        for name in values:
            setattr(target, name, before[name]) if name in before else delattr(target, name)
