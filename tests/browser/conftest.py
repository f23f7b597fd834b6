"""Fixtures: the gallery on a port of its own, and a browser to look at it."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

sys.path.insert(0, str(Path(__file__).parent))
from chromium import CHROMIUM, SHIFT, Opener, missing
from gallery import create_gallery


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, create_gallery(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        missing("Chromium", "install it, for example by apt-get install chromium")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"] if root else [])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def show(context: BrowserContext, address: str) -> Iterator[Opener]:
    """Open the gallery; at the end no page may have met an error or a breach of its CSP."""
    complaints: list[str] = []

    def opened(query: str = "", width: int = 1280, height: int = 900, wait: bool = True) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
        page.set_viewport_size({"width": width, "height": height})
        page.add_init_script(SHIFT)
        page.goto(f"{address}/?{query}")
        if wait:
            page.wait_for_load_state("networkidle")
        return page

    yield opened
    assert complaints == []
