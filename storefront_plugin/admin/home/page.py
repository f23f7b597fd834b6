"""The first page: what was earned, what needs attention, what is on, and whether all is well. It comes up whatever is down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flask import Response, request

from ...bundles.definition import Definition
from ...bundles.store.listing import Row, definitions_of
from ...core.errors import N_, AdapterError, DatabaseUnavailable, StoreUnavailable
from ...proxies import current_services
from ...recommending.rules.store import RuleRecord
from ...recommending.slot_stats import STORED_DAYS
from ..bundles.labels import Absence
from ..bundles.prices import not_shown
from ..kit.access import merchant_name
from ..kit.i18n import _, admin_texts
from ..kit.pages import AdminBlueprint, link, show_page
from ..kit.products import look_up
from ..log import lines_of, subjects
from ..rules.editor import EDITOR as RULE_EDITOR
from ..slots.labels import placement_labels
from . import attention, bundle_attention
from .attention import LEVELS, Item, SlotStats
from .bundle_attention import Looked
from .earned import earned
from .health import Health, look
from .overview import Overview, overview


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do once. *code* is what to type or to write; *address* a page of ours that does it."""

    title: str
    why: str
    done: bool
    code: str = ""
    address: str = ""


def first_steps(health: Health, overview: Overview | None, stats: SlotStats | None) -> list[Step]:
    """The steps in their order; empty when all are done, and where the database cannot tell what is.

    *overview* and *stats* are None where they cannot be asked for.
    """
    if overview is None and not health.tables_missing:
        return []
    name = current_services.name
    found = [
        Step(
            _("Create the tables"),
            _("All are named storefront_… and sit beside your own tables."),
            overview is not None,
            "flask storefront init-db",
        ),
        Step(
            _("Import past orders"),
            _("Recommendations are based on orders. To import a file: flask storefront import-orders FILE"),
            bool(health.backlog and health.backlog.position),
            "flask storefront catch-up",
        ),
        Step(
            _("Add the widgets to your pages"),
            _("Add the first line to the head and the second to the product page. Completed on the first visit."),
            stats is None or bool(stats),
            f'{{{{ {name}.head() }}}}\n{{{{ {name}.placement("product", product.id) }}}}',
        ),
        Step(
            _("Connect your cart"),
            _("Product cards get an add-to-cart button, and products already in the cart are no longer recommended."),
            current_services.shop.cart is not None,
            "Storefront(cart=…)",
        ),
        Step(
            _("Set up staff access"),
            _("The activity log then shows who changed what."),
            bool(merchant_name()),
            "admin_access=lambda: Merchant(user.name)",
        ),
        Step(
            _("Create a bundle"),
            _("Choose the products yourself or start from a proposal."),
            bool(overview and overview.bundles.all),
            address=link("bundle_new"),
        ),
    ]
    return [] if all(step.done for step in found) else found


@dataclass(frozen=True, slots=True)
class BundleOn:
    """A bundle that is on by its schedule; *absence* says why shoppers are not shown it all the same."""

    row: Row
    title: str
    absence: Absence | None


def bundles_on(rows: Sequence[Row]) -> list[BundleOn]:
    """*rows* in the merchant's language; all their products are looked up at once. Raises `DatabaseUnavailable`."""
    definitions = definitions_of(current_services.database, [row.id for row in rows])
    absences, language = _absences(definitions), admin_texts().language
    return [
        BundleOn(
            row,
            definitions[row.id].text_in(language).title if row.id in definitions else row.title,
            absences.get(row.id),
        )
        for row in rows
    ]


def _absences(definitions: dict[int, Definition]) -> dict[int, Absence | None]:
    """By bundle; none where the catalogue fails, which the page shows elsewhere."""
    try:
        products = look_up(sorted(frozenset[str]().union(*(one.product_ids for one in definitions.values()))))
        return {number: not_shown(one, products) for number, one in definitions.items()}
    except AdapterError:
        return {}


_Answer = TypeVar("_Answer")


def register(blueprint: AdminBlueprint) -> None:
    blueprint.sections["home"] = N_("Home")
    blueprint.add_url_rule("", "home", show, strict_slashes=False)


def show() -> Response:
    """``GET`` of the admin's root."""
    health = look()
    found = _unless_down(overview) if health.backlog else None
    stats = _slot_stats(attention.DAYS) if health.facts else None
    seen = _slot_stats(STORED_DAYS) if stats is not None and not stats else stats
    items, looked = _attention(health, found, stats)
    changes = _unless_down(lambda: lines_of(found.changes)) if found else None
    return show_page(
        "home/page.html",
        health=health,
        overview=found,
        earned=_unless_down(lambda: earned(request.args.get("currency", ""))) if found and found.orders else None,
        items=sorted(items, key=lambda item: LEVELS.index(item.level)),
        looked=looked,
        steps=first_steps(health, found, seen),
        changes=changes or [],
        subjects=subjects(),
        placement_labels=placement_labels(),
        rules=_rules(found) if found else (),
        on=(_unless_down(lambda: bundles_on(found.newest)) or []) if found else [],
    )


def _attention(health: Health, found: Overview | None, stats: SlotStats | None) -> tuple[list[Item], Looked | None]:
    items, looked = attention.machine_items(health), None
    if found is None:
        return items, None
    try:
        parts, looked = bundle_attention.part_items()
        items += parts
    except AdapterError as error:
        text = _("The shop's catalogue has an error, so bundle products aren't checked.")
        items.append(Item("error", text, _("For more:"), command="flask storefront check", details=str(error)))
    except DatabaseUnavailable:
        return items, None
    items += _unless_down(bundle_attention.over_items) or []
    items += attention.slot_items(stats) if stats else []
    items += _unless_down(lambda: attention.proposal_items(health.run)) or []
    return items, looked


def _rules(found: Overview) -> Sequence[RuleRecord]:
    """The rules that are on; none where the catalogue cannot name their products."""
    try:
        RULE_EDITOR.look_up(record.definition for record in found.rules)
    except AdapterError:
        return ()
    return found.rules


def _slot_stats(days: int) -> SlotStats | None:
    return _unless_down(lambda: current_services.slot_stats.totals(days))


def _unless_down(find: Callable[[], _Answer]) -> _Answer | None:
    """What *find* finds; None where the database or Redis has gone since it was asked for its health."""
    try:
        return find()
    except (DatabaseUnavailable, StoreUnavailable):
        return None
