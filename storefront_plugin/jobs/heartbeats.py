"""Who counts orders: each process that does shows life in Redis, and tells how its nightly catch-up went."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..core.errors import StoreUnavailable
from ..redis_store import Command, RedisStore
from ..redis_store.keys import Keys

Kind: TypeAlias = Literal["worker", "thread"]
"""A `flask storefront worker`, or the thread of a process that serves the shop."""

BEAT_SECONDS = 10.0
"""How often a process shows life at most."""

ALIVE_SECONDS = 60.0
"""A process that showed no life for so long is gone; a worker that met trouble pauses for half of it."""

REMEMBERED_SECONDS = 3600
"""How long one that is gone is remembered beside others; the last one of all for `KEPT_SECONDS`."""

KEPT_SECONDS = 30 * 86_400
MAX_TROUBLE = 300


@dataclass(frozen=True, slots=True)
class Seen:
    """Who was seen, by the clocks of their machines. Times are UTC without zone.

    Attributes:
        workers, threads: How many of each kind are alive.
        last_at: When any of them was seen last; None where none was within a month, or Redis was flushed since.
        caught_up_at: When a worker's nightly catch-up ended last, *trouble*: why it failed, else empty.
    """

    workers: int = 0
    threads: int = 0
    last_at: dt.datetime | None = None
    caught_up_at: dt.datetime | None = None
    trouble: str = ""

    @property
    def alive(self) -> int:
        """How many are alive, of whichever kind."""
        return self.workers + self.threads


class Heartbeats:
    """The processes of one shop that count orders. What this one tells of itself is its kind, and no more."""

    def __init__(self, store: RedisStore, keys: Keys) -> None:
        self._store = store
        self._keys = keys
        self._due_at = 0.0
        self._token = (0, "")
        self.kind: Kind | None = None
        """What this process is; None where counting is not its office, as with a command."""

    def beat(self) -> None:
        """Show life, at most every `BEAT_SECONDS`, in one trip. Trouble of Redis is left to those who count."""
        if self.kind is None or time.monotonic() < self._due_at:
            return
        self._due_at = time.monotonic() + BEAT_SECONDS
        key, now = self._keys.workers, int(time.time())
        with suppress(StoreUnavailable):
            self._store.pipeline_write(
                [
                    ("ZADD", key, now, f"{self.kind}:{self._own_token()}"),
                    ("ZREMRANGEBYSCORE", key, "-inf", now - REMEMBERED_SECONDS),
                    ("EXPIRE", key, KEPT_SECONDS),
                ]
            )

    def caught_up(self, trouble: str = "") -> None:
        """Tell that the nightly catch-up has ended, or *trouble* that ended it."""
        key = self._keys.caught_up
        with suppress(StoreUnavailable):
            self._store.pipeline_write(
                [
                    ("HSET", key, "at", int(time.time()), "trouble", trouble[:MAX_TROUBLE]),
                    ("EXPIRE", key, KEPT_SECONDS),
                ]
            )

    def look(self) -> Seen:
        """Who was seen; raises `StoreUnavailable`."""
        reads = [Command(self._keys.workers, "ZRANGE", (0, -1, "WITHSCORES")), Command(self._keys.caught_up, "HGETALL")]
        beats, caught_up = self._store.execute(reads)
        alive = [member for member, at in beats if time.time() - at < ALIVE_SECONDS]
        workers = sum(member.startswith(b"worker:") for member in alive)
        last_at = max((at for _, at in beats), default=None)
        return Seen(
            workers,
            len(alive) - workers,
            None if last_at is None else _moment(last_at),
            _moment(float(caught_up[b"at"])) if caught_up else None,
            caught_up[b"trouble"].decode() if caught_up else "",
        )

    def _own_token(self) -> str:
        """Names this process, wherever it runs: process ids are alike in containers. A forked child has its own."""
        if self._token[0] != os.getpid():
            self._token = (os.getpid(), secrets.token_hex(4))
        return self._token[1]


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(min(seconds, time.time()), dt.timezone.utc).replace(tzinfo=None)
