"""The shop's products on the merchant's pages: shown as a small picture with words, found by typing."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple
from weakref import WeakKeyDictionary

from flask import Blueprint, Flask, Response, current_app, jsonify, request

from ...core.errors import AdapterError, InputError
from ...money import format_money
from ...proxies import current_services
from ...shop.cleaning import clean_products
from ...shop.ports import NamesCategories, Product, clean_id
from ...web.widgets.cards import below_root
from .i18n import admin_texts

MOST_FOUND = 12

_SCHEMES = ("", "http", "https")
_PICTURE_SCHEMES = (*_SCHEMES, "data")


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product in a row of a list. *known* is False where the catalogue has none of this id (any more)."""

    id: str
    title: str
    price: str = ""
    image_url: str | None = None
    url: str | None = None
    stock: int | None = None
    visible: bool = True
    known: bool = True

    @property
    def initial(self) -> str:
        return self.title.strip()[:1].upper()

    @property
    def sold_out(self) -> bool:
        return self.stock is not None and self.stock <= 0


@dataclass(frozen=True, slots=True)
class Found:
    """What a typed text means: one product, or some to choose from, or nothing."""

    product: Product | None = None
    choices: tuple[ProductView, ...] = ()


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/products", "products", suggestions)


def suggestions() -> Response:
    """``GET products?q=``: at most 12 products as JSON, for typing ahead."""
    found = search(request.args.get("q", ""))
    keys = ("id", "title", "price", "image_url", "stock", "visible")
    return jsonify([{key: getattr(view, key) for key in keys} for view in map(view_of, found)])


def search(text: str, limit: int = MOST_FOUND) -> list[Product]:
    """Products that match *text*, the one of this very id first; empty where the catalogue fails."""
    words = text.replace("\x00", "").strip()[:200]
    if not words:
        return []
    exact = look_up([words]).get(words)
    try:
        found = list(current_services.shop.catalog.search(words, limit))
    except Exception as error:  # the shop's own code may raise anything
        raise AdapterError(f"Catalog.search raised {type(error).__name__}: {error}") from error
    cleaned = list(clean_products(found, current_services.settings.currency))
    first = [exact] if exact is not None else []
    return [*first, *(product for product in cleaned if exact is None or product.id != exact.id)][:limit]


def look_up(ids: Iterable[str]) -> dict[str, Product | None]:
    """Products by id, None for unknown ones; ids that no product can have are left out."""
    wanted = []
    for text in ids:
        try:
            wanted.append(clean_id(text))
        except InputError:
            continue
    locale = admin_texts().locale
    return current_services.products.get_many(wanted, locale, blocking=True)


def resolve(text: str) -> Found:
    """What the merchant meant by *text*: an id, else the only match, else several to choose from."""
    words = text.strip()
    exact = look_up([words]).get(words) if words else None
    if exact is not None:
        return Found(exact)
    matches = search(words)
    return Found(matches[0]) if len(matches) == 1 else Found(choices=tuple(map(view_of, matches)))


def views(ids: Sequence[str]) -> dict[str, ProductView]:
    """Every one of *ids* as a row shows it."""
    products = look_up(ids)
    return {text: view_of(found) if (found := products.get(text)) else unknown(text) for text in ids}


def view_of(product: Product) -> ProductView:
    """A product as a row shows it."""
    root = request.script_root
    currency = product.currency or current_services.settings.currency
    return ProductView(
        product.id,
        product.title,
        format_money(product.price, currency, admin_texts().locale),
        below_root(product.image_url, _PICTURE_SCHEMES, root),
        below_root(product.url, _SCHEMES, root),
        product.stock,
        product.visible,
    )


def unknown(product_id: str) -> ProductView:
    """A row for an id that the catalogue does not know."""
    return ProductView(product_id, product_id, visible=False, known=False)


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
    wanted, catalog = sorted(set(ids)), current_services.shop.catalog
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
    settings = current_services.settings
    categories: dict[str, str] = {}
    brands: dict[str, str] = {}
    products = iter(current_services.shop.catalog.iter_products())
    for product in clean_products(islice(products, MOST_PRODUCTS), settings.currency):
        for category in product.category_ids:
            categories.setdefault(category, product.id)
        if product.brand:
            brands.setdefault(product.brand, product.id)
    is_whole = next(products, None) is None and max(len(categories), len(brands)) <= MOST_NAMES
    return CatalogueNames(_first(categories), _first(brands), is_whole)


def _first(names: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(names.items())[:MOST_NAMES])
