"""How long a rebuild takes from a Parquet of orders to counts served by Redis, and what it needs.

``python tests/benchmarks/bench_rebuild.py [--orders 5000000] [--redis /usr/bin/redis-server] [--admission 10]``

Prints one line a part: the self-join alone and the bulk load alone are the floor, the rebuild is the product. Memory is
the peak of the whole process, DuckDB within; the Redis server is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
from counted_shop import Fixed

from storefront_plugin.core.sql.database import Base, Database
from storefront_plugin.core.sql.shop_database import ShopDatabase
from storefront_plugin.counts.generations import Generation
from storefront_plugin.counts.pair_counter import PairCounter
from storefront_plugin.counts.rebuild import rebuild
from storefront_plugin.counts.weights import Weighting
from storefront_plugin.redis_store import EmbeddedServer, RedisStore, find_binary
from storefront_plugin.redis_store.keys import Keys

PRODUCTS = 100_000
CLUSTERS = 500
SHARDS = 16
DAY = 20_000

# Every draw is a hash of (order, line, purpose): the same data on every run, on any number of threads. Ranks are drawn
# as a zipf with a flat head, ``head · ((1 + n / head)^u - 1)``: the best-seller is in about one order of a hundred.
MAKE = """
COPY (
    WITH orders AS (
        SELECT i AS order_row, {day} - CAST(floor(730 * pow(u1, 1.5)) AS INTEGER) AS day,
               2 + least(10, CAST(floor(-3.35 * ln(1 - u2)) AS INTEGER)) AS wanted,
               CAST(floor(100 * (pow(1 + {clusters} / 100, u3) - 1)) AS INTEGER) AS cluster
        FROM (
            SELECT i, (hash(i, 1) >> 11) / 9007199254740992.0 AS u1, (hash(i, 2) >> 11) / 9007199254740992.0 AS u2,
                   (hash(i, 3) >> 11) / 9007199254740992.0 AS u3
            FROM range({orders}) AS orders(i)
        )
    ),
    draws AS (
        SELECT order_row, day, cluster, hash(order_row, line, 4) % 100 AS kind,
               (hash(order_row, line, 5) >> 11) / 9007199254740992.0 AS u
        FROM (SELECT order_row, day, cluster, unnest(range(wanted)) AS line FROM orders)
    ),
    lines AS (
        SELECT DISTINCT order_row, day, CAST(1 + CASE
            WHEN kind < 70 THEN cluster + {clusters} * floor(10 * (pow(1 + {products} / {clusters} / 10.0, u) - 1))
            ELSE floor(200 * (pow(1 + {products} / 200.0, u) - 1)) END AS INTEGER) AS product
        FROM draws
    )
    SELECT order_row, day, CAST(count(*) OVER (PARTITION BY order_row) AS INTEGER) AS size, product FROM lines
) TO '{path}' (FORMAT parquet)
"""


def make_orders(path: Path, orders: int) -> None:
    """Write the order lines: 2 to 12 a order, most of one of 500 clusters."""
    with _duckdb(path.parent) as connection:
        connection.execute(MAKE.format(path=path, orders=orders, day=DAY, clusters=CLUSTERS, products=PRODUCTS))


def join_alone(path: Path, folder: Path) -> dict[str, Any]:
    """The floor of counting: one self-join in DuckDB that adds up all pairs at once and throws them away."""
    with _duckdb(folder) as connection:
        began = time.monotonic()
        (pairs,) = connection.execute(
            "SELECT count(*) FROM (SELECT a.product, b.product, count(*) FROM read_parquet($file) a "
            "JOIN read_parquet($file) b ON a.order_row = b.order_row AND a.product <> b.product GROUP BY ALL)",
            {"file": str(path)},
        ).fetchone() or (0,)
        return {"seconds": time.monotonic() - began, "pairs": pairs}


def load_alone(path: Path, folder: Path, binary: Path, admission: int) -> dict[str, Any]:
    """The floor of loading: the rebuild's own commands, made beforehand, sent to an empty Redis."""
    keys = Keys("bench")
    stems = [(keys.weights("t", shard, 0)[:-1], keys.support("t", shard, 0)[:-1]) for shard in range(SHARDS)]
    with closing(PairCounter(path, Weighting(DAY, 180), folder)) as counter:
        shards = [counter.count(shard, SHARDS, admission, 100, *stems[shard]).neighbours for shard in range(SHARDS)]
    with closing(_Redis(folder / "load", binary)) as server:
        began = time.monotonic()
        for shard, commands in enumerate(shards):
            server.store.load_packed(keys.position("t", shard), commands)
        seconds = time.monotonic() - began
    members = sum(int(command[1 : command.index(b"\r")]) // 2 - 1 for part in shards for command in part)
    return {"seconds": seconds, "members": members, "bytes": sum(len(c) for part in shards for c in part)}


def whole_rebuild(path: Path, folder: Path, binary: Path, admission: int) -> dict[str, Any]:
    """The product: from Parquet to the switch of the generation."""
    database = Database(f"sqlite:///{folder / 'bench.sqlite'}", folder, 1.0, ShopDatabase())
    with database.connect() as connection:
        Base.metadata.create_all(connection)
        connection.commit()
    with closing(_Redis(folder / "redis", binary)) as server:
        before = server.store.info().used_memory
        began = time.monotonic()
        rebuild(
            database,
            server.store,
            Keys("storefront"),
            folder=folder,
            choice=Fixed(),
            shards=SHARDS,
            admission=admission,
            catch_up=_nothing_came,
            progress=lambda phase, done, total: None,
            source=path,
        )
        seconds = time.monotonic() - began
        facts = server.store.info()
    database.dispose()
    return {"seconds": seconds, "redis_bytes": facts.used_memory - before, "redis": facts.version}


class _Redis:
    """A server of its own with a store on it."""

    def __init__(self, folder: Path, binary: Path) -> None:
        self._server = EmbeddedServer(folder, binary)
        self.store = RedisStore(None, folder, 5.0, lambda _: self._server)
        self.store.ping()

    def close(self) -> None:
        """End it; its data go with the folder."""
        self.store.close()
        self._server.stop()


def _nothing_came(generation: Generation) -> None:
    """Catches up with an idle shop."""


def _duckdb(folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"memory_limit": "2GB", "threads": 2, "temp_directory": str(folder)})
    connection.execute("SET enable_progress_bar = false")
    return connection


