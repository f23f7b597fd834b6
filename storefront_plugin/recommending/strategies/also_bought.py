"""Customers who bought these also bought: pair counts, scored for a cart or for a product page."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

from ...copurchase.scoring import CART, PRODUCT, Formula, Neighbours, score
from ...redis_store import MISSING, Read
from ...redis_store.keys import shard_of
from ..question import MAX_CANDIDATES, Answers, Candidate, Question

MAX_NEIGHBOURS = 100
LEAST_NEIGHBOURS = 50
READ_BUDGET = 1000
"""Neighbours read a page: all 100 of a few seeds, the 50 strongest of each of twenty."""


class AlsoBought:
    """Ranks by the formula of `copurchase.scoring`; products without a pair stand by their popularity alone."""

    name = "also_bought"

    def reads(self, question: Question) -> Sequence[Read]:
        return [read for _, read in weight_reads(question)]

    def candidates(self, question: Question, answers: Answers) -> list[Candidate]:
        formula = CART if question.page.cart_like else PRODUCT
        scores, evident = scored(question, answers, formula.dialled(question.specialness))
        seeds = set(question.seeds)
        best = heapq.nsmallest(
            MAX_CANDIDATES,
            ((-value, number) for number, value in scores.items() if number not in seeds),
        )
        return [
            Candidate(number, -value, "also_bought" if number in evident else "bestseller", number in evident)
            for value, number in best
        ]


def weight_reads(question: Question) -> Iterator[tuple[int, Read]]:
    """Each seed with the read of its strongest neighbours."""
    popularity = question.holdings.popularity
    if not question.seeds or not popularity.generation:
        return
    depth = max(LEAST_NEIGHBOURS, min(MAX_NEIGHBOURS, READ_BUDGET // len(question.seeds)))
    for seed in question.seeds:
        shard = shard_of(seed, popularity.shards)
        key = question.keys.weights(popularity.generation, shard, seed)
        yield seed, Read(key, "ZRANGE", (0, depth - 1, "REV", "WITHSCORES"))


def scored(question: Question, answers: Answers, formula: Formula) -> tuple[dict[int, float], set[int]]:
    """Scores of all neighbours and popular products, and which of them have evidence of a pair."""
    popularity = question.holdings.popularity
    seeds = [
        Neighbours(popularity.counts.get(seed, 0), [(int(member), weight) for member, weight in answers[read]])
        for seed, read in weight_reads(question)
        if answers.get(read, MISSING) is not MISSING
    ]
    return score(formula, seeds, popularity.counts, popularity.unit, popularity.total, popularity.popular)
