"""How the model of carts and the pairs are put together: each by its best among what can be shown."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from storefront_plugin.counts.popularity import Popularity
from storefront_plugin.counts.scoring import Constants, Formula
from storefront_plugin.learning.cart_model import LiveModel
from storefront_plugin.recommending.page import Page
from storefront_plugin.recommending.snapshot import Snapshot
from storefront_plugin.recommending.strategies.also_bought import AlsoBought
from storefront_plugin.recommending.strategy import Answers, Question, support_reads, weight_reads
from storefront_plugin.redis_store.keys import Keys

WEIGHTS_ALONE = Formula(0.0, 0.0, 0.0, 0.0, 0.0)
FORMER, LATTER = 1, 5
CART = (FORMER, LATTER)


def order(
    weights: Mapping[int, float],
    modelled: Mapping[int, float],
    rare: frozenset[int] = frozenset(),
    explaining: bool = False,
) -> list[int]:
    """The order of what is not *rare*, which one order speaks for, by *weights* and a model with half of the score."""
    popularity = Popularity(generation="g", counts=dict.fromkeys(range(1, 9), 10), total=80)
    snapshot = Snapshot(popularity, Constants(cart=WEIGHTS_ALONE), LiveModel("m", 0.5))
    page = Page(placement="cart", products=("a", "b"))
    question = Question(page, CART, snapshot, Keys("t"), explaining=explaining, whole_cart=CART)
    pairs, supports = weight_reads(question), support_reads(question)
    replies = {
        pairs[0][1]: [(str(number).encode(), weight) for number, weight in weights.items()],
        pairs[1][1]: [],
        supports[0]: {str(number).encode(): b"1" if number in rare else b"9" for number in {*weights, *modelled}},
        supports[1]: {},
        question.modelled[0]: [(str(number).encode(), weight) for number, weight in modelled.items()],
        question.modelled[1]: [],
    }
    return [one.number for one in AlsoBought().candidates(question, Answers(question, replies)) if not one.too_few]


def test_what_is_in_the_cart_is_no_measure_of_the_others() -> None:
    """It is bought with itself more than with anything."""
    weights, modelled = {2: 100.0, 4: 60.0, 6: 1.0}, {4: 30.0, 6: 100.0}
    assert order(weights, modelled) == [6, 2, 4]
    assert order({**weights, LATTER: 10_000.0}, {**modelled, LATTER: 10_000.0}) == [6, 2, 4]


@pytest.mark.parametrize("explaining", [False, True])
def test_what_too_few_orders_speak_for_is_no_measure_of_what_is_shown(explaining: bool) -> None:
    """So an explanation orders cards as the page does."""
    weights, modelled = {2: 100.0, 4: 60.0, 3: 1.0}, {4: 30.0, 3: 1000.0}
    assert order(weights, modelled, frozenset({3}), explaining) == [4, 2]
