"""Where the constants of a shop come from: its own orders, its merchant, its settings, or those that fit most shops."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

from ..core import clock
from ..core.sql.database import Database
from ..counts.scoring import DEFAULTS, Constants
from .replay import Replay
from .tuning import HALF_LIVES, tune
from .tunings import latest_tuning, record_tuning

logger = logging.getLogger(__name__)

PHASE: Final = "settings tried"
MOST_TRIED: Final = 80
"""About how many settings are tried on a page; for the progress only."""


class Tuner:
    """Chooses the constants of one shop.

    Args:
        half_life: In days, where the shop's settings name one; it is kept then.
        is_on: Whether the shop's own orders choose; else nothing but a merchant's choice is taken.
    """

    def __init__(self, database: Database, half_life: float | None, is_on: bool) -> None:
        self._database = database
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

    def accepts(self, constants: Constants) -> bool:
        """Whether a rebuild that was begun with *constants* may go on."""
        fixed = self.fixed()
        return constants == fixed if fixed else self.is_half_life_free or constants.half_life == self.start.half_life

    def is_due(self, days: int, constants: Constants) -> bool:
        """Whether the choice is *days* old, or other *constants* are in use than a merchant has set."""
        latest = latest_tuning(self._database)
        if latest is None:
            return self.is_on
        if latest.is_set or not self.is_on:
            return constants != self.fixed()
        return latest.is_asked_again or clock.now_in_sql() - latest.chosen_at >= dt.timedelta(days=days)

    def _allowed(self, constants: Constants) -> Constants:
        """*constants* with the half-life that the settings name."""
        return constants if self.is_half_life_free else replace(constants, half_life=self.start.half_life)

    def choose(self, lines: Path, folder: Path, progress: Callable[[str, int, int], None]) -> Constants:
        """The constants to count with: replays the orders in the file *lines* and records what they chose, and why."""
        fixed = self.fixed()
        if fixed is not None:
            return fixed
        half_lives = HALF_LIVES if self.is_half_life_free else (self.start.half_life,)
        with closing(Replay(lines, half_lives, folder)) as replay:
            tuned = tune(_counting(replay, progress), replay.queries, self.start, self.is_half_life_free)
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


def _counting(replay: Replay, progress: Callable[[str, int, int], None]) -> Callable[..., list[float]]:
    tried = 0

    def ask(page: str, constants: Constants) -> list[float]:
        nonlocal tried
        tried += 1
        progress(PHASE, min(tried, MOST_TRIED - 1), MOST_TRIED)
        return replay.ndcg(page, constants)  # type: ignore[arg-type]

    return ask
