"""What is done to one bundle: published, archived, taken back to draft, duplicated; and taking that back."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from flask import Blueprint, Response, abort, request

from ...bundles.store.repository import Action, BundleNotFound, BundleRecord, EditConflict
from ...core.typed import whole_number
from ...proxies import current_services
from ..kit.access import merchant_name
from ..kit.i18n import _
from ..kit.pages import change, flash, link, see_other
from .prices import price_definition


def register(blueprint: Blueprint) -> None:
    for name, view in (("state", state), ("undo", undo), ("restore", restore), ("duplicate", duplicate)):
        blueprint.add_url_rule(f"/bundles/<int:bundle_id>/{name}", f"bundle_{name}", view, methods=["POST"])


@change
def state(bundle_id: int) -> Response:
    """``POST bundles/<id>/state``: ``action`` publish, archive or unpublish what stands as ``version``."""
    action = request.form.get("action", "")
    messages = {"publish": _("Published."), "archive": _("Archived."), "unpublish": _("Unpublished.")}
    if action not in messages:
        abort(404)
    wish = cast(Action, action)
    if wish == "publish" and _refused(_loaded(bundle_id)):
        return see_other(link("bundle_edit", bundle_id=bundle_id))
    return _done(
        bundle_id,
        lambda version: current_services.bundles.set_state(bundle_id, version, wish, merchant_name()),
        messages[action],
    )


@change
def undo(bundle_id: int) -> Response:
    """``POST bundles/<id>/undo``: take back the change that led to ``version``; ``again`` where that was an undo."""
    again = bool(request.form.get("again"))
    return _done(
        bundle_id,
        lambda version: current_services.bundles.revert(bundle_id, version, merchant_name()),
        _("Redone.") if again else _("Undone."),
        undone=not again,
    )


@change
def restore(bundle_id: int) -> Response:
    """``POST bundles/<id>/restore``: let the texts, products and prices of version ``to`` stand again."""
    found = current_services.bundles.version(bundle_id, _number("to"))
    if found is None:
        abort(404)
    if _loaded(bundle_id).state == "published" and price_definition(found.definition).refusals:
        flash(_("This version can't be on sale now: unpublish the bundle first."), "error")
        return see_other(link("bundle_history", bundle_id=bundle_id))
    return _done(
        bundle_id,
        lambda version: current_services.bundles.update(bundle_id, version, found.definition, merchant_name()),
        _("Version restored."),
    )


@change
def duplicate(bundle_id: int) -> Response:
    """``POST bundles/<id>/duplicate``: a new draft like it."""
    try:
        copy = current_services.bundles.duplicate(bundle_id, merchant_name(), _(" (copy)"))
    except BundleNotFound:
        abort(404)
    flash(_("This is a copy, saved as a draft. Edit what should be different."))
    return see_other(link("bundle_edit", bundle_id=copy.id))


def _done(bundle_id: int, act: Callable[[int], BundleRecord], text: str, undone: bool = False) -> Response:
    """Do it to the version that the page showed, and say so with the way back."""
    before = _loaded(bundle_id)
    try:
        now = act(_number("version"))
    except EditConflict:
        flash(_("Someone else has changed this bundle. This is the current version."), "warning")
        return see_other(link("bundle_edit", bundle_id=bundle_id))
    except BundleNotFound:
        abort(404)
    if "published" in (before.state, now.state):
        current_services.news.rules_changed()
    undo_of = link("bundle_undo", bundle_id=bundle_id)
    flash(text, undo=undo_of, redo=undone, version=now.version, again="yes" if undone else "")
    return see_other(link("bundle_edit", bundle_id=bundle_id))


def _refused(stored: BundleRecord) -> bool:
    refusals = price_definition(stored.definition).refusals
    for text in refusals:
        flash(text, "error")
    return bool(refusals)


def _loaded(bundle_id: int) -> BundleRecord:
    try:
        return current_services.bundles.load(bundle_id)
    except BundleNotFound:
        abort(404)


def _number(name: str) -> int:
    found = whole_number(request.form.get(name, ""), 10**9)
    return -1 if found is None else found
