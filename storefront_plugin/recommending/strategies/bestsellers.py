"""What sells most in the shop."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.errors import N_
from ..page import ReasonKind
from ..strategy import Answers, Candidate, Question, Strategy

BESTSELLER = ReasonKind("bestseller", N_("Bestseller"))


class Bestsellers(Strategy):
    """Ranks by the number of orders that hold the product."""

    name = "bestsellers"
    title = N_("Bestsellers")
    reasons = (BESTSELLER,)

    def candidates(self, question: Question, answers: Answers) -> Iterator[Candidate]:
        popularity = question.snapshot.popularity
        for number in popularity.bestsellers:
            yield Candidate(number, float(popularity.sold[number]), BESTSELLER)
