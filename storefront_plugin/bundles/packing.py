"""The combination of sets that saves most: weighted set packing, the same on every machine and in any order of lines.

Sets are candidates that take pieces from pools. The cart is split into parts that share no pool; in each, branch and
bound starts from the greedy answer and ends with a budget of nodes, never with a clock. The bound is a price for each
piece (a dual solution): no candidate saves more than its pieces are worth, so what is not yet decided never saves
more than the pieces that are left.

Quantity steps (`Sweep`) come last: they take all pieces of their products that the sets have left, one after the other,
in the order that saves most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from .candidates import Candidate, Sweep
from .parts import Part, split
from .searching import Search

NODES: Final = 1000
"""Decisions of one packing, in all its parts together."""

SMALL_POOLS: Final = 8
SMALL_SHARE: Final = 30
"""In parts of up to so many pools so many decisions count as one: there the best answer is to be certain."""


@dataclass(frozen=True, slots=True)
class Packing:
    """The answer.

    Attributes:
        uses: Places of the candidates in what was given and how often each applies, by place.
        sweeps: Places of the sweeps that apply, in the order in which they take what is left.
        saving: Minor units.
        bound: No combination saves more than this.
        nodes: Decisions that were tried; those of small parts count less.
        parts: With the prices of their pieces.
    """

    uses: tuple[tuple[int, int], ...] = ()
    sweeps: tuple[int, ...] = ()
    saving: int = 0
    bound: int = 0
    nodes: int = 0
    parts: tuple[Part, ...] = field(default=(), compare=False, repr=False)

    @property
    def optimal(self) -> bool:
        """Whether no combination saves more, for certain."""
        return self.saving == self.bound


def pack(
    capacities: Sequence[int],
    candidates: Sequence[Candidate],
    sweeps: Sequence[Sweep] = (),
    limits: Mapping[int, int] | None = None,
    nodes: int = NODES,
) -> Packing:
    """The uses of *candidates* and *sweeps* that save most within *capacities* (pieces by pool).

    Of equal savings the one with fewer sets is taken, then the one of lower bundle ids.

    Args:
        limits: How often a bundle may apply in all its candidates, by id.
        nodes: The budget.
    """
    uses: list[tuple[int, int]] = []
    swept: list[int] = []
    saving = bound = spent = 0  # what is spent counts in shares of a decision
    parts = split(capacities, candidates, sweeps, limits or {})
    for part in parts:
        share = 1 if len(part.pools) <= SMALL_POOLS else SMALL_SHARE
        found = Search(part, (nodes * SMALL_SHARE - spent) // share).run()
        uses += [(part.places[at], count) for at, count in found.uses]
        swept += [part.sweep_places[at] for at in found.sweeps]
        saving, bound, spent = saving + found.saving, bound + found.bound, spent + found.nodes * share
    return Packing(tuple(sorted(uses)), tuple(swept), saving, bound, -(-spent // SMALL_SHARE), tuple(parts))


def greedy(
    capacities: Sequence[int],
    candidates: Sequence[Candidate],
    sweeps: Sequence[Sweep] = (),
    limits: Mapping[int, int] | None = None,
) -> Packing:
    """The simple answer: the candidate that saves most, as often as it goes, then the next. `pack` is never below."""
    return pack(capacities, candidates, sweeps, limits, nodes=0)
