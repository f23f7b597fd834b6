"""The line between a widget and the shop's page: what fails behind it never reaches the page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from flask import Flask, current_app
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from ..errors import AdapterError, DatabaseUnavailable, StoreUnavailable
from ..signals import slot_failed

_Found = TypeVar("_Found")
_log = logging.getLogger(__name__)

TROUBLE = (StoreUnavailable, DatabaseUnavailable, AdapterError, RedisError, SQLAlchemyError, OSError)
"""What the world does to us, as against mistakes in code or templates: never raised into a page, not even in tests."""


def guarded(slot: str, render: Callable[[], _Found]) -> _Found | None:
    """What *render* returns, or None where it fails; the failure is logged and signalled.

    Mistakes in our code, a template or its call are raised where the shop's developer sees them: in debug mode and in
    tests. Trouble with Redis, the database or an adapter is not, so that tests meet what shoppers would.
    """
    try:
        return render()
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
