"""An app whose services have just the methods a test gives them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from click.testing import Result
from flask import Flask

from storefront_plugin.cli import storefront
from storefront_plugin.proxies import SERVICES

PLACES = {
    "drain": "schedule",
    "rebuild": "counting",
    "stats": "counting",
    "import_orders": "importer",
    "catch_up": "importer",
    "recommend": "suggestions",
    "search": "proposals",
    "search_if_due": "proposals",
    "catalog": "shop",
    "orders": "shop",
}
"""Which service has which method."""


def fake_app(**methods: Any) -> Flask:
    """An app whose services have just *methods*."""
    app = Flask("fake")
    heartbeats = SimpleNamespace(kind=None, told=[], beats=[])
    heartbeats.beat = lambda: heartbeats.beats.append(heartbeats.kind)
    heartbeats.caught_up = lambda trouble="": heartbeats.told.append(trouble)
    services = SimpleNamespace(
        shop=SimpleNamespace(orders=None),
        settings=SimpleNamespace(timezone="UTC", locale=None),
        heartbeats=heartbeats,
    )
    for name, method in methods.items():
        place = PLACES.get(name)
        if place is not None and not hasattr(services, place):
            setattr(services, place, SimpleNamespace())
        setattr(getattr(services, place) if place else services, name, method)
    app.extensions[SERVICES] = services
    return app


def run_fake(*args: str, **methods: Any) -> Result:
    return fake_app(**methods).test_cli_runner().invoke(storefront, args)
