"""Fixtures: a real Redis for the whole run, and small shops on it."""

from __future__ import annotations

import shutil
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from compiled_templates import compile_once
from demo_shop import closed, create_demo, seed
from flask import Flask
from hypothesis import HealthCheck, settings
from small_shop import SmallShop, small_shop

from storefront_plugin.redis_store import RedisStore, stop

# How long an example takes says nothing on a busy machine; fixtures stay as they are between examples.
settings.register_profile(
    "any machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
settings.load_profile("any machine")

compile_once()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The address of a real Redis server that lives as long as the run."""
    folder = Path(tempfile.mkdtemp(prefix="sf-tests-"))
    store = RedisStore(None, folder)
    store.ping()
    store.close()
    yield f"unix://{(folder / 'socket').read_text().strip()}"
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("storefront-")]
    stop(folder)
    shutil.rmtree(folder, ignore_errors=True)
    assert not left, "Some shop was not closed: its thread would go on without its Redis."


@pytest.fixture
def make_shop(redis_url: str, tmp_path: Path) -> Iterator[Callable[..., SmallShop]]:
    """Builds small shops, each with a database file and a Redis prefix of its own."""
    made: list[SmallShop] = []

    def make(**options: Any) -> SmallShop:
        folder = tmp_path / uuid.uuid4().hex[:8]
        folder.mkdir()
        options.setdefault("STOREFRONT_REDIS_URL", redis_url)
        options.setdefault("STOREFRONT_REDIS_PREFIX", f"t{uuid.uuid4().hex[:8]}")
        shop = small_shop(folder, **options)
        made.append(shop)
        return shop

    yield make
    for shop in made:
        shop.close()


@pytest.fixture
def shop(make_shop: Callable[..., SmallShop]) -> Iterator[SmallShop]:
    """A small shop with twenty products, inside its app context."""
    made = make_shop()
    with made.app.app_context():
        yield made


@pytest.fixture(scope="session")
def demo(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The seeded demo shop, one for the whole run."""
    app = create_demo(tmp_path_factory.mktemp("demo"), redis_url)
    seed(app)
    yield app
    closed(app)
