"""Just enough of a mounted extension for adapters to be tried alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from postgres import postgres_url

from storefront_plugin.core.settings import Settings
from storefront_plugin.core.sql.database import open_database
from storefront_plugin.core.sql.shop_database import ShopDatabase
from storefront_plugin.shop.adapters import MOUNT, Mount


def grounded(app: Flask) -> Flask:
    """*app* with settings and a database where adapters look for them, and nothing else."""
    settings = Settings.from_config(app.config)
    database = open_database(app, settings.database_url, Path(app.instance_path), settings.deadline, ShopDatabase())
    app.extensions[MOUNT] = Mount(database, settings.currency, settings.timezone, settings.deadline)
    return app


def closed(app: Flask) -> None:
    """Let go of every connection of *app*."""
    with app.app_context():
        app.extensions[MOUNT].database.dispose()
        database = app.extensions["sqlalchemy"]
        database.session.remove()
        for engine in database.engines.values():
            engine.dispose()


Opened = Callable[..., Flask]


@contextmanager
def opening(folder: Path) -> Iterator[Opened]:
    """Opens filled shops: ``open_shop(shop, "file" | "memory" | "postgres", **config)``; all are closed at the end."""
    apps = []

    def open_shop(shop: Any, store: str = "memory", **config: Any) -> Flask:
        uris = {"memory": "sqlite:///:memory:", "file": f"sqlite:///{folder / 'shop.sqlite'}"}
        app = grounded(shop.create_app(uris.get(store) or postgres_url(), **config))
        apps.append(app)
        shop.fill(app)
        with app.app_context(), app.extensions[MOUNT].database.reading():
            return app  # our tables are made at the first look: not counted in tests

    yield open_shop
    for app in apps:
        closed(app)
