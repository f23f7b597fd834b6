"""Fixtures: a browser, and views of the test's own shop or of the gallery."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from small_shop import SmallShop

sys.path.insert(0, str(Path(__file__).parent))
from chromium import CHROMIUM, SHIFT, Opener, View, missing, served, settle, views
from gallery import create_gallery


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
def address(shop: SmallShop) -> Iterator[str]:
    """Where the `shop` of the test is served."""
    with served(shop.app) as address:
        yield address


@pytest.fixture
def view(browser: Browser, address: str) -> Iterator[View]:
    """Makes views of what is served (see `views`)."""
    with views(browser, address) as view:
        yield view


@pytest.fixture
def visit(view: View) -> Opener:
    """Open a page of the admin, given from there on (``/bundles``), in a view of its own."""

    def visited(path: str = "", **options: Any) -> Page:
        page = view(**options).new_page()
        page.goto(f"/storefront/admin{path}")
        return page

    return visited


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    """Where the gallery is served."""
    with served(create_gallery()) as address:
        yield address


@pytest.fixture
def show(browser: Browser, gallery: str) -> Iterator[Opener]:
    """Open the gallery, all pages for one shopper (`script` apart)."""
    with views(browser, gallery) as view:
        shoppers: dict[bool, BrowserContext] = {}

        def shown(query: str = "", width: int = 1280, height: int = 900, script: bool = True) -> Page:
            if script not in shoppers:
                shoppers[script] = view(script=script)
                shoppers[script].add_init_script(SHIFT)
            page = shoppers[script].new_page()
            page.set_viewport_size({"width": width, "height": height})
            page.goto(f"/?{query}")
            if script:
                settle(page)
            return page

        yield shown
