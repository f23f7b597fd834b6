"""Shops whose money has steps: what a bundle reduces costs a multiple of the step, and all sums stay exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from admin_form import Merchants
from hypothesis import given, settings
from hypothesis import strategies as st
from made_bundles import PRODUCTS, bundles, carts, definitions, mix_of, priced, prices, set_of, steps_of
from plain_pricing import most_saving
from small_shop import SmallShop

from storefront_plugin import CartLine, Merchant
from storefront_plugin.bundles.cart.lines import LineItem, pool
from storefront_plugin.bundles.definition import Definition
from storefront_plugin.bundles.orders.record import OrderRecord, record_of
from storefront_plugin.bundles.orders.refunds import Policy, RefundLine, Return, refund_quote
from storefront_plugin.bundles.packing import candidates, choose
from storefront_plugin.bundles.price import Price, amount_off, fixed_price, percent_off
from storefront_plugin.bundles.price_kinds import on_step
from storefront_plugin.bundles.proposals.mining import MiningSettings, suggested_discount
from storefront_plugin.bundles.rounding import spread
from storefront_plugin.bundles.spreadsheet.exporting import export_csv
from storefront_plugin.bundles.spreadsheet.importing import import_csv
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.core.errors import InputError

SOME = settings(max_examples=80, deadline=None)
STEPS = st.sampled_from([{"EUR": step} for step in (5, 10, 50, 100)])
CENTS = {"EUR": 5}


def stepped(definitions: list[Definition], steps: Mapping[str, int]) -> list[Definition]:
    """*definitions* in a shop with price *steps*."""
    return [one.in_steps(steps) for one in definitions]


def on_the_step(lines: list[LineItem], step: int) -> list[LineItem]:
    """*lines* at prices that a shop with such money has."""
    return [LineItem(one.product_id, one.quantity, on_step(one.unit_price, step), one.variant_id) for one in lines]


@given(st.integers(0, 10**15), st.integers(1, 1000))
def test_a_price_goes_to_the_nearest_step(price: int, step: int) -> None:
    """Half goes down, which is in the shopper's favour; with a step of one nothing changes."""
    found = on_step(price, step)
    assert found % step == 0
    assert -step < 2 * (found - price) < step or 2 * (price - found) == step
    assert on_step(price, 1) == price


@SOME
@given(carts(8, 2), st.lists(definitions(), min_size=1, max_size=6), STEPS, st.booleans())
def test_small_carts_save_what_trying_all_sets_gives(
    lines: list[LineItem], given: list[Definition], steps: dict[str, int], clean: bool
) -> None:
    """Whether or not the shop's own prices lie on the step: the answer is the best, and is said to be."""
    lines = on_the_step(lines, steps["EUR"]) if clean else lines
    some = stepped(given, steps)
    pricing = priced(lines, *some)
    assert pricing.discount == most_saving(lines, bundles(*some))
    assert pricing.optimal


@SOME
@given(carts(6, 2), st.lists(definitions(), min_size=1, max_size=4), st.integers(0, 12), st.integers(0, 20), STEPS)
def test_what_is_not_tried_is_bounded(
    lines: list[LineItem], given: list[Definition], ways: int, nodes: int, steps: dict[str, int]
) -> None:
    """The bound of the search holds with rounding to steps, too."""
    some = stepped(given, steps)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("ALL_WAYS", "SMALL_WAYS", "SOME_WAYS"):
            patch.setattr(candidates, name, ways)
        pricing = priced(lines, *some, nodes=nodes)
    assert pricing.discount <= most_saving(lines, bundles(*some)) <= pricing.bound


@SOME
@given(carts(8, 4), st.lists(definitions(), min_size=1, max_size=6), STEPS)
def test_what_is_reduced_costs_a_multiple_of_the_step(
    lines: list[LineItem], given: list[Definition], steps: dict[str, int]
) -> None:
    """Each set as a whole, all items of a volume discount in percent, or each of its items; the shop's prices as they are."""
    some, step = bundles(*stepped(given, steps)), steps["EUR"]
    choice = choose(pool(lines), some, "EUR")
    for chosen in choice.chosen:
        definition = some[chosen.bundle_id - 1].definition
        price = definition.tiers[chosen.tier].price
        costs = [choice.pools[number].unit_price * quantity for number, quantity in chosen.demand]
        if definition.kind == "steps" and price.kind != "percent":
            reduced = [cost - off for cost, off in zip(costs, chosen.discounts, strict=True) if off]
            assert [one % step for one in reduced] == [0] * len(reduced)
        elif price.kind != "free":
            assert (sum(costs) - sum(chosen.discounts)) % step == 0
        assert all(0 <= off <= cost for off, cost in zip(chosen.discounts, costs, strict=True))


