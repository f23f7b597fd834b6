"""The first page: what is on, what needs attention, and whether all is well. It comes up whatever is down."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, Response

from ...errors import AdapterError, DatabaseUnavailable, StoreUnavailable
from ...proxies import current_storefront
from ...recommending.fills import KEPT_DAYS
from . import attention, bundle_attention
from .attention import LEVELS, Fills, Item
from .audit_words import lines_of, subjects
from .bundle_attention import Looked
from .first_steps import first_steps
from .health import Health, look
from .home_on import bundles_on
from .language import say
from .overview import Overview, overview
from .pages import show_page
from .rule_words import RuleView, rule_views
from .slot_views import placement_words

_Answer = TypeVar("_Answer")


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("", "home", show, strict_slashes=False)


def show() -> Response:
    """``GET`` of the admin's root."""
    health = look()
    found = _unless_down(overview) if health.backlog else None
    fills = _fills(attention.DAYS) if health.facts else None
    seen = _fills(KEPT_DAYS) if fills is not None and not fills else fills
    items, looked = _attention(health, found, fills)
    changes = _unless_down(lambda: lines_of(found.changes)) if found else None
    return show_page(
        "home.html",
        health=health,
        overview=found,
        items=sorted(items, key=lambda item: LEVELS.index(item.level)),
        looked=looked,
        steps=first_steps(health, found, seen),
        changes=changes or [],
        subjects=subjects(),
        placement_words=placement_words(),
        rules=_rules(found) if found else {},
        on=(_unless_down(lambda: bundles_on(found.newest)) or []) if found else [],
    )


def _attention(health: Health, found: Overview | None, fills: Fills | None) -> tuple[list[Item], Looked | None]:
    items, looked = attention.machine_items(health), None
    if found is None:
        return items, None
    try:
        parts, looked = bundle_attention.part_items()
        items += parts
    except AdapterError as error:
        sentence = say("The shop's catalogue fails, so the parts of bundles are not looked at.")
        items.append(
            Item("error", sentence, say("This says more:"), command="flask storefront check", details=str(error))
        )
    except DatabaseUnavailable:
        return items, None
    items += _unless_down(bundle_attention.over_items) or []
    items += attention.slot_items(fills) if fills else []
    items += _unless_down(lambda: attention.proposal_items(health.run)) or []
    return items, looked


def _rules(found: Overview) -> dict[int, RuleView]:
    """The rules that are on, in words; none where the catalogue cannot name their products."""
    try:
        return rule_views({stored.id: stored.rule for stored in found.rules})
    except AdapterError:
        return {}


def _fills(days: int) -> Fills | None:
    return _unless_down(lambda: current_storefront.mounted.fills.totals(days))


def _unless_down(find: Callable[[], _Answer]) -> _Answer | None:
    """What *find* finds; None where the database or Redis has gone since it was asked for its health."""
    try:
        return find()
    except (DatabaseUnavailable, StoreUnavailable):
        return None
