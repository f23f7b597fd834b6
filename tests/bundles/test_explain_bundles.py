"""Explaining slots of bundles: each verdict by construction, and what is explained is what the page shows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from bundle_shop import BundleShop, bundle_shop, colours, stocked
from hypothesis import given, settings
from hypothesis import strategies as st
from made_bundles import definitions, mix_of, set_of, steps_of
from small_shop import SmallShop

from storefront_plugin import CartLine, MemoryCatalog, Product, Slot
from storefront_plugin.bundles.bundle import Bundle
from storefront_plugin.bundles.cart.next_offers import MissingItem
from storefront_plugin.bundles.definition import BundleText, Definition, Schedule
from storefront_plugin.bundles.price import amount_off, fixed_price, percent_off
from storefront_plugin.bundles.slots import cart_verdicts, filler
from storefront_plugin.bundles.slots.verdicts import VERDICTS, BundleVerdict, ExplainedBundle
from storefront_plugin.bundles.store import published as published_bundles
from storefront_plugin.bundles.store.published import Published
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.bundles.tier import Component, Tier
from storefront_plugin.core.i18n import LANGUAGES, texts_for
from tests.recommending.test_explain import explain, page_of

MakeShop = Callable[..., SmallShop]
NOW = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)
HOUR = dt.timedelta(hours=1)
TEN = percent_off(10)
SETS = Slot(name="sets", strategies=("bundles",), layout="bundles", limit=2)
PLAN = {"product": (SETS,), "cart": (SETS,)}


def shop_of(make_shop: MakeShop, **changed: Product | None) -> BundleShop:
    return bundle_shop(make_shop, MemoryCatalog(stocked(**changed), variants=colours), STOREFRONT_PLAN=PLAN)


@pytest.fixture
def shop(make_shop: MakeShop) -> BundleShop:
    """Ten products at 1 to 10 euros; p7 is hidden, p8 is sold out, p9 unknown, p6 has one item, p5 costs dollars."""
    found = {product.id: product for product in stocked()}
    return shop_of(
        make_shop,
        p5=replace(found["p5"], currency="USD"),
        p6=replace(found["p6"], stock=1),
        p7=replace(found["p7"], visible=False),
        p8=replace(found["p8"], stock=0),
        p9=None,
    )


def explained_bundles(shop: BundleShop, placement: str, *products: str) -> dict[int, ExplainedBundle]:
    """The verdicts by bundle, in their order."""
    with shop.shop.app.app_context():
        slot = explain(shop.shop, placement, *products)["sets"]
    assert slot.candidates == ()
    return {one.bundle.id: one for one in slot.bundles}


def verdicts(shop: BundleShop, placement: str, *products: str) -> dict[int, BundleVerdict]:
    return {number: one.verdict for number, one in explained_bundles(shop, placement, *products).items()}


PRODUCT_CASES: Mapping[str, tuple[Definition, BundleVerdict]] = {
    "scheduled": (
        set_of("p1", "p2", price=TEN, schedule=Schedule(start=NOW + HOUR)),
        BundleVerdict("scheduled", moment=NOW + HOUR),
    ),
    "ended": (
        set_of("p1", "p2", price=TEN, schedule=Schedule(end=NOW - HOUR)),
        BundleVerdict("ended", moment=NOW - HOUR),
    ),
    "segment": (set_of("p1", "p2", price=TEN, segment="club"), BundleVerdict("segment", segment="club")),
    "staff": (set_of("p1", "p2", price=TEN, staff_only=True), BundleVerdict("staff_only")),
    "missing": (set_of("p1", "p9", price=TEN), BundleVerdict("missing", product_id="p9")),
    "hidden": (set_of("p1", "p7", price=TEN), BundleVerdict("hidden", product_id="p7")),
    "sold out": (set_of("p1", "p8", price=TEN), BundleVerdict("sold_out", product_id="p8")),
    "few": (
        Definition(
            kind="set", tiers=(Tier((Component("p1"), Component("p6", 2)), TEN),), texts={"en": BundleText("Set")}
        ),
        BundleVerdict("too_few", product_id="p6"),
    ),
    "mix": (mix_of("p1", "p8", price=TEN, least=2), BundleVerdict("shown", place=1)),
    "steps": (steps_of("p6", steps={3: TEN}), BundleVerdict("too_few")),
    "variant": (
        Definition(
            kind="set",
            tiers=(Tier((Component("p1"), Component("p2", variants=("blue",))), TEN),),
            texts={"en": BundleText("Set")},
        ),
        BundleVerdict("variants", product_id="p2"),
    ),
    "currencies": (set_of("p1", "p5", price=TEN), BundleVerdict("currencies")),
    "no amount": (set_of("p1", "p2", price=amount_off({"JPY": 10})), BundleVerdict("no_amount", currency="EUR")),
    "dear": (set_of("p1", "p2", price=fixed_price({"EUR": 900})), BundleVerdict("costs_more", currency="EUR")),
    "nothing": (set_of("p1", "p2", price=fixed_price({"EUR": 300})), BundleVerdict("saves_nothing", currency="EUR")),
}


@pytest.mark.parametrize("case", PRODUCT_CASES)
def test_a_bundle_that_a_product_page_does_not_show_has_its_reason(shop: BundleShop, case: str) -> None:
    """One bundle for each reason; the page itself agrees."""
    definition, expected = PRODUCT_CASES[case]
    number = shop.publish(definition)
    first = next(iter(definition.tiers[0].components)).product_id
    assert verdicts(shop, "product", first) == {number: expected}
    assert bool(shop.soup(f"/p/{first}").select("[data-storefront-slot=sets]")) == (expected.kind == "shown")


def test_what_saves_most_is_shown_and_the_others_come_after_it(shop: BundleShop) -> None:
    """With its place and what it saves; drafts and bundles of other products are not there."""
    offs = [amount_off({"EUR": cents}) for cents in (50, 200, 100)]
    first, second, third = [shop.publish(set_of("p1", "p2", price=price)) for price in offs]
    shop.publish(set_of("p3", "p4", price=TEN))
    with shop.shop.app.app_context():
        BundleRepository(shop.shop.storefront.database).create(set_of("p1", "p3", price=TEN))
    found = explained_bundles(shop, "product", "p1")
    assert [(number, one.verdict, one.saving, one.currency) for number, one in found.items()] == [
        (second, BundleVerdict("shown", place=1), 200, "EUR"),
        (third, BundleVerdict("shown", place=2), 100, "EUR"),
        (first, BundleVerdict("full", limit=2), 50, "EUR"),
    ]


def test_products_beyond_those_looked_up_are_said_to_be(shop: BundleShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of the ids, as the page looks them up."""
    for module in (published_bundles, filler, cart_verdicts):
        monkeypatch.setattr(module, "MAX_LOOKED_UP", 3)
    near, far = shop.publish(set_of("p1", "p2", "p3", price=TEN)), shop.publish(set_of("p1", "p4", price=TEN))
    found = verdicts(shop, "product", "p1")
    assert found == {near: BundleVerdict("shown", place=1), far: BundleVerdict("bound", limit=3)}
    lacking = Component("p4", 9)
    dear = Definition(kind="set", tiers=(Tier((Component("p1"), lacking), TEN),), texts={"en": BundleText("Set")})
    farther = shop.publish(dear)
    assert verdicts(shop, "cart", "p1", "p3") == {
        near: BundleVerdict("near", place=1, lacks=(MissingItem(("p2",), 1),)),
        far: BundleVerdict("bound", limit=3),
        farther: BundleVerdict("bound", limit=3),
    }


