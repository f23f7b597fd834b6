"""What ways of suggesting find in the latest orders of a log, beside each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Final, Literal, TypeAlias

from ..counts.scoring import Constants, PageKind
from ..counts.weights import MAX_PAIR_SIZE
from .replay import Replay
from .tuning import PAGES

Way: TypeAlias = Literal["random", "bestsellers", "pair_counts", "standard", "own", "model"]
"""Suggestions by chance, of best sellers, by orders with both, "also bought" with standard and the shop's constants.

``model`` is the last with the model of carts beside it; it is there for carts only, and where the shop has a model.
"""

WAYS: Final[tuple[Way, ...]] = ("random", "bestsellers", "pair_counts", "standard", "own")
PHASE: Final = "ways of suggesting"


@dataclass(frozen=True, slots=True)
class Measures:
    """How ten suggestions do, as shares from 0 to 1.

    Attributes:
        hit_rate: Queries of which something that was bought is among the ten.
        ndcg: Mean NDCG@10 (Järvelin and Kekäläinen 2002, binary gain).
        coverage: Of all products, those that are suggested to any query.
        bestsellers: Of all that is suggested, the ten best sellers.
    """

    hit_rate: float
    ndcg: float
    coverage: float
    bestsellers: float


@dataclass(frozen=True, slots=True)
class CartModel:
    """How a shop's model of carts is made: its *penalty*, its *share* beside the pairs, and of the most products."""

    penalty: float
    share: float
    products: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The measures of each way by page, found by asking about *queries* orders of a shop of so many *products*."""

    queries: int
    products: int
    pages: Mapping[PageKind, Mapping[Way, Measures]]

    def to_json(self) -> str:
        """As JSON text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Evaluation:
        """What `to_json` made."""
        found = json.loads(text)
        pages = {
            page: {way: Measures(**measures) for way, measures in ways.items()} for page, ways in found["pages"].items()
        }
        return cls(found["queries"], found["products"], pages)


def evaluate(
    lines: Path,
    folder: Path,
    standard: Constants,
    own: Constants,
    progress: Callable[[str, int, int], object],
    model: CartModel | None = None,
) -> Evaluation:
    """Replay the log in the file *lines* (see `counts.log_lines.open_log`), with a *folder* for temporary files.

    Orders are those of `Replay`: one product of each is hidden from a cart, all but one from a product page. The *model* is
    made of the orders before; it needs NumPy.
    """
    ways: dict[PageKind, tuple[Way, ...]] = dict.fromkeys(PAGES, WAYS)
    if model is not None:
        ways["cart"] = (*WAYS, "model")
    total = sum(map(len, ways.values()))
    progress(PHASE, 0, total)
    with closing(_Contest(lines, list({standard.half_life: 0, own.half_life: 0}), folder)) as contest:
        pages: dict[PageKind, dict[Way, Measures]] = {page: {} for page in PAGES}
        for page in PAGES:
            for way in ways[page]:
                constants = own if way in ("own", "model") else standard
                pages[page][way] = contest.measures(page, way, constants, model if way == "model" else None)
                progress(PHASE, sum(map(len, pages.values())), total)
        return Evaluation(contest.queries, contest.products, pages)


class _Contest(Replay):
    """A replay that asks in other ways, too. *products* is the number of those that are known."""

    def __init__(self, source: Path, half_lives: list[float], folder: Path) -> None:
        super().__init__(source, half_lives, folder)
        self._queries.run("bestsellers")
        self._queries.run("together")
        self.products: int = self._queries.run("count_products")[0][0]

    def measures(self, page: PageKind, way: Way, constants: Constants, model: CartModel | None) -> Measures:
        """How *way* does on *page*, with *constants* and *model* where it has them."""
        run = self._queries.run
        if way == "pair_counts":
            run("best_counted", page=page)
        elif way in ("random", "bestsellers"):
            run("best_random" if way == "random" else "best_popular", page=page, most_seeds=MAX_PAIR_SIZE)
        else:
            if model is not None:
                self.use(self.matrix(model.products).model(model.penalty))
            self._rank(page, constants, model.share if model else 0.0)
        gains = [gain for _, gain in run("ndcg", page=page)]
        hit_rate, (coverage, bestsellers) = run("hits", page=page)[0][0], run("spread")[0]
        return Measures(hit_rate or 0.0, fmean(gains) if gains else 0.0, coverage or 0.0, bestsellers)
