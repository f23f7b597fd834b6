"""What a strategy says about itself, what it gets, and what it answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from ..content.rankings import Ranking
from ..counts.scoring import MAX_NEIGHBOURS, neighbours_scored
from ..learning.cart_model import model_reads
from ..redis_store import MISSING, Command
from ..redis_store.keys import Keys, shard_of
from ..shop.sellable import first_sellable
from .page import FilledSlot, Page, ReasonKind
from .snapshot import Snapshot


class Candidate(NamedTuple):
    """A product that a strategy proposes, and why.

    *source* names another strategy, where the reason is that one's. *too_few*: fewer orders than the minimum speak for it,
    so it is only explained.
    """

    number: int
    score: float
    reason: ReasonKind
    source: str | None = None
    too_few: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A page as strategies see it: seeds as numbers, and what the process holds.

    Attributes:
        page: The page.
        seeds: Numbers of the seeds that are known, in the page's order.
        snapshot: Counts and lists cached in process.
        keys: Names of Redis keys.
        specialness: The slot's dial, or None.
        min_support: Least number of orders behind a claim.
        explaining: Whether candidates with fewer orders are asked for, too, behind the others.
        whole_cart: Numbers of all that is in the cart, where a model of carts is there to be asked.
    """

    page: Page
    seeds: tuple[int, ...]
    snapshot: Snapshot
    keys: Keys
    specialness: float | None = None
    min_support: int = 3
    explaining: bool = False
    whole_cart: tuple[int, ...] = ()

    @property
    def modelled(self) -> list[Command]:
        """What must be read of the model of carts."""
        return model_reads(self.keys, self.snapshot.model, self.whole_cart)


class Source:
    """What a slot can name as one of its strategies; it describes itself on its class.

    Attributes:
        name: What slots call it.
        title: Heading of a slot that it fills, marked for translation.
        label: What merchants call it, marked; None is *title*.
        reasons: Why it shows something; the first says what *title* says, so that cards below that need not repeat it.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    label: ClassVar[str | None] = None
    reasons: ClassVar[tuple[ReasonKind, ...]] = ()


def heading_reason(filled: FilledSlot, sources: Mapping[str, Source]) -> ReasonKind | None:
    """The reason that the slot's own heading gives for all its cards; None where the shop gave the heading."""
    source = sources.get(filled.heading or "") if filled.slot.title is None else None
    return source.reasons[0] if source is not None and source.reasons else None


class Strategy(Source, ABC):
    """A way of suggesting products: it says what it must read, and chooses from the answers without any I/O.

    Attributes:
        ranking: An order of the catalogue that it needs of every page: ``question.snapshot.ranking(name)``.
    """

    ranking: ClassVar[Ranking | None] = None

    def reads(self, question: Question) -> Sequence[Command]:
        """What must be read from Redis; all slots' reads go in one trip."""
        return ()

    @abstractmethod
    def candidates(self, question: Question, answers: Answers) -> Iterable[Candidate]:
        """Candidates, best first; ties by number. Of those that can be sold only the first `MAX_CANDIDATES` are looked at."""


MAX_CANDIDATES = 400


def ranked(scores: Mapping[int, float], without: Collection[int] = ()) -> list[tuple[int, float]]:
    """Numbers with their scores, best first, ties by number; those *without* left out."""
    # Pairs of plain numbers sort several times faster than by a key function.
    order = sorted((-score, number) for number, score in scores.items() if number not in without)
    return [(number, -score) for score, number in order]


def _depth(question: Question) -> int:
    """How many neighbours of each seed are scored, beside those that cannot be sold."""
    return neighbours_scored(len(question.seeds))


def weight_reads(question: Question) -> list[tuple[int, Command]]:
    """Each seed with the read of its strongest neighbours: all where some may not be sold, who take nobody's place."""
    popularity = question.snapshot.popularity
    if not question.seeds or not popularity.generation:
        return []
    depth = _depth(question)
    whole = depth == MAX_NEIGHBOURS or question.snapshot.unsellable
    args = (0, -1 if whole else depth - 1, "REV", "WITHSCORES")
    return [
        (
            seed,
            Command(
                question.keys.weights(popularity.generation, shard_of(seed, popularity.shards), seed), "ZRANGE", args
            ),
        )
        for seed in question.seeds
    ]


def support_keys(question: Question) -> list[str]:
    """Where the numbers of orders behind the pairs of each seed are."""
    popularity = question.snapshot.popularity
    if not popularity.generation:
        return []
    return [
        question.keys.support(popularity.generation, shard_of(seed, popularity.shards), seed) for seed in question.seeds
    ]


