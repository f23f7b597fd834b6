"""The extension of the current app, for code that runs inside an app context."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import current_app
from werkzeug.local import LocalProxy

if TYPE_CHECKING:
    from .extension import Storefront


def _find() -> Storefront:
    return cast("Storefront", current_app.extensions["storefront"])


current_storefront: Storefront = cast("Storefront", LocalProxy(_find))
"""The `Storefront` of ``flask.current_app``; raises KeyError where none is mounted."""
