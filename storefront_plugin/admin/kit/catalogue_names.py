"""Categories and brands of the catalogue by name: suggested while one types, and shown in the merchant's language."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple
from weakref import WeakKeyDictionary

from flask import Blueprint, Flask, Response, current_app, jsonify, request

from ...core.typed import folded
from ...proxies import current_services
from ...shop.cleaning import clean_products
from ...shop.ports import NamesCategories
from .i18n import _
from .products import MOST_FOUND, product, views
from .templates import template_filter

logger = logging.getLogger(__name__)

MOST_PRODUCTS = 5000
"""Products read for it: a larger catalogue shows the names of its first ones, and any other may be typed."""

MOST_NAMES = 300
KEPT_SECONDS = 600.0

_NAMES = "storefront.category_names"


class CatalogueNames(NamedTuple):
    """Ids of categories and names of brands in the order of the alphabet, each with the id of a product as example.

    The catalogue has more of them where not *is_whole*.
    """

    categories: Mapping[str, str] = {}
    brands: Mapping[str, str] = {}
    is_whole: bool = False


_kept: WeakKeyDictionary[Flask, tuple[float, CatalogueNames]] = WeakKeyDictionary()


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/categories", "categories", suggest_categories)
    blueprint.add_url_rule("/brands", "brands", suggest_brands)


def suggest_categories() -> Response:
    """``GET categories?q=``: at most 12 categories as JSON, for typing ahead."""
    return _suggested("categories")


def suggest_brands() -> Response:
    """``GET brands?q=``: at most 12 brands as JSON, for typing ahead."""
    return _suggested("brands")


@template_filter
def names(source: str) -> Mapping[str, str]:
    """The categories or brands to choose from, by id, for a browser without script; none of "products"."""
    if source == "categories":
        return category_names(catalogue_names().categories)
    return {name: name for name in catalogue_names().brands} if source == "brands" else {}


def _suggested(source: str) -> Response:
    words = folded(request.args.get("q", "")[:200]).split()
    fits = (
        (one, name) for one, name in names(source).items() if all(word in folded(f"{one} {name}") for word in words)
    )
    return jsonify([{"id": one, "title": name} for one, name in islice(fits, MOST_FOUND)])


def catalogue_names() -> CatalogueNames:
    """The names, read at most every ten minutes; none where the catalogue fails."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    until, names = _kept.get(app, (0.0, CatalogueNames()))
    if time.monotonic() >= until:
        try:
            names = _read()
        except Exception as error:  # the shop's own code may raise anything
            logger.warning("Categories and brands are not suggested: the catalogue raised %s.", type(error).__name__)
        _kept[app] = (time.monotonic() + KEPT_SECONDS, names)
    return names


def category_names(ids: Iterable[str]) -> dict[str, str]:
    """What categories are called, in the language of the request; one that the catalogue does not name is its id.

    Each is asked for once a request, and all new ones together.
    """
    kept: dict[str, str] = request.environ.setdefault(_NAMES, {})
    wanted, catalog = sorted(set(ids)), current_services.shop.catalog
    new = [one for one in wanted if one not in kept]
    named: Mapping[str, str] = {}
    if new and isinstance(catalog, NamesCategories):
        try:
            named = dict(catalog.category_names(new))
        except Exception as error:  # the shop's own code may raise anything
            logger.warning("Categories are shown by their ids: category_names raised %s.", type(error).__name__)
    kept |= {one: str(named.get(one) or one) for one in new}
    return {one: kept[one] for one in wanted}


@template_filter
def category_name(category: str) -> str:
    """What *category* is called."""
    return category_names([category])[category]


def categories_named(text: str, ids: Iterable[str]) -> tuple[str, ...]:
    """Those of the categories *ids* whose names have all words of *text*, for filters."""
    words = folded(text).split()
    return tuple(one for one, name in category_names(ids).items() if all(word in folded(name) for word in words))


def named(kind: str, value: str) -> str:
    """A ``product``, ``category`` or ``brand`` by its name; *value* itself for anything else."""
    if kind == "product":
        return product(value).title
    if kind == "category":
        return _("Category %(value)s", value=category_name(value))
    return _("Brand %(value)s", value=value) if kind == "brand" else value


def look_up_named(pairs: Iterable[tuple[str, str | None]]) -> None:
    """Look up at once the products and categories among *pairs* of kind and value; raises `AdapterError`."""
    given = [(kind, value) for kind, value in pairs if value is not None]
    views(sorted(value for kind, value in given if kind == "product"))
    category_names(value for kind, value in given if kind == "category")


def unmatched(kind: str, value: str) -> list[str]:
    """What is to be said of a ``category`` or ``brand`` that no product has; nothing where not all were looked at."""
    names = catalogue_names()
    if names.is_whole and kind == "brand" and value not in names.brands:
        return [_("No product has the brand “%(value)s” yet.", value=value)]
    if names.is_whole and kind == "category" and value not in names.categories:
        return [_("No product has the category “%(value)s” yet.", value=value)]
    return []


def category_id(typed: str) -> str:
    """The id of the category that was *typed*, by its id or its name; what is typed where neither is known of one."""
    known = catalogue_names().categories
    if typed in known:
        return typed
    wanted = folded(typed)
    called = [one for one, name in category_names(known).items() if folded(name) == wanted]
    return called[0] if len(called) == 1 else typed


def _read() -> CatalogueNames:
    settings = current_services.settings
    categories: dict[str, str] = {}
    brands: dict[str, str] = {}
    products = iter(current_services.shop.catalog.iter_products())
    for found in clean_products(islice(products, MOST_PRODUCTS), settings.currency):
        for category in found.category_ids:
            categories.setdefault(category, found.id)
        if found.brand:
            brands.setdefault(found.brand, found.id)
    is_whole = next(products, None) is None and max(len(categories), len(brands)) <= MOST_NAMES
    return CatalogueNames(_first(categories), _first(brands), is_whole)


def _first(names: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(names.items())[:MOST_NAMES])
