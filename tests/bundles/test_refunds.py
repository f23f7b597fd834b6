"""Refunds of orders with bundles give back exactly what was paid, in whatever order the items come."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_bundles import bundles, carts, currencies, definitions, priced, set_of

from storefront_plugin.bundles.cart.lines import LineItem
from storefront_plugin.bundles.definition import Definition
from storefront_plugin.bundles.orders.record import OrderRecord, record_of
from storefront_plugin.bundles.orders.refunds import (
    Policy,
    RefundLine,
    Return,
    refund_quote,
    refunds_from_json,
    refunds_to_json,
)
from storefront_plugin.bundles.price import fixed_price, percent_off
from storefront_plugin.core.errors import InputError


def record(lines: list[LineItem], *given: Definition, currency: str = "EUR") -> OrderRecord:
    """The record of an order of *lines*."""
    return record_of(priced(lines, *given, currency=currency), bundles(*given))


@settings(max_examples=120, deadline=None)
@given(
    carts(6, 3),
    st.lists(definitions(), max_size=5),
    currencies(),
    st.randoms(use_true_random=False),
    st.sampled_from(["keep", "recompute", "both"]),
)
def test_refunds_in_any_order_give_back_exactly_what_was_paid(
    lines: list[LineItem], given: list[Definition], currency: str, chance: random.Random, policy: str
) -> None:
    """Item by item or several at a time, by either policy: all refunds together are the price and its tax."""
    paid = record(lines, *given, currency=currency)
    returns = [Return(line.product_id, 1, line.variant_id) for line in lines for _ in range(line.quantity)]
    chance.shuffle(returns)
    so_far: list[RefundLine] = []
    while returns:
        count = chance.randint(1, len(returns))
        chosen: Policy = chance.choice(["keep", "recompute"]) if policy == "both" else policy  # type: ignore[assignment]
        quote = refund_quote(paid, so_far, returns[:count], chosen)
        left = paid.paid - sum(line.amount for line in so_far)
        assert 0 <= quote.amount <= left
        assert quote.rest == left - quote.amount >= 0
        assert all(line.amount >= 0 and line.tax >= 0 for line in quote.lines)
        assert sum(line.quantity for line in quote.lines) == count
        so_far += quote.lines
        returns = returns[count:]
    assert sum(line.amount for line in so_far) == paid.paid
    assert sum(line.tax for line in so_far) == sum(part.tax for part in paid.parts)


@settings(max_examples=120, deadline=None)
@given(
    carts(4, 5),
    st.lists(definitions(), max_size=5),
    st.lists(st.decimals("-0.5", "0.49", places=3), min_size=4, max_size=4),
)
def test_lines_with_prices_finer_than_coins_add_up(
    lines: list[LineItem], given: list[Definition], fractions: list[Decimal]
) -> None:
    """Bundles never make a line negative; its parts, the order and its refunds are exactly what it cost."""
    exact = [
        replace(line, exact_price=line.unit_price + part) if part and line.unit_price + part > 0 else line
        for line, part in zip(lines, fractions, strict=False)
    ]
    pricing = priced(exact, *given)
    assert all(0 <= line.total <= line.line.gross for line in pricing.lines)
    assert (
        sum(one.saving for one in pricing.applied) == pricing.discount == sum(line.discount for line in pricing.lines)
    )
    paid = record_of(pricing, bundles(*given))
    assert paid.paid == pricing.total
    assert all(part.paid >= 0 for part in paid.parts)
    assert OrderRecord.from_json(paid.to_json()) == paid
    back = [Return(line.product_id, line.quantity, line.variant_id) for line in exact]
    assert refund_quote(paid, [], back).amount == pricing.total


@settings(max_examples=80, deadline=None)
@given(carts(), st.lists(definitions(), max_size=5))
def test_a_record_and_its_refunds_survive_json(lines: list[LineItem], given: list[Definition]) -> None:
    """What is stored with the order is what was priced; its parts sum to the cart's total and tax."""
    pricing = priced(lines, *given)
    paid = record_of(pricing, bundles(*given))
    assert OrderRecord.from_json(paid.to_json()) == paid
    assert (paid.paid, sum(part.tax for part in paid.parts)) == (pricing.total, pricing.tax)
    quote = refund_quote(paid, [], [Return(lines[0].product_id)])
    assert refunds_from_json(paid, refunds_to_json(quote.lines)) == list(quote.lines)


