"""A process that ends while its thread compares the products of the catalogue."""

from __future__ import annotations

import os
from pathlib import Path

from shop_pages import wait_until
from small_shop import made_products, small_shop

from storefront_plugin.redis_store import Command


def end_early() -> None:
    """Return as soon as DuckDB is at work in the background."""
    shop = small_shop(
        Path(os.environ["SHOP_FOLDER"]),
        made_products(4000),
        TESTING=False,
        STOREFRONT_REDIS_URL=os.environ["SHOP_REDIS"],
        STOREFRONT_REDIS_PREFIX=os.environ["SHOP_PREFIX"],
    )
    with shop.app.app_context():
        parts = shop.storefront.services
        parts.thread.wake()
        wait_until(lambda: parts.store.execute([Command(parts.keys.news, "HGET", ("indexing",))])[0], 30)


if __name__ == "__main__":
    end_early()
