"""The merchant's list of bundles: searched, filtered, sorted and paged in SQL, without reading definitions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ...core.errors import InputError
from ...core.sql.database import Database
from ...core.typed import folded
from ..definition import Definition
from .definition_json import load_definition
from .repository import State
from .tables import BundleRow, BundleUse

Sort: TypeAlias = Literal["updated", "title", "starts", "ends", "id"]

_SORTS: Mapping[str, Any] = {
    "updated": BundleRow.updated_at,
    "title": BundleRow.title,
    "starts": BundleRow.starts_at,
    "ends": BundleRow.ends_at,
    "id": BundleRow.id,
}
_COLUMNS: tuple[sa.ColumnElement[Any] | Any, ...] = (
    BundleRow.id,
    BundleRow.version,
    BundleRow.state,
    BundleRow.kind,
    BundleRow.title,
    BundleRow.starts_at,
    BundleRow.ends_at,
    BundleRow.staff_only,
    BundleRow.limit_in_all,
    BundleRow.updated_at,
    BundleRow.updated_by,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the list shows: words that must all stand in titles or product ids, and values of columns."""

    text: str = ""
    state: State | None = None
    kind: str | None = None
    staff_only: bool | None = None
    on_at: dt.datetime | None = None
    sort: Sort = "updated"
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the list; *uses* is how many sets all orders had. Times are UTC without zone."""

    id: int
    version: int
    state: State
    kind: str
    title: str
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    staff_only: bool
    limit_in_all: int | None
    updated_at: dt.datetime
    updated_by: str
    uses: int


def list_bundles(
    database: Database, filters: Filters | None = None, page: int = 1, size: int = 50
) -> tuple[list[Row], int]:
    """One page (from 1) of the filtered bundles, and how many there are; raises `InputError` for a page below 1."""
    filters = filters or Filters()
    rows, count = database.page(sa.select(*_COLUMNS).where(*conditions(filters)), _order(filters), page, size)
    with database.reading(blocking=True) as session:
        uses = _uses(session, [row.id for row in rows])
    return [Row(**row._mapping, uses=uses.get(row.id, 0)) for row in rows], count


def standing(database: Database, ids: Collection[int]) -> frozenset[int]:
    """Those of *ids* that are bundles."""
    query = sa.select(BundleRow.id).where(BundleRow.id.in_(ids))
    with database.reading(blocking=True) as session:
        return frozenset(session.scalars(query))


def definitions_of(database: Database, ids: Sequence[int]) -> dict[int, Definition]:
    """The definitions of the bundles *ids*, for one page of the list; those that cannot be read are left out."""
    query = sa.select(BundleRow.id, BundleRow.definition).where(BundleRow.id.in_(ids))
    with database.reading(blocking=True) as session:
        rows = session.execute(query).all()
    found: dict[int, Definition] = {}
    for row in rows:
        with suppress(InputError):  # written by hand or by another version; its row stands all the same
            found[row.id] = load_definition(row.definition)
    return found


def uses_of(database: Database, bundle_id: int) -> int:
    """How many sets of a bundle all orders had, with or without a limit."""
    with database.reading(blocking=True) as session:
        return _uses(session, [bundle_id]).get(bundle_id, 0)


def conditions(filters: Filters) -> list[sa.ColumnElement[bool]]:
    """What rows of `BundleRow` must hold to pass *filters*."""
    words = folded(filters.text).split()
    where: list[sa.ColumnElement[bool]] = [BundleRow.search.contains(word, autoescape=True) for word in words[:10]]
    for column, value in (
        (BundleRow.state, filters.state),
        (BundleRow.kind, filters.kind),
        (BundleRow.staff_only, filters.staff_only),
    ):
        if value is not None:
            where.append(column == value)
    if filters.on_at is not None:
        moment = filters.on_at.astimezone(dt.timezone.utc).replace(tzinfo=None)
        where.append(sa.or_(BundleRow.starts_at.is_(None), BundleRow.starts_at <= moment))
        where.append(sa.or_(BundleRow.ends_at.is_(None), BundleRow.ends_at > moment))
    return where


def _order(filters: Filters) -> list[Any]:
    if filters.sort not in _SORTS:
        raise InputError(f"The list cannot be sorted by {filters.sort!r:.40}; use one of {', '.join(_SORTS)}.")
    column = _SORTS[filters.sort]
    # Ids make the order total, so that no row is on two pages.
    return [column.desc(), BundleRow.id.desc()] if filters.descending else [column.asc(), BundleRow.id.asc()]


def _uses(session: Session, ids: Sequence[int]) -> dict[int, int]:
    query = sa.select(BundleUse.bundle_id, sa.func.sum(BundleUse.count)).where(BundleUse.bundle_id.in_(ids))
    return {bundle_id: int(count) for bundle_id, count in session.execute(query.group_by(BundleUse.bundle_id))}
