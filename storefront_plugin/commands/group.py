"""The group all commands hang on: what goes wrong is one sentence and an exit status, not a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from flask import current_app
from flask.cli import AppGroup
from flask.helpers import get_debug_flag

from ..errors import ConfigurationError, InputError, StorefrontError
from ..proxies import current_storefront

if TYPE_CHECKING:
    from ..extension import Storefront


class StorefrontGroup(AppGroup):
    """Turns every `StorefrontError` into its sentence and exit status 1; in debug mode the traceback stays."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except StorefrontError as error:
            if get_debug_flag():
                raise
            raise click.ClickException(str(error)) from error


class Unusable(click.ClickException):
    """What the user gave cannot be used: its sentence, and exit status 2."""

    exit_code = 2


@contextmanager
def user_input() -> Iterator[None]:
    """Inside, an `InputError` is about what the user typed or gave."""
    try:
        yield
    except InputError as error:
        raise Unusable(str(error)) from error


def mounted_storefront() -> Storefront:
    """The current app's `Storefront`; a sentence where none is mounted, because every Flask app has these commands."""
    if "storefront" not in current_app.extensions:
        raise ConfigurationError(
            f"The app {current_app.name!r} has no Storefront; mount one with Storefront(app, catalog=…)."
        )
    return current_storefront
