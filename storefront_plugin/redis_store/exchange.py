"""One trip to one or several servers at once: everything is sent, then all replies are read, before one end."""

from __future__ import annotations

import selectors
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from redis.exceptions import TimeoutError as RedisTimeoutError

from .node import Node
from .trouble import TROUBLE
from .wire import Wire


class Part:
    """What goes to one node, and what came back.

    Attributes:
        replies: One a command, error replies as exceptions; empty while `error` is set.
        error: Why nothing came back.
    """

    __slots__ = ("commands", "error", "node", "replies")

    def __init__(self, node: Node, commands: list[bytes]) -> None:
        self.node = node
        self.commands = commands
        self.replies: list[Any] = []
        self.error: Exception | None = None


def exchange(parts: Sequence[Part], ends: float) -> None:
    """Fill in every part before *ends* (monotonic seconds): its replies or its error. A part fails alone."""
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
    except BaseException:  # an interrupt in the middle: late replies must not meet the next page
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
    """Read from whoever has something, so that a silent node does not hide the replies of the others."""
    with selectors.DefaultSelector() as selector:
        for part, wire in sent:
            selector.register(wire, selectors.EVENT_READ, (part, wire))
        while selector.get_map() and (left := ends - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                part, wire = key.data
                try:
                    complete = wire.arrived(len(part.commands))
                except TROUBLE:
                    complete = True  # `_collect` meets the same error and tells it
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
