"""`flask storefront check` says in plain words what is missing or odd about a shop's adapters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, g
from shops import baskets, carts, relational, variants
from shops.grounds import closed, grounded

from storefront_plugin.core.settings import Settings
from storefront_plugin.shop.inspection import Finding, inspect_cart, inspect_orders
from storefront_plugin.shop.memory import MemoryCatalog, MemoryOrders
from storefront_plugin.shop.ports import AddForm, CartLine, Order, OrderLine, Product
from storefront_plugin.shop.product_inspection import inspect_catalog

NOW = dt.datetime(2024, 5, 1, tzinfo=dt.timezone.utc)
EUR = Settings(currency="EUR")


def product(id: str, **fields: Any) -> Product:
    return Product(
        **{"id": id, "title": f"Thing {id}", "price": Decimal(1), "url": f"/{id}", "image_url": f"/{id}.jpg", **fields}
    )


def order(id: str, *products: str, **fields: Any) -> Order:
    lines = [OrderLine(id, 1, Decimal(1)) for id in products]
    return Order(**{"id": id, "placed_at": NOW, "lines": lines, "customer_id": "c", **fields})


def said(findings: Sequence[Finding], level: str | None = None) -> str:
    return "\n".join(finding.text for finding in findings if level in (None, finding.level))


@pytest.fixture
def shop_of_variants() -> Iterator[Flask]:
    app = grounded(variants.create_app("sqlite:///:memory:"))
    variants.fill(app)
    with app.app_context():
        yield app
    closed(app)


@pytest.fixture
def shop_of_carts() -> Iterator[Flask]:
    app = grounded(carts.create_app("sqlite:///:memory:"))
    carts.fill(app)
    with app.app_context():
        yield app
    closed(app)


def test_a_good_catalogue_has_nothing_to_say_against_it() -> None:
    """Only that all is well, with the numbers."""
    findings = inspect_catalog(MemoryCatalog([product("a"), product("b")]), EUR)
    assert {finding.level for finding in findings} == {"ok"}
    assert "2 products can be shown." in said(findings)


def test_an_empty_catalogue_is_an_error() -> None:
    """Nothing could ever be shown."""
    assert "no usable product" in said(inspect_catalog(MemoryCatalog([]), EUR), "error")


def test_prices_without_currency_are_counted() -> None:
    """The remedy is one setting."""
    catalog = MemoryCatalog([product("a"), product("b", currency="EUR"), product("c")])
    assert "Prices of 2 products have no currency: set STOREFRONT_CURRENCY." in said(
        inspect_catalog(catalog, Settings()), "warning"
    )


def test_what_no_product_has_is_named() -> None:
    """Addresses, pictures, visibility and stock that are missing everywhere point to a wrong mapping."""
    catalog = MemoryCatalog([product("a", url=None, image_url=None, visible=False, stock=0)])
    text = said(inspect_catalog(catalog, EUR))
    for words in ("map url", "map image_url", "No product is visible", "No product is in stock"):
        assert words in text
    assert "begin it with a slash" in said(inspect_catalog(MemoryCatalog([product("a", url="a.html")]), EUR))


def test_products_left_out_are_counted_with_the_remedy(shop_of_carts: Flask) -> None:
    """Also those that the adapter itself has left out."""
    carts.db.session.execute(sa.update(carts.Ware).where(carts.Ware.code < 1003).values(price=-1))
    text = said(inspect_catalog(carts.catalog(), EUR), "warning")
    assert "price is negative (3 times): give a number of 0 or more" in text
    plain = MemoryCatalog([product("a", price=None), product("b", title="")])
    assert "title is missing (once)" in said(inspect_catalog(plain, EUR), "warning")


def test_a_field_that_queries_is_named(shop_of_variants: Flask) -> None:
    """The price property of the shop of variants runs one query a card; the others run none."""
    text = said(inspect_catalog(variants.catalog(), Settings(currency="USD")), "warning")
    assert "Field price runs 1 query a card: give options=[selectinload(…)], or map price to an SQL expression." in text
    assert "Looking up 40 products runs 41 queries; one is enough." in text
    assert "Field url" not in text


def test_one_query_for_all_cards_is_praised(shop_of_carts: Flask) -> None:
    """So that the owner sees what was measured."""
    assert "Looking up 40 products runs 1 query." in said(inspect_catalog(carts.catalog(), EUR), "ok")


def test_an_adapter_that_raises_is_a_finding() -> None:
    """With its own words; the check goes on."""

    class Broken(MemoryCatalog):
        def get_many(self, ids: Sequence[str]) -> Any:
            raise RuntimeError("no route to host")

    text = said(inspect_catalog(Broken([product("a")]), EUR), "error")
    assert "Catalog.get_many raised RuntimeError: no route to host" in text
    assert "lacks get_many" in said(inspect_catalog(object(), EUR), "error")


def test_a_catalogue_that_contradicts_itself_is_an_error() -> None:
    """Products that are listed and not found, found and not asked for, or listed twice."""

    class Odd(MemoryCatalog):
        def iter_products(self) -> Iterator[Product]:
            yield from (product("a"), product("a"), product("gone"))

        def get_many(self, ids: Sequence[str]) -> Any:
            return {"a": product("a")}

    text = said(inspect_catalog(Odd([product("a")]), EUR), "error")
    assert "1 id appeared twice (such as 'a')" in text
    assert "get_many does not find 1 of 3 ids of iter_products (such as 'gone')" in text
    assert "finds a product for an id that does not exist" in text


def test_orders_to_unknown_products_are_counted() -> None:
    """Orders, not lines, with an example."""
    orders = MemoryOrders([order("1", "a", "x", "y"), order("2", "x"), order("3", "a"), order("4", "x")])
    text = said(inspect_orders(orders, MemoryCatalog([product("a")])), "warning")
    assert "3 orders point to unknown products (such as 'x')" in text
    assert "map product_of" in text


def test_odd_orders_are_counted_by_kind() -> None:
    """Empty, in the future, without zone, without price; one and many in their own grammar."""
    far = dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=400)
    orders = [
        order("1"),
        order("2", "a", placed_at=far),
        order("3", "a", placed_at=NOW.replace(tzinfo=None), lines=[OrderLine("a")], customer_id=None),
        order("4", "a", status="cancelled"),
        order("5"),
    ]
    text = said(inspect_orders(MemoryOrders(orders), MemoryCatalog([product("a")])))
    assert "5 orders can be counted, 1 of them cancelled, 1 without a customer." in text
    assert "2 orders have no lines" in text
    assert "1 order lies in the future" in text
    assert "1 order has times without a zone" in text
    assert "1 order has lines without a price" in text


def test_orders_out_of_order_or_repeated_are_found() -> None:
    """The import relies on neither, but since() would miss some."""

    class Odd(MemoryOrders):
        def iter_orders(self, since: dt.datetime | None = None) -> Iterator[Order]:
            yield order("1", "a", placed_at=NOW + dt.timedelta(days=1))
            yield order("1", "a", placed_at=NOW)

    text = said(inspect_orders(Odd([]), MemoryCatalog([product("a")])))
    assert "1 order comes before older ones" in text
    assert "1 order has a repeated id" in text


def test_a_shop_without_orders_learns_what_it_sees() -> None:
    """A new shop is nothing wrong."""
    findings = inspect_orders(MemoryOrders([]), MemoryCatalog([]))
    assert [finding.level for finding in findings] == ["warning"]


def test_orders_of_a_real_shop_are_read_whole(shop_of_variants: Flask) -> None:
    """Folded variants are known products."""
    findings = inspect_orders(variants.orders(), variants.catalog())
    assert f"{baskets.ORDERS} orders can be counted, 9 of them cancelled" in said(findings, "ok")
    assert not said(findings, "warning") + said(findings, "error")


def test_carts_of_real_shops_are_tried_inside_a_request() -> None:
    """Outside a request the check makes one."""
    for shop in (relational, carts):
        app = grounded(shop.create_app("sqlite:///:memory:"))
        shop.fill(app)
        with app.app_context():
            findings = inspect_cart(shop.cart(), shop.catalog())
        closed(app)
        assert {finding.level for finding in findings} == {"ok"}, said(findings)


class OddCart:
    """A cart that gives what it is told to."""

    def __init__(self, lines: Any = (), form: Any = None) -> None:
        self._lines, self._form = lines, form

    def lines(self) -> Any:
        if callable(self._lines):
            return self._lines()
        return self._lines

    def add_form(self, product: Product) -> Any:
        return self._form


class OddForms(OddCart):
    """Gives other forms at once than one by one."""

    def add_forms(self, products: Sequence[Product]) -> Any:
        return {}


class FilledCart(OddCart):
    """Is filled from Python only."""

    def add(self, lines: Sequence[CartLine]) -> None: ...


class UndoneCart(FilledCart):
    def remove(self, lines: Sequence[CartLine]) -> None: ...


@pytest.mark.parametrize(
    ("cart", "words"),
    [
        (OddCart(lines=[("a", 1)]), "Cart.lines gives a tuple"),
        (OddCart(lines=lambda: g.user.cart), "Cart.lines outside a visit raised AttributeError"),
        (OddCart(form=("/add", {})), "Cart.add_form gives a tuple"),
        (OddCart(form=AddForm("javascript:add()", {})), "is unsafe"),
        (OddCart(), "no add button"),
        (OddForms(form=AddForm("/add", {})), "other forms than Cart.add_form"),
        (FilledCart(), "without undo, which needs Cart.remove(lines)"),
        (UndoneCart(), "without leaving the page, with undo"),
        (object(), "lacks lines()"),
    ],
)
def test_odd_carts_are_named(cart: Any, words: str) -> None:
    """Each with what to give instead."""
    with Flask(__name__).app_context():
        assert words in said(inspect_cart(cart, MemoryCatalog([product("a")])))


def test_a_cart_beside_a_broken_catalogue_is_still_tried() -> None:
    """The catalogue's own trouble is reported once, where it is inspected."""

    class Broken(MemoryCatalog):
        def iter_products(self) -> Any:
            raise RuntimeError("no such table: items")

    with Flask(__name__).app_context():
        findings = inspect_cart(OddCart(lines=["a"]), Broken([]))
        assert "Cart.lines gives a str" in said(findings, "error")
        assert "items" not in said(findings)


def test_a_good_cart_says_where_cards_post_to() -> None:
    """So that the owner recognises the address."""
    cart = OddCart(lines=[CartLine("a")], form=AddForm("/add", {}))
    with Flask(__name__).app_context():
        assert "'/add'" in said(inspect_cart(cart, MemoryCatalog([product("a")])), "ok")
