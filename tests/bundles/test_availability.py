"""A set is available as often as its scarcest component, after all cart lines that share it."""

from __future__ import annotations

from decimal import Decimal

from made_bundles import TEXTS, bundles, mix_of, set_of

from storefront_plugin.bundles.cart.lines import LineItem
from storefront_plugin.bundles.cart.stock import Shortage, bundle_available, recheck, sets_available, shortages
from storefront_plugin.bundles.definition import Definition
from storefront_plugin.bundles.price import free_items, percent_off
from storefront_plugin.bundles.tier import Component, Tier
from storefront_plugin.shop.memory import MemoryCatalog
from storefront_plugin.shop.ports import Product, Variant

TEN = percent_off(10)
PAIR = Tier((Component("a", 2), Component("b")), TEN)


def test_the_scarcest_component_decides() -> None:
    """Seven a and five b make three sets of two a and one b."""
    assert sets_available(PAIR, {"a": 7, "b": 5}) == 3
    assert sets_available(PAIR, {"a": 7, "b": 0}) == sets_available(PAIR, {"a": 7}) == 0
    assert sets_available(PAIR, {"a": -3, "b": 5}) == 0


def test_all_lines_that_share_a_component_are_added_up() -> None:
    """Items in the cart, in whatever variant, are no longer there for a further set."""
    lines = [LineItem("a", 2, 100, "red"), LineItem("a", 1, 100, "blue"), LineItem("c", 9, 100)]
    assert sets_available(PAIR, {"a": 7, "b": 5}, lines) == 2


def test_untracked_stock_is_unlimited() -> None:
    """None does not limit; None everywhere limits nothing."""
    assert sets_available(PAIR, {"a": None, "b": 4}) == 4
    assert sets_available(PAIR, {"a": None, "b": None}) is None


def test_a_product_that_stands_in_two_components_counts_for_both() -> None:
    """Buy one get one needs two items."""
    tier = Tier((Component("a"), Component("a", free=True)), free_items())
    assert sets_available(tier, {"a": 5}) == 2


def test_a_mix_counts_its_group_together() -> None:
    """Any three of what is there."""
    tier = mix_of("a", "b", price=TEN, least=3).tiers[0]
    assert sets_available(tier, {"a": 4, "b": 3}) == 2
    assert sets_available(tier, {"a": None, "b": 0}) is None


def test_a_bundle_without_a_full_set_is_not_shown() -> None:
    """One tier that is available is enough; optional components do not matter."""
    ladder = Definition(kind="ladder", tiers=(Tier((Component("a"), Component("b")), TEN), PAIR), texts=TEXTS)
    assert bundle_available(ladder, {"a": 1, "b": 1})
    assert not bundle_available(ladder, {"a": 1, "b": 0})
    optional = Tier((Component("a", 2), Component("c", optional=True)), TEN)
    assert bundle_available(Definition(kind="set", tiers=(optional,), texts=TEXTS), {"a": 2})


def test_the_check_at_checkout_reads_the_stock_of_now() -> None:
    """What the lines want together is compared; hidden and deleted products are not available."""
    stocks = {"a": 3, "b": None, "gone": 5}
    products = [Product(id=name, title=name, price=Decimal(1), stock=stock) for name, stock in stocks.items()]
    products[2] = Product(id="gone", title="gone", price=Decimal(1), stock=5, visible=False)
    lines = [
        LineItem("a", 2, 1),
        LineItem("a", 2, 1, "red"),
        LineItem("b", 99, 1),
        LineItem("gone", 1, 1),
        LineItem("deleted", 1, 1),
    ]
    found = recheck(MemoryCatalog(products), lines, bundles(set_of("a", "b", price=TEN)))
    assert found == [Shortage("a", 4, 3), Shortage("deleted", 1, 0), Shortage("gone", 1, 0)]
    assert shortages({"a": 4}, lines[:2]) == []


def test_the_lines_of_a_variant_are_checked_against_its_own_stock() -> None:
    """Also where the product has enough; an unknown variant is not available, a product without variants is not asked."""
    products = [Product(id=name, title=name, price=Decimal(1)) for name in ("a", "b")]
    known = {"a": [Variant("red", "Red", None, 2), Variant("blue", "Blue")]}
    lines = [
        LineItem("a", 2, 1, "red"),
        LineItem("a", 1, 2, "red"),
        LineItem("a", 9, 1, "blue"),
        LineItem("a", 1, 1, "gone"),
    ]
    catalog = MemoryCatalog(products, variants=lambda ids: {name: known[name] for name in ids if name in known})
    found = recheck(catalog, [*lines, LineItem("b", 5, 1, "red")])
    assert found == [Shortage("a", 1, 0, "gone"), Shortage("a", 3, 2, "red")]
    assert recheck(MemoryCatalog(products), lines) == []
