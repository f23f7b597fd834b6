"""How fast committed orders get into Redis, and how soon a page shows one.

``python tests/benchmarks/applier.py [--small] [--orders 20000] [--redis /usr/bin/redis-server]``

Orders of 2 to 12 lines are committed as the shop's call writes them; then everything is numbered and sent: 16 shards,
support and the chain of positions on. The floor is the same batches, made and packed beforehand, sent to an empty
generation: the scripts alone. Visibility is the time from the commit of one order to a page that recommends by it,
with the background thread at work.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ground  # first: it opens the way to the next ones
import sqlalchemy as sa
from postgres import postgres_url
from small_shop import SmallShop, made_products, small_shop

from storefront_plugin.core.clock import now_in_sql
from storefront_plugin.counts import generations
from storefront_plugin.counts.applier import BatchSender
from storefront_plugin.orderlog import events
from storefront_plugin.orderlog.numbering import batches_after
from storefront_plugin.orderlog.tables import OrderEvent

PRODUCTS = 20_000
CLUSTERS = 200
CHUNK = 1000


def make_events(count: int, products: int) -> Iterator[events.Event]:
    """Placed orders of 2 to 12 lines, most of one cluster, the heads of the clusters often."""
    draw = random.Random(7)
    moment = now_in_sql()
    for number in range(count):
        cluster, size = draw.randrange(CLUSTERS), 2 + min(10, int(draw.expovariate(0.3)))
        chosen = {
            1 + (cluster + CLUSTERS * int(products / CLUSTERS * draw.random() ** 3)) % products for _ in range(size)
        }
        lines = tuple(events.Line(f"p{product}", 1, 100) for product in sorted(chosen))
        yield events.Event("placed", f"order-{number}", lines, moment, f"customer-{number % 5000}", "EUR")


def commit(shop: SmallShop, happened: list[events.Event]) -> None:
    """Write *happened* as `order_placed` does, many in a transaction."""
    with shop.storefront.database.writing() as session:
        rows = [
            {"kind": one.kind, "order_id": one.order_id, "payload": one.payload(), "recorded_at": now_in_sql()}
            for one in happened
        ]
        session.execute(sa.insert(OrderEvent), rows)


@contextmanager
def made_shop(folder: Path, redis_url: str, address: str, **config: object) -> Iterator[SmallShop]:
    """A shop on the database at *address*, inside its app context."""
    shop = small_shop(
        folder, made_products(40), STOREFRONT_REDIS_URL=redis_url, SQLALCHEMY_DATABASE_URI=address, **config
    )
    with shop.app.app_context():
        yield shop
    shop.close()


def count_orders(shop: SmallShop, orders: int) -> tuple[float, float]:
    """Orders a second of numbering alone, and of numbering and sending."""
    parts = shop.storefront.services
    made = list(make_events(2 * orders, PRODUCTS))
    commit(shop, made[:orders])
    began = time.perf_counter()
    parts.upkeep.number_all()
    numbered = time.perf_counter() - began
    parts.upkeep.send()
    for start in range(orders, 2 * orders, CHUNK):
        commit(shop, made[start : min(start + CHUNK, 2 * orders)])
    began = time.perf_counter()
    parts.upkeep.number_and_send()
    return orders / numbered, orders / (time.perf_counter() - began)


def scripts_alone(shop: SmallShop) -> float:
    """Orders a second of prepared scripts into an empty generation."""
    parts = shop.storefront.services
    generation = generations.live(parts.database)
    assert generation is not None
    sender = BatchSender(parts.database, parts.store, parts.keys)
    generation.token = "bench"
    sender.begin(generation)
    batches = batches_after(parts.database, 0, 10_000)
    calls = [sender.calls(generation, batch, range(generation.shards)) for batch in batches]
    began = time.perf_counter()
    for part in calls:
        assert set(parts.store.run_scripts(part)) == {b"OK"}
    return sum(batch.orders for batch in batches) / (time.perf_counter() - began)


def visibility(shop: SmallShop, orders: int) -> list[float]:
    """Milliseconds from the commit of an order to a changed recommendation, with the background thread."""
    times = []
    for number in range(1, orders + 1):
        seed, other = f"p{2 * number - 1}", f"p{2 * number}"
        assert shop.storefront.order_placed(shop.order(seed, other))
        began = time.perf_counter()
        shop.db.session.commit()
        while other not in shop.ids("also_bought", seed, limit=1):
            assert time.perf_counter() < began + 20, "the order does not show"
            time.sleep(0.005)
        times.append((time.perf_counter() - began) * 1000)
    return times


def main() -> None:
    """Measure on both databases, print the table."""
    options = ground.options(__doc__, orders=20_000)
    orders = 600 if options.small else options.orders
    table = ground.Table(
        f"applier: {orders:,} orders of 2 to 12 lines, 16 shards",
        "",
        "plugin",
        "scripts alone",
        "numbering alone",
        "promise",
    )
    with ground.own_folder() as folder, ground.own_redis(folder, options.redis) as url:
        sqlite = f"sqlite:///{folder / 'orders.sqlite'}"
        addresses = {"SQLite": sqlite} if options.small else {"SQLite": sqlite, "PostgreSQL": postgres_url()}
        for name, address in addresses.items():
            with made_shop(folder, url, address, STOREFRONT_REDIS_PREFIX=name) as shop:
                numbered, sent = count_orders(shop, orders)
                table.add(
                    f"orders/s, {name}", f"{sent:,.0f}", f"{scripts_alone(shop):,.0f}", f"{numbered:,.0f}", ">= 5,000"
                )
        with made_shop(
            folder, url, f"sqlite:///{folder / 'seen.sqlite'}", TESTING=False, STOREFRONT_REDIS_PREFIX="seen"
        ) as shop:
            times = visibility(shop, 3 if options.small else 15)
            table.add("ms from commit to page, median", f"{ground.median(times):.0f}", "", "", "<= 1,000")
            table.add("ms from commit to page, slowest", f"{max(times):.0f}", "", "", "<= 1,000")
    table.show()


if __name__ == "__main__":
    main()