@SOME
@given(carts(8, 4), st.lists(definitions(), min_size=1, max_size=6), STEPS)
def test_discounts_of_lines_sum_up_and_lie_on_the_step_where_prices_do(
    lines: list[LineItem], given: list[Definition], steps: dict[str, int]
) -> None:
    """What hosts get for each line."""
    step = steps["EUR"]
    pricing = priced(on_the_step(lines, step), *stepped(given, steps))
    assert sum(one.saving for one in pricing.applied) == sum(line.discount for line in pricing.lines)
    for line in pricing.lines:
        assert sum(part.discount for part in line.parts) == line.discount
        assert [part.discount % step for part in line.parts] == [0] * len(line.parts)
        assert 0 <= line.discount <= line.line.gross


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=8), st.integers(0, 100), st.sampled_from([1, 5, 10, 100]))
def test_parts_of_an_amount_sum_to_it_and_none_is_above_its_weight(weights: list[int], part: int, step: int) -> None:
    """With a step and without; on the step where amount and weights are."""
    amount = sum(weights) * part // 100
    parts = spread(amount, weights, step)
    assert sum(parts) == amount
    assert all(0 <= one <= weight for one, weight in zip(parts, weights, strict=True))
    scaled = spread(amount * step, [weight * step for weight in weights], step)
    assert [one % step for one in scaled] == [0] * len(scaled)
    assert sum(scaled) == amount * step


@SOME
@given(carts(6, 2), st.lists(definitions(), min_size=1, max_size=4), STEPS)
def test_a_next_offer_keeps_its_promise(lines: list[LineItem], given: list[Definition], steps: dict[str, int]) -> None:
    """Also where what is added is dearer than the cheapest choice, and off the step."""
    some = stepped(given, steps)
    known = {name: 1000 + 333 * place for place, name in enumerate(PRODUCTS)}
    before = priced(lines, *some, prices=known)
    for hint in before.missing:
        names = [item.product_ids for item in hint.items]
        for last in (0, -1):
            added = [
                LineItem(of[last], item.quantity, known[of[last]], next(iter(item.variants_of(of[last])), None))
                for of, item in zip(names, hint.items, strict=True)
            ]
            after = priced([*lines, *added], *some)
            if hint.saving is not None and after.optimal:
                assert after.discount >= before.discount + hint.saving


@given(
    prices(),
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 4)), min_size=1, max_size=4),
    st.sampled_from([{}, {"EUR": 5}, {"EUR": 10}, {"EUR": 100}]),
)
def test_no_set_and_no_step_saves_more_than_the_search_takes_for_its_bound(
    price: Price, items: list[tuple[int, int]], steps: dict[str, int]
) -> None:
    """By the shares of items and what no item makes; of quantity steps by what each item saves."""
    rule = replace(price, steps=steps).rule
    if not rule.has("EUR"):
        return
    total = sum(unit_price * quantity for unit_price, quantity in items)
    bound = rule.base_saving(0, "EUR") + rule.item_share(False) * total
    assert max(0, rule.saving(items, total, 0, "EUR")) <= max(0, bound)
    most = sum(rule.item_saving(unit_price, "EUR") * quantity for unit_price, quantity in items)
    assert rule.step_saving(items, total, "EUR") <= most


def test_a_next_offer_promises_no_more_than_the_dearer_choice_saves() -> None:
    """Three at 10.00 save 3.00; with 10.03 for the third the set is rounded up, and saves 2.98."""
    mix = mix_of("a", "b", price=percent_off(10), least=3).in_steps(CENTS)
    lines = [LineItem("a", 2, 1000)]
    (hint,) = priced(lines, mix, prices={"a": 1000, "b": 1003}).missing
    assert hint.saving is not None
    assert 290 < hint.saving <= priced([*lines, LineItem("b", 1, 1003)], mix).discount == 298
    (exact,) = priced(lines, mix, prices={"a": 1000, "b": 1005}).missing
    assert exact.saving == 300


@pytest.mark.parametrize("second", [LineItem("a", 2, 100), LineItem("b", 1, 200)])
def test_lines_of_a_volume_discount_go_in_steps(second: LineItem) -> None:
    """0.20 off of 3.00 is 0.05 and 0.15, in two lines of one product and of two."""
    deal = steps_of("a", "b", steps={2: percent_off("6.5")}).in_steps(CENTS)
    assert [line.discount for line in priced([LineItem("a", 1, 100), second], deal).lines] == [5, 15]


def test_lines_of_three_equal_items_go_in_steps() -> None:
    """A set of three for 19.95 is 6.65 each; for 20.00 the parts differ by one step."""
    lines = [LineItem(name, 1, 1000) for name in "abc"]
    for total, parts in ((1995, [665, 665, 665]), (2000, [665, 665, 670])):
        deal = set_of("a", "b", "c", price=fixed_price({"EUR": total})).in_steps(CENTS)
        pricing = priced(lines, deal)
        assert [line.total for line in pricing.lines] == parts


