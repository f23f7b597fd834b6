"""What a packing chooses from: sets that take pieces from pools, and quantity steps that take what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

Demand: TypeAlias = tuple[tuple[int, int], ...]
"""Pools and pieces of each, by pool."""


class Candidate(NamedTuple):
    """A set that may be made again and again: one way to fill a tier of a bundle.

    A tuple, because a cart has hundreds, and tuples are made three times as fast as frozen dataclasses.

    Attributes:
        demand: The pieces it takes.
        saving: Minor units, above 0.
        free: Those of its pieces that cost nothing.
    """

    bundle_id: int
    demand: Demand
    saving: int
    tier: int = 0
    free: Demand = ()


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
