"""Well-reviewed products near the seed; reviews decide, not sales."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from ...redis_store import Read
from ..question import Answers, Candidate, Question
from ..ranking import ranked
from .related import alike, alike_reads

FILL = 200


class TopRated:
    """Ranks by the lower bound of the rating: first products alike to the seeds, then the best of the whole shop."""

    name = "top_rated"

    def reads(self, question: Question) -> Sequence[Read]:
        return list(alike_reads(question))

    def candidates(self, question: Question, answers: Answers) -> Iterator[Candidate]:
        rated = question.holdings.rated
        near = ranked({number: rated[number] for number in alike(question, answers) if number in rated})
        for number, bound in near:
            yield Candidate(number, bound, "rated")
        skip = {number for number, _ in near}.union(question.seeds)
        for number, bound in islice(rated.items(), FILL):
            if number not in skip:
                yield Candidate(number, bound, "rated")
