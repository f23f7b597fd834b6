"""Which bundles a page shows: what saves most and is available, at the price that the checkout asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from fillers import FILLERS
from hypothesis import given
from hypothesis import strategies as st
from made_bundles import NOW, bundles, definitions, mix_of, set_of, steps_of

from storefront_plugin import ConfigurationError, Product, Slot
from storefront_plugin.bundles.bundle import Bundle, Shopper
from storefront_plugin.bundles.cart.lines import LineItem
from storefront_plugin.bundles.cart.pricing import price_cart
from storefront_plugin.bundles.definition import BundleText, Definition, Schedule
from storefront_plugin.bundles.price import amount_off, fixed_price, free_items, percent_off
from storefront_plugin.bundles.slots.offers import best_offers, bundle_offer, tier_offer
from storefront_plugin.bundles.tier import Component, Tier
from storefront_plugin.shop.ports import Variant

TEXTS = {"en": BundleText("Set")}


def products_of(**changed: Any) -> dict[str, Product | None]:
    """Products p0 to p5 at 1 to 6 euros."""
    made = {f"p{n}": Product(id=f"p{n}", title=f"Product {n}", price=Decimal(n + 1)) for n in range(6)}
    for name, fields in changed.items():
        made[name] = None if fields is None else replace(made[name], **fields)
    return made


def shown(
    definitions: list[Definition], products: Mapping[str, Product | None] | None = None, **more: Any
) -> list[int]:
    """Ids of the bundles that are shown."""
    found = best_offers(bundles(*definitions), products or products_of(), "EUR", **more)
    return [offer.bundle.id for offer in found]


def test_what_saves_most_comes_first_and_ties_go_by_id() -> None:
    """Of four bundles the limit keeps the three best."""
    offs = [amount_off({"EUR": cents}) for cents in (50, 200, 50, 100)]
    assert shown([set_of("p0", "p5", price=price) for price in offs]) == [2, 4, 1]


@pytest.mark.parametrize(
    "change",
    [{"p1": None}, {"p1": {"visible": False}}, {"p1": {"stock": 0}}],
    ids=["deleted", "hidden", "sold out"],
)
def test_a_bundle_whose_component_is_not_available_is_not_shown(change: dict[str, Any]) -> None:
    """Optional components do not count: the set is shown without them."""
    firm = set_of("p0", "p1", price=percent_off(10))
    parts = (Component("p0", 2), Component("p1", optional=True))
    optional = Definition(kind="set", tiers=(Tier(parts, percent_off(10)),), texts=TEXTS)
    products = products_of(**change)
    assert shown([firm, optional], products) == [2]
    assert sorted(shown([firm, optional])) == [1, 2]
    (offer,) = best_offers([Bundle(1, optional)], products, "EUR")
    assert [item.product.id for item in offer.tiers[0].items] == ["p0"]


def test_items_in_the_cart_are_not_offered_again() -> None:
    """Of three items two stand in the cart: one set is available, another of the same is not."""
    products = products_of(p1={"stock": 3})
    assert shown([set_of("p0", "p1", price=percent_off(10))], products, lines=[LineItem("p1", 2, 200)]) == [1]
    assert shown([set_of("p0", "p1", price=percent_off(10))], products, lines=[LineItem("p1", 3, 200)]) == []


def test_a_bundle_that_saves_nothing_is_not_shown() -> None:
    """A fixed price above the sum, an amount in another currency only, and a product in another currency."""
    dear, abroad = fixed_price({"EUR": 5000}), amount_off({"JPY": 300})
    assert shown([set_of("p0", "p1", price=dear), set_of("p0", "p1", price=abroad)]) == []
    assert shown([set_of("p0", "p1", price=percent_off(5))], products_of(p1={"currency": "USD"})) == []


def test_who_may_have_it_decides() -> None:
    """Schedule, segment and staff code."""
    hour = dt.timedelta(hours=1)
    made = bundles(
        set_of("p0", "p1", price=percent_off(5), schedule=Schedule(end=NOW)),
        set_of("p0", "p1", price=percent_off(5), schedule=Schedule(start=NOW - hour, end=NOW + hour)),
        set_of("p0", "p1", price=percent_off(5), segment="club"),
        set_of("p0", "p1", price=percent_off(5), staff_only=True),
    )
    assert [Shopper().why_off(one, NOW) for one in made] == ["ended", None, "segment", "staff_only"]
    both = Shopper(frozenset({"club"}), frozenset({4}))
    assert [one.id for one in made if both.may_have(one, NOW)] == [2, 3, 4]
    assert both.why_off(made[1], NOW - hour * 2) == "scheduled"


def test_a_mix_begins_with_the_page_s_own_product() -> None:
    """One item of each in turn, as far as the stock reaches."""
    mix = mix_of("p0", "p1", "p2", price=percent_off(10), least=3, most=4)
    (offer,) = best_offers([Bundle(1, mix)], products_of(p1={"stock": 0}), "EUR", first="p2")
    assert {item.product.id: item.quantity for item in offer.tiers[0].items} == {"p0": 1, "p2": 2}
    assert (offer.tiers[0].total, offer.tiers[0].saving) == (700, 70)


def test_steps_that_the_stock_does_not_reach_are_left_out() -> None:
    """Of three, six and twelve items at seven in stock the first two are shown."""
    steps = steps_of("p0", steps={3: percent_off(5), 6: percent_off(10), 12: percent_off(50)})
    (offer,) = best_offers([Bundle(1, steps)], products_of(p0={"stock": 7}), "EUR")
    assert [(tier.total, tier.saving) for tier in offer.tiers] == [(300, 15), (600, 60)]


def test_the_first_variant_that_is_available_stands_chosen() -> None:
    """At its own price; where all are sold out the bundle is not shown."""
    variants = (Variant("red", "Red", None, 0), Variant("gold", "Gold", Decimal(5), 2))
    one = [Bundle(1, set_of("p0", "p1", price=percent_off(10)))]
    (offer,) = best_offers(one, products_of(), "EUR", choices=lambda products: {"p1": variants})
    item = offer.tiers[0].items[1]
    assert (item.variant, item.unit_price, offer.saving) == (variants[1], 500, 60)
    assert best_offers(one, products_of(), "EUR", choices=lambda products: {"p1": variants[:1]}) == []


def test_everything_free_is_shown_as_such() -> None:
    """100 % off, and components that cost nothing anyway."""
    (offer,) = best_offers(
        [Bundle(1, set_of("p0", "p1", price=percent_off(100)))], products_of(p0={"price": Decimal(0)}), "EUR"
    )
    assert (offer.tiers[0].total, offer.tiers[0].price) == (200, 0)
    assert (
        shown(
            [set_of("p0", "p1", price=percent_off(50))], products_of(p0={"price": Decimal(0)}, p1={"price": Decimal(0)})
        )
        == []
    )


@given(definitions(), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_a_tier_costs_what_the_checkout_asks_for_its_items(definition: Definition, currency: str) -> None:
    """The very items in a cart, priced with this tier alone, save what the page says."""
    products = {f"p{n}": Product(id=f"p{n}", title="x", price=Decimal(7 * n + 3), currency=currency) for n in range(6)}
    variants = {name: (Variant("red", "Red"), Variant("blue", "Blue")) for name in products}
    for number, tier in enumerate(definition.tiers):
        offer = tier_offer(definition, number, products, variants, currency)
        assert offer is not None
        kind = "set" if definition.kind == "ladder" else definition.kind
        alone = Bundle(1, replace(definition, kind=kind, tiers=(tier,)))
        lines = [
            LineItem(item.product.id, item.quantity, item.unit_price, item.variant.id if item.variant else None)
            for item in offer.items
            if item.quantity
        ]
        pricing = price_cart(lines, [alone], currency, NOW, hints=0)
        assert pricing.gross == offer.total
        assert pricing.discount >= max(0, offer.saving)
        if not any(component.optional for component in tier.components) and len(set(definition.product_ids)) == len(
            lines
        ):
            assert pricing.discount == max(0, offer.saving)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"strategies": ("bundles",)}, "layout “bundles” only works with the source “bundles”"),
        ({"strategies": ("bundles", "related"), "layout": "bundles"}, "“bundles” can't be combined"),
        ({"strategies": ("related",), "layout": "bundles"}, "layout “bundles” only works with the source “bundles”"),
        ({"strategies": ("related", "bundles")}, "“bundles” can't be combined"),
    ],
)
def test_a_slot_shows_bundles_or_products(fields: dict[str, Any], words: str) -> None:
    """The remedy is named."""
    with pytest.raises(ConfigurationError, match=f"{words}.*bundles have strategies bundles and layouts bundles"):
        FILLERS.check(Slot(name="any", **fields))


def test_an_extra_counts_what_is_free() -> None:
    """Buy a camera, get the second one: the total names both."""
    extra = Definition(
        kind="extra", tiers=(Tier((Component("p3"), Component("p3", free=True)), free_items()),), texts=TEXTS
    )
    offer = bundle_offer(Bundle(1, extra), products_of(), {}, "EUR")
    assert (offer.tiers[0].total, offer.tiers[0].price) == (800, 400)
    assert bundle_offer(Bundle(1, extra), products_of(p3={"stock": 1}), {}, "EUR").tiers == ()
