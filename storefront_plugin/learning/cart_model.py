"""The model of carts that pages use: its row in SQL, and in Redis a sorted set of weights a product."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ..core import clock
from ..core.errors import StoreUnavailable
from ..core.sql.database import Base, Database
from ..core.sql.dialects import BigKey
from ..redis_store import Command, RedisStore
from ..redis_store.keys import Keys
from .ease import Model
from .model_choice import ModelChoice

KEPT_SECONDS: Final = 120
"""How long a model that was replaced can still be read, by processes that have not heard of the new one."""

_SCALE: Final = 1_000_000
_MARK: Final = 0
"""No product has this number: while its set is there, Redis has lost none."""


class CartModelRow(Base):
    """A model that was made, or with no *token* the finding that none helps. The latest row holds.

    Attributes:
        products: The largest product number in it.
        penalty: λ.
        share: Of the model in the scores of carts.
        ndcg_before: NDCG@10 of carts without it, on the shop's latest orders.
        ndcg_after: The same with it.
    """

    __tablename__ = "storefront_cart_model"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    made_at: Mapped[dt.datetime] = mapped_column(sa.DateTime)
    token: Mapped[str] = mapped_column(sa.String(16))
    products: Mapped[int]
    penalty: Mapped[float]
    share: Mapped[float]
    ndcg_before: Mapped[float]
    ndcg_after: Mapped[float]


_LATEST: Final = sa.select(CartModelRow).order_by(CartModelRow.id.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class LiveModel:
    """What pages know of the model: where it is, and its *share* in the scores of carts; none with share 0."""

    token: str = ""
    share: float = 0.0


NO_MODEL: Final = LiveModel()


def latest_model(database: Database) -> CartModelRow | None:
    """The row that holds; None before the first."""
    with database.reading(blocking=True) as session:
        return session.scalar(_LATEST)


def live_model(database: Database) -> LiveModel:
    """The model that pages use now."""
    row = latest_model(database)
    return NO_MODEL if row is None or not row.token else LiveModel(row.token, row.share)


def is_lost(row: CartModelRow, store: RedisStore, keys: Keys) -> bool:
    """Whether Redis has lost the model of *row*."""
    return bool(row.token) and not store.execute([Command(keys.model(row.token, _MARK), "EXISTS")])[0]


def model_reads(keys: Keys, model: LiveModel, seeds: Sequence[int]) -> list[Command]:
    """The weights of *seeds*."""
    return (
        [Command(keys.model(model.token, seed), "ZRANGE", (0, -1, "WITHSCORES")) for seed in seeds]
        if model.token
        else []
    )


def publish(database: Database, store: RedisStore, keys: Keys, choice: ModelChoice, model: Model) -> None:
    """Make *model* the one that pages use, or none where it is empty.

    Raises `StoreUnavailable` or `DatabaseUnavailable`, and nothing of it is left then.
    """
    token = secrets.token_hex(4) if model else ""
    try:
        store.pipeline_write(_written(keys, token, model))
        old = _record(database, token, choice, max(model, default=0))
    except BaseException:
        with suppress(StoreUnavailable):
            store.unlink(keys.model(token, number) for number in (*model, _MARK))
        raise
    if old is not None and old.token:
        numbers = range(old.products + 1)
        store.pipeline_write(("EXPIRE", keys.model(old.token, number), KEPT_SECONDS) for number in numbers)
    store.pipeline_write([("HSET", keys.news, "model", token)])


def _record(database: Database, token: str, choice: ModelChoice, products: int) -> CartModelRow | None:
    """Note the model of *token*, up to the product number *products*; the row that held before."""
    with database.writing() as session:
        old = session.scalar(_LATEST)
        session.add(
            CartModelRow(
                made_at=clock.now_in_sql(),
                token=token,
                products=products,
                penalty=choice.penalty,
                share=choice.share,
                ndcg_before=choice.before,
                ndcg_after=choice.after,
            )
        )
    return old


def _written(keys: Keys, token: str, model: Model) -> Iterator[tuple[str | int, ...]]:
    for number, weights in model.items():
        if weights:
            words = (word for other, weight in weights for word in (round(weight * _SCALE), str(other)))
            yield ("ZADD", keys.model(token, number), *words)
    if model:
        yield ("ZADD", keys.model(token, _MARK), 1, "0")
