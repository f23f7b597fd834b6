"""What sells most in the shop."""

from __future__ import annotations

from collections.abc import Sequence

from ...redis_store import Read
from ..question import Answers, Candidate, Question


class Bestsellers:
    """Ranks by the number of orders that hold the product."""

    name = "bestsellers"

    def reads(self, question: Question) -> Sequence[Read]:
        return ()

    def candidates(self, question: Question, answers: Answers) -> list[Candidate]:
        popularity = question.holdings.popularity
        return [Candidate(number, float(popularity.sold[number]), "bestseller") for number in popularity.bestsellers]
