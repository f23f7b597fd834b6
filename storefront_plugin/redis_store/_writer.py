"""Blocking calls, tried again after an outage: for background work and commands, never for a page."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

from hiredis import pack_command
from redis.exceptions import ResponseError

from ..core.errors import StoreUnavailable
from ._errors import RETRIED, TROUBLE, error_code, is_outage, unavailable
from ._nodes import Node, Part, exchange
from ._topology import Topology
from ._wire import CONNECT_SECONDS, Wire
from .commands import RawCommand, ScriptCall, pack

SECONDS: Final = 5.0
"""Timeout of one round trip, and time after which there are no more retries."""

PAUSES: Final = (0.05, 0.2, 0.5, 1.0)
"""Seconds before each retry."""


@dataclass(slots=True)
class Job:
    """A command to execute.

    Attributes:
        packed: The bytes to send.
        key: Its slot determines the node, unless *node* is given.
        node: The node to send it to.
        reply: The reply, an error reply, or `StoreUnavailable`.
    """

    packed: bytes
    key: str = ""
    node: Node | None = None
    reply: Any = None


class Writer:
    """Executes commands, with retries after a lost connection: each must be safe to run twice."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology

    def settle(self, jobs: Sequence[Job]) -> None:
        """Set the reply of every job; never raises when Redis is unavailable."""
        ends = time.monotonic() + SECONDS
        left = list(jobs)
        for pause in (*PAUSES, None):
            left = self._try(left)
            if not left or pause is None or time.monotonic() + pause > ends:
                return
            time.sleep(pause)
            self._topology.refresh_soon()

    def execute_all(self, *command: str | int | bytes) -> dict[Node, Any]:
        """The reply of every node to *command*. Raises `StoreUnavailable` if one does not answer."""
        self._topology.load()
        jobs = [Job(pack(*command), node=node) for node in self._topology.nodes()]
        self.settle(jobs)
        return {job.node: checked(job) for job in jobs if job.node is not None}

    def run_scripts(self, calls: Sequence[ScriptCall]) -> list[Any]:
        """The replies of *calls*; loads unknown scripts and repeats the refused calls."""
        jobs = [Job(call.packed(), call.keys[0]) for call in calls]
        self.settle(jobs)
        for _ in range(2):  # twice, because a node may restart or fail over in between
            refused = [(job, call) for job, call in zip(jobs, calls, strict=True) if _is_unknown(job.reply)]
            if not refused:
                break
            trouble = self._load({call.script.text for _, call in refused})
            self.settle([job for job, _ in refused])
            for job, _ in refused:
                if trouble is not None and _is_unknown(job.reply):
                    job.reply = trouble
        return [job.reply for job in jobs]

    def _load(self, texts: set[str]) -> Exception | None:
        """Make the scripts known to all nodes; the trouble of one that refused."""
        loads = [Job(pack("SCRIPT", "LOAD", text), node=node) for node in self._topology.nodes() for text in texts]
        self.settle(loads)
        return next((job.reply for job in loads if isinstance(job.reply, Exception)), None)

    def _try(self, jobs: list[Job]) -> list[Job]:
        """Send *jobs* once; returns those to retry."""
        try:
            self._topology.load()
        except StoreUnavailable as error:
            for job in jobs:
                job.reply = error
            return jobs
        by_node, again = self._group(jobs)
        parts = [Part(node, [job.packed for job in mine]) for node, mine in by_node.items()]
        exchange(parts, time.monotonic() + SECONDS)
        for part in parts:
            again.extend(_take_replies(part, by_node[part.node]))
        return again

    def _group(self, jobs: list[Job]) -> tuple[dict[Node, list[Job]], list[Job]]:
        by_node: dict[Node, list[Job]] = {}
        homeless = []
        for job in jobs:
            node = job.node or self._topology.node_of(job.key)
            if node is None:
                job.reply = StoreUnavailable("A part of the Redis Cluster has no master; bring its nodes back.")
                homeless.append(job)
            else:
                by_node.setdefault(node, []).append(job)
        return by_node, homeless


def checked(job: Job) -> Any:
    """The reply of *job*; raises it if it is an error."""
    if isinstance(job.reply, Exception):
        raise job.reply
    return job.reply


def _take_replies(part: Part, jobs: list[Job]) -> list[Job]:
    if part.error is not None:
        for job in jobs:
            job.reply = unavailable(part.node.label, part.error)
        return jobs
    again = []
    for job, reply in zip(jobs, part.replies, strict=True):
        outage = is_outage(reply)
        job.reply = unavailable(part.node.label, reply) if outage else reply
        if outage and error_code(reply) in RETRIED:
            again.append(job)
        elif outage and error_code(reply) == "READONLY":
            part.node.close()  # after a failover the host name may resolve to the new primary
    return again


def _is_unknown(reply: object) -> bool:
    return isinstance(reply, ResponseError) and error_code(reply) == "NOSCRIPT"


CHUNK_BYTES: Final = 256 * 1024
CHUNK_SECONDS: Final = 30.0
"""Timeout of a chunk, which is a few thousand members."""


class _Stream:
    """Commands in flight to one node."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.waiting: list[bytes] = []
        self.size = 0
        self._wire: Wire | None = None
        self._unanswered: list[int] = []

    def send(self) -> None:
        """Send the waiting commands, then read the replies of the chunk before the last, so that the server is never idle."""
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


def load(topology: Topology, commands: Iterable[RawCommand]) -> int:
    """Execute *commands*; returns their number. Raises `StoreUnavailable` at the first error; some are then done."""
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
    """Execute packed *commands* on the node of *key*. Otherwise as `load`."""
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


def _add(stream: _Stream, command: RawCommand) -> None:
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
