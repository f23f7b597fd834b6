"""Loading millions of members: packed commands in large chunks, two chunks on their way to each node."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Final, TypeAlias

from hiredis import pack_command

from ..errors import StoreUnavailable
from .node import Node
from .topology import Topology
from .trouble import TROUBLE, unavailable
from .wire import CONNECT_SECONDS, Wire

Command: TypeAlias = tuple[str | int | float | bytes, ...]
"""``("ZADD", key, 3, b"7", …)``: the key stands second."""

CHUNK_BYTES: Final = 256 * 1024
CHUNK_SECONDS: Final = 30.0
"""A chunk is a few thousand members; a server that needs so long for it is not in order."""


class _Stream:
    """What is on its way to one node."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.waiting: list[bytes] = []
        self.size = 0
        self._wire: Wire | None = None
        self._unanswered: list[int] = []

    def send(self) -> None:
        """Send what is waiting; read the replies of the chunk before the last, so that the server never idles."""
        wire = self._wire = self._wire or _connect(self.node)
        wire.send(b"".join(self.waiting), time.monotonic() + CHUNK_SECONDS)
        self._unanswered.append(len(self.waiting))
        self.waiting, self.size = [], 0
        if len(self._unanswered) > 1:
            self._read()

    def finish(self) -> None:
        if self.waiting:
            self.send()
        while self._unanswered:
            self._read()
        if self._wire is not None:
            self.node.give(self._wire)
            self._wire = None

    def drop(self) -> None:
        if self._wire is not None:
            self._wire.close()

    def _read(self) -> None:
        assert self._wire is not None
        replies = self._wire.collect(self._unanswered.pop(0), time.monotonic() + CHUNK_SECONDS)
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply


def load(topology: Topology, commands: Iterable[Command]) -> int:
    """Execute *commands* and tell how many; raises `StoreUnavailable` at the first trouble, with some done."""
    topology.load()
    streams: dict[Node, _Stream] = {}
    count = 0
    try:
        for command in commands:
            count += 1
            _add(_stream_of(topology, streams, str(command[1])), command)
        for stream in streams.values():
            _try(stream, stream.finish)
    finally:
        for stream in streams.values():
            stream.drop()
    return count


def load_packed(topology: Topology, key: str, commands: Iterable[bytes]) -> int:
    """Execute *commands*, each packed already, on the node of *key*; how many they were. Otherwise as `load`."""
    topology.load()
    stream = _stream_of(topology, {}, key)
    count = 0
    try:
        for command in commands:
            _wait(stream, command)
            count += 1
        _try(stream, stream.finish)
    finally:
        stream.drop()
    return count


def _stream_of(topology: Topology, streams: dict[Node, _Stream], key: str) -> _Stream:
    node = topology.node_of(key)
    if node is None:
        raise StoreUnavailable("A part of the Redis Cluster has no master; bring its nodes back.")
    stream = streams.get(node)
    if stream is None:
        stream = streams[node] = _Stream(node)
    return stream


def _add(stream: _Stream, command: Command) -> None:
    _wait(stream, pack_command(command))  # type: ignore[arg-type]  # the stub knows tuples of one item only


def _wait(stream: _Stream, packed: bytes) -> None:
    stream.waiting.append(packed)
    stream.size += len(packed)
    if stream.size >= CHUNK_BYTES:
        _try(stream, stream.send)


def _try(stream: _Stream, step: object) -> None:
    assert callable(step)
    try:
        step()
    except TROUBLE as error:
        raise unavailable(stream.node.label, error) from error


def _connect(node: Node) -> Wire:
    wire = node.take()
    if wire is not None:
        return wire
    future: Future[Wire] = node.connect_soon()
    try:
        return future.result(CONNECT_SECONDS)
    except BaseException:
        node.keep(future)
        raise
