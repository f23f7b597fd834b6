"""Just enough of a mounted extension for adapters to be tried alone."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from flask import Flask

from storefront_plugin.database import open_database
from storefront_plugin.settings import Settings


def grounded(app: Flask) -> Flask:
    """*app* with settings and a database where adapters look for them, and nothing else."""
    settings = Settings.from_config(app.config)
    database = open_database(app, settings.database_url, Path(app.instance_path), settings.deadline)
    app.extensions["storefront"] = SimpleNamespace(settings=settings, database=database)
    return app


def closed(app: Flask) -> None:
    """Let go of every connection of *app*."""
    with app.app_context():
        app.extensions["storefront"].database.dispose()
        database = app.extensions["sqlalchemy"]
        database.session.remove()
        for engine in database.engines.values():
            engine.dispose()
