"""What the browser tests share: an app in a thread, views of its pages, axe, and waiting under a strict CSP."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that is there; those with a window of their own spend most of the time on drawing it."""

CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)

SHIFT = """
window.shift = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shift += entry.value; })
  .observe({ type: "layout-shift", buffered: true });
"""

ANSWERED = """
window.answered = new WeakSet();
for (const kind of ["storefront-load", "storefront-error"]) addEventListener(kind, ({ target }) => window.answered.add(target));
"""

FRAMES = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
"""After two of them a fragment has seen whether it is near enough to be fetched."""

# The distance is the script's own MARGIN.
SETTLED = """
[...document.querySelectorAll("storefront-fragment:not([when=change])")].every((each) => {
  const { top, bottom } = each.getBoundingClientRect();
  return window.answered.has(each) || top > window.innerHeight + 400 || bottom < -400;
}) && !document.querySelector("storefront-fragment[aria-busy=true]")
"""

VIOLATIONS = """
within => axe.run(within, { resultTypes: ["violations"] }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)))
"""

Opener = Callable[..., Page]
View = Callable[..., BrowserContext]


def missing(what: str, remedy: str) -> None:
    """Skip aloud on a laptop; in CI a part that cannot run is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing; {remedy}.")
    pytest.skip(f"{what} is missing; {remedy}.")


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address at which *app* is served, on a port of its own."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def views(browser: Browser, address: str) -> Iterator[View]:
    """Makes views of *address*, each with cookies of its own: ``view(width, height, script, **options of Playwright)``.

    At the end no page in them may have met an error or a breach of its CSP.
    """
    errors: list[str] = []

    def view(width: int = 1280, height: int = 900, script: bool = True, **options: Any) -> BrowserContext:
        options = {"locale": "en", "viewport": {"width": width, "height": height}, **options}
        context = browser.new_context(base_url=address, java_script_enabled=script, **options)
        open_views.callback(context.close)
        context.add_init_script(ANSWERED)
        context.on("weberror", lambda met: errors.append(str(met.error)))
        context.on("console", lambda line: errors.append(line.text) if "Content Security" in line.text else None)
        return context

    with ExitStack() as open_views:
        yield view
    assert errors == []


def settle(page: Page) -> None:
    """Wait until every fragment near what is in view has its answer; the page has been loaded."""
    page.evaluate(FRAMES)
    until(page, SETTLED)


def violations(page: Page, within: str = "html") -> list[str]:
    """What axe finds *within* the page: each rule with the elements that break it."""
    if not AXE.exists():
        missing("axe-core", "run npm ci")
    page.evaluate(AXE.read_text())
    return list(page.evaluate(VIOLATIONS, within))


def scrolls_sideways(page: Page) -> bool:
    """Whether something is wider than the page."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def until(page: Page, expression: str) -> None:
    """Wait until *expression* holds. Playwright's own wait evaluates text in the page, which the CSP forbids."""
    ends = time.monotonic() + 10
    while not page.evaluate(expression):
        assert time.monotonic() < ends, f"{expression} does not hold"
        page.wait_for_timeout(20)
