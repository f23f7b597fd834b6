"""How many orders hold a product together with the seeds: what "bought together in 124 orders" says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..redis_store import Read
from ..redis_store.keys import shard_of
from .question import Answers, Question


def support_reads(question: Question) -> list[Read]:
    """All neighbours of each seed with the number of orders."""
    return [Read(key, "HGETALL") for key in _keys(question)]


def support_of(
    question: Question,
    answers: Answers,
    numbers: Sequence[int],
    fetch: Callable[[Sequence[Read]], Iterable[Any]],
) -> dict[int, int]:
    """For each of *numbers* the most orders it shares with one seed; from *answers* if they have it, else by *fetch*."""
    if not numbers:
        return {}
    read = support_reads(question)
    if all(one in answers for one in read):
        replies: Iterable[Any] = [_fields(answers[one] or {}, numbers) for one in read]
    else:
        fields = tuple(str(number) for number in numbers)
        replies = fetch([Read(key, "HMGET", fields) for key in _keys(question)])
    support: dict[int, int] = {}
    for reply in replies:
        for number, orders in zip(numbers, reply or (), strict=False):
            if orders is not None:
                support[number] = max(support.get(number, 0), int(orders))
    return support


def _fields(reply: Mapping[bytes, bytes], numbers: Sequence[int]) -> list[bytes | None]:
    return [reply.get(b"%d" % number) for number in numbers]


def _keys(question: Question) -> list[str]:
    popularity, keys = question.holdings.popularity, question.keys
    if not popularity.generation:
        return []
    return [keys.support(popularity.generation, shard_of(seed, popularity.shards), seed) for seed in question.seeds]
