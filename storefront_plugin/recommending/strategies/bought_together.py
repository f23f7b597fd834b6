"""The seed and what completes it: pairs that enough orders hold, scored as a cart, to be added all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...copurchase.scoring import CART
from ...redis_store import Read
from ..question import Answers, Candidate, Question
from ..ranking import ranked
from ..support import support_reads
from .also_bought import scored, weight_reads


class BoughtTogether:
    """Only pairs with the minimum support: the box names the orders that hold them."""

    name = "bought_together"

    def reads(self, question: Question) -> Sequence[Read]:
        return [*(read for _, read in weight_reads(question)), *support_reads(question)]

    def candidates(self, question: Question, answers: Answers) -> Iterator[Candidate]:
        replies = [reply for read in support_reads(question) if (reply := answers.get(read))]
        scores, _ = scored(question, answers, CART.dialled(question.specialness))
        for number, value in ranked(scores, question.seeds):
            member = b"%d" % number
            orders = 0
            for reply in replies:
                orders += int(reply.get(member, 0))
            if orders >= question.min_support:
                yield Candidate(number, value, "bought_together")
