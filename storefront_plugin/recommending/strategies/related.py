"""Products of the same kind: category, attributes, brand and text. Works with no orders at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...redis_store import MISSING, Read
from ..question import Answers, Candidate, Question
from ..ranking import ranked


class Related:
    """Sums the content similarity to each seed."""

    name = "related"

    def reads(self, question: Question) -> Sequence[Read]:
        return list(alike_reads(question))

    def candidates(self, question: Question, answers: Answers) -> Iterator[Candidate]:
        for number, value in ranked(alike(question, answers)):
            yield Candidate(number, value, "alike")


def alike_reads(question: Question) -> Iterator[Read]:
    """The content neighbours of each seed."""
    edition = question.holdings.edition
    if edition:
        for seed in question.seeds:
            yield Read(question.keys.alike(edition, seed), "ZRANGE", (0, -1, "REV", "WITHSCORES"))


def alike(question: Question, answers: Answers) -> dict[int, float]:
    """Similarity to the seeds, summed, by number; the seeds themselves left out."""
    scores: dict[int, float] = {}
    for read in alike_reads(question):
        for member, similarity in answers.get(read, MISSING) or ():
            number = int(member)
            scores[number] = scores.get(number, 0.0) + similarity / 1_000_000
    for seed in question.seeds:
        scores.pop(seed, None)
    return scores
