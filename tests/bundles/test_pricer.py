"""From the shop's own cart to the order and its refund, with the server's prices only."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import time
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from made_bundles import NOW, TEXTS, bundles, carts, definitions, mix_of, priced, set_of
from small_shop import SmallShop

from storefront_plugin.bundles.cart.lines import LineItem
from storefront_plugin.bundles.cart.pricing import price_cart
from storefront_plugin.bundles.cart.stock import Shortage
from storefront_plugin.bundles.definition import BundleText, Definition, Schedule
from storefront_plugin.bundles.orders import uses
from storefront_plugin.bundles.orders.record import OrderRecord
from storefront_plugin.bundles.orders.refunds import Return, refund_quote
from storefront_plugin.bundles.price import fixed_price, free_items, percent_off
from storefront_plugin.bundles.pricer import CartPricer
from storefront_plugin.bundles.store.published import MAX_LOOKED_UP, in_play
from storefront_plugin.bundles.store.repository import BundleRecord, BundleRepository, raise_version
from storefront_plugin.bundles.store.tables import BundleRow
from storefront_plugin.bundles.tier import Component, Tier
from storefront_plugin.core.errors import InputError, StorefrontError
from storefront_plugin.core.sql.database import Base
from storefront_plugin.orderlog.tables import LoggedOrder
from storefront_plugin.shop.memory import MemoryCatalog, MemoryOrders
from storefront_plugin.shop.ports import CartLine, Product, Variant

TWO = percent_off(2)


@pytest.fixture
def pricer(shop: SmallShop) -> CartPricer:
    """A pricer on a shop whose products p1, p2 … cost 1, 2 … euros."""
    with shop.storefront.database.connect() as connection:
        Base.metadata.create_all(connection)
        connection.commit()
    return CartPricer(shop.storefront.database, shop.storefront.catalog, "EUR", ["a key"])


def publish(shop: SmallShop, definition: Definition) -> BundleRecord:
    """A published bundle."""
    stored = BundleRepository(shop.storefront.database).create(definition)
    return BundleRepository(shop.storefront.database).set_state(stored.id, 1, "publish")


def test_a_cart_is_priced_stored_and_refunded_to_the_unit(pricer: CartPricer, shop: SmallShop) -> None:
    """Five euros and six for ten: one back is half of what its share was, both back are ten."""
    publish(shop, set_of("p5", "p6", price=fixed_price({"EUR": 1000})))
    pricing = pricer.price([CartLine("p5"), CartLine("p6")], tax_rate=lambda product: Decimal(19), now=NOW)
    assert (pricing.total, pricing.tax) == (1000, 73 + 87)
    session = shop.db.session()
    assert uses.store_order(session, shop.storefront.database, "o1", pricer.record(pricing))
    first = uses.store_refund(session, "o1", [Return("p5")])
    assert first.amount + uses.quote_refund(session, "o1", [Return("p6")]).amount == 1000


def test_the_carts_own_price_comes_before_the_catalogues(pricer: CartPricer, shop: SmallShop) -> None:
    """A price that changed between page and cart is the shop's to decide; what is missing costs what the catalogue says."""
    publish(shop, set_of("p5", "p4", price=percent_off(10)))
    pricing = pricer.price([CartLine("p5", 1, Decimal("4.50"))], now=NOW)
    (hint,) = pricing.missing
    assert (pricing.total, hint.saving, hint.items[0].product_ids) == (450, 85, ("p4",))


def test_staff_codes_unlock_and_forged_ones_do_not(pricer: CartPricer, shop: SmallShop) -> None:
    """A code and a link work alike until they expire."""
    stored = publish(shop, set_of("p5", "p6", price=percent_off(10), staff_only=True))
    cart, later = [CartLine("p5"), CartLine("p6")], NOW + dt.timedelta(hours=2)
    for presented in (pricer.codes.code(stored.id, later), pricer.codes.link_token(stored.id, later)):
        assert pricer.price(cart, presented=[presented], now=NOW).discount == 110
        assert pricer.price(cart, presented=[presented], now=later).discount == 0
        assert pricer.price(cart, presented=[presented[:-1]], now=NOW).discount == 0


