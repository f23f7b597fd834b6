"""The seed and what completes it: pairs that enough orders hold, scored as a cart, to be added all at once."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from ...copurchase.scoring import CART
from ...redis_store import MISSING, Read
from ...redis_store.keys import shard_of
from ..question import MAX_CANDIDATES, Answers, Candidate, Question
from .also_bought import scored, weight_reads


class BoughtTogether:
    """Only pairs with the minimum support: the box names the orders that hold them."""

    name = "bought_together"

    def reads(self, question: Question) -> Sequence[Read]:
        return [*(read for _, read in weight_reads(question)), *_support_reads(question)]

    def candidates(self, question: Question, answers: Answers) -> list[Candidate]:
        supported: dict[int, int] = {}
        for read in _support_reads(question):
            reply = answers.get(read, MISSING)
            for member, orders in (reply or {}).items():
                supported[int(member)] = supported.get(int(member), 0) + int(orders)
        scores, evident = scored(question, answers, CART.dialled(question.specialness))
        best = heapq.nsmallest(
            MAX_CANDIDATES,
            (
                (-scores[number], number)
                for number in evident.difference(question.seeds)
                if supported.get(number, 0) >= question.min_support
            ),
        )
        return [Candidate(number, -value, "bought_together") for value, number in best]


def _support_reads(question: Question) -> list[Read]:
    popularity = question.holdings.popularity
    if not popularity.generation:
        return []
    return [
        Read(question.keys.support(popularity.generation, shard_of(seed, popularity.shards), seed), "HGETALL")
        for seed in question.seeds
    ]
