"""Rate limits per client address and minute, independent of the shop's own limiter.

Each process counts in memory: with four workers, an address gets up to four times as many requests. It is a minimum, not
a replacement of the shop's own protection.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from math import ceil
from typing import Literal, TypeAlias

from flask import Request, current_app, request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, Storage
from limits.strategies import MovingWindowRateLimiter

from ..core.forks import ProcessLock
from ..proxies import current_services

Kind: TypeAlias = Literal["fragment", "api", "cart"]

SHARES: Mapping[Kind, int] = {"fragment": 1, "api": 5, "cart": 5}
"""Divisors of ``STOREFRONT_REQUESTS_PER_MINUTE``: every page loads a fragment, the others are rarer."""

_LIMITER = "storefront.limits"


class RecentRequests(MemoryStorage):
    """The times of each address's requests within the last minute.

    The library's own storage starts a thread per request (0.6 ms) and never removes an address (limits 5.8). Here the
    addresses are ordered by their latest request, and expired ones are removed.
    """

    def __init__(self) -> None:
        Storage.__init__(self)  # without the thread of MemoryStorage
        self._lock = ProcessLock()
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._times)

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count a request, unless *limit* of them were made within the last *expiry* seconds."""
        now = time.monotonic()
        with self._lock:
            self._drop_before(now - expiry)
            times = self._times.get(key, deque())
            while times and times[0] <= now - expiry:
                times.popleft()
            if len(times) + amount > limit:
                return False
            times.extend([now] * amount)
            self._times[key] = times
            self._times.move_to_end(key)
            return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """The monotonic time of the oldest request, and the number of requests."""
        with self._lock:
            times = self._times.get(key)
            return (times[0], len(times)) if times else (time.monotonic(), 0)

    def _drop_before(self, moment: float) -> None:
        while self._times and next(iter(self._times.values()))[-1] <= moment:
            self._times.popitem(last=False)


def seconds_to_wait(kind: Kind) -> int:
    """0 if the current request is allowed (it is counted); else the seconds until the next one is."""
    per_minute = current_services.settings.requests_per_minute
    address = client_address(request)
    if not per_minute or address is None:
        return 0
    limiter, limit = _limiter(), RateLimitItemPerMinute(max(1, per_minute // SHARES[kind]))
    if limiter.hit(limit, kind, address):
        return 0
    return max(1, ceil(limiter.get_window_stats(limit, kind, address).reset_time - time.monotonic()))


def client_address(request: Request) -> str | None:
    """The address of the client, as far as the connection shows it, else None.

    A peer on a private network that passes on X-Forwarded-For is a proxy that Flask does not know of: all shoppers would
    be one address, so the last entry, added by this proxy, counts. Of IPv6 addresses the first 64 bits count.
    """
    peer = _parsed(request.remote_addr or "")
    if peer is None or not peer.is_global:
        peer = _parsed(request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()) or peer
    if isinstance(peer, IPv6Address):
        return str(peer.ipv4_mapped or int(peer) >> 64)
    return None if peer is None else str(peer)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _limiter() -> MovingWindowRateLimiter:
    limiter: MovingWindowRateLimiter = current_app.extensions.setdefault(
        _LIMITER, MovingWindowRateLimiter(RecentRequests())
    )
    return limiter
