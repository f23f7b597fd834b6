"""Branch and bound within one subproblem of a packing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final, TypeAlias

from .stacks import Candidate, Sweep
from .steps import Reach, Sweeping
from .subproblems import Subproblem, split

FEW_POOLS: Final = 16
"""In a subproblem of no more pools, what was left before is remembered: there are few different rests."""

_Chain: TypeAlias = "tuple[_Chain, int, int] | None"


@dataclass(frozen=True, slots=True)
class Found:
    """The answer of one subproblem: candidates with their uses, sweeps, saving and bound (minor units), decisions tried."""

    uses: tuple[tuple[int, int], ...]
    sweeps: tuple[int, ...]
    saving: int
    bound: int
    nodes: int


_State: TypeAlias = "tuple[int, int, int, int, int, int | None, int, int, _Chain]"
"""What is possible from here (negative, for the heap), number, bound, turn and set there, its most uses, items left,
value and uses so far."""

_Member: TypeAlias = "tuple[int, int, int, int, int]"
"""Packed demand, candidate, value, what taking it costs the bound, and what not taking it costs at least: the item
that it leaves goes to a set that follows, or is wasted."""

_Turn: TypeAlias = "tuple[int, list[_Member], list[tuple[int, int, int]]]"
"""Field of a pool, the sets to decide there, and the pools that are decided after it (shift, mask, price)."""


class Search:
    """Decides the candidates pool by pool, those of the most precious pool first.

    All pools' items stand side by side in one integer, each in a field with a guard bit: one subtraction tells
    whether a set still fits. When all candidates of a pool are decided, what is left in it is worth nothing more.
    """

    def __init__(self, subproblem: Subproblem, budget: int) -> None:
        self._subproblem = subproblem
        self._budget = budget
        self.nodes = 0
        self._open = 0
        self._best = 0
        self._uses: _Chain = None
        self._swept: tuple[int, ...] = ()
        self._reached: dict[tuple[int, int], int] | None = None
        self._ahead: list[int] = []
        self._lay_out_fields()

    def run(self) -> Found:
        """The best combination that the budget finds, at least the greedy one."""
        subproblem = self._subproblem
        self._take_greedily()
        subproblem.price_items(self._best)
        self._lay_out_levels()
        self._branch((-subproblem.ceiling, 0, subproblem.ceiling, 0, 0, None, self._full, 0, None))
        uses = tuple(_unlinked(self._uses))
        saving = self._saving(uses)
        # What is left of the best open value is no more than its saving times the scale.
        bound = -(-max(self._open, self._best) // subproblem.scale) if self._open else saving
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
        _, _, bound, first, start, most, left, value, chain = state
        guards, best = self._guards, self._best
        for turn in range(first, len(self._turns)):
            field, members, closing = self._turns[turn]
            position = start
            if self._reached is not None and not start and most is None:
                here = turn, left & self._ahead[turn]
                if self._reached.get(here, -1) >= value:
                    return  # another beginning leaves the same items and is worth no less
                self._reached[here] = value
            while left & field and position < len(members):
                demand, at, gain, loss, least = members[position]
                if bound - loss <= best:
                    break  # the sets that follow lose no less
                if ((left | guards) - demand) & guards == guards:
                    times = self._times(at, left) if most is None else min(most, self._times(at, left))
                    if times:
                        self.nodes += 1
                        if bound - least > best:  # taking it less often may be better
                            self.nodes += 1
                            less = (least - bound, self.nodes, bound, turn, position, times - 1, left, value, chain)
                            heappush(waiting, less)
                        left -= times * demand
                        bound -= times * loss
                        value += times * gain
                        chain = (chain, at, times)
                most = None
                position += 1
            start, most = 0, None
            for shift, mask, waste in closing:
                bound -= waste * (left >> shift & mask)
            if bound <= best:
                return
            if self.nodes >= self._budget:
                self._open = max(self._open, bound)
                return
        self._consider(left, value, chain, bound)

    def _times(self, at: int, left: int) -> int:
        if self._subproblem.times[at] == 1:
            return 1
        return min(
            (left >> self._shifts[p] & self._masks[p]) // quantity for p, quantity in self._subproblem.demands[at]
        )

    def _consider(self, left: int, value: int, chain: _Chain, bound: int | None = None) -> None:
        """Keep the answer if it is the best; *bound* is what is possible with its sets."""
        swept: tuple[int, ...] = ()
        if self._subproblem.sweeps:
            tried = self._sweeping.tried
            more, swept, certain = self._sweeping.best(left)
            self.nodes += self._sweeping.tried - tried
            value += more
            if not certain and bound is not None:
                self._open = max(self._open, bound)
        if value > self._best:
            self._best, self._uses, self._swept = value, chain, swept

    def _take_greedily(self) -> None:
        left, value = self._full, 0
        chain: _Chain = None
        for at, demand in enumerate(self._packed):
            if ((left | self._guards) - demand) & self._guards == self._guards:
                times = self._times(at, left)
                left -= times * demand
                value += times * self._subproblem.values[at]
                chain = (chain, at, times)
        self._consider(left, value, chain)

    def _swept_saving(self, at: int, left: int) -> int:
        """What a sweep saves on what is *left* in its fields."""
        sweep = self._subproblem.sweeps[at]
        positions = [self._position[number] for number in sweep.pools]
        return sweep.saving({self._subproblem.pools[p]: left >> self._shifts[p] & self._masks[p] for p in positions})

    def _saving(self, uses: tuple[tuple[int, int], ...]) -> int:
        subproblem = self._subproblem
        penalty = sum(subproblem.penalties[subproblem.candidates[at].bundle_id] * times for at, times in uses)
        penalty += sum(subproblem.penalties[subproblem.sweeps[at].bundle_id] for at in self._swept)
        return (self._best + penalty) // subproblem.scale

    def _lay_out_fields(self) -> None:
        self._shifts: list[int] = []
        self._masks: list[int] = []
        self._full = self._guards = shift = 0
        for quantity in self._subproblem.capacities:
            width = quantity.bit_length()
            self._shifts.append(shift)
            self._masks.append((1 << width) - 1)
            self._full |= quantity << shift
            self._guards |= 1 << shift + width
            shift += width + 1
        demands = self._subproblem.demands
        self._packed = [sum([quantity << self._shifts[pool] for pool, quantity in demand]) for demand in demands]
        if self._subproblem.sweeps:
            self._lay_out_sweeps()

    def _lay_out_sweeps(self) -> None:
        subproblem = self._subproblem
        self._position = {number: at for at, number in enumerate(subproblem.pools)}
        reaches = []
        for sweep in subproblem.sweeps:
            fields = sum([self._masks[self._position[n]] << self._shifts[self._position[n]] for n in sweep.pools])
            reaches.append(Reach(fields, subproblem.penalties[sweep.bundle_id]))
        self._sweeping = Sweeping(reaches, self._swept_saving, subproblem.scale)

    def _lay_out_levels(self) -> None:
        subproblem = self._subproblem
        waste = [worth - kept for worth, kept in zip(subproblem.worth, subproblem.kept, strict=True)]
        pools = sorted(range(len(waste)), key=lambda p: (p >= len(subproblem.pools), -waste[p], p))
        turn = {pool: at for at, pool in enumerate(pools)}
        members: list[list[tuple[int, int]]] = [[] for _ in pools]
        for at, (demand, loss) in enumerate(zip(subproblem.demands, subproblem.losses, strict=True)):
            members[min([turn[pool] for pool, _ in demand])].append((loss, at))
        self._turns: list[_Turn] = []
        for pool, sets in zip(pools, members, strict=True):
            if sets:
                self._turns.append((self._masks[pool] << self._shifts[pool], self._members(sets, waste[pool]), []))
            if waste[pool]:
                self._turns[-1][2].append((self._shifts[pool], self._masks[pool], waste[pool]))
        if len(pools) <= FEW_POOLS:
            self._lay_out_memory()

    def _lay_out_memory(self) -> None:
        self._reached = {}
        fields = [mask << shift for mask, shift in zip(self._masks, self._shifts, strict=True)]
        position = {number: at for at, number in enumerate(self._subproblem.pools)}
        ahead = sum({fields[position[number]] for sweep in self._subproblem.sweeps for number in sweep.pools})
        for _, members, _ in reversed(self._turns):
            for _, at, *_ in members:
                for pool, _ in self._subproblem.demands[at]:
                    ahead |= fields[pool]
            self._ahead.append(ahead)
        self._ahead.reverse()

    def _members(self, sets: list[tuple[int, int]], waste: int) -> list[_Member]:
        """*sets* (what each costs the bound, candidate), those that cost least first."""
        ordered = sorted(sets)
        instead = [min(loss, waste) for loss, _ in ordered[1:]] + [waste]
        return [
            (self._packed[at], at, self._subproblem.values[at], loss, least)
            for (loss, at), least in zip(ordered, instead, strict=True)
        ]


def _unlinked(chain: _Chain) -> list[tuple[int, int]]:
    uses = []
    while chain is not None:
        chain, at, times = chain
        uses.append((at, times))
    return uses[::-1]


# The combination of sets that saves most: weighted set packing, the same on every machine and in any order of lines.
#
# Sets are candidates that take items from pools. The cart is split into subproblems that share no pool; in each, branch and
# bound starts from the greedy answer and ends with a budget of nodes, never with a clock. The bound is a price for each
# item (a dual solution): no candidate saves more than its items are worth, so what is not yet decided never saves
# more than the items that are left.
#
# Quantity steps (`Sweep`) come last: they take all items of their products that the sets have left, one after the other,
# in the order that saves most.


NODES: Final = 1000
"""Decisions of one packing, in all its subproblems together."""

SMALL_POOLS: Final = 8
SMALL_SHARE: Final = 30
"""In subproblems of up to that many pools that many decisions count as one: there the best answer is to be certain."""


@dataclass(frozen=True, slots=True)
class Packing:
    """The answer.

    Attributes:
        uses: Positions of the candidates in what was given and how often each applies, by position.
        sweeps: Positions of the sweeps that apply, in the order in which they take what is left.
        saving: Minor units.
        bound: No combination saves more than this.
        nodes: Decisions that were tried; those of small subproblems count less.
        subproblems: With the prices of their items.
    """

    uses: tuple[tuple[int, int], ...] = ()
    sweeps: tuple[int, ...] = ()
    saving: int = 0
    bound: int = 0
    nodes: int = 0
    subproblems: tuple[Subproblem, ...] = field(default=(), compare=False, repr=False)

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
    """The uses of *candidates* and *sweeps* that save most within *capacities* (items by pool).

    Of equal savings the one with fewer sets is taken, then the one of lower bundle ids.

    Args:
        limits: How often a bundle may apply in all its candidates, by id.
        nodes: The budget.
    """
    uses: list[tuple[int, int]] = []
    swept: list[int] = []
    saving = bound = spent = 0  # what is spent counts in shares of a decision
    subproblems = split(capacities, candidates, sweeps, limits or {})
    for subproblem in subproblems:
        share = 1 if len(subproblem.pools) <= SMALL_POOLS else SMALL_SHARE
        found = Search(subproblem, (nodes * SMALL_SHARE - spent) // share).run()
        uses += [(subproblem.positions[at], count) for at, count in found.uses]
        swept += [subproblem.sweep_positions[at] for at in found.sweeps]
        saving, bound, spent = saving + found.saving, bound + found.bound, spent + found.nodes * share
    return Packing(tuple(sorted(uses)), tuple(swept), saving, bound, -(-spent // SMALL_SHARE), tuple(subproblems))


def greedy(
    capacities: Sequence[int],
    candidates: Sequence[Candidate],
    sweeps: Sequence[Sweep] = (),
    limits: Mapping[int, int] | None = None,
) -> Packing:
    """The simple answer: the candidate that saves most, as often as it goes, then the next. `pack` is never below."""
    return pack(capacities, candidates, sweeps, limits, nodes=0)
