"""Generations in SQL: create, switch, retire."""

from __future__ import annotations

import datetime as dt
import secrets

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from ..core import clock
from ..core.sql.database import Base, Database
from ..orderlog.events import day_of
from ..orderlog.numbering import Position, newest_orders
from ..orderlog.tables import Applier, Batch, LoggedOrder
from .scoring import Constants
from .weights import Weighting


class Generation(Base):
    """A complete set of counts in Redis. *state* is ``building``, ``live`` or ``retired``."""

    __tablename__ = "storefront_generation"

    token: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    state: Mapped[str] = mapped_column(sa.String(16), index=True)
    epoch: Mapped[int]
    constants_json: Mapped[str] = mapped_column("constants", sa.Text)
    shards: Mapped[int]
    start_number: Mapped[int] = mapped_column(sa.BigInteger)
    start_token: Mapped[str] = mapped_column(sa.String(16))
    created_at: Mapped[dt.datetime] = mapped_column(sa.DateTime)
    heartbeat_at: Mapped[dt.datetime] = mapped_column(sa.DateTime)
    live_at: Mapped[dt.datetime | None] = mapped_column(sa.DateTime)
    retired_at: Mapped[dt.datetime | None] = mapped_column(sa.DateTime)

    @property
    def constants(self) -> Constants:
        """With what its counts are weighed and scored."""
        return Constants.from_json(self.constants_json)

    @property
    def weighting(self) -> Weighting:
        """The weighting of its orders."""
        return Weighting(self.epoch, self.constants.half_life)

    @property
    def start(self) -> Position:
        """The position of the log from which it was built."""
        return Position(self.start_number, self.start_token)


DEAD_AFTER = 60.0
"""Seconds without a heartbeat after which a rebuild counts as dead."""

KEPT_AFTER_SWITCH = 60.0
"""Seconds for which a retired generation stays readable, for processes that have not noticed the switch."""


def newest(state: str) -> sa.Select[Generation]:
    """The query for the newest generation in *state*."""
    return sa.select(Generation).where(Generation.state == state).order_by(Generation.created_at.desc()).limit(1)


def live(database: Database) -> Generation | None:
    """The live generation, which pages read."""
    with database.reading(blocking=True) as session:
        return session.scalar(newest("live"))


def building(database: Database) -> Generation | None:
    """The generation that a rebuild is loading."""
    with database.reading(blocking=True) as session:
        return session.scalar(newest("building"))


def first(session: Session, applier: Applier, constants: Constants, shards: int) -> Generation:
    """Create the first generation of a shop, live from the start of the log, under the applier's lock."""
    batch = session.execute(sa.select(Batch.previous_token, Batch.day).where(Batch.number == 1)).first()
    start = Position(0, batch.previous_token if batch else applier.token)
    today = day_of(clock.now_in_sql())
    generation = _made("live", min(batch.day, today) if batch else today, constants, shards, start)
    session.add(generation)
    return generation


def create(database: Database, constants: Constants, shards: int) -> Generation:
    """Create a generation to build, at the end of the log; its epoch is the day of the newest order that counts."""
    with database.writing() as session:
        session.execute(sa.update(Applier).where(Applier.id == 1).values(locks=Applier.locks + 1))
        applier = session.get_one(Applier, 1)
        today = day_of(clock.now_in_sql())
        newest = session.scalar(newest_orders(LoggedOrder.day).limit(1))
        if newest is None:
            newest = session.scalar(sa.select(sa.func.max(Batch.day)))
        epoch = today if newest is None else min(newest, today)
        generation = _made("building", epoch, constants, shards, Position(applier.number, applier.token))
        session.add(generation)
    return generation


def _made(state: str, epoch: int, constants: Constants, shards: int, start: Position) -> Generation:
    return Generation(
        token=secrets.token_hex(4),
        state=state,
        epoch=epoch,
        constants_json=constants.to_json(),
        shards=shards,
        start_number=start.number,
        start_token=start.token,
        created_at=clock.now_in_sql(),
        heartbeat_at=clock.now_in_sql(),
        live_at=clock.now_in_sql() if state == "live" else None,
    )


def set_constants(database: Database, generation: Generation, constants: Constants) -> None:
    """Give *generation* other constants: another half-life only before it has any counts."""
    generation.constants_json = constants.to_json()
    with database.writing() as session:
        session.execute(
            sa.update(Generation)
            .where(Generation.token == generation.token)
            .values(constants_json=generation.constants_json)
        )


def beat(database: Database, token: str) -> None:
    """Record a heartbeat of the rebuild of *token*."""
    with database.writing() as session:
        session.execute(sa.update(Generation).where(Generation.token == token).values(heartbeat_at=clock.now_in_sql()))


def abandon(database: Database, token: str) -> None:
    """Record that the rebuild of *token* failed, so that the next one can resume it at once."""
    with database.writing() as session:
        session.execute(
            sa.update(Generation).where(Generation.token == token).values(heartbeat_at=dt.datetime(1970, 1, 1))
        )


def is_dead(generation: Generation) -> bool:
    """Whether the rebuild of *generation* had no heartbeat for `DEAD_AFTER` seconds."""
    return clock.now_in_sql() - generation.heartbeat_at > dt.timedelta(seconds=DEAD_AFTER)


def switch(database: Database, token: str) -> None:
    """Make *token* the live generation and retire the one before."""
    with database.writing() as session:
        session.execute(
            sa.update(Generation)
            .where(Generation.state == "live")
            .values(state="retired", retired_at=clock.now_in_sql())
        )
        session.execute(
            sa.update(Generation).where(Generation.token == token).values(state="live", live_at=clock.now_in_sql())
        )


def retired_due(database: Database, seconds: float = KEPT_AFTER_SWITCH) -> list[Generation]:
    """Retired generations whose keys can be removed."""
    before = clock.now_in_sql() - dt.timedelta(seconds=seconds)
    with database.reading(blocking=True) as session:
        due = sa.select(Generation).where(Generation.state == "retired", Generation.retired_at <= before)
        return list(session.scalars(due))


def drop(database: Database, token: str) -> None:
    """Delete a generation whose keys are removed."""
    with database.writing() as session:
        session.execute(sa.delete(Generation).where(Generation.token == token))
