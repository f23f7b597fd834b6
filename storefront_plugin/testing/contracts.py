"""Contracts of adapters."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from itertools import islice, pairwise

import pytest

from ..shop.cleaning import clean_product
from ..shop.ports import (
    AddForm,
    AddsForms,
    AddsLines,
    Cart,
    CartLine,
    Catalog,
    CountsItems,
    LiveStock,
    NamesCategories,
    OffersVariants,
    Order,
    OrderLine,
    Orders,
    Product,
    RemovesLines,
    Variant,
    clean_id,
)
from ..shop.values import address

STRANGE_IDS = ("", " ", "0", "-1", "unknown", "1; DROP TABLE", "%", "ä" * 200, "\x00", "9" * 40, "None", "\ud800")
FEW = 50


class CatalogContract:
    """Needs a fixture ``catalog`` with at least one product, inside an app context."""

    @pytest.fixture
    def some(self, catalog: Catalog) -> list[Product]:
        """A few products of the catalogue; every test here needs one."""
        found = list(islice(catalog.iter_products(), FEW))
        assert found, "the catalogue of the fixture is empty; fill it with a few products"
        return found

    def test_it_offers_what_a_catalogue_must(self, catalog: object) -> None:
        """get_many, iter_products and search are there."""
        assert isinstance(catalog, Catalog)

    def test_products_can_be_shown(self, some: list[Product]) -> None:
        """Id, title and price are there, as text and Decimal."""
        for product in some:
            assert clean_id(product.id) == product.id
            assert product.title.strip()
            assert isinstance(product.price, Decimal), "price must be a Decimal"
            assert clean_product(product, "EUR") is not None

    def test_get_many_gives_each_product_under_its_id(self, catalog: Catalog, some: list[Product]) -> None:
        """What iter_products gave is found again, equal and under its own id."""
        ids = [product.id for product in some]
        found = catalog.get_many(ids)
        assert set(found) == set(ids)
        assert all(found[product.id] == product for product in some)

    def test_get_many_leaves_unknown_ids_out(self, catalog: Catalog, some: list[Product]) -> None:
        """Strange ids are unknown, not an error, and hide nothing else."""
        known = {product.id for product in islice(catalog.iter_products(), 10_000)}
        found = catalog.get_many([*STRANGE_IDS, some[0].id])
        assert some[0].id in found
        assert not set(found) & (set(STRANGE_IDS) - known)

    def test_get_many_of_nothing_is_nothing(self, catalog: Catalog) -> None:
        """No ids, no products."""
        assert not catalog.get_many([])

    def test_get_many_takes_repeated_and_many_ids(self, catalog: Catalog, some: list[Product]) -> None:
        """A cart of 1 200 lines, some of them equal, is looked up in one call."""
        ids = [some[0].id, *(f"unknown-{number}" for number in range(1200)), some[0].id]
        assert some[0].id in catalog.get_many(ids)

    def test_each_product_comes_once(self, catalog: Catalog) -> None:
        """iter_products repeats no id, and can be begun again after it was left halfway."""
        next(iter(catalog.iter_products()))
        ids = [product.id for product in islice(catalog.iter_products(), 10_000)]
        assert len(ids) == len(set(ids))

    def test_search_finds_a_product_by_its_title(self, catalog: Catalog, some: list[Product]) -> None:
        """The title, in capitals too, finds the product, within the limit."""
        title = some[0].title
        for text in (title, title.upper()) if title.isascii() else (title,):
            assert some[0].title in {product.title for product in catalog.search(text, 20)}
        assert len(catalog.search(title.split()[0], 1)) <= 1

    def test_search_takes_any_text(self, catalog: Catalog) -> None:
        """Signs that mean something to LIKE, empty and huge texts are only texts."""
        assert not catalog.search("", 5)
        for text in ("%", "_", "\\", "'", '"', "\x00", "ä" * 5000, "%%%%nothing%%%%"):
            assert len(catalog.search(text, 3)) <= 3
        assert not catalog.search("%%%%nothing%%%%", 3)

    def test_live_stock_agrees_with_the_products(self, catalog: Catalog, some: list[Product]) -> None:
        """Where it is offered, live_stock answers for the given ids, and for no others."""
        if not isinstance(catalog, LiveStock):
            pytest.skip("this catalogue offers no live stock")
        ids = [product.id for product in some]
        stock = catalog.live_stock([*ids, "unknown"])
        assert dict(stock) == {product.id: product.stock for product in some}
        assert not catalog.live_stock([])

    def test_variants_belong_to_the_products_asked_for(self, catalog: Catalog, some: list[Product]) -> None:
        """Where they are offered, each has an id of its own and a price that can be shown."""
        if not isinstance(catalog, OffersVariants):
            pytest.skip("this catalogue offers no variants")
        ids = [product.id for product in some]
        found = catalog.variants([*ids, "unknown"])
        assert set(found) <= set(ids)
        for variants in found.values():
            assert all(isinstance(one, Variant) and clean_id(one.id) == one.id for one in variants)
            assert len({one.id for one in variants}) == len(variants)
            assert all(one.price is None or isinstance(one.price, Decimal) for one in variants)
        assert not catalog.variants([])

    def test_category_names_are_text_for_the_ids_asked_for(self, catalog: Catalog, some: list[Product]) -> None:
        """Where they are offered, those of the products' categories have one line each, and unknown ids none."""
        if not isinstance(catalog, NamesCategories):
            pytest.skip("this catalogue does not name its categories")
        ids = sorted({category for product in some for category in product.category_ids})
        names = catalog.category_names([*ids, "unknown"])
        assert set(names) <= set(ids)
        assert all(isinstance(name, str) and name.strip() for name in names.values())
        assert not catalog.category_names([])


