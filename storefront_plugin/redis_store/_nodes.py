"""Servers: idle connections, and connecting in the background."""

from __future__ import annotations

import selectors
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, Final

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from ._breaker import Breaker
from ._errors import TROUBLE
from ._wire import Wire

IDLE: Final = 32
"""Maximum idle connections per node."""

CONNECTING: Final = 16
"""Maximum threads that connect to one server at the same time."""


class Node:
    """A server of a standalone or clustered Redis.

    Connecting always happens in a thread: DNS, TLS or starting the embedded server can take longer than a page may
    wait. The page then goes on without Redis, and the next one uses the connection.

    Args:
        label: Name in messages, without credentials.
        connect: Opens a wire; may take seconds. Raises redis-py's or the system's errors.
        deadline: Seconds that a probe may take.
    """

    def __init__(self, label: str, connect: Callable[[], Wire], deadline: float) -> None:
        self.label = label
        self.breaker = Breaker(self._answers, label)
        self._connect = connect
        self._deadline = deadline
        self._idle: list[Wire] = []
        weakref.finalize(self, _close_all, self._idle)  # close sockets of apps that are garbage collected
        self._lock = threading.Lock()
        self._connecting = 0

    def take(self) -> Wire | None:
        """A healthy idle wire, or None; the most recently used first."""
        while True:
            try:
                wire = self._idle.pop()
            except IndexError:
                return None
            if not wire.is_stale():
                return wire
            wire.close()

    def give(self, wire: Wire) -> None:
        """Return a wire without outstanding replies to the pool."""
        if len(self._idle) < IDLE:
            self._idle.append(wire)
        else:
            wire.close()

    def connect_soon(self) -> Future[Wire]:
        """Connect in the background. A caller that stops waiting must `keep` the future."""
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
        """Add the wire to the pool when it is connected."""
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
            self.breaker.probe(early=True)  # the breaker may have opened while an embedded server was starting
        finally:
            with self._lock:
                self._connecting -= 1

    def _answers(self) -> bool:
        try:
            wire = self.take() or self._connect()
        except Exception:
            return False
        try:
            answered = wire.execute([("PING",)], self._deadline) == [b"PONG"]
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


class Part:
    """The commands for one node, and their replies.

    Attributes:
        replies: One per command, error replies as exceptions; empty if `error` is set.
        error: Why there are no replies.
    """

    __slots__ = ("commands", "error", "node", "replies")

    def __init__(self, node: Node, commands: list[bytes]) -> None:
        self.node = node
        self.commands = commands
        self.replies: list[Any] = []
        self.error: Exception | None = None


def exchange(parts: Sequence[Part], ends: float) -> None:
    """Set the replies or the error of every part, before *ends* (monotonic seconds)."""
    ready: list[tuple[Part, Wire]] = []
    waiting: dict[Future[Wire], Part] = {}
    for part in parts:
        wire = part.node.take()
        if wire is not None:
            ready.append((part, wire))
        else:
            waiting[part.node.connect_soon()] = part
    if ready:
        _talk(ready, ends)
    if waiting:
        _talk_when_connected(waiting, ends)


def _talk_when_connected(waiting: dict[Future[Wire], Part], ends: float) -> None:
    while waiting:
        done, _ = wait(waiting, max(0.0, ends - time.monotonic()), FIRST_COMPLETED)
        if not done:
            break
        ready = []
        for future in done:
            part = waiting.pop(future)
            error = future.exception()
            if error is None:
                ready.append((part, future.result()))
            else:
                part.error = error if isinstance(error, Exception) else RuntimeError(str(error))
        _talk(ready, ends)
    for future, part in waiting.items():
        part.node.keep(future)
        part.error = RedisTimeoutError("no connection in time")


def _talk(ready: list[tuple[Part, Wire]], ends: float) -> None:
    try:
        sent = [(part, wire) for part, wire in ready if _send(part, wire, ends)]
        if len(sent) > 1:
            _wait_for_all(sent, ends)
        for part, wire in sent:
            _collect(part, wire, ends)
    except BaseException:  # interrupted: late replies must not be read by the next page
        for _, wire in ready:
            wire.close()
        raise


def _send(part: Part, wire: Wire, ends: float) -> bool:
    try:
        wire.send(b"".join(part.commands), ends)
    except TROUBLE as error:
        _drop(part, wire, error)
    return part.error is None


def _wait_for_all(sent: list[tuple[Part, Wire]], ends: float) -> None:
    """Read from the nodes in the order in which they answer, so that a slow one does not delay the others."""
    with selectors.DefaultSelector() as selector:
        for part, wire in sent:
            selector.register(wire, selectors.EVENT_READ, (part, wire))
        while selector.get_map() and (left := ends - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                part, wire = key.data
                try:
                    complete = wire.arrived(len(part.commands))
                except TROUBLE:
                    complete = True  # `_collect` gets the same error and reports it
                if complete:
                    selector.unregister(wire)


def _collect(part: Part, wire: Wire, ends: float) -> None:
    try:
        part.replies = wire.collect(len(part.commands), ends)
    except TROUBLE as error:
        _drop(part, wire, error)
    else:
        part.node.give(wire)


def _drop(part: Part, wire: Wire, error: Exception) -> None:
    part.error = error
    wire.close()