def test_a_product_without_a_price_in_the_currency_is_named(pricer: CartPricer) -> None:
    """Neither converted nor guessed."""
    with pytest.raises(InputError, match="in USD is not known"):
        pricer.price([CartLine("p5")], "USD")
    with pytest.raises(InputError, match="'deleted' in EUR"):
        pricer.price([CartLine("deleted")])
    assert pricer.price([CartLine("deleted", 1, Decimal(3))]).total == 300


def test_a_cart_is_priced_in_the_currency_its_products_share(shop: SmallShop, pricer: CartPricer) -> None:
    """Where the shop has none of its own: several must be chosen from, an empty cart has none."""
    made = [
        Product(id=name, title=name, price=Decimal(9), currency=name[:3].upper()) for name in ("eur1", "eur2", "jpy1")
    ]
    several = CartPricer(shop.storefront.database, MemoryCatalog(made), None, ["a key"])
    pricing = several.price([CartLine("eur1"), CartLine("eur2"), CartLine("wrap", 1, Decimal("1.50"))])
    assert (pricing.currency, pricing.total) == ("EUR", 1950)
    assert several.price([CartLine("jpy1")]).total == 9
    with pytest.raises(InputError, match="EUR and JPY; give the currency"):
        several.price([CartLine("eur1"), CartLine("jpy1")])
    with pytest.raises(InputError, match="STOREFRONT_CURRENCY"):
        several.price([CartLine("wrap", 1, Decimal("1.50"))])
    assert (several.price([]).total, several.price([]).currency) == (0, "XXX")


def test_a_bundle_that_ended_in_the_meantime_is_priced_again(pricer: CartPricer, shop: SmallShop) -> None:
    """The order is not stored with it."""
    stored = publish(shop, set_of("p5", "p6", price=percent_off(10)))
    pricing = pricer.price([CartLine("p5"), CartLine("p6")])
    BundleRepository(shop.storefront.database).set_state(stored.id, stored.version, "archive")
    with pytest.raises(StorefrontError, match="price it again"):
        pricer.record(pricing)


def test_a_cancelled_order_gives_its_bundles_back(pricer: CartPricer, shop: SmallShop) -> None:
    """In the shop's transaction, once, and also an order that was only cancelled by its status; a refund does not."""
    stored = publish(shop, set_of("p5", "p6", price=percent_off(10), limit_in_all=3))
    pricing = pricer.price([CartLine("p5"), CartLine("p6")])

    def used() -> int:
        return BundleRepository(shop.storefront.database).load(stored.id).uses

    orders = [shop.order("p5", "p6", id=f"o{number}") for number in range(3)]
    for order in orders:
        shop.storefront.order_placed(order)
        assert shop.storefront.bundles_applied(order.id, pricing)
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
    assert uses.quote_refund(shop.db.session(), "o2", [Return("p5")]).amount == 450


