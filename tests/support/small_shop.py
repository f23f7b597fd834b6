"""A shop of a few made products, held in memory, on a real database and a real Redis."""

from __future__ import annotations

import datetime as dt
import itertools
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from storefront_plugin import MemoryCatalog, MemoryOrders, Order, OrderLine, Product, Storefront

START = dt.datetime(2026, 3, 1, 12, tzinfo=dt.timezone.utc)


@dataclass
class SmallShop:
    """An app with a mounted `Storefront` and ways to place orders."""

    app: Flask
    db: SQLAlchemy
    storefront: Storefront
    products: dict[str, Product]
    numbers: Iterable[int] = field(default_factory=lambda: itertools.count(1))

    def order(self, *products: str, id: str | None = None, day: int = 0, **fields: Any) -> Order:
        """An order of one item each of *products*, *day* days after `START`."""
        number = id or f"order-{next(iter(self.numbers))}"
        lines = [OrderLine(product, 1, Decimal("1.00")) for product in products]
        return Order(id=number, placed_at=START + dt.timedelta(days=day), lines=lines, **fields)

    def place(self, *baskets: Sequence[str], day: int = 0, drain: bool = True) -> list[str]:
        """Place and commit an order a basket; their ids."""
        orders = [self.order(*basket, day=day) for basket in baskets]
        for order in orders:
            assert self.storefront.order_placed(order)
        self.db.session.commit()
        if drain:
            self.storefront.drain()
        return [order.id for order in orders]

    def ids(self, strategy: str, *products: str, **options: Any) -> list[str]:
        """Ids that the strategy recommends for *products*."""
        return [found.product_id for found in self.storefront.recommend(strategy, products, **options)]

    def close(self) -> None:
        """Close connections."""
        with self.app.app_context():
            self.db.session.remove()
            self.storefront.services.close()
            self.db.engine.dispose()


def made_products(count: int = 20) -> list[Product]:
    """Products p1 … pN in four categories, at N euros."""
    return [
        Product(id=f"p{n}", title=f"Product {n}", price=Decimal(n), category_ids=(f"c{n % 4}",), url=f"/product/p{n}")
        for n in range(1, count + 1)
    ]


def small_shop(folder: Path, products: Sequence[Product] | None = None, **config: Any) -> SmallShop:
    """The app; adapters may be given as ``catalog``, ``cart``, ``orders`` … beside configuration keys."""
    adapters = {name: config.pop(name) for name in list(config) if name.islower()}
    app = Flask("small_shop", instance_path=str(folder))
    app.config.update(
        TESTING=True,
        SECRET_KEY="a key for tests",
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder / 'shop.sqlite'}",
        STOREFRONT_CURRENCY="EUR",
        STOREFRONT_DEADLINE_MS=1000,  # a busy machine must not decide a test that is not about time
    )
    app.config.update(config)
    ours = _ready_database(folder / "shop.sqlite", app)
    db = SQLAlchemy(app)
    products = made_products() if products is None else products
    adapters.setdefault("catalog", MemoryCatalog(products))
    adapters.setdefault("orders", MemoryOrders([]))
    storefront = Storefront(app, **adapters)
    with app.app_context():
        if ours:
            with storefront.database.connect():  # threads of tests use the engine outside of an app context
                pass
        else:
            storefront.init_db()
    return SmallShop(app, db, storefront, {product.id: product for product in products})


@cache
def _migrated() -> bytes:
    """An SQLite file with our tables, as `init_db` makes it; migrating for each of a thousand tests takes minutes."""
    with tempfile.TemporaryDirectory(prefix="sf-tables-") as name:
        app = Flask("tables", instance_path=name)
        path = Path(name, "shop.sqlite")
        app.config.update(TESTING=True, SECRET_KEY="a key", SQLALCHEMY_DATABASE_URI=f"sqlite:///{path}")
        db = SQLAlchemy(app)
        storefront = Storefront(app, catalog=MemoryCatalog([]))
        with app.app_context():
            storefront.init_db()
            storefront.services.close()
            db.engine.dispose()
        return path.read_bytes()


def _ready_database(path: Path, app: Flask) -> bool:
    """Put a migrated file at *path* where *app* uses it and has none yet; whether our tables are there."""
    if app.config.get("STOREFRONT_DATABASE_URL") or app.config["SQLALCHEMY_DATABASE_URI"] != f"sqlite:///{path}":
        return False
    if not path.exists():
        path.write_bytes(_migrated())
    return True
