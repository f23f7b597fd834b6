"""Asks for suggestions to the latest orders of a log as if they were on their way, from the orders before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from ..counts.log_lines import open_log
from ..counts.popularity import POPULAR, RECENT_DAYS
from ..counts.scoring import MAX_NEIGHBOURS, TREND_ORDERS, Constants, PageKind, neighbours_scored
from ..counts.weights import MAX_PAIR_SIZE
from .ease import Model, PairMatrix

QUERIES: Final = 2000
"""Orders that are asked about at most: enough to tell apart what differs by some hundredths."""

SHARE: Final = 5
"""Of the orders a fifth is asked about where there are fewer; where they lie on too few days, a fifth by chance."""

SEEDS: Final = 20
HALF_LIVES: Final = 5
"""How many half-lives one replay can compare."""


class Replay:
    """One product of each of the latest orders is hidden (cart), or all but one are (product page); is it suggested?

    The scores are those of `counts.scoring` with the neighbours that Redis keeps.

    Attributes:
        queries: The number of orders asked about.
    """

    def __init__(self, source: Path, half_lives: Sequence[float], folder: Path, most: int = QUERIES) -> None:
        """Read *source* as `counts.log_lines.open_log` does; compare at most `HALF_LIVES` *half_lives* in days."""
        self.queries = 0
        self._half_lives = tuple(half_lives)
        self._gains: dict[tuple[PageKind, Constants, float], list[float]] = {}
        self._at: dict[str, dict[str, object]] = {}
        self._queries = open_log(source, ("storefront_plugin.learning", "replay.sql"), folder)
        try:
            self._prepare(most)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Free memory and temporary files."""
        self._queries.close()

    def matrix(self, most: int, everything: bool = False) -> PairMatrix:
        """Orders by pair of products, of the *most* that are in most orders; those asked about count with *everything* only."""
        run = self._queries.run
        run("matrix_of_all" if everything else "matrix_of_before")
        run("matrix_products", most=most, max_size=MAX_PAIR_SIZE)
        return PairMatrix.of(
            self._queries.arrays("matrix_diagonal"), self._queries.arrays("matrix_cells", max_size=MAX_PAIR_SIZE)
        )

    def use(self, model: Model) -> None:
        """Blend the scores of carts with *model* from now on."""
        wanted = [seed for (seed,) in self._queries.run("seeds")]
        found = [(seed, product, weight) for seed in wanted for product, weight in model.get(seed, ())]
        seeds, products, weights = zip(*found, strict=True) if found else ((), (), ())
        self._queries.run("modelled", seeds=list(seeds), products=list(products), weights=list(weights))
        self._gains = {key: gains for key, gains in self._gains.items() if not key[2]}

    def ndcg(self, page: PageKind, constants: Constants, share: float = 0.0) -> list[float]:
        """NDCG@10 of each query on *page*, from 0 to 1, always in the same order; *share* is that of the model of carts."""
        formula = constants.formula(page)
        asked = page, replace(constants, cart=formula, product=formula), share
        if asked not in self._gains:
            self._gains[asked] = self._ask(*asked)
        return self._gains[asked]

    def _ask(self, page: PageKind, constants: Constants, share: float) -> list[float]:
        self._rank(page, constants, share)
        return [gain for _, gain in self._queries.run("ndcg", page=page)]

    def _rank(self, page: PageKind, constants: Constants, share: float = 0.0) -> None:
        """Find the ten best of each query."""
        formula = constants.formula(page)
        place = self._half_lives.index(constants.half_life) + 1
        self._make("sold", half_life=place, trend=float(constants.trend), trend_orders=TREND_ORDERS, popular=POPULAR)
        self._make(
            "evidence",
            page=page,
            half_life=place,
            seed=formula.seed,
            prior_seed=formula.prior_seed,
            shrinkage=float(formula.shrinkage),
            depths=[neighbours_scored(seeds) for seeds in range(1, SEEDS + 1)],
        )
        self._queries.run(
            "best", prior=float(formula.prior), specialness=float(formula.specialness), share=float(share)
        )

    def _make(self, table: str, **values: object) -> None:
        """Make *table* unless it was made with the same *values* last."""
        if self._at.get(table) != values:
            self._queries.run(table, **values)
            self._at[table] = values

    def _prepare(self, most: int) -> None:
        run = self._queries.run
        days: list[tuple[int, int]] = run("days", max_size=MAX_PAIR_SIZE)
        since, until, parts = _split(days, most)
        run("held", since=since, parts=parts, max_size=MAX_PAIR_SIZE)
        run("baskets", most=most)
        run("before", until=until, max_size=MAX_PAIR_SIZE)
        all_days = [day for (day,) in run("all_days")]
        last = max((day for day, _ in days if day < until), default=0)
        units = [[_unit(day - last, half_life) for day in all_days] for half_life in self._half_lives]
        units += units[-1:] * (HALF_LIVES - len(units))
        run("units", days=all_days, **{f"u{place}": unit for place, unit in enumerate(units, 1)})
        run("products", recent=last - RECENT_DAYS)
        run("queries")
        run("asked")
        run("wanted")
        run("ideals")
        run("pairs")
        run("weights", half_lives=len(self._half_lives), keep=MAX_NEIGHBOURS)
        self._queries.drop("pairs")
        self.queries = run("count")[0][0]
        self.use({})


def _unit(days: int, half_life: float) -> float:
    return 2.0 ** (days / half_life) if half_life else 1.0


def _split(days: Sequence[tuple[int, int]], most: int) -> tuple[int, int, int]:
    """From which day orders are asked about, until which they are known, and one of how many is asked about.

    *days* are days with their numbers of orders, the latest first.
    """
    total = sum(orders for _, orders in days)
    wanted, found = min(most, total // SHARE), 0
    for day, orders in days:
        found += orders
        if found >= wanted:
            if 2 * found <= total:
                return day, day, 1
            break
    newest = days[0][0] if days else 0
    return 0, newest + 1, SHARE
