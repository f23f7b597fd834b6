"""The examples run: the minimal shop, and the demo shop from its seed to an order that moves the counts."""

from __future__ import annotations

import importlib.util
import sqlite3
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from bs4 import BeautifulSoup
from demo_shop import EXAMPLES, closed, create_demo
from flask import Flask


def load(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page(client: Any, address: str) -> BeautifulSoup:
    answer = client.get(address)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html5lib")


def shown(html: BeautifulSoup, slot: str) -> list[str]:
    cards = html.select(f"[data-storefront-slot={slot}] .storefront-card")
    return [str(card["data-storefront-product"]) for card in cards]


def test_a_demo_of_an_earlier_version_says_how_to_begin_again(redis_url: str, tmp_path: Path) -> None:
    """Its tables lack columns, which seeding does not add."""
    app = create_demo(tmp_path, redis_url)
    with sqlite3.connect(tmp_path / "shop.db") as old:
        old.execute("CREATE TABLE shop_order (id INTEGER PRIMARY KEY)")
    old.close()
    answer = app.test_cli_runner().invoke(args=["seed"])
    assert answer.exit_code == 1
    assert "make clean-demo" in answer.output
    closed(app)


def test_the_demo_sells_at_least_120_products_in_five_departments(demo: Flask) -> None:
    """A catalogue of its own."""
    with demo.app_context():
        products = list(demo.extensions["storefront"].catalog.iter_products())
        assert len(products) >= 120
    departments = page(demo.test_client(), "/").select("a[href^='/category/']")
    assert {link["href"] for link in departments} >= {
        f"/category/{name}" for name in ("cameras", "phones", "kitchen", "garden", "bedding")
    }


def test_a_camera_of_the_demo_goes_with_its_mount(demo: Flask) -> None:
    """The simulated orders have real structure, and the widgets find it."""
    client, cameras = demo.test_client(), ("LUM-A5II", "LUM-A5", "LUM-A1-BK", "LUM-A9")
    pages = [page(client, f"/product/{sku}") for sku in cameras]
    html, together = next((each, box) for each in pages if (box := shown(each, "bought_together")))
    assert together[0] in cameras
    every = [shown(html, slot) for slot in ("also_bought", "related", "top_rated")]
    flat = [product for slot in every for product in slot] + together[1:]
    assert len(flat) == len(set(flat)) >= 9


def test_an_order_in_the_demo_moves_the_counts(demo: Flask) -> None:
    """Cart, checkout and thank-you page, with plain forms; one order more stands behind the pair."""
    storefront = demo.extensions["storefront"]

    def support() -> int:
        found = storefront.recommend("also_bought", ["LUM-A5II"], limit=50)
        return next((item.support or 0 for item in found if item.product_id == "HUS-PL-BW"), 0)

    with demo.app_context():
        before = support()
    client = demo.test_client()
    for sku in ("LUM-A5II", "HUS-PL-BW"):
        form = page(client, f"/product/{sku}").select_one("form.buy")
        assert form is not None
        fields = {str(field["name"]): str(field.get("value", "")) for field in form.select("input[name]")}
        assert client.post(str(form["action"]), data=fields).status_code in (302, 303)
    form = page(client, "/checkout").select_one("form.address")
    assert form is not None
    fields = {str(field["name"]): str(field.get("value") or "x") for field in form.select("input[name]")}
    answer = client.post("/checkout", data=fields | {"email": "demo@example.org", "country": "JP"})
    assert answer.status_code in (302, 303), answer.text
    with demo.app_context():
        storefront.drain()
        assert support() == before + 1


def test_the_minimal_shop_runs_as_it_stands(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole shop in a few lines."""
    monkeypatch.setattr(Flask, "auto_find_instance_path", lambda self: str(tmp_path))
    module = load(EXAMPLES / "minimal" / "app.py", "minimal_shop")
    app = module.app
    with app.app_context():
        app.extensions["storefront"].drain()
    until = time.monotonic() + 10  # the page keeps its deadline: on a busy machine a slot may be left out once
    while not (cards := page(app.test_client(), "/1").select(".storefront-card")) and time.monotonic() < until:
        time.sleep(0.1)
    assert cards
    closed(app)
    app.test_cli_runner().invoke(args=["storefront", "redis-stop"])