def test_trouble_with_bundles_never_stops_a_cancellation(
    pricer: CartPricer, shop: SmallShop, caplog: pytest.LogCaptureFixture
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
def test_a_component_with_an_odd_price_costs_no_other_cart_its_price(
    pricer: CartPricer, shop: SmallShop, price: Any
) -> None:
    """The catalogue may hold anything; a cart without that component is priced all the same."""
    odd = replace(shop.products["p6"], price=price)
    pricer = CartPricer(shop.storefront.database, MemoryCatalog([shop.products["p5"], odd]), "EUR", ["a key"])
    publish(shop, set_of("p5", "p6", price=percent_off(10)))
    assert pricer.price([CartLine("p5")], now=NOW).total == 500


def test_ids_of_a_cart_may_be_numbers(pricer: CartPricer, shop: SmallShop) -> None:
    """A shop's own keys, of products and of variants; lines of one product with and without a variant stand together."""
    kit = [replace(shop.products[name], id=number) for name, number in (("p5", "5"), ("p6", "6"))]
    pricer = CartPricer(
        shop.storefront.database,
        MemoryCatalog(kit, variants=lambda ids: {"5": [Variant("1", "Red", Decimal("5.50"))]}),
        "EUR",
        ["a key"],
    )
    publish(shop, set_of("5", "6", price=percent_off(10)))
    lines: list[Any] = [CartLine(5, 1, None, 1), CartLine(5, 1), CartLine(6, 1, None, "")]  # type: ignore[arg-type]
    assert (pricer.price(lines, now=NOW).gross, pricer.price(lines, now=NOW).discount) == (1650, 115)


@pytest.mark.parametrize("price", [4.5, 4, "4.50", True, Decimal("NaN"), Decimal("-1"), Decimal("1e30")])
def test_a_line_with_an_odd_price_is_refused_in_a_sentence(pricer: CartPricer, price: Any) -> None:
    """What the shop itself gives is never guessed."""
    with pytest.raises(InputError, match=r"must be|p5"):
        pricer.price([CartLine("p5", 1, price)], now=NOW)


def test_what_is_said_to_be_missing_saves_that_much_in_any_variant(pricer: CartPricer, shop: SmallShop) -> None:
    """A variant may be cheaper than its product; an odd price of one that is not in the cart hinders nobody."""
    odd: list[Any] = [Variant("red", "Red"), Variant("blue", "Blue", Decimal(2)), Variant("x", "X", 4.5)]  # type: ignore[arg-type]
    catalog = MemoryCatalog([shop.products["p5"], shop.products["p6"]], variants=lambda ids: {"p6": odd})
    pricer = CartPricer(shop.storefront.database, catalog, "EUR", ["a key"])
    publish(shop, set_of("p5", "p6", price=percent_off(10)))
    (hint,) = pricer.price([CartLine("p5")], now=NOW).missing
    discounts = [
        pricer.price([CartLine("p5"), CartLine("p6", 1, None, one)], now=NOW).discount for one in ("red", "blue")
    ]
    assert (hint.saving, discounts) == (70, [110, 70])


def test_what_ones_own_order_holds_is_left_for_it(pricer: CartPricer, shop: SmallShop) -> None:
    """After a failed payment the last use of a bundle is still the order's; for all others it is gone."""
    publish(shop, set_of("p5", "p6", price=percent_off(10), limit_in_all=1))
    cart = [CartLine("p5"), CartLine("p6")]
    with shop.storefront.database.writing() as session:
        assert uses.store_order(session, shop.storefront.database, "o1", pricer.record(pricer.price(cart)))
    assert pricer.price(cart).applied == pricer.price(cart, order_id="o2").applied == ()
    again = pricer.price([*cart, CartLine("p7")], order_id="o1")
    assert (again.discount, len(again.applied)) == (110, 1)
    with shop.storefront.database.writing() as session:
        assert uses.store_order(session, shop.storefront.database, "o1", pricer.record(again))


def test_what_ended_since_the_cart_was_priced_is_refused(pricer: CartPricer, shop: SmallShop) -> None:
    """Also where only its last day is over and nobody changed it."""
    end = NOW + dt.timedelta(hours=1)
    publish(shop, set_of("p5", "p6", price=percent_off(10), schedule=Schedule(end=end)))
    pricing = pricer.price([CartLine("p5"), CartLine("p6")], now=NOW)
    assert pricing.discount == 110
    with pytest.raises(StorefrontError, match="changed or ended"):
        pricer.record(pricing)


def test_words_may_change_between_cart_and_order(pricer: CartPricer, shop: SmallShop) -> None:
    """A corrected title, or a bundle taken off and put back, is no other price; another percentage is."""
    stored = publish(shop, set_of("p5", "p6", price=percent_off(10)))
    database, pricing = shop.storefront.database, pricer.price([CartLine("p5"), CartLine("p6")])
    titled = replace(stored.definition, texts={"en": BundleText("A better title")})
    changed = BundleRepository(database).update(stored.id, stored.version, titled)
    changed = BundleRepository(database).set_state(stored.id, changed.version, "unpublish")
    with pytest.raises(StorefrontError, match="price it again"):
        pricer.record(pricing)
    changed = BundleRepository(database).set_state(stored.id, changed.version, "publish")
    (used,) = pricer.record(pricing).bundles
    assert (used.version, used.definition.text_in("en").title) == (changed.version, "A better title")
    BundleRepository(database).update(
        stored.id, changed.version, replace(titled, tiers=set_of("p5", "p6", price=TWO).tiers)
    )
    with pytest.raises(StorefrontError, match="price it again"):
        pricer.record(pricing)


def test_what_is_not_available_is_no_next_offer_and_pushes_out_none(pricer: CartPricer, shop: SmallShop) -> None:
    """Sold out, too few beside the cart, hidden, deleted, in a variant that is gone: the one that is there is offered."""
    stock = {"p6": 0, "p7": 1, "p9": 0}
    known = [replace(shop.products[f"p{n}"], stock=stock.get(f"p{n}"), visible=n != 8) for n in (5, 6, 7, 8, 9, 10)]
    gone = [Variant("red", "Red", None, 0), Variant("blue", "Blue", None, 5)]
    catalog = MemoryCatalog(known, variants=lambda ids: {"p10": gone} if "p10" in ids else {})
    pricer = CartPricer(shop.storefront.database, catalog, "EUR", ["a key"])
    half = percent_off(50)

    def set_with(component: Component) -> Definition:
        return Definition(kind="set", tiers=(Tier((Component("p5"), component), half),), texts=TEXTS)

    for name in ("p6", "p8", "p99"):
        publish(shop, set_of("p5", name, price=half))
    for component in (Component("p7", 2), Component("p10", variants=("red",))):
        publish(shop, set_with(component))
    there = publish(shop, set_of("p5", "p10", price=TWO))
    mix = publish(shop, mix_of("p5", "p6", "p8", "p10", price=TWO, least=2))
    found = pricer.price([CartLine("p5", 1, Decimal(20))], now=NOW, hints=2).missing
    offered = [(one.bundle_id, one.items[0].product_ids) for one in found]
    assert offered == [(there.id, ("p10",)), (mix.id, ("p10", "p5"))]
    every = pricer.price([CartLine("p5", 1, Decimal(20))], now=NOW, hints=9, sold_out=True).missing
    assert len(every) == 6  # all but the one of two p7, which are more than what is there


def test_of_thousands_of_bundles_those_of_the_lowest_ids_are_shown_and_all_apply(
    pricer: CartPricer, shop: SmallShop
) -> None:
    """A cart reads a bounded number of products, whatever the merchant made; what is complete is never left out."""
    asked: list[int] = []

    class Counted(MemoryCatalog):
        def get_many(self, ids: Any) -> Any:
            asked.append(len(ids))
            return super().get_many(ids)

    many = [replace(shop.products["p5"], id=f"m{number:05}") for number in range(2_000)]
    pricer = CartPricer(shop.storefront.database, Counted([*many, shop.products["p5"]]), "EUR", ["a key"])
    with shop.storefront.database.writing() as session:
        BundleRepository(shop.storefront.database).insert(
            session, [set_of("p5", product.id, price=TWO) for product in many]
        )
        session.execute(sa.update(BundleRow).values(state="published"))
        raise_version(session)
    pricing = pricer.price([CartLine("p5")], now=NOW, hints=2_000)
    assert asked == [MAX_LOOKED_UP]
    assert [one.bundle_id for one in pricing.missing] == list(range(1, MAX_LOOKED_UP))
    assert [used.bundle_id for used in pricer.price([CartLine("p5"), CartLine("m01999")], now=NOW).applied] == [2_000]


@pytest.mark.parametrize("currency", ["jpy", "€", 1, "EURO", "", "ＥＵＲ", "QQQ"])
def test_a_currency_that_is_none_is_refused(pricer: CartPricer, currency: Any) -> None:
    """A cart in "jpy" would be priced with two decimals."""
    with pytest.raises(InputError, match="ISO 4217"):
        pricer.price([CartLine("p5", 1, Decimal(3))], currency)
    assert pricer.price([CartLine("p5", 1, Decimal(3))], "JPY").total == 3


def test_the_shops_own_lines_have_a_price_a_tax_and_no_stock(pricer: CartPricer, shop: SmallShop) -> None:
    """Gift wrap is nothing that the catalogue knows; a product that was deleted after it was priced still is short."""
    wrap, book = CartLine("gift-wrap", 1, Decimal(3), None, Decimal(19)), CartLine("p5", 1, None, None, Decimal(7))
    pricing = pricer.price([wrap, book, CartLine("p6")], tax_rate=lambda product: Decimal(0), now=NOW)
    assert [line.line.tax_rate for line in pricing.lines] == [Decimal(19), Decimal(7), Decimal(0)]
    assert (pricing.total, pricer.shortages(pricing)) == (1400, [])
    with pytest.raises(InputError, match=r"tax rate of 'gift-wrap'.*give the cart line a tax_rate"):
        pricer.price([replace(wrap, tax_rate=None)], tax_rate=lambda product: Decimal(19), now=NOW)
    later = CartPricer(shop.storefront.database, MemoryCatalog([shop.products["p5"]]), "EUR", ["a key"])
    assert [short.product_id for short in later.shortages(pricing)] == ["p6"]


@pytest.mark.parametrize(
    ("quantity", "price", "currency", "total"),
    [
        (300, "0.005678", "EUR", 170),
        (100, "0.125", "EUR", 1250),
        (3, "3.966666", "EUR", 1190),
        (3, "33.5", "JPY", 101),
        (4, "0.0005", "KWD", 2),
        (7, "1.99", "EUR", 1393),
    ],
)
def test_a_price_finer_than_a_coin_is_multiplied_and_then_rounded(
    shop: SmallShop, quantity: int, price: str, currency: str, total: int
) -> None:
    """The shop's price and the catalogue's alike."""
    catalog = MemoryCatalog([replace(shop.products["p5"], price=Decimal(price), currency=currency, stock=None)])
    pricer = CartPricer(shop.storefront.database, catalog, currency, ["a key"])
    for line in (CartLine("p5", quantity), CartLine("p5", quantity, Decimal(price))):
        pricing = pricer.price([line], now=NOW)
        assert (pricing.total, pricing.lines[0].total) == (total, total)
        record = OrderRecord.from_json(pricer.record(pricing).to_json())
        assert record == pricer.record(pricing)
        part = refund_quote(record, [], [Return("p5", quantity - 1)])
        rest = refund_quote(record, part.lines, [Return("p5", 1)], "recompute")
        assert part.amount + rest.amount == total


def test_a_price_that_is_a_fraction_of_a_coin_is_in_no_bundle(pricer: CartPricer, shop: SmallShop) -> None:
    """Its items have no price of their own; one that is rounded by less than one percent counts as usual."""
    publish(shop, set_of("p5", "p6", price=percent_off(50)))
    assert pricer.price([CartLine("p5", 300, Decimal("0.005678")), CartLine("p6")], now=NOW).applied == ()
    pricing = pricer.price([CartLine("p5", 3, Decimal("3.966666")), CartLine("p6")], now=NOW)
    assert [one.saving for one in pricing.applied] == [pricing.discount]
    assert pricing.lines[0].total + pricing.lines[0].discount == 1190


def test_a_price_that_is_a_fraction_of_a_coin_is_in_no_next_offer(shop: SmallShop) -> None:
    """The cart would be told to add it again and again, and never cost less."""
    publish(shop, set_of("p5", "p6", price=percent_off(50)))
    screws = replace(shop.products["p5"], price=Decimal("0.005678"))
    pricer = CartPricer(shop.storefront.database, MemoryCatalog([screws, shop.products["p6"]]), "EUR", ["a key"])
    for sold_out in (False, True):
        assert pricer.price([CartLine("p6")], now=NOW, sold_out=sold_out).missing == ()
    usual = CartPricer(shop.storefront.database, MemoryCatalog(shop.products.values()), "EUR", ["a key"])
    assert usual.price([CartLine("p6")], now=NOW).missing


def test_a_fraction_is_priced_and_never_counts_for_a_bundle(pricer: CartPricer, shop: SmallShop) -> None:
    """Two and a half metres at five euros cost 12.50, take three from the stock, and come back as one cut."""
    publish(shop, set_of("p5", "p6", price=percent_off(10)))
    cloth = CartLine("p5", Decimal("2.5"))  # type: ignore[arg-type]
    pricing = pricer.price([cloth, CartLine("p6")], now=NOW)
    assert (pricing.total, pricing.applied, pricing.lines[0].line.measure) == (1850, (), Decimal("2.5"))
    assert pricer.price([cloth, CartLine("p6"), CartLine("p5")], now=NOW).discount == 110
    few = CartPricer(shop.storefront.database, MemoryCatalog([replace(shop.products["p5"], stock=2)]), "EUR", ["a key"])
    assert few.shortages(few.price([cloth], now=NOW)) == [Shortage("p5", 3, 2)]
    record = OrderRecord.from_json(pricer.record(pricing).to_json())
    assert record == pricer.record(pricing)
    for policy in ("keep", "recompute"):
        assert refund_quote(record, [], [Return("p5")], policy).amount == 1250  # type: ignore[arg-type]


ODD = [Decimal("Infinity"), Decimal("NaN"), Decimal("sNaN"), Decimal("1E+5000"), Decimal("1E+2000000"), Decimal("-0.5")]


@pytest.mark.parametrize(
    "quantity",
    [pytest.param(10**5000, id="huge"), *ODD, -1, 0, 1_000_001, math.nan, math.inf, True, "2", None, object(), [1]],
)
def test_an_odd_quantity_is_refused_in_a_sentence_and_at_once(pricer: CartPricer, quantity: Any) -> None:
    """Without being written out, which takes minutes for some numbers."""
    start = time.perf_counter()
    with pytest.raises(InputError, match="quantity of 'p5' must be a number above 0"):
        pricer.price([CartLine("p5", quantity)], now=NOW)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("quantity", [2, Decimal(2), Decimal("2.00"), 2.0])
def test_whole_quantities_of_any_type_are_items(pricer: CartPricer, quantity: Any) -> None:
    """As databases and JSON give them."""
    (line,) = pricer.price([CartLine("p5", quantity)], now=NOW).lines
    assert (line.line.quantity, line.line.measure, line.total) == (2, None, 1000)


def test_one_segment_and_one_code_may_be_given_as_plain_text(pricer: CartPricer, shop: SmallShop) -> None:
    """Not taken for their letters."""
    publish(shop, set_of("p5", "p6", price=percent_off(10), segment="vip"))
    secret = publish(shop, set_of("p7", "p8", price=percent_off(10), staff_only=True))
    cart = [CartLine(f"p{number}") for number in (5, 6, 7, 8)]
    assert pricer.price(cart, segments="vip", now=NOW).discount == 110
    code = pricer.codes.code(secret.id, NOW + dt.timedelta(hours=2))
    assert pricer.price(cart, presented=code, now=NOW).discount == 150


def test_each_line_costs_the_same_whether_or_not_hints_are_asked_for(pricer: CartPricer, shop: SmallShop) -> None:
    """An incomplete bundle that tells red from blue decides which item is free, on the page and at the checkout alike."""
    parts = (Component("p5"), Component("p5", free=True))
    publish(shop, Definition(kind="extra", tiers=(Tier(parts, free_items()),), texts=TEXTS))
    telling = (Component("p5", variants=("red",)), Component("p7"))
    publish(shop, Definition(kind="set", tiers=(Tier(telling, percent_off(10)),), texts=TEXTS))
    for order in itertools.permutations(("red", "blue", None)):
        cart = [CartLine("p5", 1, Decimal(5), variant, Decimal(7)) for variant in order]
        shown, charged = (pricer.price(cart, now=NOW, hints=hints) for hints in (3, 0))
        assert shown.discount == 500
        assert shown.missing
        assert (shown.lines, shown.applied, shown.taxes) == (charged.lines, charged.applied, charged.taxes)


@settings(max_examples=100, deadline=None)
@given(carts(5, 3), st.lists(definitions(), max_size=6))
def test_bundles_that_cannot_be_complete_need_not_be_looked_at(lines: list[LineItem], made: list[Definition]) -> None:
    """Without those that lack a product altogether a cart costs the same, for the same reasons."""
    left = in_play(bundles(*made), [], {line.product_id for line in lines})
    some, full = price_cart(lines, left, "EUR", NOW, hints=0), priced(lines, *made, hints=0)
    # Which of equal items are in a set may differ, since fewer bundles tell fewer items apart.
    assert (some.total, some.refused, some.bound) == (full.total, full.refused, full.bound)
