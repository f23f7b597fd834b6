"""The history of a bundle: who changed what and when, and the way back to each version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, abort

from ...bundles.definition import Definition
from ...bundles.store.repository import BundleNotFound, Change
from ...proxies import current_services
from ..kit.changes import Difference
from ..kit.i18n import _
from ..kit.pages import show_page
from .editor import titles_of
from .labels import StateView, differences, state_names

MOST = 200


@dataclass(frozen=True, slots=True)
class Step:
    """A change and what it led to: *version*, standing as *state*, a dot with its word. *at* is UTC without zone.

    *other* says whether that version has other texts, products or prices than what stands now.
    """

    version: int
    heading: str
    state: StateView
    by: str
    at: dt.datetime
    differences: list[Difference]
    other: bool


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/bundles/<int:bundle_id>/history", "bundle_history", shown)


def shown(bundle_id: int) -> Response:
    """``GET bundles/<id>/history``: the newest change first."""
    bundles = current_services.bundles
    try:
        stored = bundles.load(bundle_id)
    except BundleNotFound:
        abort(404)
    steps = _steps(stored.definition, bundles.changes(bundle_id, MOST))
    return show_page("bundles/history.html", stored=stored, steps=steps, whole=stored.version <= MOST)


def _steps(now: Definition, changes: Sequence[Change]) -> list[Step]:
    """Each change with what it led to."""
    titles = titles_of(now, *(one.after.definition for one in changes if one.after))
    headings = _headings()
    return [
        Step(
            one.version,
            headings.get(one.action, one.action),
            _state(one.after.state if one.after else "deleted"),
            one.changed_by,
            one.changed_at,
            differences(one.before.definition, one.after.definition, titles) if one.before and one.after else [],
            one.after is not None and one.after.definition != now,
        )
        for one in changes
    ]


def _state(state: str) -> StateView:
    names = state_names()
    return StateView("on" if state == "published" else "off", names.get(state, state))


def _headings() -> dict[str, str]:
    return {
        "create": _("Bundle created"),
        "duplicate": _("Bundle created"),
        "edit": _("Bundle changed"),
        "publish": _("Bundle published"),
        "unpublish": _("Bundle unpublished"),
        "archive": _("Bundle archived"),
        "delete": _("Bundle deleted"),
        "undo": _("Change undone"),
    }
