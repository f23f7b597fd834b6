"""How long a page waits for others, and when it stops asking them: judged by what they usually need."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

STRETCH: Final = 5.0
"""A page never waits longer than this many times its deadline."""

TIMES_USUAL: Final = 4.0
"""Where answers usually take long, a page waits this many times as long."""

SMOOTHING: Final = 1 / 4
"""Weight of the latest call in what is usual."""

LATEST: Final = 8
LATEST_SECONDS: Final = 30.0
LEAST_FAILURES: Final = 3
FAILING_SHARE: Final = 0.75


class AdaptiveDeadline:
    """How long a page waits: *seconds*, and longer while all answers take long, as on a machine that is busy.

    At the hour in which a shop sells most, a healthy server answers late. What takes four times as long as usual is
    late; what takes as long as everything else is not. The wait is bounded by `STRETCH`.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._usual = 0.0

    @property
    def limit(self) -> float:
        """Seconds that a page waits now."""
        return min(max(self._seconds, self._usual * TIMES_USUAL), self._seconds * STRETCH)

    def took(self, seconds: float) -> None:
        """Record a call that was answered after *seconds*."""
        bounded = min(seconds, self._seconds * STRETCH)
        self._usual += (bounded - self._usual) * (SMOOTHING if self._usual else 1.0)


class RecentCalls:
    """Whether most of the latest calls failed: three quarters of them, and at least `LEAST_FAILURES`.

    The latest are `LATEST` at most, none older than `LATEST_SECONDS`. A few late answers among many that came in time are no
    outage.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._calls: deque[tuple[float, bool]] = deque(maxlen=LATEST)  # without a lock, which a fork could copy locked

    def add(self, failed: bool) -> None:
        """Record a call."""
        self._calls.append((self._clock(), failed))

    @property
    def mostly_failed(self) -> bool:
        """Whether it is better not to call again for a while."""
        since = self._clock() - LATEST_SECONDS
        failures = [failed for at, failed in tuple(self._calls) if at > since]
        return sum(failures) >= max(LEAST_FAILURES, FAILING_SHARE * len(failures))

    def clear(self) -> None:
        """Begin anew."""
        self._calls.clear()