def test_a_used_up_bundle_is_shown_with_its_limit(shop: BundleShop) -> None:
    """A cart knows of the last use at once."""
    number = shop.publish(set_of("p1", "p2", price=TEN, limit_in_all=1))
    storefront = shop.shop.storefront
    with shop.shop.app.app_context():
        pricing = storefront.price_cart([CartLine("p1"), CartLine("p2")])
        storefront.bundles_applied("first", pricing)
        shop.shop.db.session.commit()
    assert verdicts(shop, "cart", "p1", "p2") == {number: BundleVerdict("used_up", limit=1)}


def test_a_cart_shows_what_applies_and_what_is_missing(shop: BundleShop) -> None:
    """How often, what is saved, the limit that is reached, and the products that lack."""
    applies = shop.publish(set_of("p1", "p2", price=TEN, limit_per_order=1))
    near = shop.publish(set_of("p3", "p4", price=TEN))
    gone = shop.publish(set_of("p4", "p8", price=TEN))
    found = explained_bundles(shop, "cart", "p1", "p2", "p4")
    assert found[applies].verdict == BundleVerdict("applied", place=1, count=1, limit=1)
    assert found[near].verdict == BundleVerdict("near", place=2, lacks=(MissingItem(("p3",), 1),))
    assert found[gone].verdict == BundleVerdict("sold_out", product_id="p8")
    assert [found[number].saving for number in (applies, near)] == [30, 70]


def test_a_bundle_steps_back_for_one_that_saves_more(shop: BundleShop) -> None:
    """Whole or in part, or because the other stands alone; what it would save is shown."""
    better = shop.publish(set_of("p4", "p1", price=percent_off(50)))
    worse = shop.publish(set_of("p4", "p1", price=TEN))
    taken = shop.publish(set_of("p4", "p3", price=TEN))
    found = explained_bundles(shop, "cart", "p4", "p1")
    assert found[better].verdict.kind == "applied"
    assert found[worse].verdict == BundleVerdict("instead", replaced_by=better)
    assert found[taken].verdict == BundleVerdict("taken", replaced_by=better)
    assert (found[worse].saving, found[taken].saving) == (50, 70)
    alone = shop.publish(set_of("p3", "p10", price=percent_off(90), stacking="alone"))
    found = explained_bundles(shop, "cart", "p4", "p1", "p3", "p10")
    assert {number: one.verdict.replaced_by for number, one in found.items()} == {
        alone: None, better: alone, worse: alone, taken: alone,
    }  # fmt: skip


CART_CASES: Mapping[str, tuple[Definition, BundleVerdict]] = {
    name: PRODUCT_CASES[name] for name in ("scheduled", "ended", "segment", "staff", "no amount", "dear", "nothing")
} | {
    "far": (
        Definition(kind="set", tiers=(Tier((Component("p1"), Component("p3", 9)), TEN),), texts={"en": BundleText("Set")}),
        BundleVerdict("far"),
    ),
    "variant": (
        Definition(
            kind="set", tiers=(Tier((Component("p2", variants=("red",)), Component("p3")), TEN),), texts={"en": BundleText("S")}
        ),
        BundleVerdict("other_variant"),
    ),
    "missing": (set_of("p1", "p9", price=TEN), BundleVerdict("missing", product_id="p9")),
    "few": (
        Definition(kind="set", tiers=(Tier((Component("p1"), Component("p6", 2)), TEN),), texts={"en": BundleText("Set")}),
        BundleVerdict("too_few", product_id="p6"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CART_CASES)
def test_a_bundle_that_a_cart_does_not_show_has_its_reason(shop: BundleShop, case: str) -> None:
    """In a cart of p1 and p2."""
    definition, expected = CART_CASES[case]
    number = shop.publish(definition)
    assert verdicts(shop, "cart", "p1", "p2") == {number: expected}


def test_only_some_next_offers_of_a_cart_are_looked_at(shop: BundleShop) -> None:
    """Two stand in the slot, four more are looked at, the rest comes behind them."""
    numbers = [shop.publish(set_of("p1", "p2", price=amount_off({"EUR": 100 - n}))) for n in range(8)]
    found = verdicts(shop, "cart", "p2")
    kinds = [found[number].kind for number in numbers]
    assert kinds == ["near"] * 2 + ["full"] * 4 + ["behind"] * 2
    assert (found[numbers[2]].limit, found[numbers[7]].limit) == (2, 6)


def test_a_cart_in_which_nothing_has_a_price_is_explained(shop: BundleShop) -> None:
    """The product that nobody knows is the reason."""
    number = shop.publish(set_of("p9", "p1", price=TEN))
    assert verdicts(shop, "cart", "p9") == {number: BundleVerdict("missing", product_id="p9")}


def test_the_explained_bundles_are_those_of_the_page(make_shop: MakeShop) -> None:
    """Whatever the bundles: pages and carts show exactly what is said to be shown, in its order, and all have a verdict."""
    made = [
        Product(id=f"p{n}", title=f"P{n}", price=Decimal(7 * n + 3), stock=(None, 0, 2, 9)[n % 4]) for n in range(6)
    ]
    shop = bundle_shop(make_shop, MemoryCatalog(made), STOREFRONT_PLAN=PLAN).shop
    with shop.app.app_context():
        parts = shop.storefront.services

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(definitions(), max_size=9),
        st.sampled_from(["product", "cart"]),
        st.lists(st.integers(0, 5).map("p{}".format), min_size=1, max_size=4, unique=True),
    )
    def agree(found: list[Definition], placement: str, products: list[str]) -> None:
        published = published_with(found)
        parts.pricer.published.get = lambda blocking=False: published  # type: ignore[method-assign]
        parts.snapshots.expire()
        products = products[:1] if placement == "product" else products
        page = page_of(placement, *products)
        page.currency = "EUR"
        (slot,) = parts.suggestions.fill(page, [SETS])
        (explained,) = parts.suggestions.explain(page, [SETS])
        shown = [one.bundle.id for one in explained.bundles if one.verdict.place is not None]
        assert list(dict.fromkeys(offer.bundle.id for offer in slot.bundles)) == shown
        assert sorted(one.bundle.id for one in explained.bundles) == [one.id for one in published.about(products)]
        savings = {offer.bundle.id: offer.saving for offer in slot.bundles if offer.tiers}
        assert {one.bundle.id: one.saving for one in explained.bundles if one.bundle.id in savings} == savings

    with shop.app.app_context():
        agree()


def published_with(found: list[Definition]) -> Published:
    """The definitions as published bundles with ids from 1."""
    by_product: dict[str, tuple[int, ...]] = {}
    for number, one in enumerate(found, 1):
        for name in one.product_ids:
            by_product[name] = (*by_product.get(name, ()), number)
    return Published(1, {number: Bundle(number, one) for number, one in enumerate(found, 1)}, by_product)


def test_a_slot_that_steps_back_for_a_bundle_is_explained_as_the_page_shows_it(make_shop: MakeShop) -> None:
    """What is bought together is named with the bundle of the very same products, and counts as no empty slot."""
    shop = bundle_shop(make_shop)
    together = "[data-storefront-slot=bought_together]"
    with shop.shop.app.app_context():
        shop.shop.place(*[["p1", "p9"]] * 4)
        shop.shop.storefront.services.slot_stats.flush()
    bundle = 0
    for products in (("p1", "p8"), ("p9", "p1")):
        bundle = shop.publish(set_of(*products, price=TEN))
        with shop.shop.app.app_context():
            slot = explain(shop.shop, "product", "p1")["bought_together"]
        assert (shop.soup("/p/p1").select_one(together) is None) == (slot.replaced_by is not None)
    assert slot.replaced_by is not None
    assert slot.replaced_by.id == bundle
    assert [(one.product_id, one.kind, one.place) for one in slot.candidates] == [("p9", "offered", None)]
    assert slot.shown == ()
    with shop.shop.app.app_context():
        shop.shop.storefront.services.slot_stats.flush()
        fill = shop.shop.storefront.services.slot_stats.totals()["product"]["bought_together"]
    assert fill.empty == 0
    assert fill.pages >= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verdict_on_a_bundle_has_words(language: str) -> None:
    """In each language, with all that is put in."""
    values: dict[str, Any] = dict.fromkeys(
        ("place", "limit", "moment", "segment", "product", "currency", "instead"), "7"
    )
    for message in VERDICTS.values():
        words = texts_for(language).gettext(message, **values)
        assert words
        assert "%(" not in words