def test_a_mix_of_a_range_is_filled_up_only_where_its_price_stays_on_the_step() -> None:
    """2 to 4 for 2.00 less: a fourth item at 5.00 belongs to the set, one at 4.99 would save otherwise."""
    mix = mix_of("a", "b", "c", price=amount_off({"EUR": 200}), least=2, most=4).in_steps(CENTS)
    for price, last, taken, saving in ((1000, 500, 4, 200), (1000, 498, 3, 200), (999, 999, 3, 202)):
        pricing = priced([LineItem("a", 2, price), LineItem("b", 1, price), LineItem("c", 1, last)], mix)
        assert sum(part.quantity for line in pricing.lines for part in line.parts if part.bundle_id) == taken
        assert pricing.discount == saving


def test_a_volume_discount_is_rounded_once_in_percent_and_for_each_item_in_amounts() -> None:
    """Seven at 0.95 less 10 % are 6.00, not seven times 0.85."""
    lines = [LineItem("a", 7, 95)]
    assert priced(lines, steps_of("a", steps={3: percent_off(10)}).in_steps(CENTS)).total == 600
    assert priced(lines, steps_of("a", steps={3: amount_off({"EUR": 9})}).in_steps(CENTS)).total == 7 * 85


def test_another_currency_has_no_step() -> None:
    """Steps are by currency."""
    deal = set_of("a", "b", price=percent_off(10)).in_steps({"CHF": 5})
    lines = [LineItem("a", 1, 1013), LineItem("b", 1, 500)]
    assert priced(lines, deal).total == 1513 - 151
    assert priced(lines, deal, currency="CHF").total == 1360


def test_a_refund_prices_what_is_kept_with_the_step_of_its_order() -> None:
    """The step is kept with the order: three of four at 10 % off cost 26.95, whatever the shop's step is later."""
    deal = steps_of("a", steps={2: percent_off(10)}).in_steps({"EUR": 50})
    pricing = priced([LineItem("a", 4, 995)], deal)
    record = OrderRecord.from_json(record_of(pricing, bundles(deal)).to_json())
    assert record.paid == 3600
    quote = refund_quote(record, [], [Return("a")], "recompute")
    assert (quote.amount, quote.rest) == (900, 2700)


@SOME
@given(carts(5, 4), st.lists(definitions(), min_size=1, max_size=4), STEPS, st.data())
def test_refunds_go_in_steps_and_sum_to_what_was_paid(
    lines: list[LineItem], given: list[Definition], steps: dict[str, int], data: st.DataObject
) -> None:
    """Item by item, in any order and by either policy, of a shop whose prices lie on the step."""
    some = stepped(given, steps)
    pricing = priced(on_the_step(lines, steps["EUR"]), *some)
    record = OrderRecord.from_json(record_of(pricing, bundles(*some)).to_json())
    items = [(line.product_id, line.variant_id) for line in lines for _ in range(line.quantity)]
    so_far: list[RefundLine] = []
    for product_id, variant_id in data.draw(st.permutations(items)):
        policy: Policy = data.draw(st.sampled_from(["keep", "recompute"]))
        quote = refund_quote(record, so_far, [Return(product_id, 1, variant_id)], policy)
        if record.bundles:
            assert [line.amount % steps["EUR"] for line in quote.lines] == [0] * len(quote.lines)
        so_far += quote.lines
    assert sum(line.amount for line in so_far) == record.paid == pricing.total


def test_three_items_of_a_reduced_price_are_refunded_in_steps() -> None:
    """29.00 for three: 9.65, 9.65, and 9.70 with the last."""
    deal = steps_of("a", steps={3: percent_off("3.3")}).in_steps(CENTS)
    record = record_of(priced([LineItem("a", 3, 1000)], deal), bundles(deal))
    so_far: list[RefundLine] = []
    for amount in (965, 965, 970):
        quote = refund_quote(record, so_far, [Return("a")])
        assert quote.amount == amount
        so_far += quote.lines


def test_steps_are_those_of_the_shop_as_it_is_now() -> None:
    """A definition that once had steps loses them in a shop that has none."""
    deal = set_of("a", "b", price=percent_off(10))
    assert deal.in_steps(CENTS).in_steps({}).tiers[0].price.steps == {}


@pytest.fixture
def swiss(make_shop: Callable[..., SmallShop]) -> Iterator[SmallShop]:
    """A shop of francs: p10 and p20 at 10.00 and 20.00, in steps of 0.05."""
    shop = make_shop(STOREFRONT_CURRENCY="CHF", STOREFRONT_PRICE_STEP="0.05", admin_access=lambda: Merchant("Heidi"))
    with shop.app.app_context():
        yield shop


