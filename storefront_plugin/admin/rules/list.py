"""The rules as a list: found, filtered, sorted, and several changed together."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.errors import N_
from ...proxies import current_services
from ...recommending.rules.list import Filters, categories_of, list_rules
from ...recommending.rules.store import RuleRecord
from ..kit.access import merchant_name
from ..kit.catalogue_names import categories_named
from ..kit.changes import numbers
from ..kit.i18n import ngettext
from ..kit.lists import Action, Choice, ListPage, Query, Search
from ..kit.products import titled
from .editor import EDITOR
from .labels import kind_labels, look_up, seed_labels, state_labels, target_labels


def _rows(query: Query) -> tuple[Sequence[RuleRecord], int]:
    """One page of the rules that the address asks for, with what their words need."""
    database = current_services.database
    filters = Filters(
        text=query.text,
        product_ids=titled(query.text),
        category_ids=categories_named(query.text, categories_of(database)) if query.text else (),
        kind=query["kind"],
        seed_kind=query["seed"],
        target_kind=query["target"],
        state=query["state"],
        sort=query.sort,  # type: ignore[arg-type] # one of the names below
        descending=query.descending,
    )
    rows, count = list_rules(database, filters, query.page, query.size)
    look_up(row.definition for row in rows)
    return rows, count


def _switch(keys: Sequence[str], enabled: bool) -> list[int]:
    ids = numbers(keys)
    done = current_services.rules.set_enabled(ids, enabled, merchant_name(), EDITOR.log_titles(ids))
    return [one.entry for one in done]


LIST = ListPage(
    endpoint="rules",
    path="/rules",
    section=N_("Rules"),
    template="rules/list.html",
    rows=_rows,
    filters=(
        Search(hint=N_("Product, category, brand, note")),
        Choice("kind", N_("Action"), kind_labels, N_("All")),
        Choice("target", N_("Applies to"), target_labels, N_("All")),
        Choice("seed", N_("Pages affected"), seed_labels),
        Choice("state", N_("Status"), state_labels),
    ),
    sorts=("updated", "kind", "target", "seed", "position", "starts", "ends"),
    actions=(
        Action(
            "enable",
            N_("Activate"),
            lambda keys: _switch(keys, True),
            lambda count: ngettext("%(num)s rule activated.", "%(num)s rules activated.", count),
        ),
        Action(
            "disable",
            N_("Deactivate"),
            lambda keys: _switch(keys, False),
            lambda count: ngettext("%(num)s rule deactivated.", "%(num)s rules deactivated.", count),
        ),
        Action(
            "delete",
            N_("Delete"),
            EDITOR.delete,
            lambda count: ngettext("%(num)s rule deleted.", "%(num)s rules deleted.", count),
            "danger",
        ),
    ),
    undo="rule_undo",
)
