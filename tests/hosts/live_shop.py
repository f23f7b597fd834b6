"""A small shop as a process of its own serves it, told by its environment where its database and its Redis are."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from flask import Flask
from shop_pages import add_pages, visit
from small_shop import SmallShop, small_shop


def open_shop() -> SmallShop:
    """The shop of the folder SHOP_FOLDER."""
    shop = small_shop(
        Path(os.environ["SHOP_FOLDER"]),
        TESTING=False,
        STOREFRONT_REDIS_URL=os.environ["SHOP_REDIS"],
        STOREFRONT_REDIS_PREFIX=os.environ["SHOP_PREFIX"],
        STOREFRONT_DEADLINE_MS=1000,
        STOREFRONT_MIN_SUPPORT=1,
    )
    return add_pages(shop)


def create_app() -> Flask:
    """For ``flask --app``."""
    return open_shop().app


def create_used_app() -> Flask:
    """For ``gunicorn --preload``: everything was used before the fork, and a thread is counting orders."""
    shop = open_shop()

    @shop.app.after_request
    def sign(response):  # type: ignore[no-untyped-def]
        response.headers["X-Process"] = str(os.getpid())
        return response

    @shop.app.post("/buy/<one>/<other>")
    def buy(one: str, other: str) -> str:
        shop.storefront.order_placed(shop.order(one, other, id=uuid.uuid4().hex))
        shop.db.session.commit()
        return "Thank you"

    with shop.app.app_context():
        shop.place(["p1", "p2"], ["p1", "p2"], drain=False)
        shop.storefront.drain()
        visit(shop)
        shop.place(*[["p13", f"p{number % 5 + 14}"] for number in range(200)], drain=False)
    return shop.app
