"""The merchant's list of rules: filtered, sorted and paged in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import sqlalchemy as sa

from ...core.errors import InputError
from ...core.sql.database import Database
from ...core.sql.flat_store import has_words, in_state
from ..tables import RuleRow
from .rule import RuleKind, RuleState, SeedKind, TargetKind
from .store import RuleRecord, RuleStore

Sort: TypeAlias = Literal["updated", "kind", "seed", "target", "position", "starts", "ends"]

SORTS: tuple[Sort, ...] = get_args(Sort)

_COLUMNS: Mapping[Sort, tuple[Any, ...]] = {
    "updated": (RuleRow.updated_at,),
    "kind": (RuleRow.kind,),
    "seed": (RuleRow.seed_kind, RuleRow.seed_value),
    "target": (RuleRow.target_kind, RuleRow.target_value),
    "position": (RuleRow.position,),
    "starts": (RuleRow.starts_at,),
    "ends": (RuleRow.ends_at,),
}

_PARTS = ((RuleRow.seed_kind, RuleRow.seed_value), (RuleRow.target_kind, RuleRow.target_value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
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
    database: Database, filters: Filters | None = None, page: int = 1, size: int = 50
) -> tuple[list[RuleRecord], int]:
    """One page (from 1) of the filtered rules, and how many there are; raises `InputError` for a page below 1."""
    filters = filters or Filters()
    rows, count = database.page(sa.select(RuleRow).where(*_conditions(filters)), _order(filters), page, size)
    return [RuleStore(database).record(row) for (row,) in rows], count


def categories_of(database: Database, most: int = 1000) -> set[str]:
    """Ids of the categories that rules are about, or for whose pages they are; up to twice *most* of them."""
    with database.reading(blocking=True) as session:
        found = [
            session.scalars(sa.select(id_).where(kind == "category").distinct().limit(most)) for kind, id_ in _PARTS
        ]
        return {one for ids in found for one in ids if one is not None}


def _conditions(filters: Filters) -> list[sa.ColumnElement[bool]]:
    where = [
        column == value
        for column, value in (
            (RuleRow.kind, filters.kind),
            (RuleRow.seed_kind, filters.seed_kind),
            (RuleRow.target_kind, filters.target_kind),
        )
        if value is not None
    ]
    if filters.text.strip():
        where.append(sa.or_(has_words(filters.text, RuleRow.search), *_about(filters)))
    if filters.state is not None:
        where.append(in_state(RuleRow, filters.state))
    return where


def _about(filters: Filters) -> list[sa.ColumnElement[bool]]:
    return [
        sa.and_(kind == name, value.in_(ids))
        for kind, value in _PARTS
        for name, ids in (("product", filters.product_ids), ("category", filters.category_ids))
    ]


def _order(filters: Filters) -> list[Any]:
    if filters.sort not in _COLUMNS:
        raise InputError(f"The list cannot be sorted by {filters.sort!r:.40}; use one of {', '.join(SORTS)}.")
    # Ids make the order total, so that no row is on two pages.
    columns = (*_COLUMNS[filters.sort], RuleRow.id)
    return [column.desc() if filters.descending else column.asc() for column in columns]
