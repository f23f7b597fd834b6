"""What a packing chooses from: sets that take pieces from pools, and quantity steps that take what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

Demand: TypeAlias = tuple[tuple[int, int], ...]
"""Pools and pieces of each, by pool."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A set that may be made again and again: its bundle, the pieces it takes by pool, and what it saves (above 0)."""

    bundle_id: int
    demand: Demand
    saving: int


class Sweep(Protocol):
    """A quantity step bundle: it takes all pieces of its pools that are left, or none."""

    @property
    def bundle_id(self) -> int: ...

    @property
    def pools(self) -> Sequence[int]: ...

    def rate(self, pool: int) -> int:
        """The most that one piece of *pool* can save, rounded up to whole minor units."""
        ...

    def saving(self, left: Mapping[int, int]) -> int:
        """What is saved on the pieces *left* in its pools; 0 where no step is reached."""
        ...
