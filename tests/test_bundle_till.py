"""From the shop's own cart to the order and its refund, with the server's prices only."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from made_bundles import NOW, set_of
from small_shop import SmallShop

from storefront_plugin.bundles import shelf, uses
from storefront_plugin.bundles.price import fixed_price, percent_off
from storefront_plugin.bundles.refunds import Return
from storefront_plugin.bundles.till import Till
from storefront_plugin.database import Base
from storefront_plugin.errors import InputError
from storefront_plugin.orderlog.tables import LoggedOrder
from storefront_plugin.shop.memory import MemoryCatalog, MemoryOrders
from storefront_plugin.shop.ports import CartLine, Variant


@pytest.fixture
def till(shop: SmallShop) -> Till:
    """A till on a shop whose products p1, p2 … cost 1, 2 … euros."""
    with shop.storefront.database.connect() as connection:
        Base.metadata.create_all(connection)
        connection.commit()
    return Till(shop.storefront.database, shop.storefront.catalog, "EUR", ["a key"])


def publish(shop: SmallShop, definition: shelf.Definition) -> shelf.Stored:
    """A published bundle."""
    stored = shelf.create(shop.storefront.database, definition)
    return shelf.set_state(shop.storefront.database, stored.id, 1, "publish")


def test_a_cart_is_priced_stored_and_refunded_to_the_unit(till: Till, shop: SmallShop) -> None:
    """Five euros and six for ten: one back is half of what its share was, both back are ten."""
    publish(shop, set_of("p5", "p6", price=fixed_price({"EUR": 1000})))
    pricing = till.price([CartLine("p5"), CartLine("p6")], tax_rate=lambda product: Decimal(19), now=NOW)
    assert (pricing.total, pricing.tax) == (1000, 73 + 87)
    session = shop.db.session()
    assert till.store(session, "o1", pricing)
    first = uses.store_refund(session, "o1", [Return("p5")])
    assert first.amount + till.refund(session, "o1", [Return("p6")]).amount == 1000
    with pytest.raises(InputError, match="was not priced here"):
        till.refund(session, "o2", [Return("p5")])


def test_the_carts_own_price_comes_before_the_catalogues(till: Till, shop: SmallShop) -> None:
    """A price that changed between page and cart is the shop's to decide; what is missing costs what the catalogue says."""
    publish(shop, set_of("p5", "p6", price=percent_off(10)))
    pricing = till.price([CartLine("p5", 1, Decimal("4.50"))], now=NOW)
    (hint,) = pricing.missing
    assert (pricing.total, hint.saving, hint.lacks[0].product_ids) == (450, 105, ("p6",))


def test_staff_codes_unlock_and_forged_ones_do_not(till: Till, shop: SmallShop) -> None:
    """A code and a link work alike until they expire."""
    stored = publish(shop, set_of("p5", "p6", price=percent_off(10), staff_only=True))
    cart, later = [CartLine("p5"), CartLine("p6")], NOW + dt.timedelta(hours=2)
    for presented in (till.codes.code(stored.id, later), till.codes.link_token(stored.id, later)):
        assert till.price(cart, presented=[presented], now=NOW).discount == 110
        assert till.price(cart, presented=[presented], now=later).discount == 0
        assert till.price(cart, presented=[presented[:-1]], now=NOW).discount == 0


def test_a_product_without_a_price_in_the_currency_is_named(till: Till) -> None:
    """Neither converted nor guessed."""
    with pytest.raises(InputError, match="in USD is not known"):
        till.price([CartLine("p5")], "USD")
    with pytest.raises(InputError, match="'deleted' in EUR"):
        till.price([CartLine("deleted")])
    assert till.price([CartLine("deleted", 1, Decimal(3))]).total == 300
    assert [short.product_id for short in till.shortages(till.price([CartLine("deleted", 1, Decimal(3))]))] == [
        "deleted"
    ]


def test_a_bundle_that_ended_meanwhile_is_priced_again(till: Till, shop: SmallShop) -> None:
    """The order is not stored with it."""
    stored = publish(shop, set_of("p5", "p6", price=percent_off(10)))
    pricing = till.price([CartLine("p5"), CartLine("p6")])
    shelf.set_state(shop.storefront.database, stored.id, stored.version, "archive")
    with pytest.raises(uses.StorefrontError, match="price it again"):
        till.store(shop.db.session(), "o1", pricing)


