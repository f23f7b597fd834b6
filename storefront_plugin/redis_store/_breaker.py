"""A circuit breaker: pages skip a server that does not answer, until a background probe succeeds."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Final

from ..core.deadline import RecentCalls

OPEN_SECONDS: Final = 5.0
JITTER_SECONDS: Final = 1.0

_log = logging.getLogger(__name__)


class Breaker:
    """Closed while calls succeed; open once most of the latest failed, for *seconds* plus a random part of *jitter*.

    An open breaker is closed by a successful probe only, never by a page. Probes are made by `probe`, called from the
    worker, or by a short-lived daemon thread that `allows` starts when one is overdue.

    Args:
        ping: Pings the server and returns whether it answered in time; must not raise.
        label: The server's name in logs, without credentials.
        clock: Monotonic seconds.
        background: Whether `allows` may start the thread.
    """

    def __init__(
        self,
        ping: Callable[[], bool],
        label: str = "",
        *,
        seconds: float = OPEN_SECONDS,
        jitter: float = JITTER_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        background: bool = True,
    ) -> None:
        self._ping = ping
        self._label = label
        self._seconds = seconds
        self._jitter = jitter
        self._clock = clock
        self._background = background
        self._lock = threading.Lock()
        self._latest = RecentCalls(clock)
        self._reopens_at: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether calls should be skipped."""
        return self._reopens_at is not None

    def allows(self) -> bool:
        """Whether a call may be made. Never waits."""
        if self._reopens_at is None:
            return True
        if self._background and self._claim_probe():
            threading.Thread(target=self._run_probe, name="storefront-redis-probe", daemon=True).start()
        return False

    def succeeded(self) -> None:
        """Record that a call was answered in time."""
        self._latest.add(failed=False)

    def failed(self, why: object = "no answer") -> None:
        """Record that a call failed or timed out; *why* is for the log."""
        self._latest.add(failed=True)
        with self._lock:
            opens = self._reopens_at is None and self._latest.mostly_failed
            if opens:
                self._open()
        if opens:
            _log.warning(
                "Redis at %s failed most of the latest calls (%s); pages continue without it.", self._label, why
            )

    def probe(self, *, early: bool = False) -> bool:
        """Ping the server of an open breaker in this thread, if a probe is due; returns whether calls are allowed.

        With *early*, probe at once: there is a reason to believe that the server is back.
        """
        if self._claim_probe(early):
            self._run_probe()
        return not self.is_open

    def _claim_probe(self, early: bool = False) -> bool:
        with self._lock:
            if self._reopens_at is None or self._probing:
                return False
            if not early and self._clock() < self._reopens_at:
                return False
            self._probing = True
            return True

    def _run_probe(self) -> None:
        answered = False
        try:
            answered = self._ping()
        finally:
            self._settle(answered)

    def _settle(self, answered: bool) -> None:
        with self._lock:
            self._probing = False
            if answered:
                self._latest.clear()
                self._reopens_at = None
            else:
                self._open()
        if answered:
            _log.info("Redis at %s is responding again.", self._label)

    def _open(self) -> None:
        # Jitter, so that the processes of a shop do not probe a server all at once.
        self._reopens_at = self._clock() + self._seconds + random.random() * self._jitter  # noqa: S311
