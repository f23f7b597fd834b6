"""A lock that is safe to fork."""

from __future__ import annotations

import os
import threading


class ProcessLock:
    """A lock that each process has for itself.

    A plain lock that another thread holds during a fork stays locked in the child for ever, because that thread does not
    exist there (gunicorn with ``--preload``, workers that fork for each job).
    """

    def __init__(self) -> None:
        self._locks: dict[int, threading.Lock] = {}

    def __enter__(self) -> None:
        self._locks.setdefault(os.getpid(), threading.Lock()).acquire()

    def __exit__(self, *_error: object) -> None:
        lock = self._locks.get(os.getpid())
        if lock is not None and lock.locked():  # not in a child that was forked inside the block
            lock.release()
