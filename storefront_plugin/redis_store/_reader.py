"""Reading for a page: one trip, within the deadline, and `MISSING` for what does not come."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any

from redis.exceptions import TimeoutError as RedisTimeoutError

from ._errors import code_of, is_outage
from ._nodes import Part, exchange
from ._topology import Topology
from .commands import MISSING, Read

_log = logging.getLogger(__name__)


class Reader:
    """Executes reads; never raises for Redis' trouble."""

    def __init__(self, topology: Topology, deadline: float) -> None:
        self._topology = topology
        self._deadline = deadline
        self._told: set[tuple[str, str]] = set()

    def fetch(self, reads: Sequence[Read], seconds: float) -> list[Any]:
        """The replies of *reads* in their order, all within *seconds*."""
        ends = time.monotonic() + seconds
        commands = [read.packed() for read in reads]
        replies: list[Any] = [MISSING] * len(reads)
        if not reads or seconds <= 0 or not self._topology.is_known(ends):
            return replies
        places = self._group(reads)
        parts = [Part(node, [commands[place] for place in at]) for node, at in places.items()]
        exchange(parts, ends)
        for part in parts:
            if self._is_answered(part, seconds):
                self._fill(replies, reads, places[part.node], part.replies)
        return replies

    def _group(self, reads: Sequence[Read]) -> dict[Any, list[int]]:
        """Positions in *reads* by the node to ask; nodes behind an open breaker are left out."""
        places: dict[Any, list[int]] = {}
        for place, read in enumerate(reads):
            node = self._topology.node_of(read.key)
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
        _log.debug("Redis at %s: %s", part.node.label, why)
        if seconds >= self._deadline / 2 or not isinstance(part.error, RedisTimeoutError):
            part.node.breaker.failed(why)  # a page that had spent its time elsewhere says nothing about Redis
        self._topology.refresh_soon()
        return False

    def _fill(self, replies: list[Any], reads: Sequence[Read], places: list[int], found: list[Any]) -> None:
        for place, reply in zip(places, found, strict=True):
            if isinstance(reply, Exception):
                self._tell_once(reads[place], reply)
            else:
                replies[place] = reply

    def _tell_once(self, read: Read, error: Exception) -> None:
        code = code_of(error)
        if code in ("MOVED", "ASK"):
            self._topology.refresh_soon()
        if (read.command, code) not in self._told:
            self._told.add((read.command, code))
            _log.warning("Redis refused %s of %s, and maybe of more keys: %s", read.command, read.key, error)
