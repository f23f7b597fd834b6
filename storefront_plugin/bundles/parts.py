"""Parts of a packing that share no pool, each with the values and the prices of pieces that the search works with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .candidates import Candidate, Sweep
from .prices_of_pieces import price_pieces, worth


@dataclass(slots=True)
class Part:
    """Candidates and sweeps that share pools, in canonical order: most saving first, then the lower bundle id.

    A limit of a bundle is one more pool, of which each of its candidates takes one piece.

    Values are savings times *scale* less a penalty for each use, so that comparing values compares savings first, then
    the number of sets, then their bundle ids.

    Attributes:
        places, sweep_places: Places in what was given to the packing.
        capacities: Pieces by pool.
        values: By candidate, above 0.
        worth: Price of a piece by pool: no candidate's value is above that of its pieces.
        kept: What of it the sweeps can still get when no candidate takes the piece.
    """

    places: list[int]
    candidates: list[Candidate]
    demands: list[tuple[tuple[int, int], ...]]
    capacities: list[int]
    sweep_places: list[int]
    sweeps: list[Sweep]
    pools: list[int]
    scale: int = 1
    penalties: Mapping[int, int] = field(default_factory=dict)
    values: list[int] = field(default_factory=list)
    worth: list[int] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)

    def weigh(self) -> None:
        """Find scale and values."""
        ids = sorted({one.bundle_id for one in self.candidates} | {one.bundle_id for one in self.sweeps})
        most = sum(self.capacities[: len(self.pools)]) + len(self.sweeps)
        base = len(ids) * most + 1
        self.penalties = {bundle_id: base + rank for rank, bundle_id in enumerate(ids)}
        self.scale = most * (base + len(ids)) + 1
        self.values = [one.saving * self.scale - self.penalties[one.bundle_id] for one in self.candidates]

    def price_pieces(self, reached: int) -> None:
        """Find the prices of pieces, given the value of a known solution."""
        self.kept = [0] * len(self.capacities)
        for at, number in enumerate(self.pools):
            rates = [sweep.rate(number) for sweep in self.sweeps if number in sweep.pools]
            self.kept[at] = max(rates, default=0) * self.scale
        self.worth = price_pieces(self.demands, self.values, self.capacities, self.kept, reached)

    @property
    def ceiling(self) -> int:
        """No combination is worth more; each sweep rounds once, by less than one minor unit."""
        return worth(self.worth, self.capacities) + self.scale * len(self.sweeps)


def split(
    capacities: Sequence[int], candidates: Sequence[Candidate], sweeps: Sequence[Sweep], limits: Mapping[int, int]
) -> list[Part]:
    """The parts, small ones first, so that large ones cannot use up their nodes."""
    roots = _Roots(len(capacities))
    of_bundle: dict[int, int] = {}
    for candidate in candidates:
        first = candidate.demand[0][0]
        for pool, _ in candidate.demand:
            roots.join(first, pool)
        if of_bundle.setdefault(candidate.bundle_id, first) != first:
            roots.join(first, of_bundle[candidate.bundle_id])
    for sweep in sweeps:
        for pool in sweep.pools[1:]:
            roots.join(sweep.pools[0], pool)
    groups: dict[int, tuple[list[int], list[int]]] = {}
    for at, candidate in enumerate(candidates):
        groups.setdefault(roots.of(candidate.demand[0][0]), ([], []))[0].append(at)
    for at, sweep in enumerate(sweeps):
        groups.setdefault(roots.of(sweep.pools[0]), ([], []))[1].append(at)
    ordered = sorted(groups.items(), key=lambda group: (len(group[1][0]), group[0]))
    return [_part(capacities, candidates, sweeps, limits, *places) for _, places in ordered]


def _part(
    capacities: Sequence[int],
    candidates: Sequence[Candidate],
    sweeps: Sequence[Sweep],
    limits: Mapping[int, int],
    places: list[int],
    sweep_places: list[int],
) -> Part:
    places.sort(key=lambda at: (-candidates[at].saving, candidates[at].bundle_id, candidates[at].demand, at))
    sweep_places.sort(key=lambda at: (sweeps[at].bundle_id, at))
    chosen, swept = [candidates[at] for at in places], [sweeps[at] for at in sweep_places]
    pools = sorted({pool for one in chosen for pool, _ in one.demand} | {pool for one in swept for pool in one.pools})
    local = {pool: at for at, pool in enumerate(pools)}
    limited = sorted({one.bundle_id for one in chosen} & limits.keys())
    limit_pool = {bundle_id: len(pools) + at for at, bundle_id in enumerate(limited)}
    part = Part(
        places,
        chosen,
        [
            tuple((local[pool], pieces) for pool, pieces in one.demand)
            + (((limit_pool[one.bundle_id], 1),) if one.bundle_id in limit_pool else ())
            for one in chosen
        ],
        [capacities[pool] for pool in pools] + [limits[bundle_id] for bundle_id in limited],
        sweep_places,
        swept,
        pools,
    )
    part.weigh()
    return part


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
