"""What sells most in the shop."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.errors import N_
from ..page import ReasonKind
from ..strategy import Answers, Candidate, Question, Strategy

BESTSELLER = ReasonKind("bestseller", N_("Bestseller"))


class Bestsellers(Strategy):
    """Ranks by the number of orders that hold the product; on pages with at least the minimum support."""

    name = "bestsellers"
    title = N_("Bestsellers")
    reasons = (BESTSELLER,)

    def candidates(self, question: Question, answers: Answers) -> Iterator[Candidate]:
        popularity, least = question.snapshot.popularity, 1 if question.page.all_candidates else question.min_support
        for number in popularity.bestsellers:
            orders = popularity.sold[number]
            if orders < least and not question.explaining:
                return
            yield Candidate(number, float(orders), BESTSELLER, too_few=orders < least)
