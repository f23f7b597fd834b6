"""The rules as a list: found, filtered, sorted."""

from __future__ import annotations

from flask import Blueprint, Response, request

from ...core.errors import AdapterError
from ...proxies import current_services
from ...recommending.rules.list import SORTS, Filters, Sort, categories_of, list_rules
from ...recommending.rules.rule import RULE_KINDS, RULE_STATES, SEED_KINDS, TARGET_KINDS
from ..kit import products
from ..kit.catalogue_names import category_names
from ..kit.pages import Paging, asked_page, show_page
from .labels import kind_words, rule_views, seed_words, state_words, target_words, unmatched

SIZE = 50


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/rules", "rules", listed)


def listed() -> Response:
    """``GET rules``: filtered by ``q``, ``kind``, ``seed``, ``target`` and ``state``, sorted by ``sort`` and ``order``."""
    filters, page = _filters(), asked_page()
    rows, count = list_rules(current_services.database, filters, page, SIZE)
    words = rule_views({row.id: row.definition for row in rows})
    return show_page(
        "rules/list.html",
        rows=[(row, words[row.id], unmatched(row.definition)) for row in rows],
        paging=Paging(page, SIZE, count),
        filters=filters,
        is_filtered=bool(filters.text or filters.kind or filters.seed_kind or filters.target_kind or filters.state),
        kinds=kind_words(),
        seeds=seed_words(),
        targets=target_words(),
        states=state_words(),
    )


def _filters() -> Filters:
    args = request.args
    text = args.get("q", "").replace("\x00", "").strip()[:200]
    return Filters(
        text=text,
        product_ids=_titled(text),
        category_ids=_named(text),
        kind=next((one for one in RULE_KINDS if one == args.get("kind")), None),
        seed_kind=next((one for one in SEED_KINDS if one == args.get("seed")), None),
        target_kind=next((one for one in TARGET_KINDS if one == args.get("target")), None),
        state=next((one for one in RULE_STATES if one == args.get("state")), None),
        sort=_sort(args.get("sort")),
        descending=args.get("order", "down") != "up",
    )


def _sort(given: str | None) -> Sort:
    return next((one for one in SORTS if one == given), "updated")


def _titled(text: str) -> tuple[str, ...]:
    """Ids of the products whose titles have these words; a catalogue that fails finds none."""
    try:
        return tuple(product.id for product in products.search(text, 100)) if text else ()
    except AdapterError:
        return ()


def _named(text: str) -> tuple[str, ...]:
    """Ids of the categories of rules whose names have these words."""
    words = text.casefold().split()
    if not words:
        return ()
    names = category_names(categories_of(current_services.database))
    return tuple(one for one, name in names.items() if all(word in name.casefold() for word in words))
