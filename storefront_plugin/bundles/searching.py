"""Branch and bound within one part of a packing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import groupby, pairwise
from typing import Final, TypeAlias

from .parts import Part

MAX_OVERLAPPING: Final = 6
"""Sweeps that share pools are tried in all combinations up to so many; more of them are all applied, in turn."""

_Chain: TypeAlias = "tuple[_Chain, int, int] | None"


@dataclass(frozen=True, slots=True)
class Found:
    """The answer of one part: candidates with their uses, sweeps, saving and bound (minor units), decisions tried."""

    uses: tuple[tuple[int, int], ...]
    sweeps: tuple[int, ...]
    saving: int
    bound: int
    nodes: int


_State: TypeAlias = "tuple[int, int, int, int, int | None, int, int, _Chain]"
"""Bound (negative, for the heap), number, turn and set there, its most uses, pieces left, value and uses so far."""


_Turn: TypeAlias = "tuple[int, list[tuple[int, int, int, int]], list[tuple[int, int, int]]]"
"""Field of a pool, the sets to decide there (packed demand, candidate, value, what it costs the bound), and the pools
that are decided after it (shift, mask, price)."""


class Search:
    """Decides the candidates pool by pool, those of the most precious pool first.

    All pools' pieces stand side by side in one integer, each in a field with a guard bit: one subtraction tells
    whether a set still fits. When all candidates of a pool are decided, what is left in it is worth nothing more.
    """

    def __init__(self, part: Part, budget: int) -> None:
        self._part = part
        self._budget = budget
        self.nodes = 0
        self._open = 0
        self._best = 0
        self._uses: _Chain = None
        self._swept: tuple[int, ...] = ()
        self._lay_out_fields()
        self._overlapping = _overlap(part)

    def run(self) -> Found:
        """The best combination that the budget finds, at least the greedy one."""
        part = self._part
        self._take_greedily()
        part.price_pieces(self._best)
        self._lay_out_levels()
        self._branch((-part.ceiling, 0, 0, 0, None, self._full, 0, None))
        uses = tuple(_unlinked(self._uses))
        saving = self._saving(uses)
        # What is left of the best open value is no more than its saving times the scale.
        bound = -(-max(self._open, self._best) // part.scale) if self._open else saving
        return Found(uses, self._swept, saving, bound, self.nodes)

    def _branch(self, root: _State) -> None:
        """Go on where most is possible: the choices of the beginning are tried first, and the bound sinks."""
        waiting = [root]
        while waiting:
            state = heappop(waiting)
            if -state[0] <= self._best:
                return
            if self.nodes >= self._budget:
                self._open = max(self._open, -state[0])
                return
            self._dive(state, waiting)

    def _dive(self, state: _State, waiting: list[_State]) -> None:
        """Take what fits, pool by pool, and leave among the *waiting* what would follow from taking less."""
        minus, _, first, start, most, left, value, chain = state
        bound, guards, best = -minus, self._guards, self._best
        for turn in range(first, len(self._turns)):
            field, members, closing = self._turns[turn]
            place = start
            while left & field and place < len(members):
                demand, at, gain, loss = members[place]
                if ((left | guards) - demand) & guards == guards:
                    times = self._times(at, left) if most is None else min(most, self._times(at, left))
                    if times:
                        self.nodes += 2  # taking it so often, and taking it less often
                        heappush(waiting, (-bound, self.nodes, turn, place, times - 1, left, value, chain))
                        left -= times * demand
                        bound -= times * loss
                        value += times * gain
                        chain = (chain, at, times)
                most = None
                place += 1
            start, most = 0, None
            for shift, mask, waste in closing:
                bound -= waste * (left >> shift & mask)
            if bound <= best:
                return
            if self.nodes >= self._budget:
                self._open = max(self._open, bound)
                return
        self._consider(left, value, chain)

    def _times(self, at: int, left: int) -> int:
        if self._single[at]:
            return 1
        return min((left >> self._shifts[p] & self._masks[p]) // pieces for p, pieces in self._part.demands[at])

    def _consider(self, left: int, value: int, chain: _Chain) -> None:
        swept: tuple[int, ...] = ()
        if self._part.sweeps:
            more, swept = self._sweep(left)
            value += more
        if value > self._best:
            self._best, self._uses, self._swept = value, chain, swept

    def _take_greedily(self) -> None:
        left, value = self._full, 0
        chain: _Chain = None
        for at, demand in enumerate(self._packed):
            if ((left | self._guards) - demand) & self._guards == self._guards:
                times = self._times(at, left)
                left -= times * demand
                value += times * self._part.values[at]
                chain = (chain, at, times)
        self._consider(left, value, chain)

    # Sweeps.

    def _sweep(self, left: int) -> tuple[int, tuple[int, ...]]:
        part = self._part
        pieces = {number: left >> self._shifts[at] & self._masks[at] for at, number in enumerate(part.pools)}
        if not self._overlapping or len(part.sweeps) > MAX_OVERLAPPING:
            return self._sweep_all(pieces)
        best: tuple[int, tuple[int, ...]] = (0, ())
        for choice in range(1 << len(part.sweeps)):
            # Counting down, so that of equal answers the one with the lower ids comes first.
            self.nodes += 1
            best = max(best, self._sweep_all(pieces, ~choice), key=lambda answer: answer[0])
        return best

    def _sweep_all(self, pieces: Mapping[int, int], chosen: int = -1) -> tuple[int, tuple[int, ...]]:
        part, left, value = self._part, dict(pieces), 0
        swept = []
        for at, sweep in enumerate(part.sweeps):
            saving = sweep.saving(left) if chosen >> at & 1 else 0
            if saving:
                value += saving * part.scale - part.penalties[sweep.bundle_id]
                swept.append(at)
                left.update(dict.fromkeys(sweep.pools, 0))
        return value, tuple(swept)

    def _saving(self, uses: tuple[tuple[int, int], ...]) -> int:
        part = self._part
        penalty = sum(part.penalties[part.candidates[at].bundle_id] * times for at, times in uses)
        penalty += sum(part.penalties[part.sweeps[at].bundle_id] for at in self._swept)
        return (self._best + penalty) // part.scale

    # Lay-out.

    def _lay_out_fields(self) -> None:
        self._shifts: list[int] = []
        self._masks: list[int] = []
        self._full = self._guards = shift = 0
        for pieces in self._part.capacities:
            width = pieces.bit_length()
            self._shifts.append(shift)
            self._masks.append((1 << width) - 1)
            self._full |= pieces << shift
            self._guards |= 1 << shift + width
            shift += width + 1
        demands = self._part.demands
        self._packed = [sum(pieces << self._shifts[pool] for pool, pieces in demand) for demand in demands]
        self._single = [any(2 * pieces > self._part.capacities[pool] for pool, pieces in d) for d in demands]

    def _lay_out_levels(self) -> None:
        part = self._part
        count = len(part.capacities)
        waste = [worth - kept for worth, kept in zip(part.worth, part.kept, strict=True)]
        pools = sorted(range(count), key=lambda p: (p >= len(part.pools), -waste[p], p))
        turn = {pool: at for at, pool in enumerate(pools)}
        cost = [sum(part.worth[p] * n for p, n in d) - v for d, v in zip(part.demands, part.values, strict=True)]
        first = [min(turn[pool] for pool, _ in demand) for demand in part.demands]
        starts: list[int] = []
        order = sorted(range(len(part.demands)), key=lambda at: (first[at], cost[at], at))
        self._turns: list[_Turn] = []
        for turn, members in groupby(order, key=lambda at: first[at]):
            pool = pools[turn]
            field = self._masks[pool] << self._shifts[pool]
            sets = [(self._packed[at], at, part.values[at], cost[at]) for at in members]
            self._turns.append((field, sets, []))
            starts.append(turn)
        for place, (begin, end) in enumerate(pairwise([*starts, count])):
            closed = [pool for pool in pools[begin:end] if waste[pool]]
            self._turns[place][2].extend((self._shifts[pool], self._masks[pool], waste[pool]) for pool in closed)


def _overlap(part: Part) -> bool:
    pools = [pool for sweep in part.sweeps for pool in sweep.pools]
    return len(set(pools)) < len(pools)


def _unlinked(chain: _Chain) -> list[tuple[int, int]]:
    uses = []
    while chain is not None:
        chain, at, times = chain
        uses.append((at, times))
    return uses[::-1]
