"""Ranking by reviews, so that a single five-star review does not win over a hundred good ones.

Products are ranked by a lower bound of their true rating, as Evan Miller argues in "How Not To Sort By Average
Rating" (2009) and, for stars with a prior belief, in "Ranking Items With Star Ratings" (2014). A rating of r stars is
taken as the share r/5 of a Beta distribution: prior Beta(m·C, m·(1−C)) with the shop's own mean C, to which c reviews of
mean p add c·p and c·(1−p). The bound is the posterior's mean less 1.645 standard deviations (19 of 20 lie above it);
a share has at least the variance of stars with the same mean, so the bound is conservative.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from ..core.clock import aware
from ..shop.ports import Product

STARS = 5.0
HALF_LIFE_DAYS = 730.0
"""Days since the newest review after which reviews count half."""

LEAST_PRIOR = 5.0
DEVIATIONS = 1.645


@dataclass(frozen=True, slots=True)
class Rated:
    """The reviews of one product: *stars* is their mean, 0 to 5; *count* is above 0."""

    stars: float
    count: int
    reviewed_at: dt.datetime | None = None


def reviews_of(product: Product) -> Rated | None:
    """Its reviews; None without any."""
    if product.rating is None or product.review_count <= 0:
        return None
    return Rated(product.rating, product.review_count, product.reviewed_at)


def effective_count(rated: Rated, now: dt.datetime) -> float:
    """The number of reviews, weighted by age; reviews without a date do not fade."""
    if rated.reviewed_at is None:
        return float(rated.count)
    days = max((aware(now) - aware(rated.reviewed_at)) / dt.timedelta(days=1), 0.0)
    return float(rated.count * 2.0 ** (-days / HALF_LIFE_DAYS))


def lower_bounds(reviews: Mapping[int, Rated], now: dt.datetime) -> dict[int, float]:
    """The lower bound of the rating of each product, in stars."""
    counts = [effective_count(rated, now) for rated in reviews.values()]
    if not counts:
        return {}
    strength = max(LEAST_PRIOR, median(counts))
    mean = _shop_mean(list(reviews.values()), counts)
    return {
        number: lower_bound(rated.stars, count, mean, strength)
        for (number, rated), count in zip(reviews.items(), counts, strict=True)
    }


def lower_bound(stars: float, count: float, mean: float, strength: float) -> float:
    """The bound for *count* reviews; the shop's mean counts as *strength* reviews."""
    whole = count + strength
    share = (count * stars + strength * mean) / whole / STARS
    deviation = math.sqrt(max(share * (1 - share), 0.0) / (whole + 1))
    return max(share - DEVIATIONS * deviation, 0.0) * STARS


def _shop_mean(reviews: Sequence[Rated], counts: Sequence[float]) -> float:
    """The mean rating of the shop, with at most `LEAST_PRIOR` reviews per product."""
    weights = [min(count, LEAST_PRIOR) for count in counts]
    total = sum(weights)
    if not total:  # all reviews are too old to count
        return sum(rated.stars for rated in reviews) / len(reviews)
    return sum(weight * rated.stars for weight, rated in zip(weights, reviews, strict=True)) / total
