"""The model of carts gets the share that the shop's own orders show it to be worth."""

from __future__ import annotations

import random
from collections.abc import Callable

from storefront_plugin.learning.model_choice import ModelChoice, choose_model
from storefront_plugin.learning.tuning import LEAST_QUERIES

QUERIES = 400


def asking(gain: Callable[[float, float], float]) -> Callable[[float, float], list[float]]:
    """Answers of queries that differ, with *gain* of a penalty and a share."""

    def ask(penalty: float, share: float) -> list[float]:
        common, own = random.Random(1), random.Random(repr(gain(penalty, share)))
        return [common.random() + gain(penalty, share) + own.gauss(0, 0.05) for _ in range(QUERIES)]

    return ask


def test_the_best_penalty_and_share_are_chosen() -> None:
    """Both matter."""
    choice = choose_model(
        asking(lambda penalty, share: share and (penalty == 50) * 0.1 + 0.2 - abs(share - 0.7)), QUERIES
    )
    assert (choice.penalty, choice.share) == (50, 0.7)
    assert choice.after > choice.before + 0.2


def test_a_model_that_finds_less_is_not_used() -> None:
    """Where pairs are all there is to know."""
    choice = choose_model(asking(lambda penalty, share: -share), QUERIES)
    assert (choice.share, choice.before) == (0.0, choice.after)


def test_a_penalty_that_is_best_at_one_share_by_chance_is_not_taken() -> None:
    """All its shares count."""

    def gain(penalty: float, share: float) -> float:
        return share and (0.30 if (penalty, share) == (20, 0.1) else 0.25 * (penalty == 150))

    assert choose_model(asking(gain), QUERIES).penalty == 150


def test_few_orders_get_no_model() -> None:
    """Chance would choose."""
    assert choose_model(asking(lambda penalty, share: share), LEAST_QUERIES - 1) == ModelChoice()
