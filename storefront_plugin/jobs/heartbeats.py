"""Who counts orders: each process that does shows life in Redis."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..core.errors import StoreUnavailable
from ..redis_store import Command, RedisStore
from ..redis_store.keys import Keys

Kind: TypeAlias = Literal["worker", "thread", "scheduler"]
"""A `flask storefront worker`, the thread of a process that serves the shop, or a scheduler that calls `tick`."""

BEAT_SECONDS = 10.0
"""How often a process shows life at most."""

ALIVE_SECONDS = 60.0
"""A process that showed no life for so long is gone; a worker that met trouble pauses for half of it."""

SCHEDULER_ALIVE_SECONDS = 150.0
"""The same of a scheduler: cron calls once a minute at most, and each turn may be another process."""

REMEMBERED_SECONDS = 3600
"""How long one that is gone is remembered beside others; the last one of all for `KEPT_SECONDS`."""

KEPT_SECONDS = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Seen:
    """Who was seen, by the clocks of their machines. Times are UTC without zone.

    Attributes:
        workers, threads, schedulers: How many of each kind are alive; of schedulers 1 stands for all.
        last_at: When any of them was seen last; None where none was within a month, or Redis was flushed since.
    """

    workers: int = 0
    threads: int = 0
    last_at: dt.datetime | None = None
    schedulers: int = 0

    @property
    def alive(self) -> int:
        """How many are alive, of whichever kind."""
        return self.workers + self.threads + self.schedulers


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

    def look(self) -> Seen:
        """Who was seen; raises `StoreUnavailable`."""
        (beats,) = self._store.execute([Command(self._keys.workers, "ZRANGE", (0, -1, "WITHSCORES"))])
        now = time.time()
        alive = Counter(kind for member, at in beats if now - at < _alive_seconds(kind := member.partition(b":")[0]))
        last_at = max((at for _, at in beats), default=None)
        return Seen(
            alive[b"worker"],
            alive[b"thread"],
            None if last_at is None else _moment(last_at),
            alive[b"scheduler"],
        )

    def _own_token(self) -> str:
        """Names this process, wherever it runs: process ids are alike in containers. A forked child has its own.

        All turns of schedulers count as one.
        """
        if self.kind == "scheduler":
            return "all"
        if self._token[0] != os.getpid():
            self._token = (os.getpid(), secrets.token_hex(4))
        return self._token[1]


def _alive_seconds(kind: bytes) -> float:
    return SCHEDULER_ALIVE_SECONDS if kind == b"scheduler" else ALIVE_SECONDS


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(min(seconds, time.time()), dt.timezone.utc).replace(tzinfo=None)
