"""What sells more now than it used to."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.errors import N_
from ..page import ReasonKind
from ..strategy import Answers, Candidate, Question, Strategy

TRENDING = ReasonKind("trending", N_("Popular now"))


class Trending(Strategy):
    """Ranks by how surprising the orders of the last two weeks are against the eight weeks before."""

    name = "trending"
    title = N_("Popular now")
    reasons = (TRENDING,)

    def candidates(self, question: Question, answers: Answers) -> Iterator[Candidate]:
        for number, score in question.snapshot.trending:
            yield Candidate(number, score, TRENDING)
