"""The merchant's list of rules: filtered, sorted and paged in SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import sqlalchemy as sa

from ...core.database import Database
from ...core.errors import InputError
from ..tables import StoredRule
from .rule import RuleKind, RuleState, SeedKind, TargetKind
from .store import Stored, stored

Sort: TypeAlias = Literal["updated", "kind", "seed", "target", "position", "starts", "ends"]

SORTS: tuple[Sort, ...] = get_args(Sort)
MAX_PAGE = 200

_COLUMNS: Mapping[Sort, tuple[Any, ...]] = {
    "updated": (StoredRule.updated_at,),
    "kind": (StoredRule.kind,),
    "seed": (StoredRule.seed_kind, StoredRule.seed_value),
    "target": (StoredRule.target_kind, StoredRule.target_value),
    "position": (StoredRule.position,),
    "starts": (StoredRule.starts_at,),
    "ends": (StoredRule.ends_at,),
}

_PARTS = ((StoredRule.seed_kind, StoredRule.seed_value), (StoredRule.target_kind, StoredRule.target_value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the list shows: words that must all stand in ids, brands or notes, and values of columns.

    *product_ids* and *category_ids* are products and categories that the words may stand for, too (found by their
    titles and names).
    """

    text: str = ""
    product_ids: tuple[str, ...] = ()
    category_ids: tuple[str, ...] = ()
    kind: RuleKind | None = None
    seed_kind: SeedKind | None = None
    target_kind: TargetKind | None = None
    state: RuleState | None = None
    sort: Sort = "updated"
    descending: bool = True


def list_rules(
    database: Database, wanted: Wanted | None = None, page: int = 1, size: int = 50
) -> tuple[list[Stored], int]:
    """One page (from 1) of the rules *wanted*, and how many there are; raises `InputError` for a page below 1."""
    if type(page) is not int or page < 1 or not 1 <= size <= MAX_PAGE:
        raise InputError(f"Pages start at 1 and have 1 to {MAX_PAGE} rows; correct the address.")
    wanted = wanted or Wanted()
    where = _conditions(wanted)
    query = sa.select(StoredRule).where(*where).order_by(*_order(wanted)).limit(size).offset((page - 1) * size)
    with database.reading(blocking=True) as session:
        count = session.scalar(sa.select(sa.func.count()).select_from(StoredRule).where(*where)) or 0
        return [stored(row) for row in session.scalars(query)], count


def categories_of(database: Database, most: int = 1000) -> set[str]:
    """Ids of the categories that rules are about, or for whose pages they are; up to twice *most* of them."""
    with database.reading(blocking=True) as session:
        found = [
            session.scalars(sa.select(id_).where(kind == "category").distinct().limit(most)) for kind, id_ in _PARTS
        ]
        return {one for ids in found for one in ids if one is not None}


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    where = [
        column == value
        for column, value in (
            (StoredRule.kind, wanted.kind),
            (StoredRule.seed_kind, wanted.seed_kind),
            (StoredRule.target_kind, wanted.target_kind),
        )
        if value is not None
    ]
    if wanted.text.strip():
        where.append(sa.or_(_has_words(wanted.text), *_about(wanted)))
    if wanted.state is not None:
        where.append(_is(wanted.state))
    return where


def _has_words(text: str) -> sa.ColumnElement[bool]:
    columns = (StoredRule.seed_value, StoredRule.target_value, StoredRule.note)
    words = text.lower().split()[:10]
    return sa.and_(*(_any(sa.func.lower(one).contains(word, autoescape=True) for one in columns) for word in words))


def _about(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    return [
        sa.and_(kind == name, value.in_(ids))
        for kind, value in _PARTS
        for name, ids in (("product", wanted.product_ids), ("category", wanted.category_ids))
    ]


def _any(conditions: Any) -> sa.ColumnElement[bool]:
    return sa.or_(*conditions)


def _is(state: RuleState) -> sa.ColumnElement[bool]:
    now = dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)
    if state == "off":
        return sa.not_(StoredRule.enabled)
    ended = sa.and_(StoredRule.ends_at.is_not(None), StoredRule.ends_at <= now)
    if state == "ended":
        return sa.and_(StoredRule.enabled, ended)
    coming = sa.and_(StoredRule.starts_at.is_not(None), StoredRule.starts_at > now)
    return sa.and_(StoredRule.enabled, sa.not_(ended), coming if state == "scheduled" else sa.not_(coming))


def _order(wanted: Wanted) -> list[Any]:
    if wanted.sort not in _COLUMNS:
        raise InputError(f"The list cannot be sorted by {wanted.sort!r:.40}; use one of {', '.join(SORTS)}.")
    # Ids make the order total, so that no row is on two pages.
    columns = (*_COLUMNS[wanted.sort], StoredRule.id)
    return [column.desc() if wanted.descending else column.asc() for column in columns]
