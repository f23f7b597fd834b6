"""A shop's own test suite on in-memory SQLite passes with the plugin mounted."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

HERE = Path(__file__).parents[1]
SUITE = HERE / "hosts" / "tiny_shop" / "suite.py"


def test_the_suite_of_a_shop_on_an_in_memory_database(redis_url: str, tmp_path: Path) -> None:
    """Nothing is committed or rolled back for it, no thread is left, and drain() shows an order on the next page."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (HERE, HERE / "support", HERE.parent))),
        "SHOP_FOLDER": str(tmp_path),
        "SHOP_REDIS": redis_url,
        "SHOP_PREFIX": f"t{uuid.uuid4().hex[:8]}",
    }
    program = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "-W", "error"]
    done = subprocess.run(
        [*program, str(SUITE)], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout
