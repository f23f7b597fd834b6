"""The discount of a cart is the most that its bundles can give, over all sets of its very items."""

from __future__ import annotations

import random
from decimal import Decimal
from itertools import pairwise, permutations

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from made_bundles import NOW, PRODUCTS, TEXTS, bundles, carts, definitions, mix_of, mixes, priced, set_of, steps_of
from plain_pricing import most_saving

from storefront_plugin.bundles.bundle import Bundle
from storefront_plugin.bundles.cart.lines import LineItem
from storefront_plugin.bundles.cart.pricing import price_cart
from storefront_plugin.bundles.definition import Definition
from storefront_plugin.bundles.packing import candidates
from storefront_plugin.bundles.price import Price, amount_off, fixed_price, free_items, percent_off
from storefront_plugin.bundles.quote import quote
from storefront_plugin.bundles.slots.items import OfferItem
from storefront_plugin.bundles.slots.offers import quote_of
from storefront_plugin.bundles.tier import Component, Tier
from storefront_plugin.shop.ports import Product

SOME = settings(max_examples=80, deadline=None)
MIXED = mix_of(*[f"m{number}" for number in range(8)], price=percent_off(10), least=4)
WINES = [LineItem(f"m{number}", 1, 1000 - 10 * number) for number in range(8)]


def extra(*parts: Component) -> Definition:
    """Some components are free."""
    return Definition(kind="extra", tiers=(Tier(parts, free_items()),), texts=TEXTS)


BUY_ONE_GET_ONE = extra(Component("p0"), Component("p0", free=True))


@SOME
@given(carts(8, 2), st.lists(definitions(), min_size=1, max_size=8))
@example(WINES, [MIXED, set_of("m1", "m3", price=percent_off(50))])
@example([LineItem("p0", 1, 1000, "red"), LineItem("p0", 1, 0, "blue")], [BUY_ONE_GET_ONE])
@example(
    [LineItem(name, 1, 1000 + 7 * at, f"v{at}") for name in ("p0", "p1") for at in range(4)],
    [set_of("p0", "p1", price=percent_off(10)), set_of("p0", "p1", price=amount_off({"EUR": 205}))],
)
@example(
    [LineItem("p0", 2, 1000), LineItem("p1", 2, 2000)],
    [steps_of("p0", "p1", steps={2: percent_off(10)}), steps_of("p0", "p2", steps={2: amount_off({"EUR": 500})})],
)
def test_small_carts_save_what_trying_all_sets_of_their_items_gives(
    lines: list[LineItem], given: list[Definition]
) -> None:
    """All kinds, variants, shared products, limits: the answer is the best, and is said to be."""
    pricing = priced(lines, *given)
    assert pricing.discount == most_saving(lines, bundles(*given))
    assert pricing.optimal


