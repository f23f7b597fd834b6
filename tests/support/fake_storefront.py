"""An app whose services have just the methods a test gives them."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from click.testing import Result
from flask import Flask
from job_rows import open_jobs

from storefront_plugin.cli import storefront
from storefront_plugin.core.sql.database import Database
from storefront_plugin.jobs.leases import Leases
from storefront_plugin.jobs.schedule import Schedule
from storefront_plugin.jobs.table import JobTable, Night
from storefront_plugin.proxies import SERVICES

PLACES = {
    "drain": "counting",
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
    heartbeats = SimpleNamespace(kind=None, beats=[])
    heartbeats.beat = lambda: heartbeats.beats.append(heartbeats.kind)
    services: Any = SimpleNamespace(
        shop=SimpleNamespace(orders=None),
        settings=SimpleNamespace(timezone="UTC", locale=None),
        heartbeats=heartbeats,
        counting=SimpleNamespace(make_lists=nothing, trouble=nothing),
        importer=SimpleNamespace(),
        proposals=SimpleNamespace(search_if_due=lambda *args: None),
        schedule=SimpleNamespace(),
    )
    for name, method in methods.items():
        place = PLACES.get(name)
        if place is not None and not hasattr(services, place):
            setattr(services, place, SimpleNamespace())
        setattr(getattr(services, place) if place else services, name, method)
    services.counting.count = lambda go_on: services.counting.drain()
    services.jobs = JobTable(
        store=SimpleNamespace(probe=nothing),
        snapshots=SimpleNamespace(refresh_if_due=nothing),
        news=SimpleNamespace(send_late=nothing),
        slot_stats=SimpleNamespace(flush=nothing),
        counting=services.counting,
        shop=services.shop,
        importer=services.importer,
        proposals=services.proposals,
        zone="UTC",
    )
    services.schedule = Schedule(services.jobs.lines(Night()), Leases(own_database()), heartbeats, True)
    app.extensions[SERVICES] = services
    return app


def nothing(*_: object) -> None:
    """Does nothing."""


def own_database() -> Database:
    """A file with no table but that of jobs, gone with the test run."""
    folder = Path(tempfile.mkdtemp(prefix="sf-jobs-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return open_jobs(f"sqlite:///{folder / 'jobs.sqlite'}")


def run_fake(*args: str, **methods: Any) -> Result:
    return fake_app(**methods).test_cli_runner().invoke(storefront, args)
