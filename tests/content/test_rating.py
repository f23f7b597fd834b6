"""Ratings by their lower bound: answers known by construction."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront_plugin.content.ratings import Rated, effective_count, lower_bound, lower_bounds

NOW = dt.datetime(2025, 6, 1, tzinfo=dt.timezone.utc)


def test_a_single_five_star_review_wins_nothing() -> None:
    """It stays behind a hundred reviews of four stars and a half, and behind ten of them."""
    bounds = lower_bounds({1: Rated(5.0, 1), 2: Rated(4.5, 100), 3: Rated(4.5, 10)}, NOW)
    assert bounds[2] > bounds[3] > bounds[1]


def test_more_reviews_of_the_same_mean_rank_higher() -> None:
    """Certainty counts where the means are equal."""
    bounds = lower_bounds({number: Rated(4.4, count) for number, count in enumerate([3, 30, 300], 1)}, NOW)
    assert bounds[3] > bounds[2] > bounds[1]


def test_bad_products_stay_below_unknown_ones() -> None:
    """Many bad reviews rank below few good ones."""
    bounds = lower_bounds({1: Rated(2.0, 500), 2: Rated(4.5, 4)}, NOW)
    assert bounds[2] > bounds[1]


@pytest.mark.parametrize(("days", "worth"), [(0, 100.0), (730, 50.0), (1460, 25.0), (-30, 100.0)])
def test_old_reviews_count_less(days: int, worth: float) -> None:
    """Reviews count half after two years; dates in the future count as today."""
    rated = Rated(4.0, 100, NOW - dt.timedelta(days=days))
    assert effective_count(rated, NOW) == pytest.approx(worth)


def test_naive_and_unknown_dates_are_taken_as_they_are() -> None:
    """A naive date is read as UTC; without a date nothing fades."""
    naive = Rated(4.0, 10, dt.datetime(2023, 6, 2))
    assert effective_count(naive, NOW) == pytest.approx(5.0, abs=0.01)
    assert effective_count(Rated(4.0, 10), NOW) == 10.0


def test_bound_of_a_known_case() -> None:
    """15 reviews of 5 stars on a prior of 5 at 4 stars: share .95, deviation √(.95·.05/21)."""
    expected = 5 * (0.95 - 1.645 * (0.95 * 0.05 / 21) ** 0.5)
    assert lower_bound(5.0, 15, 4.0, 5.0) == pytest.approx(expected)


def test_a_shop_without_reviews_has_no_best_rated() -> None:
    """Nothing rated gives nothing."""
    assert lower_bounds({}, NOW) == {}


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 10**6)), min_size=1, max_size=8))
def test_bounds_stay_within_the_stars(reviews: list[tuple[float, int]]) -> None:
    """Whatever the reviews, a bound is from 0 to 5."""
    bounds = lower_bounds({number: Rated(stars, count) for number, (stars, count) in enumerate(reviews)}, NOW)
    assert all(0 <= bound <= 5 for bound in bounds.values())
