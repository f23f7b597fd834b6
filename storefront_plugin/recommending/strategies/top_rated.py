"""Well-reviewed products near the seed; reviews decide, not sales."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...content.rankings import Ranking
from ...content.ratings import lower_bounds, reviews_of
from ...core import clock
from ...core.errors import N_
from ...redis_store import Command
from ...shop.sellable import first_sellable
from ..page import ReasonKind
from ..strategy import Answers, Candidate, Question, Strategy, alike_reads, ranked

RATED = ReasonKind("rated", N_("Highly rated"))
BOUNDS = Ranking("rated", reviews_of, lambda reviews: lower_bounds(reviews, clock.now()))
"""Products by the lower bound of their rating, in stars."""

NEAR = 16
"""Products most like the seeds, among which reviews decide."""

FILL = 200


class TopRated(Strategy):
    """Ranks by the lower bound of the rating: products alike to the seeds; of the whole shop only where none are alike."""

    name = "top_rated"
    title = N_("Highly rated")
    reasons = (RATED,)
    ranking = BOUNDS

    def reads(self, question: Question) -> Sequence[Command]:
        return alike_reads(question)

    def candidates(self, question: Question, answers: Answers) -> Iterator[Candidate]:
        rated, unsellable = question.snapshot.ranking(BOUNDS.name), question.snapshot.unsellable.numbers
        nearest = dict(first_sellable(answers.alike, NEAR, unsellable))
        near = ranked({number: rated[number] for number in nearest if number in rated})
        for number, bound in near:
            yield Candidate(number, bound, RATED)
        if not (nearest.keys() <= unsellable or question.page.all_candidates):
            return  # a garden hose is no help beside a camera, however well it is rated
        skip = {number for number, _ in near}.union(question.seeds)
        others = (pair for pair in rated.items() if pair[0] not in skip)
        for number, bound in first_sellable(others, FILL, unsellable):
            yield Candidate(number, bound, RATED)
