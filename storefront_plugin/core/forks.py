"""Forks of the process: nothing of ours is under way while it is copied, and the child begins with nothing of its parent's.

SQLite notes in the memory of a process which locks its connections hold. A child forked in the midst of a transaction
believes for ever that a connection of its own holds them: it answers "database is locked", or reads without a lock
while another process writes. Sockets, and locks of threads that the child does not have, are no better.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)

REST_SECONDS = 1.0
"""How long a fork waits for background work to end its turn, and then for transactions to end: each this long at most."""


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


class Forkable:
    """Takes part in each fork of the process, from `join_forks` on and for as long as others hold it."""

    __slots__ = ("__weakref__",)

    def rest(self, seconds: float) -> None:
        """Before the fork: begin no more work, and wait for what is under way."""

    def drop(self, seconds: float) -> bool:
        """Before the fork, once all rest: close connections; False where some could not be closed within *seconds*."""
        return True

    def resume(self) -> None:
        """After the fork, in the parent."""

    def renew(self) -> None:
        """After the fork, in the child, which has the thread that forked and no other."""


_members: weakref.WeakValueDictionary[int, Forkable] = weakref.WeakValueDictionary()
_registered: list[bool] = []
_asked: dict[int, list[Forkable]] = {}
"""By thread that forks: who rests for it. Others may have joined since then."""


def join_forks(member: Forkable) -> None:
    """Let *member* take part; it is held weakly."""
    if not _registered and hasattr(os, "register_at_fork"):  # not on Windows, which cannot fork
        _registered.append(True)
        os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
    _members[id(member)] = member


def _before() -> None:
    members = _asked[threading.get_ident()] = _present()
    ends = time.monotonic() + REST_SECONDS
    for member in members:
        _tried(lambda member=member: member.rest(ends - time.monotonic()))  # type: ignore[misc]
    ends = time.monotonic() + REST_SECONDS
    dropped = [_tried(lambda member=member: member.drop(ends - time.monotonic())) for member in members]  # type: ignore[misc]
    if False in dropped:
        logger.warning(
            "A process is forked amid a transaction that did not end within %g s: the child may find an SQLite database "
            "locked. Fork before orders are counted, or end the transaction first.",
            REST_SECONDS,
        )


def _after_in_parent() -> None:
    for member in _asked.pop(threading.get_ident(), []):
        _tried(member.resume)


def _after_in_child() -> None:
    _asked.clear()
    for member in _present():
        _tried(member.renew)


def _present() -> list[Forkable]:
    return [member for reference in _members.valuerefs() if (member := reference()) is not None]


def _tried(step: Callable[[], object]) -> object:
    """What *step* returns; a hook must not raise."""
    try:
        return step()
    except Exception as error:
        logger.warning("Something was not prepared for a fork: %s", error, exc_info=True)
        return None


class Gate:
    """Work passes through it, and may nest. A fork closes it, and waits for the work of all threads but its own."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside: Counter[int] = Counter()
        self._closers = 0

    @contextmanager
    def passed(self, seconds: float | None = None) -> Iterator[None]:
        """Work within the block. Raises `TimeoutError` where a fork takes longer than *seconds*."""
        me = threading.get_ident()
        with self._changed:
            if not self._inside[me] and not self._changed.wait_for(self._is_open, seconds):
                del self._inside[me]
                raise TimeoutError("The process is being forked.")
            self._inside[me] += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside[me] -= 1
                if self._inside[me] <= 0:
                    del self._inside[me]
                    self._changed.notify_all()

    def close(self, seconds: float) -> bool:
        """Let no more work begin; False where other threads are still at work after *seconds*."""
        me = threading.get_ident()
        with self._changed:
            self._closers += 1
            return self._changed.wait_for(lambda: not self._inside.keys() - {me}, max(0.0, seconds))

    def open(self) -> None:
        """Let work begin again."""
        with self._changed:
            self._closers -= 1
            self._changed.notify_all()

    def renew(self) -> None:
        """In a child: open, with the work of this thread only."""
        me = threading.get_ident()
        self._changed = threading.Condition()
        self._inside = Counter({me: self._inside[me]} if self._inside[me] else {})
        self._closers = 0

    def _is_open(self) -> bool:
        return not self._closers
