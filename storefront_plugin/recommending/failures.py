"""Slots that trouble left out of pages: each is signalled, the log is told now and then."""

from __future__ import annotations

import logging
import time

from flask import Flask

from ..signals import slot_failed

logger = logging.getLogger(__name__)

TOLD_SECONDS = 60.0
"""The same slot and kind of trouble is logged at most so often: during an outage every page meets it."""


class Failures:
    """Tells *app*'s developers which slots were left out, and why."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._told_at: dict[tuple[str, type[Exception]], float] = {}

    def tell(self, slot: str, error: Exception) -> None:
        """Signal that *slot*, or all slots of the placement of that name, was left out for *error*; log it now and then."""
        now, kind = time.monotonic(), (slot, type(error))
        told_at = self._told_at.get(kind)
        if told_at is None or now - told_at >= TOLD_SECONDS:
            self._told_at[kind] = now
            logger.warning("Slot %r is left out: %s", slot, error)
        slot_failed.send(self._app, slot=slot, error=error)
