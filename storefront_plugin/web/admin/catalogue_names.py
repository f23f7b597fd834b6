"""The categories and brands that the catalogue knows, to choose from while typing."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple
from weakref import WeakKeyDictionary

from flask import Flask, current_app

from ...proxies import current_storefront
from ...shop.cleaning import clean_products
from ...shop.ports import NamesCategories

logger = logging.getLogger(__name__)

MOST_PRODUCTS = 5000
"""Products read for it: a larger catalogue shows the names of its first ones, and any other may be typed."""

MOST_NAMES = 300
KEPT_SECONDS = 600.0


class CatalogueNames(NamedTuple):
    """Ids of categories and names of brands in the order of the alphabet, each with the id of a product as example.

    The catalogue has more of them where not *is_whole*.
    """

    categories: Mapping[str, str] = {}
    brands: Mapping[str, str] = {}
    is_whole: bool = False


_kept: WeakKeyDictionary[Flask, tuple[float, CatalogueNames]] = WeakKeyDictionary()


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
    """What categories are called, in the language of the request; one that the catalogue does not name is its id."""
    wanted, catalog = sorted(set(ids)), current_storefront.catalog
    named: Mapping[str, str] = {}
    if wanted and isinstance(catalog, NamesCategories):
        try:
            named = dict(catalog.category_names(wanted))
        except Exception as error:  # the shop's own code may raise anything
            logger.warning("Categories are shown by their ids: category_names raised %s.", type(error).__name__)
    return {one: str(named.get(one) or one) for one in wanted}


def category_id(typed: str) -> str:
    """The id of the category that was *typed*, by its id or its name; what is typed where neither is known of one."""
    known = catalogue_names().categories
    if typed in known:
        return typed
    words = typed.casefold()
    called = [one for one, name in category_names(known).items() if name.casefold() == words]
    return called[0] if len(called) == 1 else typed


def _read() -> CatalogueNames:
    settings = current_storefront.settings
    categories: dict[str, str] = {}
    brands: dict[str, str] = {}
    products = iter(current_storefront.catalog.iter_products())
    for product in clean_products(islice(products, MOST_PRODUCTS), settings.currency):
        for category in product.category_ids:
            categories.setdefault(category, product.id)
        if product.brand:
            brands.setdefault(product.brand, product.id)
    is_whole = next(products, None) is None and max(len(categories), len(brands)) <= MOST_NAMES
    return CatalogueNames(_first(categories), _first(brands), is_whole)


def _first(names: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(names.items())[:MOST_NAMES])
