"""Categories and brands of the catalogue by name: suggested while one types, and shown in the merchant's language."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple
from weakref import WeakKeyDictionary

from flask import Blueprint, Flask, Response, current_app, jsonify, request

from ...core.typed import folded
from ...proxies import current_services
from ...shop.cleaning import clean_products
from ...shop.ports import NamesCategories, Product
from .i18n import _, admin_texts
from .products import MOST_FOUND, product, views
from .templates import template_filter

logger = logging.getLogger(__name__)

MOST_PRODUCTS = 5000
"""Products read for a page: of a larger catalogue the names of its first ones are suggested."""

SEARCH_SECONDS = 2.0
"""How much longer the catalogue is read for a name that they do not have; beyond that, any other may be typed."""

MOST_NAMES = 5000
MOST_LISTED = 300
"""Names in a page for a browser without script."""

KEPT_SECONDS = 600.0
FRESH_SECONDS = 30.0
"""Before a name is refused, the catalogue is read again where that is longer ago."""

_NAMES = "storefront.category_names"


class CatalogueNames(NamedTuple):
    """Ids of categories and names of brands in the order of the alphabet, each with the id of a product as example.

    The catalogue has more of them where not *is_whole*.
    """

    categories: Mapping[str, str] = {}
    brands: Mapping[str, str] = {}
    is_whole: bool = False


class CatalogueName(NamedTuple):
    """A category or brand to choose."""

    id: str
    title: str


class FoundName(NamedTuple):
    """What a typed text means: the id of one category or brand, or some to choose from, or nothing."""

    id: str | None = None
    choices: tuple[CatalogueName, ...] = ()


class _Kept(NamedTuple):
    """Names, when they were read, and whether a search for more preceded."""

    names: CatalogueNames = CatalogueNames()
    read_at: float = float("-inf")
    searched: bool = False


class _Titles(NamedTuple):
    """What the names *of* a catalogue are called in one language, *until* when."""

    of: CatalogueNames
    by_id: Mapping[str, str]
    until: float


_kept: WeakKeyDictionary[Flask, _Kept] = WeakKeyDictionary()
_titles: WeakKeyDictionary[Flask, dict[tuple[str, str], _Titles]] = WeakKeyDictionary()


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
def names(source: str, most: int = MOST_LISTED) -> Mapping[str, str]:
    """The first categories or brands to choose from, by id, for a browser without script; none of "products"."""
    if source == "categories":
        return category_names(islice(catalogue_names().categories, most))
    return {name: name for name in islice(catalogue_names().brands, most)} if source == "brands" else {}


def _all_names(source: str) -> Mapping[str, str]:
    """As `names`, of all; what categories are called is kept for `FRESH_SECONDS`, for one who types."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    kept, key, known = _titles.setdefault(app, {}), (source, admin_texts().language), catalogue_names()
    titles = kept.get(key)
    if titles is None or titles.of is not known or time.monotonic() >= titles.until:
        titles = kept[key] = _Titles(known, names(source, MOST_NAMES), time.monotonic() + FRESH_SECONDS)
    return titles.by_id


def _suggested(source: str) -> Response:
    return jsonify([one._asdict() for one in islice(_matches(source, request.args.get("q", "")), MOST_FOUND)])


def _matches(source: str, text: str) -> Iterator[CatalogueName]:
    """The categories or brands whose ids and names have all words of *text*."""
    words = folded(text[:200]).split()
    for one, name in _all_names(source).items():
        if all(word in folded(f"{one} {name}") for word in words):
            yield CatalogueName(one, name)


def resolve_name(source: str, typed: str) -> FoundName:
    """What the merchant meant by *typed*: an id or a name, however it is written, else the only match, else several.

    Of a catalogue that cannot be read whole in time, whatever else is typed may be one of the others.
    """
    found = _meanings(source, typed)
    if not found:
        catalogue_names(FRESH_SECONDS, search=True)
        found = _meanings(source, typed)
    if not found and not catalogue_names().is_whole:
        return FoundName(typed)
    return FoundName(found[0].id) if len(found) == 1 else FoundName(choices=found)


def _meanings(source: str, typed: str) -> tuple[CatalogueName, ...]:
    known, wanted = _all_names(source), folded(typed)
    if typed in known or (source == "categories" and category_name(typed) != typed):
        return (CatalogueName(typed, typed),)
    same = [CatalogueName(one, name) for one, name in known.items() if wanted in (folded(one), folded(name))]
    if not same and not catalogue_names().is_whole:
        return ()
    return tuple(islice(same or _matches(source, typed), MOST_FOUND))


def catalogue_names(seconds: float = KEPT_SECONDS, search: bool = False) -> CatalogueNames:
    """The names, read again where they are older than *seconds*, or for a *search*; none where the catalogue fails."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    kept = _kept.get(app, _Kept())
    lacks_some = search and not kept.searched and not kept.names.is_whole
    if lacks_some or time.monotonic() >= kept.read_at + seconds:
        names = kept.names
        try:
            names = _read(SEARCH_SECONDS if search else 0.0)
        except Exception as error:  # the shop's own code may raise anything
            logger.warning("Categories and brands are not suggested: the catalogue raised %s.", type(error).__name__)
        kept = _kept[app] = _Kept(names, time.monotonic(), search)
    return kept.names


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
        return [_("No product has the brand “%(value)s”.", value=value)]
    if names.is_whole and kind == "category" and value not in names.categories:
        return [_("No product has the category “%(value)s”.", value=value)]
    return []


def _read(seconds: float) -> CatalogueNames:
    """The names of the first `MOST_PRODUCTS` products, and of as many more as can be read in so many *seconds*."""
    categories: dict[str, str] = {}
    brands: dict[str, str] = {}
    products = iter(current_services.shop.catalog.iter_products())
    for found in clean_products(_first_and_more(products, seconds), current_services.settings.currency):
        for category in found.category_ids:
            categories.setdefault(category, found.id)
        if found.brand:
            brands.setdefault(found.brand, found.id)
    is_whole = next(products, None) is None and max(len(categories), len(brands)) <= MOST_NAMES
    return CatalogueNames(_first(categories), _first(brands), is_whole)


def _first_and_more(products: Iterator[Product], seconds: float) -> Iterator[Product]:
    yield from islice(products, MOST_PRODUCTS)
    until = time.monotonic() + seconds
    while time.monotonic() < until and (some := list(islice(products, 100))):
        yield from some


def _first(names: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(names.items())[:MOST_NAMES])
