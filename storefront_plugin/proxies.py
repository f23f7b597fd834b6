"""The services of the current app, for code that runs inside an app context."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import current_app
from werkzeug.local import LocalProxy

if TYPE_CHECKING:
    from .services import Services

SERVICES = "storefront.services"
"""Key of the `Services` in ``app.extensions``: one Storefront may serve the many apps of a test suite."""


def _find() -> Services:
    return cast("Services", current_app.extensions[SERVICES])


current_services: Services = cast("Services", LocalProxy(_find))
"""The `Services` of ``flask.current_app``; raises `KeyError` when no Storefront is mounted."""
