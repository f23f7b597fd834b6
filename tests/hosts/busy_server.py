"""A shop for ``gunicorn`` with the deadline that shops have, and a catalogue that takes SHOP_CATALOGUE_MS."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

from flask import Flask
from shop_pages import add_pages
from small_shop import made_products, small_shop

from storefront_plugin import MemoryCatalog, Product


class SlowCatalog(MemoryCatalog):
    """Answers after a while, as one behind a network does."""

    def get_many(self, ids: Iterable[str]) -> dict[str, Product]:
        time.sleep(float(os.environ.get("SHOP_CATALOGUE_MS", "0")) / 1000)
        return super().get_many(ids)


def create_app() -> Flask:
    """The shop of the folder SHOP_FOLDER."""
    shop = small_shop(
        Path(os.environ["SHOP_FOLDER"]),
        TESTING=False,
        STOREFRONT_REDIS_URL=os.environ["SHOP_REDIS"],
        STOREFRONT_REDIS_PREFIX=os.environ["SHOP_PREFIX"],
        STOREFRONT_DEADLINE_MS=50,
        catalog=SlowCatalog(made_products()),
    )
    return add_pages(shop).app