def test_keep_leaves_the_discount_and_recompute_takes_it_back() -> None:
    """Two at 10 000 together for 15 000: keeping one costs 7 500, or 10 000 where it is priced again."""
    paid = record(
        [LineItem("a", 1, 10000), LineItem("b", 1, 10000)], set_of("a", "b", price=fixed_price({"EUR": 15000}))
    )
    kept = refund_quote(paid, [], [Return("a")], "keep")
    assert (kept.amount, kept.rest, kept.held_back) == (7500, 7500, 0)
    again = refund_quote(paid, [], [Return("a")], "recompute")
    assert (again.amount, again.rest, again.rest_price, again.held_back) == (5000, 10000, 10000, 2500)
    last = refund_quote(paid, again.lines, [Return("b")], "recompute")
    assert [(line.product_id, line.quantity, line.amount) for line in last.lines] == [("a", 0, 2500), ("b", 1, 7500)]


def test_recompute_never_asks_the_shopper_for_money() -> None:
    """Where what is kept alone costs more than was paid, nothing is refunded, and nothing is demanded."""
    paid = record([LineItem("a", 1, 1000), LineItem("b", 1, 9000)], set_of("a", "b", price=percent_off(50)))
    quote = refund_quote(paid, [], [Return("a")], "recompute")
    assert (quote.amount, quote.rest, quote.rest_price, quote.held_back) == (0, 5000, 9000, 500)


def test_items_outside_of_bundles_go_back_first() -> None:
    """The set stays whole as long as it can."""
    paid = record([LineItem("a", 2, 1000), LineItem("b", 1, 1000)], set_of("a", "b", price=percent_off(50)))
    first = refund_quote(paid, [], [Return("a")])
    second = refund_quote(paid, first.lines, [Return("a")])
    assert (first.amount, second.amount) == (1000, 500)


def test_the_last_item_takes_the_remainder() -> None:
    """Three items for 100 go back as 33, 33 and 34."""
    paid = record([LineItem("a", 3, 34), LineItem("b", 1, 1)], set_of("a", "b", price=percent_off(1)))
    paid = OrderRecord("EUR", True, (paid.parts[0].__class__(LineItem("a", 3, 34), 100, 16),))
    so_far: list[RefundLine] = []
    for amount in (33, 33, 34):
        quote = refund_quote(paid, so_far, [Return("a")])
        assert quote.amount == amount
        so_far += quote.lines
    assert sum(line.tax for line in so_far) == 16


@pytest.mark.parametrize("quantity", [0, -1, 1.5, Decimal(1), True])
def test_quantities_that_are_no_whole_numbers_are_refused(quantity: object) -> None:
    """A refund is for whole items."""
    with pytest.raises(InputError, match="whole number above 0"):
        refund_quote(record([LineItem("a", 2, 100)]), [], [Return("a", quantity)])  # type: ignore[arg-type]


def test_more_than_was_bought_is_refused() -> None:
    """Also when it comes in two calls, or in another variant."""
    paid = record([LineItem("a", 2, 100, "red")])
    first = refund_quote(paid, [], [Return("a", 2)])
    for so_far, returned in (((), Return("a", 3)), (first.lines, Return("a")), ((), Return("a", 1, "blue"))):
        with pytest.raises(InputError, match="came back already"):
            refund_quote(paid, so_far, [returned])
    with pytest.raises(InputError, match="policy"):
        refund_quote(paid, [], [Return("a")], "half")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="so far"):
        refund_quote(paid, [RefundLine(0, "a", None, 1, 500, 0)], [Return("a")])
    with pytest.raises(InputError, match="cannot be read"):
        OrderRecord.from_json('{"format": 1}')


def test_a_large_order_can_be_priced_again() -> None:
    """Its lines were split into more parts than a cart may have lines; items of a kind are put together again."""
    lines = [LineItem(f"x{number}", 2, 1000) for number in range(600)]
    sets = [set_of(f"x{at}", f"x{at + 1}", price=percent_off(10), limit_per_order=1) for at in range(0, 600, 2)]
    paid = record(lines, *sets)
    assert (len(paid.parts), paid.paid) == (1200, 600 * 1900)
    quote = refund_quote(paid, [], [Return("x0", 2)], "recompute")
    assert (quote.amount, quote.rest_price) == (1800, 599 * 2000 - 299 * 200)


def test_ids_of_what_comes_back_may_be_numbers() -> None:
    """As in carts and components; an empty variant is none."""
    paid = record([LineItem(1, 1, 100, 2), LineItem(3, 1, 50)])  # type: ignore[arg-type]
    returned = [Return(1, 1, 2), Return(3, 1, "")]  # type: ignore[arg-type]
    assert refund_quote(paid, [], returned).amount == 150
    with pytest.raises(InputError, match="product id"):
        Return("")
