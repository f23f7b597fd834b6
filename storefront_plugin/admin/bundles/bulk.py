"""What is done to several bundles of the list together: publish, archive, back to draft, delete; and taking it back."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, request

from ...bundles.store.listing import definitions_of
from ...bundles.store.repository import Action, BundleNotFound, BundleRecord, EditConflict, NotDeletable
from ...core.typed import whole_number
from ...proxies import current_services
from ..kit.access import merchant_name
from ..kit.i18n import _, ngettext
from ..kit.pages import change, flash, link, see_other, way_back
from .prices import price_definition


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/bundles/change/undo", "bundle_list_undo", undo, methods=["POST"])
    blueprint.add_url_rule("/bundles/<int:bundle_id>/delete", "bundle_delete", delete, methods=["POST"])


def move(action: Action, keys: Sequence[str]) -> None:
    """Publish, archive or take back to draft the bundles of *keys* ("id:version"), and say so."""
    chosen, changed, refused = _chosen(keys), [], []
    database = current_services.database
    if action == "publish":
        definitions = definitions_of(database, [number for number, _ in chosen])
        refused = [one for one in chosen if one[0] in definitions and price_definition(definitions[one[0]]).refusals]
    with database.writing() as session:
        for number, version in chosen:
            if (number, version) not in refused:
                try:
                    changed.append(current_services.bundles.move(session, number, version, action, merchant_name()))
                except (EditConflict, BundleNotFound):
                    refused.append((number, version))
    _say(action, changed, len(refused))


def delete_drafts(keys: Sequence[str]) -> None:
    """Delete the drafts of *keys*, and say so.

    Each in a transaction of its own, so that one that cannot be deleted keeps no other.
    """
    deleted, kept, missed = [], 0, 0
    for number, version in _chosen(keys):
        try:
            deleted.append(current_services.bundles.delete_draft(number, version, merchant_name()))
        except NotDeletable:
            kept += 1
        except (EditConflict, BundleNotFound):
            missed += 1
    if deleted:
        text = ngettext("%(num)s draft deleted.", "%(num)s drafts deleted.", len(deleted))
        flash(text, undo=link("bundle_list_undo"), rows=_rows(deleted), back=way_back("bundle_list"))
    if kept:
        text = ngettext(
            "%(num)s bundle isn't a draft or has been published before. Archive it instead.",
            "%(num)s bundles aren't drafts or have been published before. Archive them instead.",
            kept,
        )
        flash(text, "warning")
    if missed:
        flash(_missed(missed), "warning")


@change
def delete(bundle_id: int) -> Response:
    """``POST bundles/<id>/delete``: delete the draft that stands as ``version``; leads to the list, with undo."""
    delete_drafts([f"{bundle_id}:{request.form.get('version', '')}"])
    return see_other(link("bundle_list"))


@change
def undo() -> Response:
    """``POST bundles/change/undo``: take the changes that led to ``rows`` back."""
    undone, missed = 0, 0
    for number, version in _chosen(request.form.get("rows", "").split()):
        try:
            current_services.bundles.revert(number, version, merchant_name())
            undone += 1
        except (EditConflict, BundleNotFound):
            missed += 1
    if undone:
        current_services.news.rules_changed()
        flash(ngettext("%(num)s bundle changed back.", "%(num)s bundles changed back.", undone))
    if missed:
        flash(_missed(missed), "warning")
    return see_other(way_back("bundle_list"))


def _chosen(rows: Sequence[str]) -> list[tuple[int, int]]:
    pairs = (row.partition(":") for row in rows)
    numbers = ((whole_number(number, 10**12), whole_number(version, 10**9)) for number, _, version in pairs)
    return [(one, other) for one, other in numbers if one is not None and other is not None]


def _rows(changed: Sequence[BundleRecord]) -> str:
    return " ".join(f"{one.id}:{one.version}" for one in changed)


def _say(action: str, changed: Sequence[BundleRecord], refused: int) -> None:
    if changed:
        current_services.news.rules_changed()
        flash(
            _done(action, len(changed)),
            undo=link("bundle_list_undo"),
            rows=_rows(changed),
            back=way_back("bundle_list"),
        )
    if refused and action == "publish":
        flash(
            ngettext(
                "%(num)s bundle couldn't be published: open it to see why.",
                "%(num)s bundles couldn't be published: open them to see why.",
                refused,
            ),
            "warning",
        )
    elif refused:
        flash(_missed(refused), "warning")
    if not changed and not refused:
        flash(_("Nothing was changed."))


def _done(action: str, count: int) -> str:
    if action == "publish":
        return ngettext("%(num)s bundle published.", "%(num)s bundles published.", count)
    if action == "archive":
        return ngettext("%(num)s bundle archived.", "%(num)s bundles archived.", count)
    return ngettext("%(num)s bundle unpublished.", "%(num)s bundles unpublished.", count)


def _missed(count: int) -> str:
    return ngettext(
        "Someone else has changed %(num)s bundle, so it was left as it is.",
        "Someone else has changed %(num)s bundles, so they were left as they are.",
        count,
    )
