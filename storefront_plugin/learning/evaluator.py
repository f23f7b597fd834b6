"""Evaluates the ways of suggesting on a shop's own orders, and keeps what was found last."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ..core import clock
from ..core.errors import StorefrontError
from ..core.sql.database import Base, Database
from ..counts.rebuild import dump_log
from ..orderlog.numbering import last_position
from .cart_model import latest_model
from .ease import fitting, is_available
from .evaluation import CartModel, Evaluation, evaluate
from .tuner import Tuner

_ID: Final = 1


class EvaluationRow(Base):
    """What was found last: one row. *result* is JSON."""

    __tablename__ = "storefront_evaluation"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    made_at: Mapped[dt.datetime] = mapped_column(sa.DateTime)
    result: Mapped[str] = mapped_column(sa.Text)


class NothingToAsk(StorefrontError):
    """The log has too few orders of several products that are known from before; evaluate again when there are more."""


@dataclass(frozen=True, slots=True)
class LatestEvaluation:
    """An evaluation with when it was made, UTC without zone."""

    made_at: dt.datetime
    evaluation: Evaluation


class Evaluator:
    """Evaluates one shop.

    Args:
        folder: For temporary files.
        model_products: The most products in a model of carts.
        settle: Numbers the orders that are committed, so that they are in the log.
    """

    def __init__(
        self, database: Database, folder: Path, tuner: Tuner, model_products: int, settle: Callable[[], object]
    ) -> None:
        self._database = database
        self._folder = folder
        self._tuner = tuner
        self._model_products = model_products
        self._settle = settle

    def evaluate(self, progress: Callable[[str, int, int], None]) -> Evaluation:
        """Ask about the latest orders, and keep the result; raises `NothingToAsk` and as a rebuild does."""
        self._settle()
        end = last_position(self._database)
        if end is None:
            raise NothingToAsk("There are no orders yet; import them with `flask storefront catch-up`.")
        self._folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="evaluation-", dir=self._folder) as name:
            own = Path(name)
            lines = dump_log(self._database, end, own, progress)
            found = evaluate(lines, own, self._tuner.start, self._tuner.wanted(), progress, self._model())
        if not found.queries:
            raise NothingToAsk(
                "No order can be asked about: that takes at least five orders, the latest with two products that were "
                "bought together with others before."
            )
        self._keep(found)
        return found

    def latest(self) -> LatestEvaluation | None:
        """What was found last; raises `DatabaseUnavailable`."""
        with self._database.reading(blocking=True) as session:
            row = session.get(EvaluationRow, _ID)
            return None if row is None else LatestEvaluation(row.made_at, Evaluation.from_json(row.result))

    def _model(self) -> CartModel | None:
        """The model of carts that pages use, where it can be made again from the orders before."""
        row = latest_model(self._database)
        if row is None or not self._tuner.model().share or not is_available():
            return None
        return CartModel(row.penalty, row.share, fitting(self._model_products))

    def _keep(self, found: Evaluation) -> None:
        with self._database.writing() as session:
            session.merge(EvaluationRow(id=_ID, made_at=clock.now_in_sql(), result=found.to_json()))
