"""How many orders hold a product together with the seeds: what "bought together in 124 orders" says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..redis_store import Read
from .answers import Answers, support_keys
from .question import Question


def support_of(
    question: Question,
    answers: Answers,
    numbers: Sequence[int],
    fetch: Callable[[Sequence[Read]], Iterable[Any]],
) -> dict[int, int]:
    """For each of *numbers* the most orders it shares with one seed; from *answers* if they have it, else by *fetch*."""
    if not numbers:
        return {}
    if answers.support is not None:
        replies: Iterable[Any] = [map(seed.get, numbers) for seed in answers.support]
    else:
        fields = tuple(str(number) for number in numbers)
        replies = fetch([Read(key, "HMGET", fields) for key in support_keys(question)])
    support: dict[int, int] = {}
    for reply in replies:
        for number, orders in zip(numbers, reply or (), strict=False):
            if orders is not None:
                support[number] = max(support.get(number, 0), int(orders))
    return support
