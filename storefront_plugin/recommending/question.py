"""What a strategy is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..redis_store import Read
from ..redis_store.keys import Keys
from .holdings import Holdings
from .page import Page, ReasonKind

if TYPE_CHECKING:
    from .answers import Answers


class Candidate(NamedTuple):
    """A product that a strategy proposes. *evident* is False where only its popularity speaks for it."""

    number: int
    score: float
    kind: ReasonKind
    evident: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """A page as strategies see it: seeds as numbers, and what the process holds.

    Attributes:
        page: The page.
        seeds: Numbers of the seeds that are known, in the page's order.
        holdings: Counts and lists held in process.
        keys: Names of Redis keys.
        specialness: The slot's dial, or None.
        min_support: Least number of orders behind a claim.
        all_candidates: Products that only their popularity speaks for are wanted, too.
    """

    page: Page
    seeds: tuple[int, ...]
    holdings: Holdings
    keys: Keys
    specialness: float | None = None
    min_support: int = 3
    all_candidates: bool = False


class Strategy(Protocol):
    """A way of suggesting: it says what it must read, and chooses from the answers without any I/O."""

    name: str

    def reads(self, question: Question) -> Sequence[Read]:
        """What must be asked of Redis; all slots' reads go in one trip."""
        ...

    def candidates(self, question: Question, answers: Answers) -> Iterable[Candidate]:
        """Candidates, best first; ties by number. Only the first `MAX_CANDIDATES` are looked at."""
        ...


MAX_CANDIDATES = 400
