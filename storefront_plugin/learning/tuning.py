"""Chooses the constants of a shop's scores by its own orders, beginning with those that fit most shops. Pure functions."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean, stdev
from typing import Final, NamedTuple

from ..counts.scoring import Constants, PageKind

HALF_LIVES: Final = (0.0, 730.0, 365.0, 180.0, 90.0)
TRENDS: Final = (0.0, 0.25, 0.5)
FORMULA: Final[Mapping[str, tuple[float, ...]]] = {
    "shrinkage": (0.0, 2.0, 5.0, 10.0, 30.0, 60.0),
    "prior": (0.0, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0),
    "specialness": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
}
PAGES: Final[tuple[PageKind, ...]] = ("cart", "product")

LEAST_QUERIES: Final = 50
"""With fewer orders to ask about the defaults stay: chance would choose."""

NOISE: Final = 1.0
"""A value is taken only if it gains more than so many standard errors of its paired gain, which shrinks to the defaults."""

ROUNDS: Final = 2
RESAMPLES: Final = 500

Ask = Callable[[PageKind, Constants], Sequence[float]]
"""NDCG@10 of each query on a page, always the same queries."""


@dataclass(frozen=True, slots=True)
class Step:
    """A constant that was changed, what for, and the share by which that raised NDCG@10. *page* is "" for both pages."""

    page: str
    name: str
    before: float
    after: float
    gain: float


@dataclass(frozen=True, slots=True)
class PageEvidence:
    """What a page finds with the constants it began with, and with those chosen.

    Attributes:
        before: Mean NDCG@10.
        after: The same with what was chosen.
        low: Of the difference, the lower bound of a 95 % interval (percentile bootstrap over queries, Efron 1979).
        high: Its upper bound.
    """

    before: float
    after: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Tuned:
    """The constants chosen, by how many *queries*, in which *steps*, and what each page finds with them."""

    constants: Constants
    queries: int
    steps: tuple[Step, ...] = ()
    evidence: Mapping[str, PageEvidence] = field(default_factory=dict)


def tune(ask: Ask, queries: int, start: Constants, is_half_life_free: bool = True) -> Tuned:
    """The constants that suit the shop, from *start*, one changed at a time.

    Where a page does worse with them than at first, beyond what chance explains, *start* stays.
    """
    if queries < LEAST_QUERIES:
        return Tuned(start, queries)
    search = _Search(ask, start)
    for _ in range(ROUNDS):
        if not search.round(is_half_life_free):
            break
    evidence: dict[str, PageEvidence] = {
        page: _compared(ask(page, start), ask(page, search.constants)) for page in PAGES
    }
    if any(one.high < 0 for one in evidence.values()):
        return Tuned(start, queries, (), {page: _compared(ask(page, start), ask(page, start)) for page in PAGES})
    return Tuned(search.constants, queries, tuple(search.steps), evidence)


class _Search:
    """Coordinate descent: each constant in turn takes the value that gains most, if that is more than noise."""

    def __init__(self, ask: Ask, start: Constants) -> None:
        self._ask = ask
        self.constants = start
        self.steps: list[Step] = []

    def round(self, is_half_life_free: bool) -> bool:
        """Try each constant once; whether any was changed."""
        known = len(self.steps)
        if is_half_life_free:
            self._choose(PAGES, "half_life", HALF_LIVES)
        for page in PAGES:
            for name, values in FORMULA.items():
                self._choose((page,), name, values)
        self._choose(PAGES, "trend", TRENDS)
        return len(self.steps) > known

    def _choose(self, pages: Sequence[PageKind], name: str, values: Sequence[float]) -> None:
        """Take the value that gains most; of those that gain as much but for noise, the nearest to the one at hand."""
        page = pages[0] if len(pages) == 1 else None
        at_hand: float = getattr(self.constants if page is None else self.constants.formula(page), name)
        found = {value: self._relative(pages, _with(self.constants, page, name, value)) for value in values}
        now = self._relative(pages, self.constants)
        better = {value: gain for value, gains in found.items() if (gain := compared_gain(now, gains)).is_sure}
        if not better:
            return
        best = max(better, key=lambda value: better[value].mean - better[value].noise)
        alike = [value for value in better if not compared_gain(found[value], found[best]).is_sure]
        chosen = min(alike, key=lambda value: abs(values.index(value) - values.index(at_hand)))
        self.steps.append(Step(page or "", name, at_hand, chosen, better[chosen].mean / len(pages)))
        self.constants = _with(self.constants, page, name, chosen)

    def _relative(self, pages: Sequence[PageKind], constants: Constants) -> list[float]:
        """NDCG of each query, summed over *pages*, in shares of what the page finds on average now."""
        found = []
        for page in pages:
            mean = fmean(self._ask(page, self.constants)) or 1.0
            found.append([gain / mean for gain in self._ask(page, constants)])
        return [sum(gains) for gains in zip(*found, strict=True)]


class Gain(NamedTuple):
    """A mean of paired differences, and what chance alone may make of it."""

    mean: float
    noise: float

    @property
    def is_sure(self) -> bool:
        """Whether it is more than noise."""
        return self.mean > self.noise


def compared_gain(before: Sequence[float], after: Sequence[float]) -> Gain:
    """What *after* gains over *before*, query by query."""
    gains = [new - old for old, new in zip(before, after, strict=True)]
    return Gain(fmean(gains), NOISE * stdev(gains) / len(gains) ** 0.5)


def _with(constants: Constants, page: PageKind | None, name: str, value: float) -> Constants:
    if page is not None:
        formula = replace(constants.formula(page), **{name: value})
        return replace(constants, cart=formula) if page == "cart" else replace(constants, product=formula)
    return replace(constants, half_life=value) if name == "half_life" else replace(constants, trend=value)


def _compared(before: Sequence[float], after: Sequence[float]) -> PageEvidence:
    gains = [new - old for old, new in zip(before, after, strict=True)]
    means = sorted(_resampled(gains))
    edge = max(0, len(means) // 40 - 1)
    return PageEvidence(fmean(before), fmean(after), means[edge], means[-1 - edge])


def _resampled(gains: Sequence[float]) -> Iterator[float]:
    chance = random.Random(1)  # noqa: S311 - the same interval each time
    for _ in range(RESAMPLES):
        yield fmean(chance.choices(gains, k=len(gains)))
