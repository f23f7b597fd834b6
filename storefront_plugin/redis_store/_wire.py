"""A connection to a server, with a deadline for every exchange."""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterable
from typing import Any, Final

import hiredis
from redis.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import InvalidResponse, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from ..core.forks import Forkable, join_forks
from .commands import pack

CONNECT_SECONDS: Final = 5.0
"""Timeout for connecting and each step of the handshake; pages never wait for it, see `_nodes`."""

# Skips the two CLIENT SETINFO round trips; redis-py 7.1 renamed the option.
_KNOWN = inspect.signature(AbstractConnection.__init__).parameters
_NO_INTRODUCTION: dict[str, Any] = (
    {"driver_info": None} if "driver_info" in _KNOWN else {"lib_name": None, "lib_version": None}
)

LEAST_SECONDS: Final = 0.001
"""Timeout for sending where the processor came too late to a page: the kernel takes a request at once, or never."""

OPTIONS: Final[dict[str, Any]] = {
    "protocol": 3,  # RESP3: typed replies, such as scores as floats
    **_NO_INTRODUCTION,
    "socket_timeout": CONNECT_SECONDS,
    "socket_connect_timeout": CONNECT_SECONDS,
    "health_check_interval": 0,
    "retry": None,
    "retry_on_timeout": False,
}

_WAITING: Final = object()
_CHUNK: Final = 65536


class Wire(Forkable):
    """An open, authenticated connection. redis-py does the handshake; sending and receiving are implemented here.

    redis-py has a timeout per receive, so the delays of many replies add up. Here all receives of an exchange share one
    deadline. After an exception the wire must be closed, because late replies may still arrive.
    """

    __slots__ = ("_connection", "_reader", "_replies", "_sock")

    def __init__(self, connection: AbstractConnection) -> None:
        """Connect now; raises redis-py's errors."""
        connection.connect()  # type: ignore[no-untyped-call]
        self._connection = connection
        self._sock: Any = connection._sock  # typed as None there
        self._reader = _new_reader()
        self._replies: list[Any] = []
        join_forks(self)

    def is_stale(self) -> bool:
        """Whether the server has closed it, or has sent unexpected data."""
        try:
            return bool(self._connection.can_read(0))
        except Exception:
            return True

    def fileno(self) -> int:
        """The file descriptor, for selectors."""
        return int(self._sock.fileno())

    def send(self, payload: bytes, ends: float) -> None:
        """Send packed commands before *ends* (monotonic seconds)."""
        try:
            self._sock.settimeout(max(LEAST_SECONDS, ends - time.monotonic()))
            self._sock.sendall(payload)
        except TimeoutError as error:
            raise RedisTimeoutError("not sent in time") from error
        except OSError as error:
            raise RedisConnectionError(f"connection lost: {error}") from error

    def arrived(self, count: int) -> bool:
        """Read available data without waiting; returns whether *count* replies are complete."""
        self._receive(0.0)
        return len(self._replies) >= count

    def collect(self, count: int, ends: float) -> list[Any]:
        """The next *count* replies, before *ends*; error replies are exceptions in the list.

        What has arrived by then is taken even where this thread gets to look only later: on a busy machine it waits for
        the processor longer than the server takes to answer.
        """
        while len(self._replies) < count:
            left = ends - time.monotonic()
            if not self._receive(max(0.0, left)) and left <= 0:
                raise RedisTimeoutError("no reply in time")
        taken, self._replies = self._replies[:count], self._replies[count:]
        return taken

    def execute(self, commands: Iterable[tuple[str | int | bytes, ...]], seconds: float) -> list[Any]:
        """The replies of *commands*, within *seconds*."""
        ends = time.monotonic() + seconds
        packed = [pack(*command) for command in commands]
        self.send(b"".join(packed), ends)
        return self.collect(len(packed), ends)

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        self._connection.disconnect()  # type: ignore[no-untyped-call]

    def renew(self) -> None:
        """After a fork, in the child: close its copy, which leaves the parent's connection alone."""
        self._sock.close()

    def _receive(self, seconds: float) -> bool:
        """Read what arrives within *seconds*; returns whether anything did."""
        try:
            self._sock.settimeout(seconds)
            data = self._sock.recv(_CHUNK)
        except (TimeoutError, BlockingIOError, InterruptedError):
            return False
        except OSError as error:
            if type(error).__name__ in ("SSLWantReadError", "SSLWantWriteError"):
                return False  # an incomplete TLS record
            raise RedisConnectionError(f"connection lost: {error}") from error
        if not data:
            raise RedisConnectionError("connection closed by the server")
        self._reader.feed(data)
        while (reply := self._reader.gets()) is not _WAITING:
            self._replies.append(reply)
        return True


def _new_reader() -> hiredis.Reader:
    return hiredis.Reader(protocolError=InvalidResponse, replyError=ResponseError, notEnoughData=_WAITING)
