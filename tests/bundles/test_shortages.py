"""What the shop's checkout asks before it commits: which items of a priced cart are not available any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest
from bundle_shop import BundleShop, bundle_shop, colours, stocked
from made_bundles import set_of
from small_shop import SmallShop

from storefront_plugin import CartLine, MemoryCatalog, Product
from storefront_plugin.bundles.cart.stock import Shortage
from storefront_plugin.bundles.price import percent_off

MakeShop = Callable[..., SmallShop]


class Warehouse(MemoryCatalog):
    """A catalogue whose products change, or that fails."""

    def put(self, product: Product | None, name: str = "") -> None:
        if product is None:
            del self._products[name]
        else:
            self._products[product.id] = product

    def fail(self) -> None:
        self._products = None  # type: ignore[assignment]


class Live(Warehouse):
    """The same that tells its stock live."""

    def live_stock(self, ids: Sequence[str]) -> Mapping[str, int | None]:
        return {name: 1 for name in ids if name != "p3"}


@pytest.fixture
def warehouse() -> Warehouse:
    """Ten products without stock numbers; p2 comes in red, gold, and a blue that is sold out."""
    return Warehouse(stocked(), variants=colours)


@pytest.fixture
def shop(make_shop: MakeShop, warehouse: Warehouse) -> BundleShop:
    """A shop that keeps product data for an hour."""
    return bundle_shop(make_shop, warehouse, STOREFRONT_PRODUCT_CACHE_SECONDS=3600)


def short(shop: BundleShop, *lines: CartLine) -> list[Shortage]:
    """What the checkout learns of a cart that was priced just now."""
    with shop.shop.app.app_context():
        storefront = shop.shop.storefront
        return storefront.shortages(storefront.price_cart(lines))


def test_a_cart_that_is_available_has_none(shop: BundleShop, warehouse: Warehouse) -> None:
    """Stock that is not counted, and just as many items as there are."""
    warehouse.put(replace(stocked()[2], stock=3))
    assert short(shop, CartLine("p1", 999_999), CartLine("p3", 2), CartLine("p3", 1)) == []
    assert short(shop) == []


def test_all_lines_that_want_a_product_count_together(shop: BundleShop, warehouse: Warehouse) -> None:
    """Items of a bundle, too: the sum that is wanted stands beside what is there, by product."""
    shop.publish(set_of("p3", "p4", price=percent_off(10)))
    warehouse.put(replace(stocked()[2], stock=3))
    warehouse.put(replace(stocked()[3], stock=0))
    found = short(shop, CartLine("p4"), CartLine("p3", 3), CartLine("p3"))
    assert found == [Shortage("p3", 4, 3), Shortage("p4", 1, 0)]


def test_stock_is_read_at_the_moment_of_asking(shop: BundleShop, warehouse: Warehouse) -> None:
    """Not when the cart was priced, nor what pages keep; what was deleted or hidden in the meantime is not available."""
    with shop.shop.app.app_context():
        storefront = shop.shop.storefront
        pricing = storefront.price_cart([CartLine("p3"), CartLine("p4"), CartLine("p5", 2)])
        assert storefront.shortages(pricing) == []
        warehouse.put(None, "p3")
        warehouse.put(replace(stocked()[3], visible=False))
        warehouse.put(replace(stocked()[4], stock=1))
        assert storefront.shortages(pricing) == [Shortage("p3", 1, 0), Shortage("p4", 1, 0), Shortage("p5", 2, 1)]
        warehouse.put(replace(stocked()[4], stock=2))
        assert [one.product_id for one in storefront.shortages(pricing)] == ["p3", "p4"]


def test_variants_have_a_stock_of_their_own(shop: BundleShop) -> None:
    """Named after the products; one that the catalogue does not know is not available."""
    red, blue, green = (CartLine("p2", 2, None, colour) for colour in ("red", "blue", "green"))
    assert short(shop, red) == []
    assert short(shop, red, blue, green) == [Shortage("p2", 2, 0, "blue"), Shortage("p2", 2, 0, "green")]


def test_a_catalogue_that_shows_its_stock_live_is_asked_for_it(make_shop: MakeShop) -> None:
    """Instead of the products' own numbers; what it leaves out is not available."""
    shop = bundle_shop(make_shop, Live(stocked()))
    assert short(shop, CartLine("p1"), CartLine("p3"), CartLine("p4", 2)) == [
        Shortage("p3", 1, 0),
        Shortage("p4", 2, 1),
    ]


def test_what_the_catalogue_raises_is_raised(shop: BundleShop, warehouse: Warehouse) -> None:
    """A checkout must not go on without an answer."""
    with shop.shop.app.app_context():
        pricing = shop.shop.storefront.price_cart([CartLine("p1")])
        warehouse.fail()
        with pytest.raises(TypeError):
            shop.shop.storefront.shortages(pricing)
