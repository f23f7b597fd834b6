"""The buttons of one bundle: publish, archive, back to draft, undo, go back to a version, duplicate."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from flask import Blueprint, Response, abort, request

from ...bundles import shelf
from ...proxies import current_storefront
from .access import merchant_name
from .bundle_prices import price_definition
from .language import say
from .notices import tell
from .pages import change, link, see_other


def register(blueprint: Blueprint) -> None:
    for name, view in (("state", state), ("undo", undo), ("restore", restore), ("duplicate", duplicate)):
        blueprint.add_url_rule(f"/bundles/<int:bundle_id>/{name}", f"bundle_{name}", view, methods=["POST"])


@change
def state(bundle_id: int) -> Response:
    """``POST bundles/<id>/state``: ``action`` publish, archive or unpublish what stands as ``version``."""
    action = request.form.get("action", "")
    words = {"publish": say("Published."), "archive": say("Archived."), "unpublish": say("Taken back to draft.")}
    if action not in words:
        abort(404)
    wish = cast(shelf.Action, action)
    if wish == "publish" and _refused(_loaded(bundle_id)):
        return see_other(link("bundle_edit", bundle_id=bundle_id))
    return _done(
        bundle_id,
        lambda version: shelf.set_state(current_storefront.database, bundle_id, version, wish, merchant_name()),
        words[action],
    )


@change
def undo(bundle_id: int) -> Response:
    """``POST bundles/<id>/undo``: take back the change that led to ``version``; ``again`` where that was an undo."""
    again = bool(request.form.get("again"))
    return _done(
        bundle_id,
        lambda version: shelf.undo(current_storefront.database, bundle_id, version, merchant_name()),
        say("Redone.") if again else say("Undone."),
        undone=not again,
    )


@change
def restore(bundle_id: int) -> Response:
    """``POST bundles/<id>/restore``: let the words, products and prices of version ``to`` stand again."""
    wanted = _number("to")
    found = next(
        (one for one in shelf.history(current_storefront.database, bundle_id, 1000) if one.version == wanted), None
    )
    if found is None:
        abort(404)
    if _loaded(bundle_id).state == "published" and price_definition(found.definition).refusals:
        tell(say("This version cannot be on sale now: take the bundle back to draft first."), "error")
        return see_other(link("bundle_history", bundle_id=bundle_id))
    return _done(
        bundle_id,
        lambda version: shelf.update(
            current_storefront.database, bundle_id, version, found.definition, merchant_name()
        ),
        say("This version stands again."),
    )


@change
def duplicate(bundle_id: int) -> Response:
    """``POST bundles/<id>/duplicate``: a new draft like it."""
    try:
        copy = shelf.duplicate(current_storefront.database, bundle_id, merchant_name(), say(" (copy)"))
    except shelf.BundleNotFound:
        abort(404)
    tell(say("This is the copy, a draft. Change what shall be different."))
    return see_other(link("bundle_edit", bundle_id=copy.id))


def _done(bundle_id: int, act: Callable[[int], shelf.Stored], text: str, undone: bool = False) -> Response:
    """Do it to the version that the page showed, and say so with the way back."""
    before = _loaded(bundle_id)
    try:
        now = act(_number("version"))
    except shelf.EditConflict:
        tell(say("Somebody else changed this bundle meanwhile. This is how it stands now."), "warning")
        return see_other(link("bundle_edit", bundle_id=bundle_id))
    except shelf.BundleNotFound:
        abort(404)
    if "published" in (before.state, now.state):
        current_storefront.bundles_changed()
    undo_of = link("bundle_undo", bundle_id=bundle_id)
    tell(text, undo=undo_of, redo=undone, version=now.version, again="yes" if undone else "")
    return see_other(link("bundle_edit", bundle_id=bundle_id))


def _refused(stored: shelf.Stored) -> bool:
    refusals = price_definition(stored.definition).refusals
    for text in refusals:
        tell(text, "error")
    return bool(refusals)


def _loaded(bundle_id: int) -> shelf.Stored:
    try:
        return shelf.load(current_storefront.database, bundle_id)
    except shelf.BundleNotFound:
        abort(404)


def _number(name: str) -> int:
    text = request.form.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1
