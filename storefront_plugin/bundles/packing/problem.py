"""What the bundles of a cart can be made of: its pools, and all ways of all bundles on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..pools import Pool
from ..quote import NoSaving, Why
from .fillings import Mix, Recipe
from .stacks import Candidate, PoolIndex
from .steps import StepSweep


@dataclass(slots=True)
class PackingProblem:
    """All ways of all bundles on a cart.

    Attributes:
        offers, sweeps: Sets and quantity steps that can be made.
        open: Recipes of which only some ways are among *offers*.
        mixes: Mixes of a range, by bundle.
        limits: How often a bundle may apply, by id.
        refused: Bundles with sets whose components are all there and that save nothing, and why.
    """

    pools: Sequence[Pool]
    currency: str
    pool_index: PoolIndex
    offers: list[Candidate] = field(default_factory=list)
    open: list[Recipe] = field(default_factory=list)
    sweeps: list[StepSweep] = field(default_factory=list)
    mixes: dict[int, Mix] = field(default_factory=dict)
    limits: dict[int, int] = field(default_factory=dict)
    refused: dict[tuple[int, Why], NoSaving] = field(default_factory=dict)
