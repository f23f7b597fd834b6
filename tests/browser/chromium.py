"""What the browser tests share: where Chromium and axe are, and waiting under a strict CSP."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

SHIFT = """
window.shift = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shift += entry.value; })
  .observe({ type: "layout-shift", buffered: true });
"""

Opener = Callable[..., Page]


def missing(what: str, remedy: str) -> None:
    """Skip aloud on a laptop; in CI a part that cannot run is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing; {remedy}.")
    pytest.skip(f"{what} is missing; {remedy}.")


def until(page: Page, expression: str) -> None:
    """Wait until *expression* holds. Playwright's own wait evaluates text in the page, which the CSP forbids."""
    ends = time.monotonic() + 10
    while not page.evaluate(expression):
        assert time.monotonic() < ends, f"{expression} does not hold"
        page.wait_for_timeout(20)
