"""Every benchmark runs and prints its table; with little data, so that the figures say nothing about speed."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("page_cost", ["ratio of p50 added", "trips to Redis a page", "cart of 500 lines"]),
        ("applier", ["orders/s, SQLite", "ms from commit to page"]),
        ("memory", ["the worse"]),
        ("suggestions", ["cart", "product", "plugin"]),
        ("distance", ["all products"]),
        ("rules", ["1,000", "1 000 / 10", "Redis trips"]),
    ],
)
def test_a_benchmark_prints_its_table(name: str, rows: list[str]) -> None:
    """Each by the call that the Makefile makes."""
    if importlib.util.find_spec("numpy") is None and name in ("suggestions", "distance"):
        pytest.skip("numpy is not installed; run `pip install --group bench`")
    run = subprocess.run(
        [sys.executable, str(FOLDER), "--small", name],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )
    assert run.returncode == 0, run.stderr
    assert f"{name}: " in run.stdout
    assert [row for row in [*rows, "promise"] if row not in run.stdout] == []


def test_an_unknown_benchmark_is_named() -> None:
    """The remedy lists those that are there."""
    run = subprocess.run([sys.executable, str(FOLDER), "speed"], capture_output=True, text=True)
    assert run.returncode == 2
    assert "there is no benchmark speed; choose from page_cost" in run.stderr
