"""The list of bundles: searched, filtered, sorted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast, get_args

from flask import Blueprint, Response, request

from ...bundles import shelf
from ...bundles.definition import Definition
from ...bundles.listing import Row, Sort, Wanted, definitions_of, list_bundles
from ...proxies import current_storefront
from ...shop.ports import Product
from .bundle_absences import absence
from .bundle_form import KINDS
from .bundle_words import StateView, kind_names, offer_words, state_names, state_view
from .language import admin_texts
from .pages import Paging, asked_page, show_page
from .products import ProductView, look_up, unknown, view_of

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
    title = definition.words_in(admin_texts().language).title
    return Line(row, title, waits, state, offer_words(definition), shown, max(0, len(first) - PICTURES))


def _first_products(definition: Definition) -> list[str]:
    components = (component for tier in definition.tiers for component in tier.components)
    return list(dict.fromkeys(component.product_id for component in components))
