"""Customers who bought these also bought: pair counts, scored for a cart or for a product page."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence

from ...core.errors import N_
from ...counts.scoring import CART, PRODUCT, Formula, Neighbours, score
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
    """Ranks by the formula of `counts.scoring`; products without a pair stand by their popularity alone.

    On a product's page a pair that one order holds is mostly an accident: where any pair was seen twice, only those
    that were are shown, and the slot's next strategy fills the rest.
    """

    name = "also_bought"
    title = N_("Customers also bought")
    reasons = (ALSO_BOUGHT, BESTSELLER)

    def reads(self, question: Question) -> Sequence[Command]:
        return [
            *(read for _, read in weight_reads(question)),
            *(support_reads(question) if _is_about_one(question) else ()),
        ]

    def candidates(self, question: Question, answers: Answers) -> Iterator[Candidate]:
        formula = (CART if question.page.cart_like else PRODUCT).dialled(question.specialness)
        popular = question.snapshot.popularity.popular if question.page.all_candidates else ()
        scores, evident = scored(question, answers, formula, popular, _repeated(question, answers) or None)
        for number, value in ranked(scores, question.seeds):
            if number in evident:
                yield Candidate(number, value, ALSO_BOUGHT)
            else:
                yield Candidate(number, value, BESTSELLER, Bestsellers.name)


def _is_about_one(question: Question) -> bool:
    return len(question.seeds) == 1 and not question.page.all_candidates


def _repeated(question: Question, answers: Answers) -> set[int]:
    """The neighbours of a page's only seed that more than one order holds together with it; none if none can be sold."""
    support = (answers.support or ()) if _is_about_one(question) else ()
    repeated = {number for each in support for number, orders in each.items() if orders > 1}
    return repeated if any(number not in question.snapshot.unsellable.numbers for number in repeated) else set()


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
