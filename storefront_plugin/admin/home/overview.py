"""What is on: bundles, rules and slots in figures and short lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ...bundles.store.listing import Filters, Row, list_bundles
from ...bundles.store.tables import BundleRow
from ...core import clock
from ...core.sql import audit
from ...orderlog.tables import Applier, LoggedOrder
from ...proxies import current_services
from ...recommending.placements import PlacementRecord
from ...recommending.plan import PLACEMENTS
from ...recommending.rules import list as rule_list
from ...recommending.rules.store import RuleRecord

SHOWN = 5
MOST_ORDERS = 500_000
"""Orders that are counted; of more it says that there are more."""


@dataclass(frozen=True, slots=True)
class Bundles:
    """How many bundles stand in which state; *on* and *coming* are published ones by their schedule."""

    on: int
    coming: int
    drafts: int
    all: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that is on, as the database has it.

    *orders* is how many the log knows, up to `MOST_ORDERS`; *products* how many there are in them.
    """

    orders: int
    products: int
    bundles: Bundles
    newest: Sequence[Row]
    rules: Sequence[RuleRecord]
    rules_on: int
    placements: Sequence[PlacementRecord]
    changes: Sequence[audit.Entry]

    @property
    def is_empty(self) -> bool:
        """Whether the shop is so new that there is nothing to show."""
        return not (self.orders or self.bundles.all or self.rules_on or self.placements)


def overview() -> Overview:
    """The figures now, by a fixed number of indexed or bounded queries; raises `DatabaseUnavailable`."""
    database, moment = current_services.database, clock.now()
    with database.reading(blocking=True) as session:
        orders, bundles = _orders(session), _bundles(session)
        products = session.scalar(sa.select(Applier.products).where(Applier.id == 1)) or 0
    newest, _ = list_bundles(database, Filters(state="published", on_at=moment), size=SHOWN) if bundles.on else ([], 0)
    rules, rules_on = rule_list.list_rules(database, rule_list.Filters(state="on"), size=SHOWN)
    changed = [one for one in current_services.placements.find(PLACEMENTS).values() if one.slots is not None]
    changes, _ = audit.entries(database, size=SHOWN)
    return Overview(orders, products, bundles, newest, rules, rules_on, changed, changes)


def _orders(session: Session) -> int:
    some = sa.select(LoggedOrder.day).limit(MOST_ORDERS).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def _bundles(session: Session) -> Bundles:
    moment = clock.now_in_sql()
    published = BundleRow.state == "published"
    coming = sa.and_(published, BundleRow.starts_at > moment)
    ended = sa.and_(published, BundleRow.ends_at <= moment)
    counts = [sa.func.count(), *(_number(one) for one in (published, coming, ended, BundleRow.state == "draft"))]
    row = session.execute(sa.select(*counts).select_from(BundleRow)).one()
    every, shown, later, over, drafts = (int(count or 0) for count in row)
    return Bundles(shown - later - over, later, drafts, every)


def _number(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))
