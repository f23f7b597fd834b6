"""The rules as a list: found, filtered, sorted, and several changed together."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.errors import N_
from ...proxies import current_services
from ...recommending.rules.list import Filters, categories_of, list_rules
from ...recommending.rules.store import RuleRecord
from ..kit.catalogue_names import categories_named
from ..kit.lists import Choice, Query, Search
from ..kit.products import titled
from ..kit.templates import state_labels
from .editor import EDITOR
from .labels import kind_labels, seed_labels, target_labels


def _rows(query: Query) -> tuple[Sequence[RuleRecord], int]:
    """One page of the rules that the address asks for."""
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
    return list_rules(database, filters, query.page, query.size)


LIST = EDITOR.list_page(
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
)
