"""A constant changes where the shop's own orders show more than chance."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from storefront_plugin.counts.scoring import DEFAULTS, Constants, PageKind
from storefront_plugin.learning.tuning import LEAST_QUERIES, tune

QUERIES = 400
Gain = Callable[[PageKind, Constants], float]


def asking(gain: Gain, noise: float = 0.2) -> Callable[[PageKind, Constants], Sequence[float]]:
    """Answers of queries that differ, each with *gain* and an error that is the same where the gain is."""

    def ask(page: PageKind, constants: Constants) -> list[float]:
        common, own = random.Random(1), random.Random(repr((page, gain(page, constants))))
        return [common.random() + gain(page, constants) + own.gauss(0, noise) for _ in range(QUERIES)]

    return ask


def test_what_the_orders_show_is_chosen() -> None:
    """Each constant has a best value; those of one page do not change the other."""

    def gain(page: PageKind, constants: Constants) -> float:
        slow = constants.half_life == 0
        special = page == "cart" and constants.cart.specialness == 0.6
        return 0.3 * slow + 0.2 * special

    tuned = tune(asking(gain, 0.05), QUERIES, DEFAULTS)
    assert tuned.constants == replace(DEFAULTS, half_life=0.0, cart=replace(DEFAULTS.cart, specialness=0.6))
    assert [(step.page, step.name, step.before, step.after) for step in tuned.steps] == [
        ("", "half_life", 180.0, 0.0),
        ("cart", "specialness", 0.4, 0.6),
    ]
    assert tuned.evidence["cart"].low > 0.4
    assert tuned.evidence["product"].low > 0.2


def test_of_values_that_are_as_good_the_nearest_is_taken() -> None:
    """Slower fading helps, however slow."""
    tuned = tune(asking(lambda page, constants: 0.3 * (constants.half_life in (0, 365, 730)), 0.0), QUERIES, DEFAULTS)
    assert tuned.constants == replace(DEFAULTS, half_life=365.0)


def test_where_no_value_helps_the_defaults_stay() -> None:
    """All answers are the same."""
    tuned = tune(asking(lambda *_: 0.0, 0.0), QUERIES, DEFAULTS)
    assert (tuned.constants, tuned.steps) == (DEFAULTS, ())
    assert tuned.evidence["cart"].low == tuned.evidence["cart"].high == 0


def test_what_makes_a_page_worse_is_not_chosen() -> None:
    """A half-life is one for both pages: what carts gain does not outweigh what product pages lose."""

    def gain(page: PageKind, constants: Constants) -> float:
        return (0.4 if page == "cart" else -0.2) * (constants.half_life == 90)

    tuned = tune(asking(gain, 0.05), QUERIES, DEFAULTS)
    assert tuned.constants.half_life == 180


def test_few_orders_choose_nothing() -> None:
    """Chance would."""
    tuned = tune(asking(lambda page, constants: constants.half_life == 0), LEAST_QUERIES - 1, DEFAULTS)
    assert (tuned.constants, tuned.evidence) == (DEFAULTS, {})


@pytest.mark.parametrize("half_life", [0.0, 45.0])
def test_a_half_life_of_the_settings_is_kept(half_life: float) -> None:
    """The others are chosen still."""
    start = replace(DEFAULTS, half_life=half_life)
    tuned = tune(
        asking(lambda page, constants: (constants.half_life == 180) + 0.3 * (constants.trend == 0), 0.05),
        QUERIES,
        start,
        is_half_life_free=False,
    )
    assert tuned.constants == replace(start, trend=0.0)
