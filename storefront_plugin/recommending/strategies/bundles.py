"""The merchant's bundles: a strategy that proposes no products, since `BundleSlots` fills its slots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...redis_store import Command
from ..strategy import Answers, Candidate, Question


class Bundles:
    """Reads and proposes nothing."""

    name = "bundles"

    def reads(self, question: Question) -> Sequence[Command]:
        return ()

    def candidates(self, question: Question, answers: Answers) -> Iterable[Candidate]:
        return ()
