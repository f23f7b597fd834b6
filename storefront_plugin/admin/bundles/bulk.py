"""What is done to several bundles of the list together: publish, archive, back to draft, delete; and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from flask import Blueprint, Response, request

from ...bundles.store.listing import definitions_of
from ...bundles.store.repository import Action, BundleNotFound, BundleRecord, EditConflict, NotDeletable
from ...proxies import current_services
from ..kit.access import merchant_name
from ..kit.flashes import flash
from ..kit.i18n import _, ngettext
from ..kit.pages import change, link, see_other
from .prices import price_definition

MAX_TOGETHER = 200


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/bundles/together", "bundle_together", together, methods=["POST"])
    blueprint.add_url_rule("/bundles/together/undo", "bundle_together_undo", together_undo, methods=["POST"])
    blueprint.add_url_rule("/bundles/<int:bundle_id>/delete", "bundle_delete", delete, methods=["POST"])


@change
def together() -> Response:
    """``POST bundles/together``: publish, archive, take back to draft or delete the chosen ``rows`` ("id:version")."""
    action = request.form.get("action", "")
    if action == "delete":
        return _delete(_chosen(request.form.getlist("rows")))
    if action not in ("publish", "archive", "unpublish"):
        flash(_("Nothing was changed: choose what to do."), "error")
        return _back()
    wish = cast(Action, action)
    changed, refused = [], []
    database = current_services.database
    chosen = _chosen(request.form.getlist("rows"))
    if wish == "publish":
        definitions = definitions_of(database, [number for number, _ in chosen])
        refused = [one for one in chosen if one[0] in definitions and price_definition(definitions[one[0]]).refusals]
    with database.writing() as session:
        for number, version in chosen:
            if (number, version) not in refused:
                try:
                    changed.append(current_services.bundles.move(session, number, version, wish, merchant_name()))
                except (EditConflict, BundleNotFound):
                    refused.append((number, version))
    _tell(wish, changed, len(refused))
    return _back()


@change
def delete(bundle_id: int) -> Response:
    """``POST bundles/<id>/delete``: delete the draft that stands as ``version``; leads to the list, with undo."""
    return _delete(_chosen([f"{bundle_id}:{request.form.get('version', '')}"]))


def _delete(chosen: Sequence[tuple[int, int]]) -> Response:
    """Each in a transaction of its own, so that one that cannot be deleted keeps no other."""
    deleted, kept, missed = [], 0, 0
    for number, version in chosen:
        try:
            deleted.append(current_services.bundles.delete_draft(number, version, merchant_name()))
        except NotDeletable:
            kept += 1
        except (EditConflict, BundleNotFound):
            missed += 1
    if deleted:
        text = ngettext("%(num)s draft deleted.", "%(num)s drafts deleted.", len(deleted))
        flash(text, undo=link("bundle_together_undo"), rows=_rows(deleted))
    if kept:
        text = ngettext(
            "%(num)s bundle is no draft, or was on sale before. Archive it instead.",
            "%(num)s bundles are no drafts, or were on sale before. Archive them instead.",
            kept,
        )
        flash(text, "warning")
    if missed:
        flash(_missed(missed), "warning")
    if not chosen:
        flash(_("Choose one or more bundles first."), "warning")
    return _back()


@change
def together_undo() -> Response:
    """``POST bundles/together/undo``: take the changes that led to ``rows`` back."""
    undone, missed = 0, 0
    for number, version in _chosen(request.form.get("rows", "").split()):
        try:
            current_services.bundles.revert(number, version, merchant_name())
            undone += 1
        except (EditConflict, BundleNotFound):
            missed += 1
    if undone:
        current_services.news.rules_changed()
        flash(ngettext("%(num)s bundle is as it was before.", "%(num)s bundles are as they were before.", undone))
    if missed:
        flash(_missed(missed), "warning")
    return _back()


def _chosen(rows: Sequence[str]) -> list[tuple[int, int]]:
    pairs = (row.partition(":") for row in rows[:MAX_TOGETHER])
    numbers = ((number, version) for number, _, version in pairs if len(number) < 12 and len(version) < 9)
    return [(int(one), int(other)) for one, other in numbers if one.isdecimal() and other.isdecimal()]


def _rows(changed: Sequence[BundleRecord]) -> str:
    return " ".join(f"{one.id}:{one.version}" for one in changed)


def _tell(action: str, changed: Sequence[BundleRecord], refused: int) -> None:
    words = {
        "publish": ("%(num)s bundle published.", "%(num)s bundles published."),
        "archive": ("%(num)s bundle archived.", "%(num)s bundles archived."),
        "unpublish": ("%(num)s bundle taken back to draft.", "%(num)s bundles taken back to draft."),
    }
    if changed:
        current_services.news.rules_changed()
        flash(ngettext(*words[action], len(changed)), undo=link("bundle_together_undo"), rows=_rows(changed))
    if refused and action == "publish":
        flash(
            ngettext(
                "%(num)s bundle could not be published: open it to see why.",
                "%(num)s bundles could not be published: open them to see why.",
                refused,
            ),
            "warning",
        )
    elif refused:
        flash(_missed(refused), "warning")
    if not changed and not refused:
        flash(_("Choose one or more bundles first."), "warning")


def _missed(count: int) -> str:
    return ngettext(
        "%(num)s bundle was changed by somebody else meanwhile and left as it is.",
        "%(num)s bundles were changed by somebody else meanwhile and left as they are.",
        count,
    )


def _back() -> Response:
    """To the list as it was filtered; the query comes with the form and is read like any address."""
    query = request.form.get("query", "")[:2000]
    return see_other(link("bundle_list") + (f"?{query}" if query.isprintable() and query else ""))