def support_reads(question: Question) -> list[Command]:
    """All neighbours of each seed with the number of orders."""
    return [Command(key, "HGETALL") for key in support_keys(question)]


def alike_reads(question: Question) -> list[Command]:
    """The content neighbours of each seed."""
    edition, args = question.snapshot.edition, (0, -1, "REV", "WITHSCORES")
    return [Command(question.keys.alike(edition, seed), "ZRANGE", args) for seed in question.seeds] if edition else []


MAX_PAIRS = 100_000
"""Pairs that a snapshot keeps."""


def learn_pairs(
    question: Question, numbers: Sequence[int], fetch: Callable[[Sequence[Command]], Sequence[Any]]
) -> None:
    """Find out, in one trip, which of *numbers* enough orders hold together; what Redis does not answer stays unknown."""
    fields = tuple(str(number) for number in numbers)
    keys = support_keys(replace(question, seeds=tuple(numbers)))
    known = question.snapshot.pairs
    if len(known) > MAX_PAIRS:
        known.clear()
    for one, reply in zip(numbers, fetch([Command(key, "HMGET", fields) for key in keys]), strict=False):
        for other, orders in zip(numbers, reply or (), strict=False):
            known[one, other] = int(orders or 0) >= question.min_support


class Answers:
    """The replies to a page's reads, `MISSING` where Redis did not answer; about the seeds of *question*."""

    def __init__(self, question: Question, replies: Mapping[Command, Any]) -> None:
        self._question = question
        self._replies = replies

    @cached_property
    def weights(self) -> list[tuple[int, Mapping[int, float]]]:
        """Each seed with the pair weights of its strongest neighbours; seeds without an answer are left out."""
        found = [(seed, self._replies.get(read, MISSING)) for seed, read in weight_reads(self._question)]
        return [(seed, dict(self._first(_scores(reply)))) for seed, reply in found if reply is not MISSING]

    def _first(self, neighbours: Mapping[int, float]) -> Iterable[tuple[int, float]]:
        limit, unsellable = _depth(self._question), self._question.snapshot.unsellable.numbers
        if len(neighbours) <= limit:
            return neighbours.items()
        return first_sellable(neighbours.items(), limit, unsellable)

    @cached_property
    def modelled(self) -> dict[int, float]:
        """By how much the model of carts speaks for each product, summed over the cart, which is left out."""
        found: dict[int, float] = {}
        for read in self._question.modelled:
            for number, weight in _scores(self._replies.get(read)).items():
                found[number] = found.get(number, 0.0) + weight
        for number in self._question.whole_cart:
            found.pop(number, None)
        return found

    @cached_property
    def support(self) -> Sequence[Mapping[int, int]] | None:
        """The number of orders by neighbour, of each seed; None where the page did not ask for it."""
        reads = support_reads(self._question)
        if not all(read in self._replies for read in reads):
            return None
        replies = [self._replies[read] or {} for read in reads]
        return [{int(member): int(orders) for member, orders in reply.items()} for reply in replies]

    @cached_property
    def supported(self) -> frozenset[int]:
        """The products that at least the minimum of orders hold together with one seed: of these it may be said."""
        least = self._question.min_support
        return frozenset(number for seed in self.support or () for number, orders in seed.items() if orders >= least)

    @cached_property
    def alike(self) -> list[tuple[int, float]]:
        """Products by their similarity to the seeds, summed, best first; the seeds themselves left out."""
        scores: dict[int, float] = {}
        for read in alike_reads(self._question):
            for number, similarity in _scores(self._replies.get(read)).items():
                scores[number] = scores.get(number, 0.0) + similarity / 1_000_000
        return ranked(scores, self._question.seeds)


def _scores(reply: Any) -> dict[int, float]:
    return {int(member): score for member, score in reply or ()}


def support_of(
    question: Question,
    answers: Answers,
    numbers: Sequence[int],
    fetch: Callable[[Sequence[Command]], Iterable[Any]],
) -> dict[int, int]:
    """For each of *numbers* the most orders it shares with one seed; from *answers* if they have it, else by *fetch*."""
    if not numbers:
        return {}
    if answers.support is not None:
        replies: Iterable[Any] = [map(seed.get, numbers) for seed in answers.support]
    else:
        fields = tuple(str(number) for number in numbers)
        replies = fetch([Command(key, "HMGET", fields) for key in support_keys(question)])
    support: dict[int, int] = {}
    for reply in replies:
        for number, orders in zip(numbers, reply or (), strict=False):
            if orders is not None:
                support[number] = max(support.get(number, 0), int(orders))
    return support
