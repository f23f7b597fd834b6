"""Subproblems of a packing that share no pool, each with the values and the prices of items that the search works with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .duals import Relaxation, price_items, worth
from .stacks import Candidate, Sweep


@dataclass(slots=True)
class Subproblem:
    """Candidates and sweeps that share pools, in canonical order: most saving first, then the lower bundle id.

    A limit of a bundle is one more pool, of which each of its candidates takes one item.

    Values are savings times *scale* less a penalty for each use, so that comparing values compares savings first, then
    the number of sets, then their bundle ids.

    Attributes:
        positions, sweep_positions: Positions in what was given to the packing.
        capacities: Items by pool: first of *pools*, then what is left of the bundles *limited*.
        times: By candidate, how often it can be made at most.
        values: By candidate, above 0.
        worth: Price of an item by pool: no candidate's value is above that of its items.
        losses: By candidate, how far it is below.
        kept: What of it the sweeps can still get when no candidate takes the item.
    """

    positions: list[int]
    candidates: list[Candidate]
    demands: list[tuple[tuple[int, int], ...]]
    capacities: list[int]
    sweep_positions: list[int]
    sweeps: list[Sweep]
    pools: list[int]
    limited: list[int]
    times: list[int] = field(default_factory=list)
    scale: int = 1
    penalties: Mapping[int, int] = field(default_factory=dict)
    values: list[int] = field(default_factory=list)
    worth: list[int] = field(default_factory=list)
    losses: list[int] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)

    def weigh(self) -> None:
        """Find times, scale and values."""
        self.times = [min([self.capacities[pool] // quantity for pool, quantity in demand]) for demand in self.demands]
        ids = sorted({one.bundle_id for one in self.candidates} | {one.bundle_id for one in self.sweeps})
        most = sum(self.capacities[: len(self.pools)]) + len(self.sweeps)
        base = len(ids) * most + 1
        self.penalties = {bundle_id: base + rank for rank, bundle_id in enumerate(ids)}
        self.scale = most * (base + len(ids)) + 1
        self.values = [one.saving * self.scale - self.penalties[one.bundle_id] for one in self.candidates]

    def price_items(self, reached: int) -> None:
        """Find the prices of items, given the value of a known solution."""
        self.kept = [0] * len(self.capacities)
        position = {number: at for at, number in enumerate(self.pools)}
        for sweep in self.sweeps:
            for number in sweep.pools:
                at = position[number]
                self.kept[at] = max(self.kept[at], sweep.rate(number) * self.scale)
        sets = Relaxation(self.demands, self.values, self.times, self.capacities, self.kept)
        self.worth, self.losses = price_items(sets, reached)

    @property
    def ceiling(self) -> int:
        """No combination is worth more; what a sweep saves on an item is rounded up already."""
        return worth(self.worth, self.capacities)


def split(
    capacities: Sequence[int], candidates: Sequence[Candidate], sweeps: Sequence[Sweep], limits: Mapping[int, int]
) -> list[Subproblem]:
    """The subproblems, small ones first, so that large ones cannot use up their nodes."""
    roots = _Roots(len(capacities))
    of_bundle: dict[int, int] = {}
    for candidate in candidates:
        first = candidate.demand[0][0]
        for pool, _ in candidate.demand[1:]:
            roots.join(first, pool)
        if candidate.bundle_id in limits:
            roots.join(first, of_bundle.setdefault(candidate.bundle_id, first))
    for sweep in sweeps:
        for pool in sweep.pools[1:]:
            roots.join(sweep.pools[0], pool)
    groups: dict[int, tuple[list[int], list[int]]] = {}
    for at, candidate in enumerate(candidates):
        groups.setdefault(roots.of(candidate.demand[0][0]), ([], []))[0].append(at)
    for at, sweep in enumerate(sweeps):
        groups.setdefault(roots.of(sweep.pools[0]), ([], []))[1].append(at)
    ordered = sorted(groups.items(), key=lambda group: (len(group[1][0]), group[0]))
    return [_subproblem(capacities, candidates, sweeps, limits, *positions) for _, positions in ordered]


def _subproblem(
    capacities: Sequence[int],
    candidates: Sequence[Candidate],
    sweeps: Sequence[Sweep],
    limits: Mapping[int, int],
    positions: list[int],
    sweep_positions: list[int],
) -> Subproblem:
    ranked = sorted([(-candidates[at].saving, candidates[at].bundle_id, candidates[at].demand, at) for at in positions])
    positions = [at for *_, at in ranked]
    sweep_positions.sort(key=lambda at: (sweeps[at].bundle_id, at))
    chosen, swept = [candidates[at] for at in positions], [sweeps[at] for at in sweep_positions]
    pools = sorted({pool for one in chosen for pool, _ in one.demand} | {pool for one in swept for pool in one.pools})
    local = {pool: at for at, pool in enumerate(pools)}
    limited = sorted({one.bundle_id for one in chosen} & limits.keys())
    limit_pool = {bundle_id: len(pools) + at for at, bundle_id in enumerate(limited)}
    subproblem = Subproblem(
        positions,
        chosen,
        [
            tuple([(local[pool], quantity) for pool, quantity in one.demand])
            + (((limit_pool[one.bundle_id], 1),) if one.bundle_id in limit_pool else ())
            for one in chosen
        ],
        [capacities[pool] for pool in pools] + [limits[bundle_id] for bundle_id in limited],
        sweep_positions,
        swept,
        pools,
        limited,
    )
    subproblem.weigh()
    return subproblem


class _Roots:
    """Which pools hang together."""

    def __init__(self, size: int) -> None:
        self._above = list(range(size))

    def of(self, pool: int) -> int:
        while self._above[pool] != pool:
            self._above[pool] = self._above[self._above[pool]]
            pool = self._above[pool]
        return pool

    def join(self, one: int, other: int) -> None:
        above = self._above
        if above[one] == above[other]:
            return
        first, second = self.of(one), self.of(other)
        if first != second:
            above[max(first, second)] = min(first, second)
