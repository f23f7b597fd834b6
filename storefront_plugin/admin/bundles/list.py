"""The list of bundles: searched, filtered, sorted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast, get_args

from flask import Blueprint, Response, abort, request

from ...bundles.definition import Definition
from ...bundles.store.listing import Row, Sort, Wanted, definitions_of, list_bundles
from ...bundles.store.repository import Action, BundleNotFound, BundleRecord, EditConflict, State
from ...proxies import current_services
from ...shop.ports import Product
from ..kit.access import merchant_name
from ..kit.flashes import flash
from ..kit.i18n import _, admin_texts
from ..kit.pages import change, link, see_other, show_page
from ..kit.paging import Paging, page_number
from ..kit.products import ProductView, look_up, unknown, view_of
from .form import KINDS
from .labels import StateView, absence, kind_names, offer_words, state_names, state_view
from .prices import price_definition

SIZE = 50
PICTURES = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A bundle in the list. *products* are the first of its components, *more* how many follow.

    *title* is in the merchant's language; *starts_at* is there while the bundle waits for it.
    """

    row: Row
    title: str
    starts_at: dt.datetime | None
    state: StateView
    offer: str
    products: tuple[ProductView, ...]
    more: int


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/bundles", "bundle_list", listed)
    for name, view in (("state", state), ("undo", undo), ("restore", restore), ("duplicate", duplicate)):
        blueprint.add_url_rule(f"/bundles/<int:bundle_id>/{name}", f"bundle_{name}", view, methods=["POST"])


def listed() -> Response:
    """``GET bundles``: ``q``, ``state``, ``kind``, ``staff``, ``on``, ``sort``, ``order`` and ``page`` in the address."""
    wanted, page = asked(), page_number()
    database = current_services.database
    rows, count = list_bundles(database, wanted, page, SIZE)
    filtered = wanted != Wanted(sort=wanted.sort, descending=wanted.descending)
    return show_page(
        "bundles/list.html",
        lines=_lines(rows, definitions_of(database, [row.id for row in rows])),
        wanted=wanted,
        filtered=filtered,
        kinds=kind_names(),
        states=state_names(),
        query=request.query_string.decode("utf-8", "replace"),
        paging=Paging(page, SIZE, count),
    )


def asked() -> Wanted:
    """What the address asks for; what it has wrong is left out."""
    given = request.args
    state, kind, sort = given.get("state"), given.get("kind"), given.get("sort")
    on = given.get("on") == "yes"
    return Wanted(
        text=given.get("q", "").strip()[:200],
        state="published" if on else cast(State, state) if state in get_args(State) else None,
        kind=kind if kind in KINDS else None,
        staff_only=True if given.get("staff") == "yes" else None,
        on_at=dt.datetime.now(dt.timezone.utc).replace(microsecond=0) if on else None,
        sort=cast(Sort, sort) if sort in get_args(Sort) else "updated",
        descending=given.get("order", "down") != "up",
    )


def _lines(rows: Sequence[Row], definitions: Mapping[int, Definition]) -> list[Line]:
    """The rows with pictures, and whether those that are on can be had; all products are looked up at once."""
    first = {number: _first_products(one) for number, one in definitions.items()}
    states = {row.id: state_view(row.state, row.starts_at, row.ends_at, row.limit_in_all, row.uses) for row in rows}
    on = [one for number, one in definitions.items() if states[number].dot == "on"]
    pictured = frozenset(name for some in first.values() for name in some[:PICTURES])
    products = look_up(sorted(pictured.union(*(one.product_ids for one in on))))
    return [_line(row, states[row.id], definitions.get(row.id), first.get(row.id, []), products) for row in rows]


def _line(
    row: Row, state: StateView, definition: Definition | None, first: list[str], products: Mapping[str, Product | None]
) -> Line:
    shown = tuple(view_of(found) if (found := products.get(name)) else unknown(name) for name in first[:PICTURES])
    waits = row.starts_at if state.dot == "waiting" else None
    if definition is None:
        return Line(row, row.title, waits, state, "", shown, 0)
    if state.dot == "on" and (absent := absence(definition, products)):
        state = StateView("warning", absent.label)
    title = definition.text_in(admin_texts().language).title
    return Line(row, title, waits, state, offer_words(definition), shown, max(0, len(first) - PICTURES))


def _first_products(definition: Definition) -> list[str]:
    components = (component for tier in definition.tiers for component in tier.components)
    return list(dict.fromkeys(component.product_id for component in components))


@change
def state(bundle_id: int) -> Response:
    """``POST bundles/<id>/state``: ``action`` publish, archive or unpublish what stands as ``version``."""
    action = request.form.get("action", "")
    words = {"publish": _("Published."), "archive": _("Archived."), "unpublish": _("Taken back to draft.")}
    if action not in words:
        abort(404)
    wish = cast(Action, action)
    if wish == "publish" and _refused(_loaded(bundle_id)):
        return see_other(link("bundle_edit", bundle_id=bundle_id))
    return _done(
        bundle_id,
        lambda version: current_services.bundles.set_state(bundle_id, version, wish, merchant_name()),
        words[action],
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
    """``POST bundles/<id>/restore``: let the words, products and prices of version ``to`` stand again."""
    found = current_services.bundles.version(bundle_id, _number("to"))
    if found is None:
        abort(404)
    if _loaded(bundle_id).state == "published" and price_definition(found.definition).refusals:
        flash(_("This version cannot be on sale now: take the bundle back to draft first."), "error")
        return see_other(link("bundle_history", bundle_id=bundle_id))
    return _done(
        bundle_id,
        lambda version: current_services.bundles.update(bundle_id, version, found.definition, merchant_name()),
        _("This version stands again."),
    )


@change
def duplicate(bundle_id: int) -> Response:
    """``POST bundles/<id>/duplicate``: a new draft like it."""
    try:
        copy = current_services.bundles.duplicate(bundle_id, merchant_name(), _(" (copy)"))
    except BundleNotFound:
        abort(404)
    flash(_("This is the copy, a draft. Change what shall be different."))
    return see_other(link("bundle_edit", bundle_id=copy.id))


def _done(bundle_id: int, act: Callable[[int], BundleRecord], text: str, undone: bool = False) -> Response:
    """Do it to the version that the page showed, and say so with the way back."""
    before = _loaded(bundle_id)
    try:
        now = act(_number("version"))
    except EditConflict:
        flash(_("Somebody else changed this bundle meanwhile. This is how it stands now."), "warning")
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
    text = request.form.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1
