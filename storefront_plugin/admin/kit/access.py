"""Who may open the merchant's pages, and in which role. Nobody, unless the shop's ``admin_access`` says so."""

from __future__ import annotations

import logging
from weakref import WeakSet

from flask import Flask, current_app, request

from ...core.errors import AdapterError
from ...proxies import current_services
from ...shop.ports import Merchant

_log = logging.getLogger(__name__)

_REMEDY = (
    "Storefront's admin is closed to everyone: mount with Storefront(admin_access=…), a callable that "
    "returns Merchant(name, role) for the current request, or None."
)


_ASKED = "storefront.merchant"
_warned: WeakSet[Flask] = WeakSet()


def current_merchant() -> Merchant | None:
    """Who asks, by the shop's ``admin_access``; None for everybody else. Asked once a request."""
    # Kept by the request itself: `g` outlives it where the shop has an app context of its own around.
    if _ASKED not in request.environ:
        request.environ[_ASKED] = _asked()
    found: Merchant | None = request.environ[_ASKED]
    return found


def merchant_name() -> str:
    """The name for the audit log."""
    merchant = current_merchant()
    return merchant.name if merchant else ""


def may_edit() -> bool:
    """Whether the one who asks may change things."""
    merchant = current_merchant()
    return merchant is not None and merchant.role == "edit"


def _asked() -> Merchant | None:
    ask = current_services.shop.admin_access
    if ask is None:
        _warn_once(current_app._get_current_object())  # type: ignore[attr-defined]
        return None
    try:
        return _understood(ask())
    except Exception as error:  # the shop's own code: whatever it raises opens nothing
        if current_app.testing and not isinstance(error, AdapterError):
            raise
        _log.error("admin_access failed, so nobody can open the admin: %s", error)
        return None


def _warn_once(app: Flask) -> None:
    if app not in _warned:
        _warned.add(app)
        _log.warning(_REMEDY)


def _understood(answer: object) -> Merchant | None:
    if isinstance(answer, Merchant):
        return answer
    if answer is None or answer is False:
        return None
    if answer is True:
        return Merchant("", "edit")
    if isinstance(answer, str) and answer in ("view", "edit"):
        return Merchant("", "view" if answer == "view" else "edit")
    raise AdapterError(
        f"admin_access returned {answer!r:.60}; return Merchant(name, role), 'view', 'edit', True or None."
    )
