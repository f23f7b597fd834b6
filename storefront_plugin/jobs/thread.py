"""One daemon thread a process that does what pages must not wait for."""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask

from ..core.errors import Stopped
from ..core.forks import Forkable, Gate, ProcessLock, join_forks

logger = logging.getLogger(__name__)

IDLE_SECONDS = 5.0
"""How long the thread sleeps when nobody wakes it."""

BACK_OFF_SECONDS = 5.0
"""How long it rests after trouble, whoever wakes it: each page of a shop whose Redis is gone does."""

EXIT_SECONDS = 10.0
"""How long a process that ends waits for the thread; between two statements of its longest work lie one or two."""


@dataclass(slots=True)
class _Running:
    """The thread of one process."""

    event: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


class BackgroundThread(Forkable):
    """Does its work in an app context of its own whenever it is woken, and every `IDLE_SECONDS`.

    The thread is started at first use and again in a forked process. It is healed by the next wake: a turn that fails
    is logged once per kind of trouble and tried again. A fork waits a little for a turn to end.

    The thread is a daemon, so that no shop hangs at its end, but a process that ends waits for it a little: one that
    is ended in the midst of DuckDB's work is aborted.
    """

    def __init__(self, app: Flask, synchronous: Callable[[], bool]) -> None:
        self._app = app
        self._synchronous = synchronous
        self._turn: Callable[[], Exception | None] = _nothing
        self._running: dict[int, _Running] = {}
        self._lock = ProcessLock()
        self._reported: set[type[Exception]] = set()
        self._here = threading.local()
        self._gate = Gate()
        self._is_over = False
        self.trouble: Exception | None = None
        """What the latest turn in this process met; None when it went well."""
        join_forks(self)

    def does(self, turn: Callable[[], Exception | None]) -> None:
        """Give the thread its work, before the first `wake`: it raises its trouble, or returns what is reported already."""
        self._turn = turn

    @property
    def synchronous(self) -> bool:
        """Whether there is no thread: in tests, and on an in-memory database that has one connection only."""
        return self._synchronous()

    def wake(self) -> bool:
        """Start the thread if this process has none, and let it work now; False where there is none.

        Never blocks, never raises.
        """
        if self.synchronous:
            return False
        if not self._is_over:
            self._start_or_wake()
        return True

    def _start_or_wake(self) -> None:
        running = self._running.setdefault(os.getpid(), _Running())
        running.event.set()
        if running.thread is None or not running.thread.is_alive():
            with self._lock:
                if running.thread is None or not running.thread.is_alive():
                    running.thread = self._started(running)

    def stop(self, patience: float | None = None) -> None:
        """End this process's thread, within *patience* seconds if given; the next `wake` starts another."""
        atexit.unregister(self._end)
        running = self._running.pop(os.getpid(), None)
        if running is not None and running.thread is not None:
            running.stopped.set()
            running.event.set()
            running.thread.join(patience)

    def go_on(self, *progress: object) -> None:
        """The progress of long work within a turn: raises `Stopped` between its steps where the thread is to end."""
        running: _Running | None = getattr(self._here, "running", None)
        if running is not None and running.stopped.is_set():
            raise Stopped("The process is shutting down; its work continues later.")

    def rest(self, seconds: float) -> None:
        """Before a fork: begin no turn, and wait for the present one to end; a long one goes on."""
        self._gate.close(seconds)

    def resume(self) -> None:
        """After a fork, in the parent: turns begin again."""
        self._gate.open()

    def renew(self) -> None:
        """After a fork, in the child: it has no thread until the next `wake`, and has met no trouble."""
        self._gate.renew()
        self._running = {}
        self._here = threading.local()
        self._reported.clear()
        self.trouble = None

    def _end(self) -> None:
        """The interpreter is ending."""
        self._is_over = True
        self.stop(EXIT_SECONDS)

    def _started(self, running: _Running) -> threading.Thread | None:
        thread = threading.Thread(target=self._run, args=(running,), daemon=True, name="storefront-drainer")
        try:
            thread.start()
        except RuntimeError:  # the interpreter is shutting down; the next process goes on
            return None
        atexit.register(self._end)
        return thread

    def _run(self, running: _Running) -> None:
        self._here.running = running
        while True:
            running.event.wait(IDLE_SECONDS)
            running.event.clear()
            if running.stopped.is_set():
                return
            try:
                with self._gate.passed(), self._app.app_context():
                    self.trouble = self._turn()
                self._reported.clear()
            except Stopped:
                return
            except Exception as error:  # the thread must outlive any trouble of Redis, SQL or the shop's code
                self.trouble = error
                if type(error) not in self._reported:
                    self._reported.add(type(error))
                    logger.warning("Orders could not be counted (%s); trying again.", error, exc_info=self._app.debug)
                running.stopped.wait(BACK_OFF_SECONDS)


def _nothing() -> None:
    """What a thread does that was given no work."""
