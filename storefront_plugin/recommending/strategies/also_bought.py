"""Customers who bought these also bought: pair counts, scored for a cart or for a product page."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from ...core.errors import N_
from ...counts.scoring import Formula, Neighbours, blended, score
from ...redis_store import Command
from ..page import ReasonKind
from ..strategy import Answers, Candidate, Question, Strategy, ranked, support_reads, weight_reads
from .bestsellers import BESTSELLER, Bestsellers

ALSO_BOUGHT = ReasonKind(
    "also_bought",
    None,  # of a pair that too few orders hold nothing is said
    lambda texts, orders: texts.ngettext("Also bought in %(num)s order", "Also bought in %(num)s orders", orders),
)


class AlsoBought(Strategy):
    """Ranks by the formula of `counts.scoring` what at least the minimum of orders hold together with one seed.

    A list of all candidates has every pair, however rare, and after them products that their popularity alone speaks for.
    """

    name = "also_bought"
    title = N_("Customers also bought")
    reasons = (ALSO_BOUGHT, BESTSELLER)

    def reads(self, question: Question) -> Sequence[Command]:
        pairs = [*(read for _, read in weight_reads(question)), *question.modelled]
        return pairs if question.page.all_candidates else [*pairs, *support_reads(question)]

    def candidates(self, question: Question, answers: Answers) -> Iterator[Candidate]:
        constants = question.snapshot.constants
        formula = (constants.cart if question.page.cart_like else constants.product).dialled(question.specialness)
        everything = question.page.all_candidates
        popular = question.snapshot.popularity.popular if everything else ()
        among = None if everything or question.explaining else answers.supported
        scores, evident = scored(question, answers, formula, popular, among)
        if modelled := answers.modelled:
            if among is None:
                evident.update(number for number, weight in modelled.items() if weight > 0)
            evident.difference_update(question.whole_cart)
            numbers = (scores.keys() | evident).difference(question.whole_cart)
            compared = numbers if everything else numbers & answers.supported
            scores = blended(scores, modelled, question.snapshot.model.share, numbers, compared)
        pairs = ranked({number: scores[number] for number in evident}, question.seeds)
        yield from of_pairs(pairs, ALSO_BOUGHT, evident if everything else answers.supported)
        if everything:
            for number, value in ranked(scores, evident.union(question.seeds)):
                yield Candidate(number, value, BESTSELLER, Bestsellers.name)


def of_pairs(
    pairs: Sequence[tuple[int, float]], reason: ReasonKind, supported: AbstractSet[int]
) -> Iterator[Candidate]:
    """The scored *pairs*: first those *supported*, then those with too few orders."""
    for too_few in (False, True):
        for number, value in pairs:
            if (number not in supported) is too_few:
                yield Candidate(number, value, reason, too_few=too_few)


def scored(
    question: Question,
    answers: Answers,
    formula: Formula,
    popular: Iterable[int] = (),
    among: Container[int] | None = None,
) -> tuple[dict[int, float], set[int]]:
    """Scores of all neighbours, or of those *among*, and of *popular* products, and which have evidence of a pair."""
    popularity = question.snapshot.popularity
    seeds = [
        Neighbours(
            popularity.counts.get(seed, 0), [pair for pair in weights.items() if among is None or pair[0] in among]
        )
        for seed, weights in answers.weights
    ]
    counts, unit, total = popularity.counts, popularity.unit, popularity.total
    return score(formula, seeds, counts, unit, total, popular, question.snapshot.trend)