def test_carts_orders_and_json_of_a_shop_go_in_its_steps(swiss: SmallShop) -> None:
    """30.00 less 3.3 % are 29.00, at the till, in the JSON endpoint and in what is kept of the order."""
    swiss.storefront.publish_bundle(set_of("p10", "p20", price=percent_off("3.3")))
    pricing = swiss.storefront.price_cart([CartLine("p10"), CartLine("p20")])
    assert (pricing.total, [line.discount for line in pricing.lines]) == (2900, [35, 65])
    lines = [{"product_id": "p10"}, {"product_id": "p20"}]
    answer = swiss.app.test_client().post("/storefront/api/price", json={"lines": lines}).json
    assert answer is not None
    assert (answer["total"], answer["discount"]) == ("29.00", "1.00")
    assert swiss.storefront.bundles_applied("order-1", pricing)
    swiss.db.session.commit()
    back = swiss.storefront.refund_quote("order-1", [], policy="recompute")
    assert (back.amount, back.rest_price) == (0, 2900)


def test_a_bundle_published_in_python_lies_on_the_step(swiss: SmallShop) -> None:
    """As one typed in the editor; the sentence says what to enter."""
    deal = set_of("p10", "p20", price=fixed_price({"CHF": 2798}))
    with pytest.raises(InputError, match=r"Amounts in CHF must be multiples of 0\.05; enter 28\.00, for example"):
        swiss.storefront.publish_bundle(deal)


def test_the_editor_refuses_an_amount_off_the_step_beside_its_field(swiss: SmallShop) -> None:
    """The amount is kept as typed; on the step it is published, and the preview has what the cart takes."""
    editor = Merchants(swiss)
    editor.get("bundles/new?kind=set")
    for product in ("p10", "p20"):
        editor.press("add-0", tiers__0__add=product)
    typed = {"texts__0__title": "Kit", "tiers__0__price": "amount", "tiers__0__amounts__0__amount": "1.23"}
    editor.press("publish", **typed)
    assert editor.status == 422
    (error,) = editor.texts("#tiers-0-amounts-0-amount-error")
    assert error == "Amounts in CHF must be multiples of 0.05; enter 1.25, for example."
    assert editor.value("tiers-0-amounts-0-amount") == "1.23"
    editor.press("publish", tiers__0__price="percent", tiers__0__percent="3.3")
    assert editor.status == 200
    assert editor.texts(".storefront-total-amount") == ["CHF29.00"]


def test_the_editor_warns_of_an_amount_from_before_the_step(swiss: SmallShop) -> None:
    """It is sold at the nearest step meanwhile."""
    bundles_of_shop = BundleRepository(swiss.storefront.database)
    made = bundles_of_shop.create(set_of("p10", "p20", price=fixed_price({"CHF": 2798})))
    bundles_of_shop.set_state(made.id, made.version, "publish")
    assert swiss.storefront.price_cart([CartLine("p10"), CartLine("p20")]).total == 2800
    editor = Merchants(swiss)
    editor.get(f"bundles/{made.id}")
    assert "must be multiples of 0.05; enter 28.00" in editor.soup.get_text(" ")


def test_a_spreadsheet_with_an_amount_off_the_step_is_refused_by_line(swiss: SmallShop) -> None:
    """Others of the file are kept; what was exported comes back as it was."""
    swiss.storefront.publish_bundle(set_of("p10", "p20", price=fixed_price({"CHF": 2795})))
    database, steps = swiss.storefront.database, swiss.storefront.settings.price_steps
    header, *rows = "".join(export_csv(database)).splitlines()
    same = import_csv(database, "\n".join([header, *rows]).encode(), price_steps=steps)
    assert [one.action for one in same.outcomes] == ["same"]
    wrong = import_csv(database, "\n".join([header, *rows]).replace("27.95", "27.98").encode(), price_steps=steps)
    ((line, said),) = [(one.line, str(one.wrong[0])) for one in wrong.outcomes]
    assert (line, said) == (2, "Amounts in CHF must be multiples of 0.05; enter 28.00, for example.")


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 99), st.sampled_from([5, 50, 100]))
def test_a_suggested_discount_keeps_the_margin_floor_on_the_step(price: int, cost: int, wanted: int, step: int) -> None:
    """Of the price that shoppers pay, which may be half a step lower."""
    discount = suggested_discount(price, cost, MiningSettings(discount=wanted), step)
    assert 0 <= discount <= wanted
    if discount:
        after = min(price, on_step(price * (100 - discount), step, 100))
        assert after - cost >= Decimal("0.2") * after
