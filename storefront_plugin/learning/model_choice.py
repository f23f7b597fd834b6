"""Chooses the penalty of the model of carts and its share beside the pairs, by the shop's own orders. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from .tuning import LEAST_QUERIES, compared_gain

PENALTIES: Final = (20.0, 50.0, 150.0)
SHARES: Final = (0.1, 0.3, 0.5, 0.7, 0.9)
"""The rest is left to pairs, so that new products and the orders of today count at once."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The *penalty* λ, the *share* of the model, and mean NDCG@10 of carts *before* it and *after*. Share 0 is no model."""

    penalty: float = 0.0
    share: float = 0.0
    before: float = 0.0
    after: float = 0.0


def choose_model(ask: Callable[[float, float], Sequence[float]], queries: int) -> ModelChoice:
    """The penalty that finds most over all shares, with the share that is surest to gain; no model where none gains.

    *ask* answers NDCG@10 of each query for a penalty and a share; it is asked penalty by penalty.
    """
    if queries < LEAST_QUERIES:
        return ModelChoice()
    without = ask(PENALTIES[0], 0.0)
    found = {penalty: {share: ask(penalty, share) for share in SHARES} for penalty in PENALTIES}
    penalty = max(found, key=lambda one: fmean(fmean(gains) for gains in found[one].values()))
    gains = {share: compared_gain(without, after) for share, after in found[penalty].items()}
    share = max(gains, key=lambda one: gains[one].mean - gains[one].noise)
    before = fmean(without)
    if not gains[share].is_sure:
        return ModelChoice(before=before, after=before)
    return ModelChoice(penalty, share, before, fmean(found[penalty][share]))