def test_a_cancelled_order_gives_its_bundles_back(till: Till, shop: SmallShop) -> None:
    """In the shop's transaction, once, and also an order that was only cancelled by its status; a refund does not."""
    stored = publish(shop, set_of("p5", "p6", price=percent_off(10), limit_in_all=3))
    pricing = till.price([CartLine("p5"), CartLine("p6")])

    def used() -> int:
        return shelf.load(shop.storefront.database, stored.id).uses

    orders = [shop.order("p5", "p6", id=f"o{number}") for number in range(3)]
    for order in orders:
        shop.storefront.order_placed(order)
        assert till.store(shop.db.session(), order.id, pricing)
    shop.storefront.order_refunded("o0", orders[0].lines)
    shop.db.session.commit()
    assert used() == 3
    shop.storefront.order_cancelled("o1")
    shop.db.session.rollback()
    assert used() == 3
    shop.storefront.order_cancelled("o1")
    shop.storefront.order_cancelled("o1")
    shop.db.session.commit()
    assert used() == 2
    shop.storefront.orders = MemoryOrders([replace(orders[2], status="cancelled")])
    shop.storefront.catch_up()
    shop.storefront.catch_up()
    assert used() == 1
    assert uses.load_order(shop.db.session(), "o2") is not None


def test_trouble_with_bundles_never_stops_a_cancellation(
    till: Till, shop: SmallShop, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged with the remedy, and the cancellation itself is recorded and committed."""
    shop.place(("p5",))
    with shop.storefront.database.writing() as session:
        session.execute(sa.text("DROP TABLE storefront_bundle_order"))
    assert shop.storefront.order_cancelled("order-1")
    shop.db.session.commit()
    assert "catch-up` gives them back" in caplog.text
    shop.storefront.drain()
    with shop.storefront.database.reading() as session:
        assert session.scalar(sa.select(LoggedOrder.status)) == "cancelled"


@pytest.mark.parametrize("price", [float("nan"), 4.5, "12,50", Decimal("NaN"), Decimal(-3), None, object()])
def test_a_component_with_an_odd_price_costs_no_other_cart_its_price(till: Till, shop: SmallShop, price: Any) -> None:
    """The catalogue may hold anything; a cart without that component is priced all the same."""
    odd = replace(shop.products["p6"], price=price)
    shop.storefront.catalog = MemoryCatalog([shop.products["p5"], odd])
    till = Till(shop.storefront.database, shop.storefront.catalog, "EUR", ["a key"])
    publish(shop, set_of("p5", "p6", price=percent_off(10)))
    assert till.price([CartLine("p5")], now=NOW).total == 500


def test_ids_of_a_cart_may_be_numbers(till: Till, shop: SmallShop) -> None:
    """A shop's own keys, of products and of variants; lines of one product with and without a variant stand together."""
    kit = [replace(shop.products[name], id=number) for name, number in (("p5", "5"), ("p6", "6"))]
    till = Till(
        shop.storefront.database,
        MemoryCatalog(kit, variants=lambda ids: {"5": [Variant("1", "Red", Decimal("5.50"))]}),
        "EUR",
        ["a key"],
    )
    publish(shop, set_of("5", "6", price=percent_off(10)))
    lines: list[Any] = [CartLine(5, 1, None, 1), CartLine(5, 1), CartLine(6, 1, None, "")]  # type: ignore[arg-type]
    assert (till.price(lines, now=NOW).gross, till.price(lines, now=NOW).discount) == (1650, 115)


@pytest.mark.parametrize("price", [4.5, 4, "4.50", True, Decimal("NaN"), Decimal("-1"), Decimal("1e30")])
def test_a_line_with_an_odd_price_is_refused_in_a_sentence(till: Till, price: Any) -> None:
    """What the shop itself gives is never guessed."""
    with pytest.raises(InputError, match=r"must be|p5"):
        till.price([CartLine("p5", 1, price)], now=NOW)


def test_what_is_told_to_be_missing_saves_that_much_in_any_variant(till: Till, shop: SmallShop) -> None:
    """A variant may be cheaper than its product; an odd price of one that is not in the cart hinders nobody."""
    odd: list[Any] = [Variant("red", "Red"), Variant("blue", "Blue", Decimal(2)), Variant("x", "X", 4.5)]  # type: ignore[arg-type]
    catalog = MemoryCatalog([shop.products["p5"], shop.products["p6"]], variants=lambda ids: {"p6": odd})
    till = Till(shop.storefront.database, catalog, "EUR", ["a key"])
    publish(shop, set_of("p5", "p6", price=percent_off(10)))
    (hint,) = till.price([CartLine("p5")], now=NOW).missing
    discounts = [
        till.price([CartLine("p5"), CartLine("p6", 1, None, one)], now=NOW).discount for one in ("red", "blue")
    ]
    assert (hint.saving, discounts) == (70, [110, 70])
