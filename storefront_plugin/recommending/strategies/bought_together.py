"""The seed and what completes it: pairs that enough orders hold, scored as a cart, to be added all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...core.errors import N_
from ...redis_store import Command
from ..page import ReasonKind
from ..strategy import Answers, Candidate, Question, Strategy, ranked, support_reads, weight_reads
from .also_bought import of_pairs, scored

BOUGHT_TOGETHER = ReasonKind(
    "bought_together",
    N_("Frequently bought together"),
    lambda texts, orders: texts.ngettext(
        "Bought together in %(num)s order", "Bought together in %(num)s orders", orders
    ),
)


class BoughtTogether(Strategy):
    """Only pairs with the minimum support: the box names the orders that hold them."""

    name = "bought_together"
    title = N_("Frequently bought together")
    reasons = (BOUGHT_TOGETHER,)

    def reads(self, question: Question) -> Sequence[Command]:
        return [*(read for _, read in weight_reads(question)), *support_reads(question)]

    def candidates(self, question: Question, answers: Answers) -> Iterator[Candidate]:
        among = None if question.explaining else answers.supported
        scores, _ = scored(
            question, answers, question.snapshot.constants.cart.dialled(question.specialness), among=among
        )
        yield from of_pairs(ranked(scores, question.seeds), BOUGHT_TOGETHER, answers.supported)
