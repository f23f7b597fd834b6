"""The shop's products on the merchant's pages: shown as a small picture with text, found by typing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, request

from ...core.errors import AdapterError, InputError
from ...money import format_money
from ...proxies import current_services
from ...shop.cleaning import clean_products
from ...shop.ports import Product, clean_id
from ...web.request_page import shop_locale
from ...web.widgets.cards import below_root
from .i18n import admin_texts
from .templates import template_filter

MOST_FOUND = 12
MOST_TITLED = 100

_VIEWS = "storefront.product_views"
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


def titled(text: str) -> tuple[str, ...]:
    """Ids of products whose titles have the words of *text*, for filters; none where the catalogue fails."""
    try:
        return tuple(product.id for product in search(text, MOST_TITLED))
    except AdapterError:
        return ()


def look_up(ids: Iterable[str]) -> dict[str, Product | None]:
    """Products by id, None for unknown ones; ids that no product can have are left out."""
    wanted = []
    for text in ids:
        try:
            wanted.append(clean_id(text))
        except InputError:
            continue
    return current_services.products.get_many(wanted, shop_locale(), blocking=True)


def resolve(text: str) -> Found:
    """What the merchant meant by *text*: an id, else the only match, else several to choose from."""
    words = text.strip()
    exact = look_up([words]).get(words) if words else None
    if exact is not None:
        return Found(exact)
    matches = search(words)
    return Found(matches[0]) if len(matches) == 1 else Found(choices=tuple(map(view_of, matches)))


def views(ids: Iterable[str]) -> dict[str, ProductView]:
    """Every one of *ids* as a row shows it; each is looked up once a request, and all new ones together."""
    kept: dict[str, ProductView] = request.environ.setdefault(_VIEWS, {})
    wanted = list(dict.fromkeys(ids))
    new = [text for text in wanted if text not in kept]
    products = look_up(new) if new else {}
    kept |= {text: view_of(found) if (found := products.get(text)) else unknown(text) for text in new}
    return {text: kept[text] for text in wanted}


@template_filter
def product(product_id: str) -> ProductView:
    """The product *product_id* as a row shows it."""
    return views([product_id])[product_id]


def known_title(product_id: str) -> str | None:
    """The title of a product; None where there is none of it, or the catalogue fails."""
    try:
        found = product(product_id)
    except AdapterError:
        return None
    return found.title if found.known else None


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
