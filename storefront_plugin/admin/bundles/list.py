"""The list of bundles: searched, filtered, sorted, several changed together; and how bundles read on the activity log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple, get_args

from ...bundles.definition import Definition
from ...bundles.store import listing, proposals
from ...bundles.store.listing import Filters, Row, Sort, definitions_of, list_bundles
from ...bundles.store.proposals import Proposal
from ...core import clock
from ...core.errors import N_, AdapterError
from ...core.sql.audit import Entry
from ...proxies import current_services
from ..kit.i18n import admin_texts, ngettext
from ..kit.lists import Action, Choice, Flag, ListPage, Query, Search
from ..kit.log_labels import LogLabels, LogLine
from ..kit.pages import link
from ..kit.products import ProductView, look_up, views
from ..kit.templates import template_filter
from .bulk import delete_drafts, move
from .labels import StateView, kind_names, state_names, state_view
from .prices import not_shown

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
    """One page, and whether the active ones are available; all products are looked up at once."""
    database = current_services.database
    rows, count = list_bundles(database, filters_of(query), query.page, query.size)
    definitions = definitions_of(database, [row.id for row in rows])
    states = {row.id: state_view(row.state, row.starts_at, row.ends_at, row.limit_in_all, row.uses) for row in rows}
    on = {number: one for number, one in definitions.items() if states[number].dot == "on"}
    pictured = {name for one in definitions.values() for name in first_products(one)[:PICTURES]}
    products = look_up(sorted(pictured.union(*(one.product_ids for one in on.values()))))
    views(pictured)
    for number, one in on.items():
        if absent := not_shown(one, products):
            states[number] = StateView("warning", absent.label)
    return [Line(row, definitions.get(row.id), states[row.id]) for row in rows], count


LIST = ListPage(
    endpoint="bundle_list",
    path="/bundles",
    section=N_("Bundles"),
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


def _bundle_lines(entries: Sequence[Entry]) -> list[LogLine]:
    numbers = [int(one.subject_id) for one in entries if one.subject_id.isdigit()]
    database, locale = current_services.database, admin_texts().locale
    titles = {number: one.text_in(locale).title for number, one in definitions_of(database, numbers).items()}
    standing = listing.standing(database, numbers)
    return [_bundle_line(one, standing, titles) for one in entries]


def _bundle_line(entry: Entry, standing: frozenset[int], titles: Mapping[int, str]) -> LogLine:
    if not entry.subject_id.isdigit():  # an import, or one taken back
        return LogLine(ngettext("%(num)s bundle", "%(num)s bundles", int(entry.title)))
    number = int(entry.subject_id)
    title = titles.get(number) or entry.title or entry.subject_id
    if number not in standing:
        return LogLine(title)
    changed = entry.action in ("edit", "undo")
    history = link("bundle_history", bundle_id=number) if changed else None
    return LogLine(title, link("bundle_edit", bundle_id=number), history=history)


def _proposal_lines(entries: Sequence[Entry]) -> list[LogLine]:
    found = proposals.find(current_services.database, {one.subject_id for one in entries})
    try:
        products = views(sorted({name for one in found.values() for name in one.product_ids}))
    except AdapterError:  # the log is there without the shop's catalogue, with the titles of then
        products = {}
    return [_proposal_line(one, found.get(one.subject_id), products) for one in entries]


def _proposal_line(entry: Entry, proposal: Proposal | None, products: Mapping[str, ProductView]) -> LogLine:
    if proposal is None:
        return LogLine(entry.title or entry.subject_id)
    title = " + ".join(products[name].title for name in proposal.product_ids) if products else entry.title
    if proposal.state == "accepted" and proposal.bundle_id is not None:
        return LogLine(title, link("bundle_edit", bundle_id=proposal.bundle_id))
    return LogLine(title, link("proposals", state=proposal.state))


BUNDLE_LABELS = LogLabels("bundle", N_("Bundle"), N_("Bundles"), _bundle_lines)
PROPOSAL_LABELS = LogLabels("proposal", N_("Proposal"), N_("Proposals"), _proposal_lines)
