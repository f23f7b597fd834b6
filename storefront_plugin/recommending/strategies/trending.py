"""What sells more now than it used to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...redis_store import Command
from ..strategy import Answers, Candidate, Question


class Trending:
    """Ranks by how surprising the orders of the last two weeks are against the eight weeks before."""

    name = "trending"

    def reads(self, question: Question) -> Sequence[Command]:
        return ()

    def candidates(self, question: Question, answers: Answers) -> Iterator[Candidate]:
        for number, score in question.snapshot.trending:
            yield Candidate(number, score, "trending")