@SOME
@given(carts(6, 2), st.lists(definitions(), min_size=1, max_size=4), st.integers(0, 12), st.integers(0, 20))
def test_what_is_not_tried_is_bounded(lines: list[LineItem], given: list[Definition], ways: int, nodes: int) -> None:
    """With few ways and few decisions the answer is possible, its bound holds, and certainty is never claimed wrongly."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "ALL_WAYS", ways)
        patch.setattr(candidates, "SMALL_WAYS", ways)
        patch.setattr(candidates, "SOME_WAYS", ways)
        pricing = priced(lines, *given, nodes=nodes)
    best = most_saving(lines, bundles(*given))
    assert pricing.discount <= best <= pricing.bound
    assert pricing.optimal == (pricing.discount == pricing.bound)


@SOME
@given(carts(8, 2), st.lists(definitions(), min_size=2, max_size=5), st.data())
def test_the_total_does_not_depend_on_ids(lines: list[LineItem], given: list[Definition], data: st.DataObject) -> None:
    """Other ids in another order may change which of equal answers is taken, never what it costs."""
    ids = data.draw(st.lists(st.integers(1, 99), min_size=len(given), max_size=len(given), unique=True))
    other = price_cart(lines, [Bundle(number, one) for number, one in zip(ids, given, strict=True)], "EUR", NOW)
    pricing = priced(lines, *given)
    assume(pricing.optimal and other.optimal)
    assert (pricing.total, pricing.bound) == (other.total, other.bound)


@SOME
@given(carts(6, 2), st.lists(definitions(), min_size=1, max_size=4), carts(1, 1))
def test_an_item_more_never_lowers_the_discount(
    lines: list[LineItem], given: list[Definition], more: list[LineItem]
) -> None:
    """Where the answers are certain, what is added costs its own price at most."""
    before, after = priced(lines, *given), priced([*lines, *more], *given)
    if after.optimal:
        assert after.discount >= before.discount


@pytest.mark.parametrize("price", [percent_off(10), amount_off({"EUR": 500}), fixed_price({"EUR": 2000})])
@pytest.mark.parametrize(("components", "variants"), [(3, 5), (3, 8), (5, 3), (2, 9)])
@pytest.mark.parametrize("step", [0, 10])
def test_as_many_full_sets_as_there_are_variants_apply(price: Price, components: int, variants: int, step: int) -> None:
    """Each variant of each component once makes as many sets, at one price and at different ones."""
    names = [f"c{number}" for number in range(components)]
    lines = [LineItem(name, 1, 1000 + step * at, f"v{at}") for name in names for at in range(variants)]
    pricing = priced(lines, set_of(*names, price=price))
    if price.kind != "fixed" or components > 2:
        assert sum(one.count for one in pricing.applied) == variants
    assert pricing.optimal or step
    if price.kind == "percent":
        assert abs(pricing.discount - sum(line.gross for line in lines) // 10) <= variants
    if price.kind == "amount":
        assert pricing.discount == 500 * variants


def test_a_bulk_component_takes_the_items_of_several_variants() -> None:
    """Two hundred items of three variants, however they are counted together."""
    bulk = Definition(kind="set", tiers=(Tier((Component("s", 200),), percent_off(10)),), texts=TEXTS)
    for prices in ((10, 10, 10), (10, 11, 12)):
        pricing = priced([LineItem("s", 150, price, name) for price, name in zip(prices, "abc", strict=True)], bulk)
        assert sum(one.count for one in pricing.applied) == 2


def test_many_choices_are_never_below_taking_the_best_set_from_what_is_left() -> None:
    """Thirty wines, six a case, and half off of a pair: as good as the cases and the pair one after the other."""
    names = [f"w{number:02}" for number in range(30)]
    lines = [LineItem(name, 1, 1000 + 37 * place) for place, name in enumerate(names)]
    cases = mix_of(*names, price=percent_off(20), least=6)
    pair = set_of("w03", "w07", price=percent_off(50))
    only = sum(line.gross for line in lines) // 5
    assert abs(priced(lines, cases).discount - only) <= 5
    assert only - 5 <= priced(lines, cases, pair).discount <= priced(lines, cases, pair).bound


def take_the_best(lines: list[LineItem], given: list[Definition]) -> int:
    """What is saved by taking the set that saves most of what is left, again and again; percentages only."""
    left = [(line.unit_price, line.product_id) for line in lines for _ in range(line.quantity)]
    saved = 0
    while True:
        best: tuple[int, list[tuple[int, str]]] = (0, [])
        for one in given:
            (tier,) = one.tiers
            names = [component.product_id for component in tier.components]
            if one.kind == "mix":
                chosen = sorted((item for item in left if item[1] in names), reverse=True)[: tier.least]
                there = len(chosen) == tier.least
            else:
                chosen = [max((item for item in left if item[1] == name), default=(0, "")) for name in names]
                there = all(name for _, name in chosen)
            saving = quote(tier, [(price, 1) for price, _ in chosen], "EUR").saving
            if there and saving:
                best = max(best, (saving, chosen))
        if not best[0]:
            return saved
        saved += best[0]
        for item in best[1]:
            left.remove(item)


@pytest.mark.parametrize("nodes", [0, 100])
def test_large_carts_are_never_below_taking_the_best_set_again_and_again(nodes: int) -> None:
    """Mixes of dozens of products beside sets with variants: far more ways than can be tried."""
    for seed in range(6):
        chance = random.Random(seed)
        names = [f"p{number:02}" for number in range(30)]
        lines = [
            LineItem(chance.choice(names), chance.randint(1, 3), chance.randint(500, 9000), f"v{number}")
            for number in range(50)
        ]
        given = [
            mix_of(*chance.sample(names, 20), price=percent_off(chance.randint(5, 25)), least=chance.randint(3, 8))
            for _ in range(3)
        ]
        given += [set_of(*chance.sample(names, 3), price=percent_off(chance.randint(5, 40))) for _ in range(30)]
        pricing = priced(lines, *given, nodes=nodes)
        assert take_the_best(lines, given) <= pricing.discount <= pricing.bound


def test_steps_apply_in_the_order_that_saves_most() -> None:
    """Whichever has the lower id, the amount is taken off the mugs first and the percentage off the bowls."""
    given = [
        steps_of("bowl", "mug", steps={2: percent_off(10)}),
        steps_of("mug", "spoon", steps={2: amount_off({"EUR": 500})}),
        steps_of("spoon", "fork", steps={2: percent_off(20)}),
    ]
    lines = [LineItem("mug", 2, 1000), LineItem("bowl", 2, 2000), LineItem("spoon", 1, 700), LineItem("fork", 1, 700)]
    for some in permutations(given):
        pricing = priced(lines, *some)
        assert (pricing.discount, pricing.optimal) == (1000 + 500 + 400, True)


def test_more_overlapping_steps_than_are_tried_in_all_orders_are_not_said_to_be_certain() -> None:
    """Each product is in two steps; the answer has its bound."""
    names = [f"s{number:02}" for number in range(12)]
    given = [steps_of(one, other, steps={2: percent_off(5 + at)}) for at, (one, other) in enumerate(pairwise(names))]
    pricing = priced([LineItem(name, 1, 1000 + 100 * at) for at, name in enumerate(names)], *given)
    assert 0 < pricing.discount < pricing.bound


@pytest.mark.parametrize(
    ("lines", "discount"),
    [
        ([LineItem("p0", 1, 1000, "red"), LineItem("p0", 1, 0, "blue")], 0),
        ([LineItem("p0", 1, 1000, "red"), LineItem("p0", 1, 800, "blue")], 800),
        ([LineItem("p0", 4, 1000, "red"), LineItem("p0", 2, 800, "blue"), LineItem("p0", 2, 100, "grey")], 2900),
    ],
)
def test_the_free_item_is_the_cheapest_of_its_set(lines: list[LineItem], discount: int) -> None:
    """Also where one of them costs nothing; pairs are made of like items."""
    assert priced(lines, BUY_ONE_GET_ONE).discount == discount


@pytest.mark.parametrize("quantity", range(1, 14))
def test_a_set_of_a_mix_is_full_before_the_next_begins(quantity: int) -> None:
    """Two to four items, 5.00 off: five items are one set and an item, six are a set of four and one of two."""
    mix = mix_of(*PRODUCTS, price=amount_off({"EUR": 500}), least=2, most=4)
    lines = [LineItem(PRODUCTS[number % 3], 1, 1000 + number) for number in range(quantity)]
    pricing = priced(lines, mix, prices=dict.fromkeys(PRODUCTS, 900))
    sets = quantity // 4 + (quantity % 4 >= 2)
    assert (pricing.discount, pricing.optimal) == (500 * sets, True)
    assert sum(part.quantity for line in pricing.lines for part in line.parts if part.bundle_id) == 4 * (
        quantity // 4
    ) + (quantity % 4 if quantity % 4 >= 2 else 0)
    hints = [(hint.saving, hint.items[0].quantity) for hint in pricing.missing]
    assert hints == ([(500, 1)] if quantity % 4 == 1 else [])


def test_in_a_mix_of_a_range_the_cheapest_of_those_that_it_needs_are_free() -> None:
    """A fourth, cheaper item takes nothing away from the shopper, and belongs to the set."""
    mix = mix_of(*PRODUCTS, price=free_items(2), least=3, most=4)
    lines = [LineItem(name, 1, price) for name, price in zip(PRODUCTS, (1000, 600, 500, 100), strict=False)]
    assert priced(lines[:3], mix).discount == priced(lines, mix).discount == 1100
    assert [line.parts[0].bundle_id for line in priced(lines, mix).lines] == [1] * 4


@SOME
@given(mixes(percent_off(10)) | mixes(amount_off({"EUR": 700})), st.data())
def test_a_mix_costs_at_the_till_what_its_page_says(mix: Definition, data: st.DataObject) -> None:
    """Whatever is chosen, as many items as the mix allows."""
    (tier,) = mix.tiers
    count = data.draw(st.integers(tier.least, tier.most))
    picked = data.draw(st.lists(st.sampled_from(tier.components), min_size=count, max_size=count))
    known = {one: 100 + 250 * number for number, one in enumerate(tier.components)}
    items = [
        OfferItem(
            at, one, Product(id=one.product_id, title="x", price=Decimal(1)), (), None, known[one], picked.count(one), 1
        )
        for at, one in enumerate(tier.components)
    ]
    total, saving, _ = quote_of(tier, items, "EUR")
    lines = [
        LineItem(one.product_id, picked.count(one), known[one], next(iter(one.variants), None)) for one in set(picked)
    ]
    pricing = priced(sorted(lines, key=repr), mix)
    assert (pricing.gross, pricing.discount) == (total, saving)


def test_hints_of_mixes_and_steps_tell_the_variants_that_count() -> None:
    """Only the red one makes the mix full; of the other product any does."""
    parts = (Component("p1", variants=("red",)), Component("p3"))
    known = {"p1": 1000, "p3": 500}
    mix = Definition(kind="mix", tiers=(Tier(parts, percent_off(20), 3, 3),), texts=TEXTS)
    steps = Definition(kind="steps", tiers=(Tier(parts, percent_off(20), 3),), texts=TEXTS)
    for one in (mix, steps):
        ((item,),) = [hint.items for hint in priced([LineItem("p1", 2, 1000, "red")], one, prices=known).missing]
        assert (item.product_ids, item.quantity) == (("p1", "p3"), 1)
        assert (item.variants_of("p1"), item.variants_of("p3")) == (("red",), ())


def test_a_bundle_that_stands_alone_shows_its_next_tier() -> None:
    """And no other bundle's."""
    starter = Tier((Component("a"), Component("b")), amount_off({"EUR": 300}))
    complete = Tier((Component("a"), Component("b"), Component("c")), amount_off({"EUR": 900}))
    ladder = Definition(kind="ladder", tiers=(starter, complete), texts=TEXTS, stacking="alone")
    lines = [LineItem("a", 2, 1000), LineItem("b", 1, 1000)]
    pricing = priced(lines, ladder, set_of("a", "z", price=percent_off(5)), prices={"c": 700, "z": 100, "b": 1000})
    assert [(hint.bundle_id, hint.tier, hint.saving) for hint in pricing.missing] == [(1, 1, 600)]
    assert priced([*lines, LineItem("c", 1, 700)], ladder).discount == 900
