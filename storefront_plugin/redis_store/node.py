"""One server: its idle connections, and connecting to it without making a page wait."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from redis.exceptions import ConnectionError as RedisConnectionError

from .breaker import Breaker
from .trouble import TROUBLE
from .wire import Wire

IDLE: Final = 32
"""Connections kept for the next page; more are closed when given back."""

CONNECTING: Final = 16
"""Threads that may connect to one server at the same time; who comes later does without."""


class Node:
    """A server of a standalone or clustered Redis.

    Connecting always happens in a thread of its own. A look-up of names, an encrypted greeting or the start of an
    embedded server can take longer than a page has; the page then does without, and the next one finds the wire.

    Args:
        label: Its name in messages, without credentials.
        connect: Opens a wire, in up to some seconds; raises redis-py's or the system's errors.
        deadline: Seconds within which a probe must be answered.
    """

    def __init__(self, label: str, connect: Callable[[], Wire], deadline: float) -> None:
        self.label = label
        self.breaker = Breaker(self._answers, label)
        self._connect = connect
        self._deadline = deadline
        self._idle: list[Wire] = []
        weakref.finalize(self, _close_all, self._idle)  # an app that is dropped leaves no open socket
        self._lock = threading.Lock()
        self._connecting = 0

    def take(self) -> Wire | None:
        """A healthy idle wire, the most recently used first."""
        while True:
            try:
                wire = self._idle.pop()
            except IndexError:
                return None
            if not wire.is_stale():
                return wire
            wire.close()

    def give(self, wire: Wire) -> None:
        """Take back a wire on which nothing is outstanding."""
        if len(self._idle) < IDLE:
            self._idle.append(wire)
        else:
            wire.close()

    def connect_soon(self) -> Future[Wire]:
        """Connect in the background. Who does not wait for the result must `keep` it."""
        future: Future[Wire] = Future()
        with self._lock:
            full = self._connecting >= CONNECTING
            self._connecting += not full
        if full:
            future.set_exception(RedisConnectionError("too many connections are being opened"))
        else:
            threading.Thread(target=self._work, args=(future,), name="storefront-redis", daemon=True).start()
        return future

    def keep(self, future: Future[Wire]) -> None:
        """Put a wire that came too late among the idle ones."""
        future.add_done_callback(lambda done: None if done.exception() else self.give(done.result()))

    def close(self) -> None:
        """Close the idle wires."""
        _close_all(self._idle)

    def _work(self, future: Future[Wire]) -> None:
        try:
            wire = self._connect()
        except Exception as error:
            future.set_exception(error)
        else:
            future.set_result(wire)
            self.breaker.probe(early=True)  # pages gave up while an embedded server was starting
        finally:
            with self._lock:
                self._connecting -= 1

    def _answers(self) -> bool:
        try:
            wire = self.take() or self._connect()
        except Exception:
            return False
        try:
            answered = wire.ask([("PING",)], self._deadline) == [b"PONG"]
        except TROUBLE:
            answered = False
        if answered:
            self.give(wire)
        else:
            wire.close()
        return answered


def _close_all(idle: list[Wire]) -> None:
    while idle:
        idle.pop().close()
