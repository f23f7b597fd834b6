"""An app with a storefront that has just the methods a test gives it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from click.testing import Result
from flask import Flask

from storefront_plugin.cli import storefront


def fake_app(**methods: Any) -> Flask:
    """An app whose storefront has just *methods*."""
    app = Flask("fake")
    workers = SimpleNamespace(kind=None, told=[], beats=[])
    workers.beat = lambda: workers.beats.append(workers.kind)
    workers.caught_up = lambda trouble="": workers.told.append(trouble)
    app.extensions["storefront"] = SimpleNamespace(
        **{
            "orders": None,
            "settings": SimpleNamespace(timezone="UTC"),
            "mounted": SimpleNamespace(workers=workers),
            **methods,
        }
    )
    return app


def run_fake(*args: str, **methods: Any) -> Result:
    return fake_app(**methods).test_cli_runner().invoke(storefront, args)
