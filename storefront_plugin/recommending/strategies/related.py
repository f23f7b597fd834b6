"""Products of the same kind: category, attributes, brand and text. Works with no orders at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...core.errors import N_
from ...redis_store import Command
from ..page import ReasonKind
from ..strategy import Answers, Candidate, Question, Strategy, alike_reads

ALIKE = ReasonKind("alike", N_("Similar product"))


class Related(Strategy):
    """Sums the content similarity to each seed."""

    name = "related"
    title = N_("Related products")
    reasons = (ALIKE,)

    def reads(self, question: Question) -> Sequence[Command]:
        return alike_reads(question)

    def candidates(self, question: Question, answers: Answers) -> Iterator[Candidate]:
        for number, value in answers.alike:
            yield Candidate(number, value, ALIKE)
