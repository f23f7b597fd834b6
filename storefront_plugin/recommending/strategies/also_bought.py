"""Customers who bought these also bought: pair counts, scored for a cart or for a product page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ...copurchase.scoring import CART, PRODUCT, Formula, Neighbours, score
from ...redis_store import MISSING, Read
from ...redis_store.keys import shard_of
from ..question import Answers, Candidate, Question
from ..ranking import ranked
from ..support import support_reads

MAX_NEIGHBOURS = 100
LEAST_NEIGHBOURS = 50
READ_BUDGET = 1000
"""Neighbours read a page: all 100 of a few seeds, the 50 strongest of each of twenty."""


class AlsoBought:
    """Ranks by the formula of `copurchase.scoring`; products without a pair stand by their popularity alone.

    On a product's page a pair that one order holds is mostly an accident: where any pair was seen twice, only those
    that were are shown, and the slot's next strategy fills the rest.
    """

    name = "also_bought"

    def reads(self, question: Question) -> Sequence[Read]:
        return [*(read for _, read in weight_reads(question)), *_repeat_reads(question)]

    def candidates(self, question: Question, answers: Answers) -> Iterator[Candidate]:
        formula = (CART if question.page.cart_like else PRODUCT).dialled(question.specialness)
        popular = question.holdings.popularity.popular if question.all_candidates else ()
        scores, evident = scored(question, answers, formula, popular)
        repeated = _repeated(question, answers)
        if repeated:
            scores = {number: value for number, value in scores.items() if number in repeated}
        for number, value in ranked(scores, question.seeds):
            pair = number in evident
            yield Candidate(number, value, "also_bought" if pair else "bestseller", pair)


def _repeat_reads(question: Question) -> list[Read]:
    alone = len(question.seeds) == 1 and not question.all_candidates
    return support_reads(question) if alone else []


def _repeated(question: Question, answers: Answers) -> set[int]:
    """The neighbours of a page's only seed that more than one order holds together with it."""
    replies = [reply for read in _repeat_reads(question) if (reply := answers.get(read))]
    return {int(member) for reply in replies for member, orders in reply.items() if int(orders) > 1}


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


def scored(
    question: Question, answers: Answers, formula: Formula, popular: Iterable[int] = ()
) -> tuple[dict[int, float], set[int]]:
    """Scores of all neighbours and of *popular* products, and which of them have evidence of a pair."""
    popularity = question.holdings.popularity
    seeds = [
        Neighbours(popularity.counts.get(seed, 0), [(int(member), weight) for member, weight in answers[read]])
        for seed, read in weight_reads(question)
        if answers.get(read, MISSING) is not MISSING
    ]
    counts, unit, total = popularity.counts, popularity.unit, popularity.total
    return score(formula, seeds, counts, unit, total, popular, question.holdings.trend)
