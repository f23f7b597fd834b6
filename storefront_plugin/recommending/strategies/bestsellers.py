"""What sells most in the shop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...redis_store import Command
from ..strategy import Answers, Candidate, Question


class Bestsellers:
    """Ranks by the number of orders that hold the product."""

    name = "bestsellers"

    def reads(self, question: Question) -> Sequence[Command]:
        return ()

    def candidates(self, question: Question, answers: Answers) -> Iterator[Candidate]:
        popularity = question.snapshot.popularity
        for number in popularity.bestsellers:
            yield Candidate(number, float(popularity.sold[number]), "bestseller")
