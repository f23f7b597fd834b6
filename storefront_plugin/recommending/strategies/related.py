"""Products of the same kind: category, attributes, brand and text. Works with no orders at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...redis_store import Command
from ..strategy import Answers, Candidate, Question, alike_reads


class Related:
    """Sums the content similarity to each seed."""

    name = "related"

    def reads(self, question: Question) -> Sequence[Command]:
        return alike_reads(question)

    def candidates(self, question: Question, answers: Answers) -> Iterator[Candidate]:
        for number, value in answers.alike:
            yield Candidate(number, value, "alike")
