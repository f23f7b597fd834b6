"""The group of all commands: errors are a message and an exit status, not a traceback."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click
from flask import current_app
from flask.cli import AppGroup
from flask.helpers import get_debug_flag

from ..core.errors import ConfigurationError, InputError, StorefrontError
from ..proxies import SERVICES, current_services

if TYPE_CHECKING:
    from ..services import Services


class StorefrontGroup(AppGroup):
    """Shows the message of a `StorefrontError` and exits with status 1; in debug mode shows the traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except StorefrontError as error:
            if get_debug_flag():
                raise
            raise click.ClickException(str(error)) from error


class Unusable(click.ClickException):
    """Invalid user input: exits with status 2."""

    exit_code = 2


@contextmanager
def user_input() -> Iterator[None]:
    """Turns `InputError` into `Unusable` inside the block."""
    try:
        yield
    except InputError as error:
        raise Unusable(str(error)) from error


def mounted_services() -> Services:
    """The current app's services. Raises `ConfigurationError` if none are mounted: every Flask app has these commands."""
    if SERVICES not in current_app.extensions:
        raise ConfigurationError(
            f"The app {current_app.name!r} has no Storefront; mount one with Storefront(app, catalog=…)."
        )
    return current_services


LINE_SECONDS = 10.0
"""Minimum seconds between two lines of a phase."""


class PhaseDisplay:
    """Shows progress on standard error."""

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
        """Show that *done* of *total* are finished; a new *phase* ends the previous. *total* is None if unknown."""
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
