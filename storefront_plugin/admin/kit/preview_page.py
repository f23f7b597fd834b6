"""A page that the merchant asks about, as shoppers would see it: about products, with a cart, or of a category."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.errors import StorefrontError
from ...proxies import current_services
from ...recommending.page import MAX_SEEDS, Page
from ...shop.ports import CartLine, Product
from ...web.request_page import shop_locale
from .i18n import admin_texts
from .products import look_up

ABOUT_ONE: frozenset[str] = frozenset({"product"})
CARTS: frozenset[str] = frozenset({"cart", "checkout"})
ABOUT_MANY: frozenset[str] = CARTS | {"thank_you", "email"}
MOST = MAX_SEEDS


def requested_page(placement: str, product_ids: Sequence[str], category: str | None = None) -> Page:
    """The page; what it does not use of products and category is left out."""
    locale = admin_texts().locale
    return Page(
        placement=placement,
        products=tuple(product_ids) if placement in (ABOUT_ONE | ABOUT_MANY) - CARTS else (),
        cart=tuple(CartLine(product_id) for product_id in product_ids) if placement in CARTS else (),
        category=category if placement == "category" else None,
        locale=locale,
        shop_locale=shop_locale(locale),
        currency=current_services.settings.currency,
        personal=True,
        blocking=True,
    )


def usual_product() -> Product | None:
    """The product that a preview begins with: what sells most."""
    try:
        found = current_services.suggestions.recommend("bestsellers", limit=1)
        return look_up([found[0].product_id])[found[0].product_id] if found else None
    except StorefrontError:  # the page is there without a preview, too
        return None