def _run_alone(part: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
    """Run *part* in a process of its own; its result with the peak of its memory."""
    context = multiprocessing.get_context("spawn")
    answers = context.SimpleQueue()
    process = context.Process(target=_measured, args=(answers, part, arguments))
    process.start()
    result: dict[str, Any] = json.loads(answers.get())
    process.join()
    return result


def _measured(answers: Any, part: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    result = part(*arguments) or {}
    result["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result["cpu"] = time.process_time()
    answers.put(json.dumps(result))


def main() -> None:
    """Make the orders, measure the floors and the rebuild, print a line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=5_000_000)
    parser.add_argument("--admission", type=int, default=10)
    parser.add_argument("--redis", type=Path, default=None, help="server program; found by itself")
    parser.add_argument("--parquet", type=Path, default=None, help="keep the orders here and use them again")
    options = parser.parse_args()
    binary = options.redis or find_binary()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        path = options.parquet or folder / "orders.parquet"
        if not path.exists():
            _run_alone(make_orders, path, options.orders)
        _report(path, folder, binary, options.admission)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _report(path: Path, folder: Path, binary: Path, admission: int) -> None:
    with _duckdb(folder) as connection:
        lines, orders, products = connection.execute(
            "SELECT count(*), count(DISTINCT order_row), count(DISTINCT product) FROM read_parquet(?)", [str(path)]
        ).fetchone() or (0, 0, 1)
    print(f"data     {orders:,} orders, {lines:,} lines, {products:,} products; {os.cpu_count()} cores")
    join = _run_alone(join_alone, path, folder)
    print(
        f"join     {join['seconds']:6.1f} s ({join['cpu']:.0f} s of processor), {join['pairs']:,} pairs, "
        f"peak {join['peak_mb']:.0f} MB"
    )
    load = _run_alone(load_alone, path, folder, binary, admission)
    speed = load["members"] / load["seconds"]
    print(f"load     {load['seconds']:6.1f} s, {load['members']:,} members, {speed:,.0f}/s, {load['bytes'] >> 20} MB")
    whole = _run_alone(whole_rebuild, path, folder, binary, admission)
    print(
        f"rebuild  {whole['seconds']:6.1f} s ({whole['cpu']:.0f} s of processor), peak {whole['peak_mb']:.0f} MB, "
        f"{whole['redis_bytes'] / products:,.0f} B of Redis {whole['redis']} a product, "
        f"{whole['seconds'] / (join['seconds'] + load['seconds']):.2f} x (join + load)"
    )


if __name__ == "__main__":
    main()
