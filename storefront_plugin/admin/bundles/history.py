"""The history of a bundle: who changed what and when, and the way back to each version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Blueprint, Response, abort

from ...bundles.store import repository
from ...bundles.store.tables import StoredBundle
from ...proxies import current_services
from ..kit.i18n import _
from ..kit.pages import show_page
from .editor import titles_of
from .labels import Difference, StateView, differences, state_names

MOST = 200


@dataclass(frozen=True, slots=True)
class Step:
    """A change and what it led to: *version*, standing as *state*, a dot with its word. *at* is UTC without zone.

    *other* says whether that version has other words, products or prices than what stands now.
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
    database = current_services.database
    try:
        stored = repository.load(database, bundle_id)
    except repository.BundleNotFound:
        abort(404)
    changes = repository.history(database, bundle_id, MOST)
    steps = _steps(stored, changes)
    whole = stored.version <= MOST
    if whole:
        steps.append(_created(stored, changes))
    return show_page("bundles/history.html", stored=stored, steps=steps, whole=whole)


def _steps(stored: repository.BundleRecord, changes: Sequence[repository.Change]) -> list[Step]:
    """Each change with what it led to: the version after it, the one that stands for the newest."""
    titles = titles_of(stored.definition, *(one.definition for one in changes))
    headings = _headings()
    steps, version, state, after = [], stored.version, str(stored.state), stored.definition
    for before in changes:
        steps.append(
            Step(
                version,
                headings.get(before.action, before.action),
                _state(state),
                before.changed_by,
                before.changed_at,
                differences(before.definition, after, titles),
                after != stored.definition,
            )
        )
        version, state, after = before.version, before.state, before.definition
    return steps


def _created(stored: repository.BundleRecord, changes: Sequence[repository.Change]) -> Step:
    """The first step. Who took it is kept for a bundle that was never changed; else the log has it."""
    query = sa.select(StoredBundle.created_at).where(StoredBundle.id == stored.id)
    with current_services.database.reading(blocking=True) as session:
        at = session.scalar(query) or stored.updated_at
    by = "" if changes else stored.updated_by
    other = bool(changes) and changes[-1].definition != stored.definition
    return Step(1, _("Bundle created"), _state("draft"), by, at, [], other)


def _state(state: str) -> StateView:
    names = state_names()
    return StateView("on" if state == "published" else "off", names.get(state, state))


def _headings() -> dict[str, str]:
    return {
        "edit": _("Bundle changed"),
        "publish": _("Bundle published"),
        "unpublish": _("Bundle taken back to draft"),
        "archive": _("Bundle archived"),
        "delete": _("Bundle deleted"),
        "undo": _("Change undone"),
    }
