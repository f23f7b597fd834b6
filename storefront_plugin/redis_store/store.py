"""`RedisStore`: access to Redis, whether embedded, a single server or a cluster."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from redis.exceptions import TimeoutError as RedisTimeoutError

from ..core.deadline import AdaptiveDeadline
from ..core.errors import StoreUnavailable
from ..core.forks import Forkable, join_forks
from ._errors import error_code, is_outage, refused_command
from ._info import StoreFacts, facts_of
from ._nodes import Node, Part, exchange
from ._topology import Address, Cluster, Single, Topology
from ._writer import Job, Writer, checked, load, load_packed
from .commands import MISSING, Command, RawCommand, ScriptCall, pack
from .embedded import EmbeddedServer

logger = logging.getLogger(__name__)

DEADLINE_SECONDS: Final = 0.05
_SCAN_COUNT: Final = 1000


class _Reader:
    """Reads for pages: one round trip within the deadline. Executes commands; never raises when Redis is unavailable."""

    def __init__(self, topology: Topology, deadline: float) -> None:
        self._topology = topology
        self._deadline = deadline
        self._adaptive = AdaptiveDeadline(deadline)
        self._logged: set[tuple[str, str]] = set()

    def fetch(self, commands: Sequence[Command], seconds: float | None) -> list[Any]:
        """The replies of *commands* in their order, all within *seconds*; None is as long as pages wait now."""
        began = time.monotonic()
        seconds = self._adaptive.limit if seconds is None else seconds
        ends = began + seconds
        packed = [command.packed() for command in commands]
        replies: list[Any] = [MISSING] * len(commands)
        if not commands or seconds <= 0 or not self._topology.is_known(ends):
            return replies
        places = self._group(commands)
        parts = [Part(node, [packed[place] for place in at]) for node, at in places.items()]
        exchange(parts, ends)
        answered = [part for part in parts if self._is_answered(part, seconds)]
        if answered == parts:
            self._adaptive.took(time.monotonic() - began)
        for part in answered:
            self._fill(replies, commands, places[part.node], part.replies)
        return replies

    def _group(self, commands: Sequence[Command]) -> dict[Any, list[int]]:
        """Indexes in *commands* by node; nodes with an open breaker are left out."""
        places: dict[Any, list[int]] = {}
        for place, command in enumerate(commands):
            node = self._topology.node_of(command.key)
            if node is not None:
                places.setdefault(node, []).append(place)
        allowed = {node: at for node, at in places.items() if node.breaker.allows()}
        if len(allowed) < len(places):
            self._topology.refresh_soon()
        return allowed

    def _is_answered(self, part: Part, seconds: float) -> bool:
        if part.error is None and not all(is_outage(reply) for reply in part.replies):
            part.node.breaker.succeeded()
            return True
        why = part.error or part.replies[0]
        logger.debug("Redis at %s: %s", part.node.label, why)
        if seconds >= self._deadline / 2 or not isinstance(part.error, RedisTimeoutError):
            part.node.breaker.failed(why)  # with little time left, a timeout says nothing about Redis
        self._topology.refresh_soon()
        return False

    def _fill(self, replies: list[Any], commands: Sequence[Command], places: list[int], found: list[Any]) -> None:
        for place, reply in zip(places, found, strict=True):
            if isinstance(reply, Exception):
                self._log_once(commands[place], reply)
            else:
                replies[place] = reply

    def _log_once(self, command: Command, error: Exception) -> None:
        code = error_code(error)
        if code in ("MOVED", "ASK"):
            self._topology.refresh_soon()
        if (command.name, code) not in self._logged:
            self._logged.add((command.name, code))
            logger.warning("Redis refused %s of %s, and maybe of more keys: %s", command.name, command.key, error)


class _Live:
    """The connections of one process."""

    def __init__(self, topology: Topology, deadline: float) -> None:
        self.pid = os.getpid()
        self.topology = topology
        self.reader = _Reader(topology, deadline)
        self.writer = Writer(topology)


class RedisStore(Forkable):
    """Redis for the whole package. Makes no connection before the first use, and new ones in a forked process.

    `fetch` is for pages: one round trip within the deadline, and `MISSING` instead of an error. All other methods are
    for background work and commands: they wait up to 5 s, retry, and raise `StoreUnavailable`.

    Args:
        url: ``redis://``, ``rediss://``, ``unix://``, ``redis+cluster://host:port[,host:port]`` or
            ``rediss+cluster://``; None = an embedded server.
        folder: Data folder of the embedded server.
        deadline: Seconds that a `fetch` may take at most.
        embedded: Creates the embedded server of a folder.

    Raises:
        ConfigurationError: The URL is invalid.
    """

    def __init__(
        self,
        url: str | None,
        folder: Path,
        deadline: float = DEADLINE_SECONDS,
        embedded: Callable[[Path], EmbeddedServer] = EmbeddedServer,
    ) -> None:
        self._address = Address(url) if url else None
        self._folder = folder
        self._deadline = deadline
        self._embedded = embedded
        self._now: _Live | None = None
        join_forks(self)

    @property
    def is_embedded(self) -> bool:
        """Whether the server is ours to start and stop."""
        return self._address is None

    @property
    def label(self) -> str:
        """The address of Redis for messages, without credentials."""
        return self._address.label if self._address else f"{self._folder} (embedded)"

    def fetch(self, commands: Sequence[Command], timeout: float | None = None) -> list[Any]:
        """The replies of *commands* in order, in one round trip (in a cluster, one per node, in parallel).

        Args:
            commands: Commands of one key each; for the types of replies see `Command`.
            timeout: Seconds left for the page, if shorter than the deadline. With 0 or less nothing is sent. Without, it
                is the deadline, or longer where answers usually take longer now (see `AdaptiveDeadline`).

        Returns:
            A reply for each command; `MISSING` if Redis did not answer in time, the node is down, or the command failed.
            Never raises when Redis is unavailable.
        """
        return self._live().reader.fetch(commands, None if timeout is None else min(timeout, self._deadline))

    def answers(self, command: Command, seconds: float) -> bool:
        """Whether Redis answers *command* within *seconds*, which may be longer than the deadline.

        It opens the connection for the first page of a process, which can take a while on a machine that is busy with
        starting.
        """
        return self._live().reader.fetch([command], seconds) != [MISSING]

    def execute(self, commands: Sequence[Command]) -> list[Any]:
        """The replies of *commands* in order, blocking and with retries.

        Raises `StoreUnavailable`, or redis-py's `ResponseError` for a command that Redis rejects."""
        jobs = [Job(command.packed(), command.key) for command in commands]
        self._live().writer.settle(jobs)
        return [checked(job) for job in jobs]

    def run_scripts(self, calls: Sequence[ScriptCall]) -> list[Any]:
        """Run script *calls*, in order on each node and in parallel on several; loads unknown scripts.

        Returns:
            The reply of each call, or an exception: redis-py's `ResponseError` for an error of the script, or
            `StoreUnavailable` if the call may not have run. A call may run twice after a lost connection, so scripts
            must be idempotent.
        """
        return self._live().writer.run_scripts(calls)

    def pipeline_write(self, commands: Iterable[RawCommand]) -> int:
        """Execute *commands*, such as ``("ZADD", key, 3, b"7")``, in a pipeline; returns their number.

        There are no retries. Raises `StoreUnavailable` at the first error; some commands are then done.
        """
        return load(self._live().topology, commands)

    def load_packed(self, key: str, commands: Iterable[bytes]) -> int:
        """Execute packed *commands* on the node of *key*; returns their number.

        All their keys must be in the slot of *key*. Otherwise as `pipeline_write`.
        """
        return load_packed(self._live().topology, key, commands)

    def unlink(self, keys: Iterable[str]) -> int:
        """Remove *keys*; returns the number of commands. Raises `StoreUnavailable`."""
        return self.pipeline_write(("UNLINK", key) for key in keys)

    def memory_usage(self, keys: Sequence[str], samples: int = 0) -> list[int | None]:
        """Memory usage of each key in bytes, None for missing keys; *samples* members are measured, 0 = all."""
        jobs = [Job(pack("MEMORY", "USAGE", key, "SAMPLES", samples), key) for key in keys]
        self._live().writer.settle(jobs)
        return [checked(job) for job in jobs]

    def scan(self, pattern: str) -> Iterator[bytes]:
        """Iterate over keys that match the glob *pattern*, possibly with duplicates, in small non-blocking steps."""
        live = self._live()
        live.topology.load()
        for node in live.topology.nodes():
            cursor: int | bytes = 0
            while cursor != b"0":
                job = Job(pack("SCAN", cursor, "MATCH", pattern, "COUNT", _SCAN_COUNT), node=node)
                live.writer.settle([job])
                cursor, keys = checked(job)
                yield from keys

    def info(self) -> StoreFacts:
        """Version, memory, eviction policy and role of every node, as far as its user may know. Raises `StoreUnavailable`."""
        try:
            replies = self._live().writer.execute_all("INFO")
        except StoreUnavailable as error:
            if refused_command(error.__cause__) is None:
                raise
            return StoreFacts(tuple(facts_of(node.label, b"") for node in self._live().topology.nodes()), str(error))
        return StoreFacts(tuple(facts_of(node.label, _text_of(reply)) for node, reply in replies.items()))

    def ping(self) -> float:
        """Ping all nodes; returns the seconds taken. Raises `StoreUnavailable` if one does not answer."""
        began = time.monotonic()
        self._live().writer.execute_all("PING")
        return time.monotonic() - began

    def probe(self) -> bool:
        """Probe nodes with an open breaker, if due; returns whether all are in use. For background work."""
        return not [node for node in self._live().topology.nodes() if not node.breaker.probe()]

    def close(self) -> None:
        """Close the idle connections; the next use opens new ones."""
        live, self._now = self._now, None
        if live is not None and live.pid == os.getpid():
            for node in live.topology.nodes():
                node.close()

    def renew(self) -> None:
        """After a fork, in the child: connections, breakers and locks are its own; each `Wire` closes itself."""
        self._now = None

    def _live(self) -> _Live:
        live = self._now
        if live is None or live.pid != os.getpid():
            # Without a lock, which a fork could copy locked; a race costs some connections, no more.
            live = self._now = _Live(self._topology(), self._deadline)
        return live

    def _topology(self) -> Topology:
        if self._address is None:
            return Single(Node(self.label, self._embedded(self._folder).connect, self._deadline))
        if self._address.is_cluster:
            return Cluster(self._address, self._deadline)
        return Single(Node(self._address.label, self._address.connect, self._deadline))


def _text_of(reply: Any) -> bytes:
    return reply if isinstance(reply, bytes) else str(reply).encode()
