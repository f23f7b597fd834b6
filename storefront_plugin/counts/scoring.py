"""Scores from counts. Pure functions.

With n and w in *orders of today* (integers of the store divided by the weight of an order of the newest batch's day),
for each seed q and candidate j::

    s_j = Σ_q  w_qj / (n_q^a · n_j^b) · w_qj / (w_qj + k)  +  Σ_q  μ / (n_q^a' · n_j^b) · n_j / Σn

The first term is the evidence of pairs, shrunk when there is little; the second is a popularity prior, for small shops
and new products. The sum is multiplied by the trend of j: recent sales against earlier ones. The constants a shop begins
with were fitted on nine public data sets of real orders; later its own orders choose them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal, TypeAlias

PageKind: TypeAlias = Literal["cart", "product"]
"""What is asked: what goes with a whole cart, or with one product."""


@dataclass(frozen=True, slots=True)
class Formula:
    """Constants of the score: *seed* a, *prior_seed* a', *specialness* b, *shrinkage* k, *prior* μ."""

    seed: float
    prior_seed: float
    specialness: float
    shrinkage: float
    prior: float

    def dialled(self, specialness: float | None) -> Formula:
        """The formula with another b; None returns it unchanged."""
        return self if specialness is None else replace(self, specialness=specialness)


CART = Formula(seed=0.75, prior_seed=0.75, specialness=0.4, shrinkage=5.0, prior=3.0)
PRODUCT = Formula(seed=0.0, prior_seed=0.75, specialness=0.1, shrinkage=30.0, prior=30.0)

TREND = 0.25
"""Exponent of the trend."""

TREND_ORDERS = 5.0
"""Orders at the shop's average pace that are added to those of each product: few orders say little about a trend."""


@dataclass(frozen=True, slots=True)
class Constants:
    """All constants of a shop: *half_life* of its orders in days (0: they do not fade), *trend*, and a formula a page."""

    half_life: float = 180.0
    trend: float = TREND
    cart: Formula = CART
    product: Formula = PRODUCT

    def formula(self, page: PageKind) -> Formula:
        """The formula of *page*."""
        return self.cart if page == "cart" else self.product

    def to_json(self) -> str:
        """As JSON text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Constants:
        """What `to_json` made."""
        found = json.loads(text)
        return cls(found["half_life"], found["trend"], Formula(**found["cart"]), Formula(**found["product"]))


DEFAULTS = Constants()


def trends(
    counts: Mapping[int, int], older: Mapping[int, float], unit: int, exponent: float = TREND
) -> dict[int, float]:
    """The trend factor of each product: 1 when its sales are spread over time like the shop's, above 1 when they rise.

    Args:
        counts: n by product number, as stored in Redis.
        older: n by number, in orders of today, without the latest two weeks.
        unit: Weight of an order of today.
        exponent: How much the trend counts; 0 is not at all.
    """
    if not exponent:
        return {}
    recent = {number: max(0.0, count / unit - older.get(number, 0.0)) for number, count in counts.items()}
    total = sum(recent.values()) * unit
    if not total:
        return {}
    pace = sum(counts.values()) / total
    return {
        number: math.pow((orders * pace + TREND_ORDERS) / (counts[number] / unit + TREND_ORDERS), exponent)
        for number, orders in recent.items()
    }


MAX_NEIGHBOURS = 100
LEAST_NEIGHBOURS = 50
READ_BUDGET = 1000


def neighbours_scored(seeds: int) -> int:
    """How many neighbours of each of *seeds* are scored: 100 of each of a few, the 50 strongest of each of twenty."""
    return max(LEAST_NEIGHBOURS, min(MAX_NEIGHBOURS, READ_BUDGET // max(1, seeds)))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A seed: its count n and its neighbours with pair weights, as stored in Redis."""

    count: int
    weights: Sequence[tuple[int, float]]


def score(
    formula: Formula,
    seeds: Iterable[Neighbours],
    counts: Mapping[int, int],
    unit: int,
    total: int,
    popular: Iterable[int],
    trend: Mapping[int, float],
) -> tuple[dict[int, float], set[int]]:
    """Scores by product number, and the numbers that have evidence of pairs.

    Args:
        formula: The constants.
        seeds: Neighbours of each seed.
        counts: n by product number, as stored in Redis.
        unit: Weight of an order of today; divides every n and w.
        total: Σn, as stored in Redis.
        popular: Numbers of products that are candidates by the prior alone.
        trend: See `trends`; 1 for other products.
    """
    evidence: dict[int, float] = {}
    shrinkage = formula.shrinkage * unit
    strength = 0.0
    known = False
    for seed in seeds:
        known = True
        own = max(seed.count, 1) / unit
        strength += formula.prior * own**-formula.prior_seed
        factor = own**-formula.seed / unit
        for number, weight in seed.weights:
            evidence[number] = evidence.get(number, 0.0) + factor * weight * weight / (weight + shrinkage or 1.0)
    if not known:
        strength = formula.prior
    share = strength * unit / total if total else 0.0
    scores: dict[int, float] = {}
    exponent = -formula.specialness
    for number, value in evidence.items():
        own = counts.get(number, unit) / unit or 1.0
        scores[number] = (value + share * own) * own**exponent * trend.get(number, 1.0)
    for number in popular:
        if number not in scores and number in counts:
            own = counts[number] / unit
            if own > 0:
                scores[number] = share * own ** (1 + exponent) * trend.get(number, 1.0)
    return scores, set(evidence)


def blended(
    scores: Mapping[int, float],
    modelled: Mapping[int, float],
    share: float,
    numbers: Collection[int],
    compared: Collection[int],
) -> dict[int, float]:
    """For each of *numbers* the *share* of a model and the rest of the pairs' *scores*.

    Each is divided by its best among the *compared*.
    """
    best = max((scores.get(number, 0.0) for number in compared), default=0.0)
    best_modelled = max((modelled.get(number, 0.0) for number in compared), default=0.0)
    paired = (1.0 - share) / best if best > 0 else 0.0
    weighed = share / best_modelled if best_modelled > 0 else 0.0
    return {number: paired * scores.get(number, 0.0) + weighed * modelled.get(number, 0.0) for number in numbers}