MANY = 2000


class OrdersContract:
    """Needs a fixture ``orders`` with at least two orders, inside an app context."""

    @pytest.fixture
    def some(self, orders: Orders) -> list[Order]:
        """The first orders; every test here needs two."""
        found = list(islice(orders.iter_orders(), MANY))
        assert len(found) > 1, "the orders of the fixture are too few; fill it with two or more"
        return found

    def test_it_offers_what_orders_must(self, orders: object) -> None:
        """iter_orders is there."""
        assert isinstance(orders, Orders)

    def test_orders_can_be_recorded(self, some: list[Order]) -> None:
        """Id, time, status and lines are what the log takes."""
        for order in some:
            assert clean_id(order.id, "order id") == order.id
            assert isinstance(order.placed_at, dt.datetime)
            assert order.status in ("placed", "unplaced", "cancelled")
            assert order.customer_id is None or clean_id(order.customer_id, "customer id")
            assert order.lines is not None
            for line in order.lines:
                self._check_line(line)

    def _check_line(self, line: OrderLine) -> None:
        assert clean_id(line.product_id) == line.product_id
        assert isinstance(line.quantity, int)
        assert line.quantity > 0
        assert line.unit_price is None or isinstance(line.unit_price, Decimal)

    def test_the_oldest_comes_first(self, some: list[Order]) -> None:
        """Times never go back."""
        assert all(earlier.placed_at <= later.placed_at for earlier, later in pairwise(some))

    def test_each_order_comes_once_and_again(self, orders: Orders, some: list[Order]) -> None:
        """No id is repeated, and a second reading gives the same."""
        assert len({order.id for order in some}) == len(some)
        assert list(islice(orders.iter_orders(), MANY)) == some

    def test_since_gives_all_from_then_on(self, orders: Orders, some: list[Order]) -> None:
        """Orders placed at the very moment are among them."""
        since = some[len(some) // 2].placed_at
        found = {order.id for order in orders.iter_orders(since)}
        assert {order.id for order in some if order.placed_at >= since} <= found

    def test_nothing_is_placed_in_a_hundred_years(self, orders: Orders) -> None:
        """A moment far ahead gives nothing."""
        ahead = dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=36500)
        assert not list(orders.iter_orders(ahead))


class CartContract:
    """Needs fixtures ``cart`` and ``product`` (one that can be added), inside a request context."""

    def test_it_offers_what_a_cart_must(self, cart: object) -> None:
        """lines and add_form are there."""
        assert isinstance(cart, Cart)

    def test_lines_can_be_read_again_and_again(self, cart: Cart) -> None:
        """Two readings of one request are equal, and every line has an id and a quantity."""
        lines = list(cart.lines())
        assert list(cart.lines()) == lines
        for line in lines:
            assert clean_id(line.product_id) == line.product_id
            assert line.quantity > 0

    def test_the_form_posts_to_the_shop(self, cart: Cart, product: Product) -> None:
        """The form has a harmless address and text fields; None is allowed, for a product with choices say."""
        form = cart.add_form(product)
        if form is None:
            pytest.skip("this cart gives no form for the product")
        assert isinstance(form, AddForm)
        assert address(form.action)
        assert form.method in ("post", "get")
        assert all(isinstance(name, str) and isinstance(value, str) for name, value in form.fields.items())

    def test_forms_of_many_are_the_forms_of_each(self, cart: Cart, product: Product) -> None:
        """Where `add_forms` is offered, it gives what `add_form` does, for no products nothing."""
        if not isinstance(cart, AddsForms):
            pytest.skip("this cart gives forms one by one")
        assert cart.add_forms([product]).get(product.id) == cart.add_form(product)
        assert not cart.add_forms([])

    def test_what_is_added_is_in_the_cart(self, cart: Cart, product: Product) -> None:
        """Where `add` is offered, two more are in the cart afterwards."""
        if not isinstance(cart, AddsLines):
            pytest.skip("this cart is filled by forms only")
        before = _quantities(cart)[product.id]
        cart.add([CartLine(product.id, 2)])
        assert _quantities(cart)[product.id] == before + 2

    def test_what_was_added_can_be_taken_out(self, cart: Cart, product: Product) -> None:
        """Where `remove` is offered, one of two goes, then the other, and the cart is as it was."""
        if not isinstance(cart, AddsLines) or not isinstance(cart, RemovesLines):
            pytest.skip("this cart offers no undo")
        before = _quantities(cart)
        cart.add([CartLine(product.id, 2)])
        cart.remove([CartLine(product.id)])
        assert _quantities(cart)[product.id] == before[product.id] + 1
        cart.remove([CartLine(product.id)])
        assert _quantities(cart) == before

    def test_the_count_is_a_number(self, cart: Cart) -> None:
        """Where `count` is offered, from 0."""
        if not isinstance(cart, CountsItems):
            pytest.skip("this cart offers no count")
        assert isinstance(cart.count(), int)
        assert cart.count() >= 0


def _quantities(cart: Cart) -> Counter[str]:
    quantities: Counter[str] = Counter()
    for line in cart.lines():
        quantities[line.product_id] += line.quantity
    return quantities
