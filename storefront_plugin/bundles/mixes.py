"""Mixes of a range, such as two to four pieces: a set is full before the next begins."""

from __future__ import annotations

from dataclasses import dataclass

from .candidates import Candidate
from .definition import Tier


@dataclass(frozen=True, slots=True)
class Mix:
    """A mix whose sets may differ in size, and the *pools* of what may be chosen, the dearest first."""

    tier: Tier
    pools: tuple[int, ...]


def most_sets(tier: Tier, pieces: int) -> int:
    """How many sets so many *pieces* are in a mix: full ones, and one of the rest where that is enough."""
    return pieces // tier.most + (pieces % tier.most >= tier.least)


def filled_up(mix: Mix, one: Candidate, count: int, left: list[int]) -> list[tuple[Candidate, int]]:
    """The sets of *one* with what is *left* of their mix in them, as far as they have room; they save the same.

    It is taken away from what is left.
    """
    if mix.tier.price.kind == "percent":
        return [(one, count)]  # a piece more would save more, if it could
    done: list[tuple[Candidate, int]] = []
    waiting = [(one, count)]
    while waiting:
        one, count = waiting.pop()
        room = mix.tier.most - sum([pieces for _, pieces in one.demand])
        number = max(mix.pools, key=lambda number: left[number])
        if not room or not left[number]:
            done.append((one, count))
            continue
        if left[number] < count:
            waiting.append((one, count - left[number]))
            count = left[number]
        more = min(room, left[number] // count)
        left[number] -= more * count
        waiting.append((_with(one, number, more), count))
    return done


def _with(one: Candidate, number: int, more: int) -> Candidate:
    demand = dict(one.demand)
    demand[number] = demand.get(number, 0) + more
    return one._replace(demand=tuple(sorted(demand.items())))
