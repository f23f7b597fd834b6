"""A shop of many made products and orders, counted into a Redis of its own: what the page benchmark asks of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import duckdb
from bench_rebuild import DAY, MAKE
from counted_shop import Fixed
from flask import Flask, render_template
from jinja2 import FileSystemLoader
from small_shop import SmallShop, small_shop

from storefront_plugin import AddForm, CartLine, Product
from storefront_plugin.content.neighbours import KEPT as ALIKE
from storefront_plugin.counts.popularity import store_older
from storefront_plugin.counts.rebuild import rebuild
from storefront_plugin.orderlog.numbering import locked_applier
from storefront_plugin.recommending.plan import DEFAULT_PLAN, Slot

CARDS = 8
EDITION = "bench"


@dataclass(frozen=True)
class Size:
    """How large the shop is."""

    products: int = 100_000
    orders: int = 1_000_000
    clusters: int = 500


SMALL = Size(2_000, 10_000, 20)


class PlainCart:
    """A cart with a form a product, and the lines given to it."""

    def __init__(self) -> None:
        self.content: list[CartLine] = []

    def lines(self) -> list[CartLine]:
        return self.content

    def add_form(self, product: Product) -> AddForm:
        return AddForm("/cart", {"product_id": product.id})


def long_plan() -> Mapping[str, Sequence[Slot]]:
    """The default product page with eight cards in each of its four slots."""
    return {"product": tuple(replace(slot, limit=CARDS) for slot in DEFAULT_PLAN["product"])}


def make_products(size: Size) -> list[Product]:
    """Products 1 to N; one in fifty is hidden or sold out, most have stars."""
    return [
        Product(
            id=str(number),
            title=f"Product number {number} of the shop",
            price=Decimal(100 + number * 37 % 9900) / 100,
            currency="EUR",
            url=f"/product/{number}",
            image_url=f"/pictures/{number}.jpg",
            stock=0 if number % 50 == 7 else number % 90 + 1,
            visible=number % 50 != 9,
            category_ids=(f"c{number % size.clusters}",),
            rating=3 + number % 20 / 10 if number % 4 else None,
            review_count=number % 300,
        )
        for number in range(1, size.products + 1)
    ]


def make_orders(path: Path, size: Size) -> None:
    """Order lines of clusters with few heads and long tails, the same on every run."""
    with duckdb.connect(config={"memory_limit": "2GB", "threads": 2, "temp_directory": str(path.parent)}) as connection:
        connection.execute(
            MAKE.format(path=path, orders=size.orders, day=DAY, clusters=size.clusters, products=size.products)
        )


def busy_shop(folder: Path, redis_url: str, size: Size, products: Sequence[Product], cart: PlainCart) -> SmallShop:
    """The shop with everything counted: pairs by the rebuild, similar, well-rated and latest ones written as made up."""
    shop = small_shop(
        folder,
        products,
        cart=cart,
        TESTING=False,
        STOREFRONT_REDIS_URL=redis_url,
        STOREFRONT_PLAN=long_plan(),
    )
    with shop.app.app_context():
        _count(shop, folder, size)
        shop.storefront.services.snapshots.refresh()
        _write_lists(shop, size)
        shop.storefront.services.snapshots.refresh()
    return shop


def _count(shop: SmallShop, folder: Path, size: Size) -> None:
    parts = shop.storefront.services
    with locked_applier(parts.database, parts.numbers) as (session, applier):
        ids = [str(number) for number in range(1, size.products + 1)]
        session.info["learned"].update(parts.numbers.assign(session, applier, ids))
    source = folder / "orders.parquet"
    make_orders(source, size)
    rebuild(
        parts.database,
        parts.store,
        parts.keys,
        folder=folder,
        choice=Fixed(),
        shards=16,
        admission=10,
        catch_up=parts.upkeep.catch_up_building,
        source=source,
    )


def _write_lists(shop: SmallShop, size: Size) -> None:
    keys, store = shop.storefront.services.keys, shop.storefront.services.store
    store.pipeline_write(_alike_commands(shop, size))
    rated = [
        (number, round(product.rating * 900_000))
        for number, product in enumerate(shop.products.values(), 1)
        if product.rating
    ]
    members = [word for number, bound in rated[:2000] for word in (bound, str(number))]
    store.pipeline_write([("ZADD", keys.ranking(EDITION, "rated"), *members), ("HSET", keys.news, "edition", EDITION)])
    popularity = shop.storefront.services.snapshots.current.popularity
    older = {number: n / popularity.unit * (90 + number % 10) / 100 for number, n in popularity.counts.items()}
    store_older(store, keys, older)


def _alike_commands(shop: SmallShop, size: Size) -> Iterator[tuple[str | int, ...]]:
    keys = shop.storefront.services.keys
    for number in range(1, size.products + 1):
        others = ((number + step * size.clusters - 1) % size.products + 1 for step in range(1, ALIKE + 1))
        members = [word for place, other in enumerate(others) for word in (900_000 - place * 9_000, str(other))]
        yield ("ZADD", keys.alike(EDITION, number), *members)


def seen_products(folder: Path, count: int, seed: int = 3) -> list[int]:
    """The products of *count* drawn order lines: pages are seen as often as their products sell."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT product FROM read_parquet('{folder / 'orders.parquet'}') "
            f"USING SAMPLE reservoir({count} ROWS) REPEATABLE ({seed})"
        ).fetchall()
    return [product for (product,) in rows]


def views(shop: SmallShop) -> Flask:
    """The shop's app with its pages: one product with the widgets, the cart, and a view that does nothing."""
    app = shop.app
    app.jinja_loader = FileSystemLoader(Path(__file__).parent / "templates")  # type: ignore[misc]

    @app.get("/plugin/<id>")
    def plugin_page(id: str) -> str:
        return render_template("plugin.html", id=id)

    @app.get("/cart")
    def cart_page() -> str:
        return render_template("cart.html")

    @app.get("/empty/<id>")
    def empty_page(id: str) -> str:
        return render_template("empty.html", id=id)

    return app
