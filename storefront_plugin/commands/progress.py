"""How far a long command is: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

import click

LINE_SECONDS = 10.0
"""Least time between two lines of one phase."""


class PhaseDisplay:
    """Shows phases on the error stream, so that the standard output stays free for results."""

    def __init__(self) -> None:
        self._phase: str | None = None
        self._bar: Any = None
        self._said_at = 0.0
        self._terminal = sys.stderr.isatty()

    def __enter__(self) -> PhaseDisplay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_bar()

    def update(self, phase: str, done: int, total: int | None = None) -> None:
        """*done* of *total* are finished; a new *phase* ends the one before. *total* is None where no one knows."""
        if phase != self._phase:
            self._close_bar()
            self._phase, self._said_at = phase, time.monotonic()
            self._open(phase, total)
        if self._bar is not None:
            self._bar.length = total
            self._bar.update(done - self._bar.pos)
        elif time.monotonic() - self._said_at >= LINE_SECONDS:
            self._said_at = time.monotonic()
            click.echo(f"{phase}: {_share(done, total)}", err=True)

    def _open(self, phase: str, total: int | None) -> None:
        if self._terminal and total is not None:
            self._bar = click.progressbar(length=total, label=phase, file=sys.stderr)
            self._bar.__enter__()
        else:
            click.echo(f"{phase} …", err=True)

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None


def _share(done: int, total: int | None) -> str:
    return f"{done:,}" if not total else f"{done / total:.0%}"
