"""The list of bundles: searched, filtered, sorted; several published, archived or taken back together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast, get_args

from flask import Blueprint, Response, request

from ...bundles import shelf
from ...bundles.definition import Definition
from ...bundles.listing import Row, Sort, Wanted, definitions_of, list_bundles
from ...proxies import current_storefront
from .access import merchant_name
from .bundle_form import KINDS
from .bundle_prices import price_definition
from .bundle_words import StateView, kind_names, offer_words, state_names, state_view
from .language import say, say_count
from .notices import tell
from .pages import Paging, asked_page, change, link, see_other, show_page
from .products import ProductView, views

SIZE = 50
MAX_TOGETHER = 200
PICTURES = 4


@dataclass(frozen=True, slots=True)
class Line:
    """A bundle in the list. *products* are the first of its components, *more* how many follow."""

    row: Row
    state: StateView
    offer: str
    products: tuple[ProductView, ...]
    more: int


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/bundles", "bundle_list", listed)
    blueprint.add_url_rule("/bundles/together", "bundle_together", together, methods=["POST"])
    blueprint.add_url_rule("/bundles/together/undo", "bundle_together_undo", together_undo, methods=["POST"])


def listed() -> Response:
    """``GET bundles``: ``q``, ``state``, ``kind``, ``staff``, ``on``, ``sort``, ``order`` and ``page`` in the address."""
    wanted, page = asked(), asked_page()
    database = current_storefront.database
    rows, count = list_bundles(database, wanted, page, SIZE)
    filtered = wanted != Wanted(sort=wanted.sort, descending=wanted.descending)
    return show_page(
        "bundle_list.html",
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
        state="published" if on else cast(shelf.State, state) if state in get_args(shelf.State) else None,
        kind=kind if kind in KINDS else None,
        staff_only=True if given.get("staff") == "yes" else None,
        on_at=dt.datetime.now(dt.timezone.utc).replace(microsecond=0) if on else None,
        sort=cast(Sort, sort) if sort in get_args(Sort) else "updated",
        descending=given.get("order", "down") != "up",
    )


def _lines(rows: Sequence[Row], definitions: dict[int, Definition]) -> list[Line]:
    """The rows with pictures; all products of the page are looked up at once."""
    ids = {number: _first_products(one) for number, one in definitions.items()}
    products = views(list(dict.fromkeys(name for some in ids.values() for name in some[:PICTURES])))
    return [
        Line(
            row,
            state_view(row.state, row.starts_at, row.ends_at, row.limit_in_all, row.uses),
            offer_words(definitions[row.id]) if row.id in definitions else "",
            tuple(products[name] for name in ids.get(row.id, [])[:PICTURES] if name in products),
            max(0, len(ids.get(row.id, [])) - PICTURES),
        )
        for row in rows
    ]


def _first_products(definition: Definition) -> list[str]:
    components = (component for tier in definition.tiers for component in tier.components)
    return list(dict.fromkeys(component.product_id for component in components))


@change
def together() -> Response:
    """``POST bundles/together``: publish, archive or take back to draft the chosen ``rows`` ("id:version")."""
    action = request.form.get("action", "")
    if action not in ("publish", "archive", "unpublish"):
        tell(say("Nothing was changed: choose what to do."), "error")
        return _back()
    wish = cast(shelf.Action, action)
    changed, refused = [], []
    database = current_storefront.database
    chosen = _chosen(request.form.getlist("rows"))
    if wish == "publish":
        definitions = definitions_of(database, [number for number, _ in chosen])
        refused = [one for one in chosen if one[0] in definitions and price_definition(definitions[one[0]]).refusals]
    with database.writing() as session:
        for number, version in chosen:
            if (number, version) not in refused:
                try:
                    changed.append(shelf.move(session, number, version, wish, merchant_name()))
                except (shelf.EditConflict, shelf.BundleNotFound):
                    refused.append((number, version))
    _tell(wish, changed, len(refused))
    return _back()


@change
def together_undo() -> Response:
    """``POST bundles/together/undo``: take the changes that led to ``rows`` back."""
    undone, missed = 0, 0
    for number, version in _chosen(request.form.get("rows", "").split()):
        try:
            shelf.undo(current_storefront.database, number, version, merchant_name())
            undone += 1
        except (shelf.EditConflict, shelf.BundleNotFound):
            missed += 1
    if undone:
        current_storefront.bundles_changed()
        tell(say_count("%(num)s bundle is as it was before.", "%(num)s bundles are as they were before.", undone))
    if missed:
        tell(_missed(missed), "warning")
    return _back()


def _chosen(rows: Sequence[str]) -> list[tuple[int, int]]:
    pairs = (row.partition(":") for row in rows[:MAX_TOGETHER])
    numbers = ((number, version) for number, _, version in pairs if len(number) < 12 and len(version) < 9)
    return [(int(one), int(other)) for one, other in numbers if one.isdecimal() and other.isdecimal()]


def _tell(action: shelf.Action, changed: Sequence[shelf.Stored], refused: int) -> None:
    words = {
        "publish": ("%(num)s bundle published.", "%(num)s bundles published."),
        "archive": ("%(num)s bundle archived.", "%(num)s bundles archived."),
        "unpublish": ("%(num)s bundle taken back to draft.", "%(num)s bundles taken back to draft."),
    }
    if changed:
        current_storefront.bundles_changed()
        rows = " ".join(f"{one.id}:{one.version}" for one in changed)
        tell(say_count(*words[action], len(changed)), undo=link("bundle_together_undo"), rows=rows)
    if refused and action == "publish":
        tell(
            say_count(
                "%(num)s bundle could not be published: open it to see why.",
                "%(num)s bundles could not be published: open them to see why.",
                refused,
            ),
            "warning",
        )
    elif refused:
        tell(_missed(refused), "warning")
    if not changed and not refused:
        tell(say("Choose one or more bundles first."), "warning")


def _missed(count: int) -> str:
    return say_count(
        "%(num)s bundle was changed by somebody else meanwhile and left as it is.",
        "%(num)s bundles were changed by somebody else meanwhile and left as they are.",
        count,
    )


def _back() -> Response:
    """To the list as it was filtered; the query comes with the form and is read like any address."""
    query = request.form.get("query", "")[:2000]
    return see_other(link("bundle_list") + (f"?{query}" if query.isprintable() and query else ""))
