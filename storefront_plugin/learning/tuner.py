"""Where the constants of a shop come from: its own orders, its merchant, its settings, or those that fit most shops."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

from ..core import clock
from ..core.errors import DatabaseUnavailable, StoreUnavailable
from ..core.queries import QueryFailed
from ..core.sql.database import Database
from ..counts.scoring import DEFAULTS, Constants, PageKind
from ..redis_store import RedisStore
from ..redis_store.keys import Keys
from .cart_model import NO_MODEL, LiveModel, is_lost, latest_model, live_model, publish
from .ease import Model, PairMatrix, fitting, is_available
from .model_choice import PENALTIES, choose_model
from .replay import Replay
from .tuning import HALF_LIVES, tune
from .tunings import latest_tuning, record_tuning

logger = logging.getLogger(__name__)

Progress: TypeAlias = Callable[[str, int, int], object]

PHASE: Final = "settings tried"
MOST_TRIED: Final = 80
"""About how many settings are tried; for the progress only."""

MODEL_PHASE: Final = "model of carts"
MODEL_STEPS: Final = len(PENALTIES) + 1
MODEL_DAYS: Final = 6
"""A model lives so long, also where a rebuild comes in between: it takes minutes in a large shop, and changes little."""


class Tuner:
    """Chooses the constants of one shop, and makes its model of carts.

    Args:
        half_life: In days, where the shop's settings name one; it is kept then.
        is_on: Whether the shop's own orders choose; else nothing but a merchant's choice is taken.
        model_products: The most products in the model; 0 makes none.
    """

    def __init__(
        self,
        database: Database,
        store: RedisStore,
        keys: Keys,
        half_life: float | None,
        is_on: bool,
        model_products: int,
    ) -> None:
        self._database = database
        self._store = store
        self._keys = keys
        self._model_products = model_products
        self.is_half_life_free = half_life is None
        """Whether the settings leave the half-life to the orders and to merchants."""
        self.is_on = is_on
        self.start = DEFAULTS if half_life is None else replace(DEFAULTS, half_life=half_life)
        """What a shop begins with."""

    def fixed(self) -> Constants | None:
        """The constants where the orders have no choice: set by a merchant, or tuning is off."""
        latest = latest_tuning(self._database)
        if latest is not None and latest.is_set:
            return self._allowed(latest.tuned.constants)
        return None if self.is_on else self.start

    def wanted(self) -> Constants:
        """The constants to count with as long as nothing is chosen anew."""
        latest = latest_tuning(self._database)
        return self.fixed() or (self.start if latest is None else self._allowed(latest.tuned.constants))

    def model(self) -> LiveModel:
        """The model of carts that pages use: none where the orders have no choice, or the settings want none."""
        return live_model(self._database) if self._model_products and self.fixed() is None else NO_MODEL

    def accepts(self, constants: Constants) -> bool:
        """Whether a rebuild that was begun with *constants* may go on."""
        fixed = self.fixed()
        return constants == fixed if fixed else self.is_half_life_free or constants.half_life == self.start.half_life

    def is_due(self, days: int, constants: Constants) -> bool:
        """Whether the choice is *days* old, or other *constants* are in use than were chosen or set."""
        latest = latest_tuning(self._database)
        if latest is None:
            return self.is_on
        if latest.is_set or not self.is_on:
            return constants != self.fixed()
        if latest.is_asked_again or constants != self.wanted():  # what was chosen is not in use: it failed
            return True
        return clock.now_in_sql() - latest.chosen_at >= dt.timedelta(days=days)

    def _allowed(self, constants: Constants) -> Constants:
        """*constants* with the half-life that the settings name."""
        return constants if self.is_half_life_free else replace(constants, half_life=self.start.half_life)

    def choose(self, lines: Path, folder: Path, progress: Progress) -> Constants:
        """The constants to count with: replays the orders in the file *lines* and records what they chose, and why."""
        fixed = self.fixed()
        if fixed is not None:
            return fixed
        half_lives = HALF_LIVES if self.is_half_life_free else (self.start.half_life,)
        with closing(Replay(lines, half_lives, folder)) as replay:
            tuned = tune(_stepping(replay, progress), replay.queries, self.start, self.is_half_life_free)
        fixed = self.fixed()
        if fixed is not None:  # a merchant was quicker
            return fixed
        record_tuning(self._database, tuned)
        for step in tuned.steps:
            logger.info(
                "Tuned %s%s from %g to %g: suggestions of the past find %+.1f %% more.",
                f"{step.page} " if step.page else "",
                step.name,
                step.before,
                step.after,
                100 * step.gain,
            )
        return tuned.constants

    def decided(self, constants: Constants) -> Decided:
        """The choice of *constants*, which were chosen already."""
        return Decided(constants, self.learn)

    def learn(self, lines: Path, folder: Path, constants: Constants, progress: Progress) -> None:
        """Make the model of carts from the orders in the file *lines*, if the last is old or gone and NumPy is there.

        Its penalty and its share beside the pairs, scored with *constants*, are the shop's own choice; where it finds
        nothing more, there is none.
        """
        if not self._is_model_due():
            return
        try:
            self._make_model(lines, folder, constants, progress)
        except (MemoryError, QueryFailed) as error:
            remedy = f"lower STOREFRONT_MODEL_PRODUCTS ({self._model_products}), or make room"
            logger.warning("No new model of carts was made (%s); %s.", str(error).rstrip("."), remedy)
        except (StoreUnavailable, DatabaseUnavailable) as error:
            logger.warning("No new model of carts was made (%s); the next night tries again.", str(error).rstrip("."))

    def _make_model(self, lines: Path, folder: Path, constants: Constants, progress: Progress) -> None:
        with closing(Replay(lines, (constants.half_life,), folder)) as replay:
            most = fitting(self._model_products)
            choice = choose_model(_modelling(replay, constants, replay.matrix(most), progress), replay.queries)
            model: Model = {}
            if choice.share:
                progress(MODEL_PHASE, MODEL_STEPS - 1, MODEL_STEPS)
                model = replay.matrix(most, everything=True).model(choice.penalty)
            publish(self._database, self._store, self._keys, choice, model)
        progress(MODEL_PHASE, MODEL_STEPS, MODEL_STEPS)

    def _is_model_due(self) -> bool:
        if not (self._model_products and is_available()) or self.fixed() is not None:
            return False
        row = latest_model(self._database)
        return (
            row is None
            or clock.now_in_sql() - row.made_at >= dt.timedelta(days=MODEL_DAYS)
            or is_lost(row, self._store, self._keys)
        )


@dataclass(frozen=True, slots=True)
class Decided:
    """A choice of constants that was made; see `counts.rebuild.ConstantsChoice`."""

    start: Constants
    learn: Callable[[Path, Path, Constants, Progress], None]

    def accepts(self, constants: Constants) -> bool:
        """Whether a rebuild that was begun with *constants* may go on."""
        return constants == self.start

    def choose(self, lines: Path, folder: Path, progress: Progress) -> Constants:
        """The same again."""
        return self.start


def _stepping(replay: Replay, progress: Progress) -> Callable[[PageKind, Constants], Sequence[float]]:
    tried = 0

    def ask(page: PageKind, constants: Constants) -> Sequence[float]:
        nonlocal tried
        tried += 1
        progress(PHASE, min(tried, MOST_TRIED - 1), MOST_TRIED)
        return replay.ndcg(page, constants)

    return ask


def _modelling(
    replay: Replay, constants: Constants, matrix: PairMatrix, progress: Progress
) -> Callable[[float, float], Sequence[float]]:
    """Asks with the model of a penalty, made once for all its shares."""
    made: list[float] = []

    def ask(penalty: float, share: float) -> Sequence[float]:
        if share and made[-1:] != [penalty]:
            progress(MODEL_PHASE, len(made), MODEL_STEPS)
            replay.use(matrix.model(penalty))
            made.append(penalty)
        return replay.ndcg("cart", constants, share)

    return ask
