"""The arithmetic of scores."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storefront_plugin.counts.scoring import PRODUCT, Neighbours, score, trends

UNIT = 1 << 16


def test_a_steady_product_has_no_trend_and_a_rising_one_has() -> None:
    """All against the pace of the shop: here half of all orders are of the latest two weeks."""
    counts = {1: 20 * UNIT, 2: 20 * UNIT, 3: 20 * UNIT}
    factors = trends(counts, {1: 10.0, 2: 20.0}, UNIT)
    assert factors[1] == pytest.approx(1.0)
    assert factors[2] < 1 < factors[3]


def test_what_n_has_grown_since_the_last_look_is_recent() -> None:
    """A product that takes off must not wait for the next look at the log."""
    counts = {1: 100 * UNIT, 2: 30 * UNIT}
    assert trends(counts, {1: 95.0, 2: 25.0}, UNIT)[2] < trends({**counts, 2: 60 * UNIT}, {1: 95.0, 2: 25.0}, UNIT)[2]


def test_few_orders_tell_little_about_a_trend() -> None:
    """One order more or less of a rare product moves it less than the same share moves a common one."""
    factors = trends({1: UNIT, 2: 100 * UNIT, 3: 1000 * UNIT}, {1: 1.0, 2: 100.0, 3: 500.0}, UNIT)
    assert factors[2] < factors[1] < 1


def test_a_shop_without_orders_or_without_recent_ones_has_no_trends() -> None:
    """Then every factor is 1."""
    assert trends({}, {}, UNIT) == {}
    assert trends({1: UNIT}, {1: 1.0}, UNIT) == {}


def test_the_trend_decides_between_equals() -> None:
    """Two neighbours of the same weight and the same n."""
    seeds = [Neighbours(5 * UNIT, [(2, 3.0 * UNIT), (3, 3.0 * UNIT)])]
    counts = {1: 5 * UNIT, 2: 9 * UNIT, 3: 9 * UNIT}
    scores, evident = score(PRODUCT, seeds, counts, UNIT, sum(counts.values()), (), {3: 1.2})
    assert evident == {2, 3}
    assert scores[3] == pytest.approx(1.2 * scores[2])


def test_a_pair_that_has_faded_to_nothing_says_nothing() -> None:
    """Without shrinkage, too, which a shop's own orders may choose."""
    formula = replace(PRODUCT, shrinkage=0.0)
    scores, _ = score(formula, [Neighbours(10, [(1, 0), (2, 4)])], {1: 5, 2: 5}, 1, 20, (), {})
    assert scores[1] < scores[2]
