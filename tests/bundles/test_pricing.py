"""Carts with bundles cost what they must, to the unit, in whatever order their lines come."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_bundles import NOW, TEXTS, bundles, carts, currencies, definitions, mix_of, priced, set_of, steps_of

from storefront_plugin.bundles.bundle import Bundle, Shopper
from storefront_plugin.bundles.cart.lines import LineItem, line_from_cart
from storefront_plugin.bundles.cart.pricing import CartPricing, price_cart
from storefront_plugin.bundles.definition import Definition, Schedule
from storefront_plugin.bundles.price import amount_off, fixed_price, free_items, percent_off
from storefront_plugin.bundles.tier import Component, Tier
from storefront_plugin.core.errors import InputError
from storefront_plugin.shop.ports import CartLine

FEW = settings(max_examples=120, deadline=None)


def check_sums(pricing: CartPricing) -> None:
    """Every amount is the sum of its parts, and none is negative."""
    assert pricing.gross - pricing.discount == pricing.total == sum(line.total for line in pricing.lines)
    assert pricing.discount == sum(applied.saving for applied in pricing.applied) <= pricing.bound
    for place, line in enumerate(pricing.lines):
        assert 0 <= line.discount <= line.line.gross
        assert sum(part.quantity for part in line.parts) == line.line.quantity
        assert sum(part.discount for part in line.parts) == line.discount
        assert all(0 <= part.discount <= part.quantity * line.line.unit_price for part in line.parts)
        assert line.discount == sum(dict(applied.discounts).get(place, 0) for applied in pricing.applied)
    assert pricing.tax == sum(line.tax for line in pricing.lines) == sum(tax.tax for tax in pricing.taxes)
    taxed = sum(line.total for line in pricing.lines if line.line.tax_rate is not None)
    assert sum(tax.net + (tax.tax if pricing.tax_included else 0) for tax in pricing.taxes) == taxed


@FEW
@given(carts(), st.lists(definitions(), max_size=6), currencies(), st.booleans())
def test_all_sums_hold_for_any_cart_and_any_bundles(
    lines: list[LineItem], given: list[Definition], currency: str, tax_included: bool
) -> None:
    """Lines, bundles, taxes and totals add up to the unit, and nothing is negative."""
    check_sums(priced(lines, *given, currency=currency, tax_included=tax_included))


@FEW
@given(carts(), st.lists(definitions(), max_size=6), st.randoms(use_true_random=False))
def test_the_answer_does_not_depend_on_the_order_of_the_lines(
    lines: list[LineItem], given: list[Definition], chance: random.Random
) -> None:
    """The same lines in another order cost the same, bundle by bundle and line by line."""
    first = priced(lines, *given)
    places = list(range(len(lines)))
    chance.shuffle(places)
    second = priced([lines[place] for place in places], *given)
    brief = [[(one.bundle_id, one.tier, one.count, one.saving) for one in each.applied] for each in (first, second)]
    assert brief[0] == brief[1]
    assert (first.bound, first.missing, first.refused) == (second.bound, second.missing, second.refused)
    each = [sorted((repr(one.line), one.discount, one.tax) for one in found.lines) for found in (first, second)]
    assert each[0] == each[1]


@FEW
@given(carts(), st.lists(definitions(), min_size=1, max_size=6))
def test_one_more_bundle_never_makes_a_cart_more_expensive(lines: list[LineItem], given: list[Definition]) -> None:
    """Where the answer is certain, adding a bundle can only save more."""
    few, more = priced(lines, *given[:-1]), priced(lines, *given)
    if more.optimal:
        assert more.total <= few.total


@FEW
@given(carts(), st.lists(definitions(), min_size=1, max_size=4), currencies())
def test_what_is_said_to_be_saved_by_adding_is_saved(
    lines: list[LineItem], given: list[Definition], currency: str
) -> None:
    """With what is missing, at least the saving that was promised is reached."""
    known = {line.product_id: line.unit_price for line in lines}
    before = priced(lines, *given, currency=currency, prices=known)
    for hint in (hint for hint in before.missing if hint.saving is not None):
        added = [
            LineItem(
                item.product_ids[0],
                item.quantity,
                known[item.product_ids[0]],
                next(iter(item.variants_of(item.product_ids[0])), None),
            )
            for item in hint.items
        ]
        after = priced([*lines, *added], *given, currency=currency)
        if after.optimal:
            assert after.discount >= before.discount + hint.saving


def test_a_fixed_price_is_reached_to_the_unit() -> None:
    """Three items that do not divide evenly sum to the price of the set."""
    lines = [LineItem("a", 1, 1000), LineItem("b", 1, 1000), LineItem("c", 1, 1000)]
    pricing = priced(lines, set_of("a", "b", "c", price=fixed_price({"EUR": 1999})))
    assert (pricing.total, pricing.discount) == (1999, 1001)
    assert [line.total for line in pricing.lines] == [666, 666, 667]


@pytest.mark.parametrize(("currency", "total"), [("JPY", 12000), ("EUR", 15000), ("KWD", 14000)])
def test_amounts_are_never_converted(currency: str, total: int) -> None:
    """A currency without an amount keeps its single prices, and the reason is given."""
    deal = set_of("camera", "case", price=fixed_price({"JPY": 12000, "KWD": 14000}))
    pricing = priced([LineItem("camera", 1, 10000), LineItem("case", 1, 5000)], deal, currency=currency)
    assert pricing.total == total
    assert [(number, why.why) for number, why in pricing.refused] == ([(1, "no_amount")] if currency == "EUR" else [])


def test_a_fixed_price_above_the_sum_is_refused_with_a_reason() -> None:
    """There is never a negative saving."""
    pricing = priced([LineItem("a", 1, 100), LineItem("b", 1, 100)], set_of("a", "b", price=fixed_price({"EUR": 201})))
    assert (pricing.discount, pricing.applied) == (0, ())
    ((number, why),) = pricing.refused
    assert (number, why.why) == (1, "costs_more")
    assert "lower it" in why.reason


def test_two_and_a_half_sets_are_two_sets_and_a_rest() -> None:
    """Whole sets only; what is over costs its own price."""
    pricing = priced([LineItem("a", 5, 1000), LineItem("b", 2, 500)], set_of("a", "b", price=percent_off(10)))
    assert [(one.count, one.saving) for one in pricing.applied] == [(2, 300)]
    assert [part.quantity for part in pricing.lines[0].parts] == [2, 3]


@pytest.mark.parametrize("quantity", [0, -1, 2.5, Decimal("2.5"), 1_000_001, True, "2"])
def test_quantities_that_are_no_whole_numbers_are_refused(quantity: object) -> None:
    """Negative, fractional and huge quantities are a sentence, not a price."""
    with pytest.raises(InputError, match="whole number from 1"):
        LineItem("a", quantity, 100)  # type: ignore[arg-type]


def test_a_whole_quantity_may_come_as_a_decimal_from_the_cart() -> None:
    """Shops that keep quantities as decimals are served as long as they are whole."""
    line = CartLine("a", Decimal("2.000"))  # type: ignore[arg-type]
    assert line_from_cart(line, Decimal("9.99"), "EUR") == LineItem("a", 2, 999)


def test_a_million_items_are_priced_at_once() -> None:
    """Large quantities cost no more time than small ones."""
    pricing = priced(
        [LineItem("a", 1_000_000, 3), LineItem("b", 999_999, 7)], set_of("a", "b", price=amount_off({"EUR": 1}))
    )
    assert pricing.applied[0].count == pricing.discount == 999_999
    assert pricing.optimal


def test_everything_free_and_nothing_to_save() -> None:
    """100 % off leaves nothing to pay; a set of free products has nothing to take off."""
    deal = set_of("a", "b", price=percent_off(100))
    assert priced([LineItem("a", 1, 1001), LineItem("b", 1, 0)], deal).total == 0
    nothing = priced([LineItem("a", 1, 0), LineItem("b", 1, 0)], deal)
    assert nothing.applied == ()
    assert nothing.refused[0][1].why == "saves_nothing"


def test_buy_one_get_one_gives_the_cheaper_one() -> None:
    """Of two variants at two prices the cheaper is free, and its line says so."""
    parts = (Component("shirt"), Component("shirt", free=True))
    deal = Definition(kind="extra", tiers=(Tier(parts, free_items()),), texts=TEXTS)
    pricing = priced([LineItem("shirt", 1, 1200, "blue"), LineItem("shirt", 1, 1000, "red")], deal)
    assert [line.total for line in pricing.lines] == [1200, 0]


def test_the_more_expensive_tier_applies_where_its_items_are_there() -> None:
    """An item counts for one tier: the complete set takes the place of the starter set."""
    starter = Tier((Component("body"), Component("lens")), amount_off({"EUR": 500}))
    complete = Tier((Component("body"), Component("lens"), Component("bag")), amount_off({"EUR": 1500}))
    ladder = Definition(kind="ladder", tiers=(starter, complete), texts=TEXTS)
    lines = [LineItem("body", 1, 50000), LineItem("lens", 1, 20000)]
    small = priced(lines, ladder, prices={"bag": 3000})
    assert [(one.tier, one.saving) for one in small.applied] == [(0, 500)]
    (hint,) = small.missing
    assert (hint.tier, hint.saving, hint.items[0].product_ids) == (1, 1000, ("bag",))
    large = priced([*lines, LineItem("bag", 1, 3000)], ladder)
    assert [(one.tier, one.saving) for one in large.applied] == [(1, 1500)]


def test_a_mix_takes_the_most_expensive_of_its_group() -> None:
    """Any three for one price: the shopper gets the choice that saves most."""
    lines = [LineItem("a", 1, 500), LineItem("b", 1, 900), LineItem("c", 1, 700), LineItem("d", 1, 800)]
    pricing = priced(lines, mix_of("a", "b", "c", "d", price=fixed_price({"EUR": 2000}), least=3))
    assert pricing.discount == 400
    assert pricing.lines[0].discount == 0


def test_a_mix_of_many_products_is_answered_with_a_bound() -> None:
    """Where there are too many choices to try all, the most expensive neighbours are taken and the bound is honest."""
    names = [f"wine{number:02}" for number in range(30)]
    lines = [LineItem(name, 1, 1000 + 10 * place) for place, name in enumerate(names)]
    pricing = priced(lines, mix_of(*names, price=percent_off(20), least=6))
    assert pricing.discount == sum(line.gross for line in lines) // 5
    assert pricing.discount <= pricing.bound


def test_quantity_steps_hold_for_all_items() -> None:
    """From five items on all cost less, also items of several products of the group together."""
    deal = steps_of("a", "b", steps={3: percent_off(5), 5: percent_off(10)})
    pricing = priced([LineItem("a", 4, 1000), LineItem("b", 3, 500)], deal, prices={"a": 1000, "b": 500})
    assert (pricing.discount, pricing.applied[0].tier) == (550, 1)
    fewer = priced([LineItem("a", 4, 1000)], deal, prices={"a": 1000, "b": 500})
    assert fewer.discount == 200
    assert [(hint.saving, hint.items[0].quantity) for hint in fewer.missing] == [(250, 1)]


def test_optional_components_are_discounted_where_they_are_there() -> None:
    """The set applies without them, and to them too."""
    parts = (Component("a"), Component("b"), Component("c", optional=True))
    deal = Definition(kind="set", tiers=(Tier(parts, percent_off(10)),), texts=TEXTS)
    lines = [LineItem("a", 1, 1000), LineItem("b", 1, 1000)]
    assert priced(lines, deal).discount == 200
    assert priced([*lines, LineItem("c", 1, 500)], deal).discount == 250


def test_only_allowed_variants_count() -> None:
    """Another variant of the same product makes no set."""
    parts = (Component("a", variants=("red",)), Component("b"))
    deal = Definition(kind="set", tiers=(Tier(parts, percent_off(10)),), texts=TEXTS)
    assert priced([LineItem("a", 1, 1000, "blue"), LineItem("b", 1, 1000)], deal).discount == 0
    assert priced([LineItem("a", 1, 1000, "red"), LineItem("b", 1, 1000)], deal).discount == 200


def test_a_bundle_that_stands_alone_wins_or_stays_away() -> None:
    """It is taken when it saves more than all others together."""
    first, second = set_of("a", "b", price=amount_off({"EUR": 300})), set_of("c", "d", price=amount_off({"EUR": 300}))
    lines = [LineItem(product, 1, 1000) for product in "abcd"]
    for amount, ids in ((500, [1, 2]), (600, [1, 2]), (700, [3])):
        alone = set_of("a", "c", price=amount_off({"EUR": amount}), stacking="alone")
        assert [one.bundle_id for one in priced(lines, first, second, alone).applied] == ids


def test_schedule_segment_staff_and_limits_decide_who_has_a_bundle() -> None:
    """Outside of them it does not apply."""
    lines = [LineItem("a", 3, 1000), LineItem("b", 3, 1000)]
    soon = Schedule(start=NOW + dt.timedelta(seconds=1))
    over = Schedule(end=NOW)
    on = Schedule(NOW, NOW + dt.timedelta(seconds=1))
    price = percent_off(10)
    assert priced(lines, set_of("a", "b", price=price, schedule=soon)).discount == 0
    assert priced(lines, set_of("a", "b", price=price, schedule=over)).discount == 0
    assert priced(lines, set_of("a", "b", price=price, schedule=on)).discount == 600
    assert priced(lines, set_of("a", "b", price=price, limit_per_order=2)).discount == 400
    staff, segment = set_of("a", "b", price=price, staff_only=True), set_of("a", "b", price=price, segment="vip")
    assert priced(lines, staff).discount == priced(lines, segment).discount == 0
    assert priced(lines, staff, shopper=Shopper(unlocked=frozenset({1}))).discount == 600
    assert priced(lines, segment, shopper=Shopper(segments=frozenset({"vip"}))).discount == 600
    left = [Bundle(1, set_of("a", "b", price=price, limit_in_all=100), uses_left=1)]
    assert price_cart(lines, left, "EUR", NOW).discount == 200
    assert price_cart(lines, [Bundle(1, left[0].definition, uses_left=0)], "EUR", NOW).discount == 0


def test_mixed_tax_rates_are_rounded_line_by_line() -> None:
    """The tax of the cart is exactly what its lines show, included or on top."""
    lines = [LineItem("a", 1, 999, None, Decimal(19)), LineItem("b", 1, 501, None, Decimal("7"))]
    deal = set_of("a", "b", price=fixed_price({"EUR": 1000}))
    inside = priced(lines, deal)
    assert [line.total for line in inside.lines] == [666, 334]
    assert [line.tax for line in inside.lines] == [106, 22]
    assert [(one.rate, one.net, one.tax) for one in inside.taxes] == [(Decimal(7), 312, 22), (Decimal(19), 560, 106)]
    assert [line.tax for line in priced(lines, deal, tax_included=False).lines] == [127, 23]


def test_two_bundles_with_one_id_and_a_time_without_zone_are_refused() -> None:
    """Both would make prices depend on chance."""
    deal = set_of("a", "b", price=percent_off(10))
    with pytest.raises(InputError, match="same id"):
        price_cart([], [*bundles(deal), *bundles(deal)], "EUR", NOW)
    with pytest.raises(InputError, match="time zone"):
        price_cart([], [], "EUR", NOW.replace(tzinfo=None))


def test_an_empty_cart_costs_nothing() -> None:
    """No lines, no bundles, no tax."""
    pricing = priced([], set_of("a", "b", price=percent_off(10)))
    assert (pricing.total, pricing.applied, pricing.missing, pricing.optimal) == (0, (), (), True)


COFFEE = {"machine": 30000, "grinder": 9000, "papers": 500, "cups": 500}
TENTH = percent_off(10)
GIFT = Definition(
    kind="extra", tiers=(Tier((Component("papers"), Component("grinder", free=True)), free_items()),), texts=TEXTS
)


@pytest.mark.parametrize(
    ("definition", "cart", "is_offered"),
    [
        (set_of("machine", "grinder", price=TENTH), ["machine"], True),
        (set_of("machine", "grinder", price=TENTH), ["grinder"], False),
        (set_of("machine", "papers", "cups", price=TENTH), ["machine", "cups"], True),
        (set_of("machine", "papers", "cups", price=TENTH), ["machine"], False),
        (set_of("machine", "papers", "cups", price=TENTH), ["papers", "cups"], False),
        (set_of("papers", "cups", price=TENTH), ["papers"], True),
        (set_of("grinder", "papers", price=TENTH), ["machine", "papers"], False),
        (mix_of("papers", "cups", price=TENTH, least=3), ["papers", "cups"], True),
        (mix_of("papers", "cups", price=TENTH, least=3), ["papers"], False),
        (mix_of("papers", "grinder", price=TENTH, least=2), ["papers"], True),
        (steps_of("papers", steps={3: TENTH}), ["papers", "papers"], True),
        (steps_of("papers", steps={3: TENTH}), ["papers"], False),
        (GIFT, ["papers"], True),
        (GIFT, ["grinder"], False),
    ],
)
def test_a_next_offer_asks_for_no_more_than_is_there(definition: Definition, cart: list[str], is_offered: bool) -> None:
    """Neither in items nor in money, of what the bundle takes; what comes free is not asked for."""
    lines = [LineItem(name, 1, COFFEE[name]) for name in cart]
    assert bool(priced(lines, definition, prices=COFFEE).missing) is is_offered
