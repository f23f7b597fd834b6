"""A bundle that makes no sense is refused with a sentence when it is made; one that does survives its JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_bundles import NOW, TEXTS, definitions, mix_of, set_of, steps_of

from storefront_plugin.bundles.cart.lines import LineItem
from storefront_plugin.bundles.definition import BundleText, Definition, Schedule
from storefront_plugin.bundles.price import Price, amount_off, fixed_price, free_items, percent_off
from storefront_plugin.bundles.quote import quote
from storefront_plugin.bundles.rounding import spread
from storefront_plugin.bundles.store.definition_json import dump_definition, load_definition
from storefront_plugin.bundles.tier import Component, Tier
from storefront_plugin.core.errors import InputError

TEN = percent_off(10)
A, B = Component("a"), Component("b")


@given(definitions())
def test_every_definition_survives_json(definition: Definition) -> None:
    """What is stored is what was made."""
    assert load_definition(dump_definition(definition)) == definition


def test_words_limits_and_schedule_survive_json() -> None:
    """Also what the other test does not draw: texts of any script, a schedule, limits."""
    texts = {"en": BundleText("<b>Set</b>", "Because", "/a.jpg"), "ar": BundleText("مجموعة")}
    schedule = Schedule(NOW, NOW + dt.timedelta(days=1))
    made = Definition(
        kind="set",
        tiers=(Tier((Component("a", 2, variants=("y", "x")), B), TEN),),
        texts=texts,
        schedule=schedule,
        limit_in_all=5,
        segment="vip",
        staff_only=True,
    )
    assert load_definition(dump_definition(made)) == made
    assert made.text_in("ar_EG").title == "مجموعة"
    assert made.text_in("ja").title == "<b>Set</b>"


WRONG: dict[str, Callable[[], object]] = {
    "at least two items": lambda: set_of("a", price=TEN),
    "exactly one tier": lambda: Definition(kind="set", tiers=(Tier((A, B), TEN),) * 2, texts=TEXTS),
    "2 to 10 tiers": lambda: Definition(kind="ladder", tiers=(Tier((A, B), TEN),), texts=TEXTS),
    "in the bundle twice": lambda: Tier((A, A), TEN),
    "optional products; use good / better / best": lambda: Definition(
        kind="set", tiers=(Tier((A, B, Component("c", optional=True)), fixed_price({"EUR": 1})),), texts=TEXTS
    ),
    "needs at least one component marked free": lambda: set_of("a", "b", price=free_items()),
    "'extra' can't have the price kind 'percent'; use one of free": lambda: Definition(
        kind="extra", tiers=(Tier((A, B), TEN),), texts=TEXTS
    ),
    "number of free items must be lower": lambda: mix_of("a", "b", price=free_items(2), least=2),
    "needs one number of items": lambda: mix_of("a", "b", price=fixed_price({"EUR": 1}), least=2, most=3),
    "counted together": lambda: Definition(kind="mix", tiers=(Tier((Component("a", 2), B), TEN, 2, 2),), texts=TEXTS),
    "title": lambda: BundleText(" "),
    "plain text": lambda: BundleText("a\x00b"),
    "description of a bundle must be plain": lambda: BundleText("a", "half a sign \ud83d"),
    "name of 1 to 64": lambda: set_of("a", "b", price=TEN, segment="v\x00ip"),
    "in at least one language": lambda: Definition(kind="set", tiers=(Tier((A, B), TEN),), texts={}),
    "no time zone": lambda: Schedule(dt.datetime(2026, 1, 1)),
    "must end after it starts": lambda: Schedule(NOW, NOW),
    "above 0 and at most 100": lambda: percent_off("100.01"),
    "at most 4 decimals": lambda: percent_off("1.00001"),
    "floats are not exact": lambda: percent_off(12.5),  # type: ignore[arg-type]
    "is not a currency": lambda: amount_off({"euro": 5}),
    "whole number of minor units": lambda: amount_off({"EUR": 0}),
    "one for each currency": lambda: Price("fixed"),
    "no bundle kind": lambda: Definition(kind="kit", tiers=(Tier((A, B), TEN),), texts=TEXTS),  # type: ignore[arg-type]
    "quantity of a component": lambda: Component("a", 0),
    "product id": lambda: Component(""),
    "'steps' can't have the price kind 'free'; use one of percent": lambda: steps_of("a", steps={2: free_items()}),
    "limit_in_all": lambda: set_of("a", "b", price=TEN, limit_in_all=0),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_what_makes_no_sense_is_refused_with_a_remedy(sentence: str) -> None:
    """Each refusal is a sentence that says what to do instead."""
    with pytest.raises(InputError, match=sentence) as caught:
        WRONG[sentence]()
    assert str(caught.value).endswith((".", "exact."))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"kind":"set","tiers":[{}],"words":{"en":{}}}', '{"kind":"set","tiers":7,"words":7}']
)
def test_json_that_is_no_bundle_is_refused(text: str) -> None:
    """Hand-written JSON is met with a sentence, not with a traceback."""
    with pytest.raises(InputError, match="definition of"):
        load_definition(text)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=10), st.integers(0, 100))
def test_spread_parts_sum_to_the_amount_and_stay_below_their_weights(weights: list[int], percent: int) -> None:
    """No unit is lost, and no part is above its weight."""
    amount = sum(weights) * percent // 100
    parts = spread(amount, weights)
    assert sum(parts) == amount
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


def test_percentages_are_rounded_half_up() -> None:
    """As shoppers reckon: 10 % off 9.95 are 1.00 off."""
    assert quote(Tier((A, B), percent_off(10)), [(995, 1)], "EUR").saving == 100
    assert quote(Tier((A, B), percent_off(Decimal("12.5"))), [(50, 2)], "JPY").saving == 13


@pytest.mark.parametrize(
    "make",
    [
        lambda huge: Component("a", huge),
        lambda huge: amount_off({"EUR": huge}),
        lambda huge: free_items(huge),
        lambda huge: percent_off(huge),
        lambda huge: set_of("a", "b", price=TEN, limit_in_all=huge),
        lambda huge: LineItem("a", huge, 1),
        lambda huge: LineItem("a", 1, huge),
        lambda huge: Definition(kind=huge, tiers=(), texts=TEXTS),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_numbers_too_long_to_be_written_out_are_refused_in_a_sentence(make: Callable[[int], object], sign: int) -> None:
    """Python writes out no number of five thousand digits, also not into the sentence about it."""
    with pytest.raises(InputError):
        make(sign * 10**5000)


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    """When summer ends the clock shows half past two twice; a bundle may last from the first to the second."""
    first = dt.datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Zurich"))
    second, utc = first.replace(fold=1), dt.timezone.utc
    schedule = Schedule(first, second)
    assert [schedule.holds(moment) for moment in (first, second)] == [True, False]
    assert schedule.holds(dt.datetime(2026, 10, 25, 1, 15, tzinfo=utc))
    assert not Schedule(second).holds(first)
    assert not Schedule(second).begun(first)
    with pytest.raises(InputError, match="must end after"):
        Schedule(second, first)
    assert Schedule(dt.datetime.min.replace(tzinfo=utc), dt.datetime.max.replace(tzinfo=ZoneInfo("Asia/Tokyo"))).holds(
        NOW
    )


def test_a_nul_in_a_text_is_named() -> None:
    """It cannot be seen, so the sentence says what to look for."""
    with pytest.raises(InputError, match="NUL"):
        BundleText("Set\x00")
