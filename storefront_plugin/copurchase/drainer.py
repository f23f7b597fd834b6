"""One daemon thread a process that does what pages must not wait for."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

from flask import Flask

logger = logging.getLogger(__name__)

IDLE_SECONDS = 5.0
"""How long the thread sleeps when nobody wakes it."""

BACK_OFF_SECONDS = 5.0


class Drainer:
    """Runs *turn* in an app context of its own whenever it is woken, and every `IDLE_SECONDS`.

    The thread is started at first use and again in a forked process. It is healed by the next wake: a turn that fails
    is logged once per kind of trouble and tried again.
    """

    def __init__(self, app: Flask, turn: Callable[[], None]) -> None:
        self._app = app
        self._turn = turn
        self._pid = 0
        self._thread: threading.Thread | None = None
        self._event = threading.Event()
        self._told: set[type[Exception]] = set()

    def wake(self) -> None:
        """Start the thread if this process has none, and let it work now. Never blocks, never raises."""
        if self._pid != os.getpid() or self._thread is None or not self._thread.is_alive():
            self._pid = os.getpid()
            self._event = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(self._event,), daemon=True, name="storefront-drainer"
            )
            try:
                self._thread.start()
            except RuntimeError:  # the interpreter is shutting down; the next process goes on
                return
        self._event.set()

    def _run(self, event: threading.Event) -> None:
        while True:
            event.wait(IDLE_SECONDS)
            event.clear()
            try:
                with self._app.app_context():
                    self._turn()
                self._told.clear()
            except Exception as error:  # the thread must outlive any trouble of Redis, SQL or the shop's code
                if type(error) not in self._told:
                    self._told.add(type(error))
                    logger.warning(
                        "Orders could not be counted for now (%s); it is tried again.", error, exc_info=self._app.debug
                    )
                event.wait(BACK_OFF_SECONDS)
