"""How long indexing a catalogue takes, and what it needs.

``python tests/benchmarks/bench_alike.py [--products 100000] [--redis /usr/bin/redis-server]``

Made-up products: 1 000 categories under 50, 500 brands, three attributes, titles of 6 and descriptions of 50 words, drawn
as a zipf from 30 000 words, half of them from the category's own.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from storefront_plugin.content.index import index_catalogue
from storefront_plugin.recommending.strategies import RANKINGS
from storefront_plugin.redis_store import EmbeddedServer, RedisStore, find_binary
from storefront_plugin.redis_store.keys import Keys
from storefront_plugin.shop.ports import Product

WORDS = 30_000


class MadeUpCatalog:
    """Products made while they are read, the same at every run."""

    def __init__(self, products: int) -> None:
        self._products = products

    def get_many(self, ids: Sequence[str]) -> Mapping[str, Product]:
        """Not asked by indexing."""
        return {}

    def search(self, text: str, limit: int) -> Sequence[Product]:
        """Not asked by indexing."""
        return []

    def iter_products(self) -> Iterator[Product]:
        """All products."""
        draw = random.Random(7)
        for number in range(self._products):
            category = int(1000 ** draw.random()) - 1
            yield Product(
                id=f"sku-{number}",
                title=" ".join(_word(draw, category) for _ in range(6)),
                price=Decimal(10),
                category_ids=(f"c{category}", f"top{category % 50}"),
                brand=f"brand {int(500 ** draw.random())}",
                attributes={f"a{n}": str(draw.randrange(12)) for n in range(3)},
                description=" ".join(_word(draw, category) for _ in range(50)),
                rating=draw.uniform(2, 5),
                review_count=int(1000 ** draw.random()),
                reviewed_at=dt.datetime(2025, 1, 1, tzinfo=dt.timezone.utc),
            )


def _word(draw: random.Random, category: int) -> str:
    if draw.random() < 0.5:
        return f"w{category}x{int(300 ** draw.random())}"
    return f"w{int(WORDS ** draw.random())}"


def main() -> None:
    """Index and print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--redis", type=Path, default=None, help="server program; found by itself")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    server = EmbeddedServer(folder, options.redis or find_binary())
    store = RedisStore(None, folder, 5.0, lambda _: server)
    try:
        before = store.info().used_memory
        numbers: dict[str, int] = {}

        def number_products(ids: Sequence[str]) -> dict[str, int]:
            return {product_id: numbers.setdefault(product_id, len(numbers) + 1) for product_id in ids}

        made = time.monotonic()
        for _ in MadeUpCatalog(options.products).iter_products():
            pass
        began = time.monotonic()
        index_catalogue(
            MadeUpCatalog(options.products), number_products, store, Keys("bench"), folder, rankings=RANKINGS
        )
        seconds = time.monotonic() - began - (began - made)
        bytes_each = (store.info().used_memory - before) / options.products
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        cpu = time.process_time()
        print(
            f"alike    {options.products:,} products, {seconds:.1f} s ({cpu:.0f} s of processor), peak {peak:.0f} MB, "
            f"{bytes_each:,.0f} B of Redis a product"
        )
    finally:
        store.close()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
