"""Well-reviewed products near the seed; reviews decide, not sales."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from ...redis_store import Read
from ..question import MAX_CANDIDATES, Answers, Candidate, Question
from .related import alike, alike_reads, ranked

FILL = 200


class TopRated:
    """Ranks by the lower bound of the rating: first products alike to the seeds, then the best of the whole shop."""

    name = "top_rated"

    def reads(self, question: Question) -> Sequence[Read]:
        return list(alike_reads(question))

    def candidates(self, question: Question, answers: Answers) -> list[Candidate]:
        rated = question.holdings.rated
        near = ranked({number: rated[number] for number in alike(question, answers) if number in rated})
        skip = {number for number, _ in near}.union(question.seeds)
        far = [(number, bound) for number, bound in islice(rated.items(), FILL) if number not in skip]
        return [Candidate(number, bound, "rated") for number, bound in (*near, *far)][:MAX_CANDIDATES]
