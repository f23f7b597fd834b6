"""The demo shop for tests: made and seeded in a folder, and read and used as a shopper would."""

from __future__ import annotations

import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

COFFEE = {"TSU-DR-WH": 2980, "TSU-SV": 3480, "TSU-PP": 480}
"""What the coffee set has, at single prices in yen."""

COFFEE_TITLE, COFFEE_PRICE = "Pour-over coffee set", 5900
DELIVERY, FREE_FROM = 600, 8000
"""In yen; delivery is free from the second sum on."""


def create_demo(folder: Path, redis_url: str, **settings: Any) -> Flask:
    """The demo shop with all it keeps in *folder*."""
    sys.path.insert(0, str(EXAMPLES / "shop"))
    try:
        from shop import create_app
    finally:
        sys.path.pop(0)
    defaults = {
        "TESTING": True,
        "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder / 'shop.db'}",
        "STOREFRONT_REDIS_URL": redis_url,
        "STOREFRONT_REDIS_PREFIX": folder.name,
        "STOREFRONT_DATA_FOLDER": str(folder / "data"),
        "STOREFRONT_DEADLINE_MS": 1000,
    }
    app: Flask = create_app(defaults | settings)
    return app


def seed(app: Flask) -> str:
    """What ``flask seed`` says."""
    answer = app.test_cli_runner().invoke(args=["seed"])
    assert answer.exit_code == 0, answer.output
    return answer.output


def closed(app: Flask) -> None:
    """End its thread, and let go of Redis and of the database."""
    with app.app_context():
        if "storefront" in app.extensions:
            app.extensions["storefront"].services.close()
        app.extensions["sqlalchemy"].session.remove()
        for engine in app.extensions["sqlalchemy"].engines.values():
            engine.dispose()


class Visitor:
    """Somebody with a browser without script; answers are checked for the *status* they should have."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()

    def get(self, address: str, status: int = 200) -> BeautifulSoup:
        """The page, redirects followed."""
        return self._page(self.client.get(address, follow_redirects=True), status)

    def send(self, form: Tag | None, at: str = "", status: int = 200, **changed: str) -> BeautifulSoup:
        """The page after sending *form* of the page *at*, with some fields *changed*."""
        assert form is not None
        fields: dict[str, list[str]] = {}
        for field in form.select("input[name]"):
            fields.setdefault(str(field["name"]), []).append(str(field.get("value") or ""))
        for field in form.select("select[name]"):
            chosen = field.select_one("option[selected]") or field.select_one("option")
            assert chosen is not None
            fields[str(field["name"])] = [str(chosen["value"])]
        fields |= {name: [value] for name, value in changed.items()}
        action = str(form.get("action") or at)
        headers = {"Referer": f"http://localhost{at}"} if at else {}
        if form.get("method") == "post":
            answer = self.client.post(action, data=fields, headers=headers, follow_redirects=True)
        else:
            answer = self.client.get(action, query_string=fields, follow_redirects=True)
        return self._page(answer, status)

    def sign_in(self, who: str) -> None:
        """Become a customer (by number) or ``staff``."""
        self.send(self.get("/sign-in").select_one("form.people"), "/sign-in", **{"as": who})

    def add(self, sku: str, quantity: int = 1) -> BeautifulSoup:
        """Put a product into the cart; the cart's page."""
        at = f"/product/{sku}"
        return self.send(self.get(at).select_one("form.buy"), at, quantity=str(quantity))

    def add_coffee(self) -> BeautifulSoup:
        """Put the items of the coffee set into the cart, one by one; the cart's page."""
        for sku in COFFEE:
            cart = self.add(sku)
        return cart

    def order(self, status: int = 200, form: Tag | None = None) -> BeautifulSoup:
        """Go through the checkout (with the *form* of an earlier visit); the thank-you page."""
        form = form or self.get("/checkout").select_one("form.address")
        typed = dict.fromkeys(("name", "postal_code", "region", "city", "street"), "x")
        return self.send(form, "/checkout", status, email="demo@example.org", country="JP", **typed)

    @staticmethod
    def _page(answer: TestResponse, status: int) -> BeautifulSoup:
        assert answer.status_code == status, answer.text
        return BeautifulSoup(answer.text, "html5lib")


def minor(text: str) -> int:
    """The amount that *text* shows ("-¥1,040", "$42.50", "Free"), in minor units."""
    figure = re.search(r"[\d.,]+", text)
    if figure is None:
        assert text.strip() in ("Free", "無料"), text
        return 0
    amount = Decimal(figure[0].replace(",", ""))
    whole = int(amount * 100) if "$" in text else int(amount)
    return -whole if re.search(r"[-−]", text) else whole


def sums(html: Tag) -> dict[str, int]:
    """Label to amount of the first list of sums in *html*."""
    found = html.select_one("dl.sums")
    assert found is not None
    rows = [(row.select_one("dt"), row.select_one("dd")) for row in found.select("div")]
    return {dt.get_text(): minor(dd.get_text()) for dt, dd in rows if dt is not None and dd is not None}


def line_totals(html: Tag) -> dict[str, int]:
    """What each line of a cart or an order costs, by SKU."""
    found: dict[str, int] = {}
    for line in html.select(".cart-lines > li, .order-lines > li"):
        link, total = line.select_one("a[href^='/product/']"), line.select_one("b")
        assert link is not None
        assert total is not None
        found[str(link["href"]).removeprefix("/product/")] = minor(str(total.find(string=True)))
    return found


def number_in(html: BeautifulSoup) -> str:
    """The number of the order that the page names."""
    found = re.search(r"F-\d+", html.get_text())
    assert found is not None
    return found[0]


def stock(app: Flask, sku: str) -> int:
    """Items that the shop has."""
    with app.app_context():
        return int(app.extensions["storefront"].catalog.live_stock([sku])[sku])
