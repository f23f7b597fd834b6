"""Reads for pages: one round trip within the deadline, `MISSING` for late replies."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any

from redis.exceptions import TimeoutError as RedisTimeoutError

from ._errors import error_code, is_outage
from ._nodes import Part, exchange
from ._topology import Topology
from .commands import MISSING, Command

_log = logging.getLogger(__name__)


class Reader:
    """Executes commands; never raises when Redis is unavailable."""

    def __init__(self, topology: Topology, deadline: float) -> None:
        self._topology = topology
        self._deadline = deadline
        self._logged: set[tuple[str, str]] = set()

    def fetch(self, commands: Sequence[Command], seconds: float) -> list[Any]:
        """The replies of *commands* in their order, all within *seconds*."""
        ends = time.monotonic() + seconds
        packed = [command.packed() for command in commands]
        replies: list[Any] = [MISSING] * len(commands)
        if not commands or seconds <= 0 or not self._topology.is_known(ends):
            return replies
        places = self._group(commands)
        parts = [Part(node, [packed[place] for place in at]) for node, at in places.items()]
        exchange(parts, ends)
        for part in parts:
            if self._is_answered(part, seconds):
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
        _log.debug("Redis at %s: %s", part.node.label, why)
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
            _log.warning("Redis refused %s of %s, and maybe of more keys: %s", command.name, command.key, error)
