"""The contract tests that shops run on their own adapters, run on ours, for every odd shop and database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from postgres import postgres_url
from shops import carts, relational, skus, variants
from shops.grounds import closed, grounded

from storefront_plugin.shop.memory import MemoryCatalog, MemoryOrders
from storefront_plugin.shop.ports import Order, OrderLine, Product, Variant
from storefront_plugin.testing import CartContract, CatalogContract, OrdersContract

SHOPS = {"relational": relational, "variants": variants, "skus": skus, "carts": carts}
STORES = ("file", "memory", "postgres")
SIZED = {str(number) for number in range(3, 30, 3)}


@pytest.fixture(scope="module", params=[f"{shop}-{store}" for shop in SHOPS for store in STORES])
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ModuleType, Flask]]:
    """Each odd shop on each database, filled once: contracts do not write."""
    name, store = request.param.split("-")
    shop = SHOPS[name]
    app = grounded(shop.create_app(_address(store, tmp_path_factory.mktemp("shop"))))
    shop.fill(app)
    yield shop, app
    closed(app)


def _address(store: str, folder: Path) -> str:
    if store == "postgres":
        return postgres_url()
    return "sqlite:///:memory:" if store == "memory" else f"sqlite:///{folder / 'shop.sqlite'}"


class TestCatalogsOfShops(CatalogContract):
    """`SQLAlchemyCatalog` keeps the contract over every odd shop."""

    @pytest.fixture
    def catalog(self, filled: tuple[Any, Flask]) -> Iterator[Any]:
        shop, app = filled
        with app.app_context():
            yield shop.catalog()


class TestOrdersOfShops(OrdersContract):
    """`SQLAlchemyOrders` keeps the contract over every odd shop."""

    @pytest.fixture
    def orders(self, filled: tuple[Any, Flask]) -> Iterator[Any]:
        shop, app = filled
        with app.app_context():
            yield shop.orders()


class TestMemoryCatalog(CatalogContract):
    """`MemoryCatalog` keeps the contract."""

    @pytest.fixture
    def catalog(self) -> MemoryCatalog:
        return MemoryCatalog(Product(id=str(n), title=f"Article {n}", price=Decimal(n)) for n in range(1, 30))


class TestMemoryCatalogWithVariantsAndNames(CatalogContract):
    """The same, where every third article comes in sizes, and categories have names."""

    @pytest.fixture
    def catalog(self) -> MemoryCatalog:
        def sizes(ids: Sequence[str]) -> dict[str, list[Variant]]:
            return {one: [Variant("s", "Small"), Variant("l", "Large", Decimal(9), 3)] for one in ids if one in SIZED}

        def called(ids: Sequence[str]) -> dict[str, str]:
            return {one: f"Category {one}" for one in ids if one.startswith("c")}

        products = [
            Product(id=str(n), title=f"Article {n}", price=Decimal(n), category_ids=(f"c{n % 4}",))
            for n in range(1, 30)
        ]
        return MemoryCatalog(products, sizes, called)


class TestMemoryOrders(OrdersContract):
    """`MemoryOrders` keeps the contract, whatever order it is given."""

    @pytest.fixture
    def orders(self) -> MemoryOrders:
        start = dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)
        days = [3, 1, 2, 2, 5]
        return MemoryOrders(
            Order(id=str(number), placed_at=start + dt.timedelta(days=day), lines=[OrderLine("a"), OrderLine("b", 2)])
            for number, day in enumerate(days)
        )


@pytest.mark.parametrize("shop", [relational, carts], ids=["relational", "carts"])
class TestCartsOfShops(CartContract):
    """The carts of the odd shops, in a table and in the session, keep the contract."""

    @pytest.fixture
    def product(self, shop: Any) -> Product:
        return Product(id=shop.product_id(3), title="Article 03", price=Decimal("13.50"))

    @pytest.fixture
    def cart(self, shop: Any) -> Iterator[Any]:
        app = grounded(shop.create_app("sqlite:///:memory:"))
        shop.fill(app)
        with app.test_request_context():
            yield shop.cart()
        closed(app)
