"""The history of a bundle: who changed what and when, and the way back to each version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, abort

from ...bundles import shelf
from ...proxies import current_storefront
from .bundle_changes import Difference, differences
from .bundle_editor import titles_of
from .bundle_words import state_names
from .language import say
from .pages import show_page

MOST = 200


@dataclass(frozen=True, slots=True)
class Step:
    """A change: *version* is what stood before it; *other* says whether that is not what stands now.

    *state* is where an undo led to.
    """

    version: int
    by: str
    at: dt.datetime
    action: str
    state: str
    differences: list[Difference]
    other: bool


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/bundles/<int:bundle_id>/history", "bundle_history", shown)


def shown(bundle_id: int) -> Response:
    """``GET bundles/<id>/history``: the newest change first."""
    database = current_storefront.database
    try:
        stored = shelf.load(database, bundle_id)
    except shelf.BundleNotFound:
        abort(404)
    steps = _steps(stored, shelf.history(database, bundle_id, MOST))
    return show_page("bundle_history.html", stored=stored, steps=steps, created=stored.version <= MOST)


def _steps(stored: shelf.Stored, changes: Sequence[shelf.Change]) -> list[Step]:
    """Each change with what it led to: the version after it, the one that stands for the newest."""
    titles = titles_of(stored.definition, *(one.definition for one in changes))
    words, states = _actions(), state_names()
    steps, after = [], (stored.state, stored.definition)
    for before in changes:
        moved = states[after[0]] if before.action == "undo" and after[0] != before.state else ""
        action = words.get(before.action, before.action)
        changed = differences(before.definition, after[1], titles)
        other = before.definition != stored.definition
        steps.append(Step(before.version, before.changed_by, before.changed_at, action, moved, changed, other))
        after = (before.state, before.definition)
    return steps


def _actions() -> dict[str, str]:
    return {
        "edit": say("changed"),
        "publish": say("published"),
        "unpublish": say("taken back to draft"),
        "archive": say("archived"),
        "undo": say("undone"),
    }
