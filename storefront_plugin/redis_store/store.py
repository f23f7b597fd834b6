"""`RedisStore`: the one way of the package to Redis, be it embedded, alone or a cluster."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from ._info import StoreFacts, facts_of
from ._nodes import Node
from ._reader import Reader
from ._topology import Address, Cluster, Single, Topology
from ._writer import Job, Writer, checked, load, load_packed
from .commands import MISSING, Command, RawCommand, ScriptCall, pack
from .embedded import EmbeddedServer

DEADLINE_SECONDS: Final = 0.05
_SCAN_COUNT: Final = 1000


class _Live:
    """The connections of one process."""

    def __init__(self, topology: Topology, deadline: float) -> None:
        self.pid = os.getpid()
        self.topology = topology
        self.reader = Reader(topology, deadline)
        self.writer = Writer(topology)


class RedisStore:
    """Redis for the whole package. Makes no connection before the first use, and new ones in a forked process.

    `fetch` is for pages: one trip within the deadline, and `MISSING` instead of an error. All other methods are for
    the drainer, the worker and commands: they wait up to 5 s, try again, and raise `StoreUnavailable`.

    Args:
        url: ``redis://``, ``rediss://``, ``unix://``, ``redis+cluster://host:port[,host:port]`` or
            ``rediss+cluster://``; None = an embedded server.
        folder: Data of the embedded server.
        deadline: Seconds that a `fetch` may take at most.
        embedded: Makes the embedded server of a folder.

    Raises:
        ConfigurationError: The URL cannot be used.
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

    @property
    def is_embedded(self) -> bool:
        """Whether the server is ours to start and stop."""
        return self._address is None

    @property
    def label(self) -> str:
        """Where Redis is, for messages; never with user or password."""
        return self._address.label if self._address else f"{self._folder} (embedded)"

    def fetch(self, commands: Sequence[Command], timeout: float | None = None) -> list[Any]:
        """The replies of *commands* in their order, in one trip (in a cluster one a node, all at once).

        Args:
            commands: Of one key each. Replies are Redis' own types (RESP3), undecoded; see `Command`.
            timeout: Seconds left of the page; the deadline if that is shorter. 0 or less sends nothing.

        Returns:
            A reply for each command; `MISSING` where Redis did not answer in time, the node is down, or the command was
            refused. Never raises for trouble of Redis.
        """
        seconds = self._deadline if timeout is None else min(timeout, self._deadline)
        return self._live().reader.fetch(commands, seconds)

    def answers(self, command: Command, seconds: float) -> bool:
        """Whether Redis answers *command* within *seconds*, which may be longer than the deadline.

        Opens the connection that the first page of a process needs: a name is looked up, encryption and password are agreed
        upon, on a machine that is busy with starting.
        """
        return self._live().reader.fetch([command], seconds) != [MISSING]

    def execute(self, commands: Sequence[Command]) -> list[Any]:
        """Like `fetch`, but waits and tries again: all replies, or `StoreUnavailable`, or redis-py's `ResponseError`."""
        jobs = [Job(command.packed(), command.key) for command in commands]
        self._live().writer.settle(jobs)
        return [checked(job) for job in jobs]

    def run_scripts(self, calls: Sequence[ScriptCall]) -> list[Any]:
        """Run *calls*, in their order on each node, the nodes side by side; loads unknown scripts.

        Returns:
            For each call its reply, or an exception: redis-py's `ResponseError` with what the script raised, or
            `StoreUnavailable` (with its cause) if the call may not have run. A call can run twice after a lost
            connection, so scripts must know what they have done.
        """
        return self._live().writer.run_scripts(calls)

    def pipeline_write(self, commands: Iterable[RawCommand]) -> int:
        """Execute *commands*, such as ``("ZADD", key, 3, b"7")``, as fast as the server can; how many they were.

        The key stands second. Nothing is sent twice. Raises `StoreUnavailable` at the first trouble or refusal; some
        commands are then done and some are not.
        """
        return load(self._live().topology, commands)

    def load_packed(self, key: str, commands: Iterable[bytes]) -> int:
        """Execute *commands*, each the bytes of one command on the wire, on the node of *key*; how many they were.

        All keys in them must lie in the slot of *key*. Otherwise as `pipeline_write`.
        """
        return load_packed(self._live().topology, key, commands)

    def unlink(self, keys: Iterable[str]) -> int:
        """Remove *keys*; how many commands that were. Raises `StoreUnavailable`."""
        return self.pipeline_write(("UNLINK", key) for key in keys)

    def memory_usage(self, keys: Sequence[str], samples: int = 0) -> list[int | None]:
        """Bytes of each key, None where there is none; *samples* members are measured, 0 = all of them."""
        jobs = [Job(pack("MEMORY", "USAGE", key, "SAMPLES", samples), key) for key in keys]
        self._live().writer.settle(jobs)
        return [checked(job) for job in jobs]

    def scan(self, pattern: str) -> Iterator[bytes]:
        """All keys that match the glob *pattern*, some maybe twice, in small steps that block nobody."""
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
        """Version, memory, eviction policy and role of every node."""
        replies = self._live().writer.execute_all("INFO")
        return StoreFacts(tuple(facts_of(node.label, _text_of(reply)) for node, reply in replies.items()))

    def ping(self) -> float:
        """Seconds that the nodes took to answer, all together; raises `StoreUnavailable` if one does not."""
        began = time.monotonic()
        self._live().writer.execute_all("PING")
        return time.monotonic() - began

    def probe(self) -> bool:
        """Try nodes that pages had given up, if their time has come; whether all are in use. For the worker."""
        return not [node for node in self._live().topology.nodes() if not node.breaker.probe()]

    def close(self) -> None:
        """Close the idle connections; the next use opens new ones."""
        live, self._now = self._now, None
        if live is not None and live.pid == os.getpid():
            for node in live.topology.nodes():
                node.close()

    def _live(self) -> _Live:
        live = self._now
        if live is None or live.pid != os.getpid():
            # Without a lock, which a fork could copy held; two threads at once cost some connections, no more.
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
