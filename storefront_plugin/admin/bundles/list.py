"""The list of bundles: searched, filtered, sorted, and several changed together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, get_args

from ...bundles.definition import Definition
from ...bundles.store.listing import Filters, Row, Sort, definitions_of, list_bundles
from ...core import clock
from ...core.errors import N_
from ...proxies import current_services
from ..kit.lists import Action, Choice, Flag, ListPage, Query, Search
from ..kit.products import look_up, views
from ..kit.templates import template_filter
from .bulk import delete_drafts, move
from .labels import StateView, absence, kind_names, state_names, state_view

PICTURES = 3


class Line(NamedTuple):
    """A bundle in the list; one whose *definition* cannot be read stands there all the same."""

    row: Row
    definition: Definition | None
    state: StateView


@template_filter
def first_products(definition: Definition) -> list[str]:
    """Ids of all products of *definition*, in their order."""
    components = (component for tier in definition.tiers for component in tier.components)
    return list(dict.fromkeys(component.product_id for component in components))


def filters_of(query: Query) -> Filters:
    """What the address asks for."""
    on = query["on"] is not None
    return Filters(
        text=query.text,
        state="published" if on else query["state"],
        kind=query["kind"],
        staff_only=True if query["staff"] else None,
        on_at=clock.now().replace(microsecond=0) if on else None,
        sort=query.sort,  # type: ignore[arg-type] # one of the names below
        descending=query.descending,
    )


def _lines(query: Query) -> tuple[Sequence[Line], int]:
    """One page, and whether those that are on can be had; all products are looked up at once."""
    database = current_services.database
    rows, count = list_bundles(database, filters_of(query), query.page, query.size)
    definitions = definitions_of(database, [row.id for row in rows])
    states = {row.id: state_view(row.state, row.starts_at, row.ends_at, row.limit_in_all, row.uses) for row in rows}
    on = {number: one for number, one in definitions.items() if states[number].dot == "on"}
    pictured = {name for one in definitions.values() for name in first_products(one)[:PICTURES]}
    products = look_up(sorted(pictured.union(*(one.product_ids for one in on.values()))))
    views(pictured)
    for number, one in on.items():
        if absent := absence(one, products):
            states[number] = StateView("warning", absent.label)
    return [Line(row, definitions.get(row.id), states[row.id]) for row in rows], count


LIST = ListPage(
    endpoint="bundle_list",
    path="/bundles",
    template="bundles/list.html",
    rows=_lines,
    filters=(
        Search(hint=N_("Title or product ID")),
        Choice("state", N_("Status"), state_names),
        Choice("kind", N_("Kind"), kind_names),
        Flag("on", N_("Active")),
        Flag("staff", N_("Code required")),
    ),
    sorts=get_args(Sort),
    actions=(
        Action("publish", N_("Publish"), partial(move, "publish")),
        Action("unpublish", N_("Unpublish"), partial(move, "unpublish")),
        Action("archive", N_("Archive"), partial(move, "archive")),
        Action("delete", N_("Delete"), delete_drafts, hint=N_("Only drafts that were never published")),
    ),
    key=lambda line: f"{line.row.id}:{line.row.version}",
)
