"""A placement as shoppers would see it with the slots of the form, about a product of the merchant's choice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...errors import StorefrontError
from ...proxies import current_storefront
from ...recommending.effective import usable_slots
from ...recommending.page import Page
from ...recommending.plan import Slot, running
from ...recommending.strategies import PLANNED
from ...shop.ports import CartLine, Product
from ..rendering import render_slots
from . import products
from .language import admin_texts

WITH_PRODUCT = ("product", "cart", "checkout", "thank_you", "category", "email")
"""Placements that are about a product, or about the products of a cart or a category."""

_CART = ("cart", "checkout")


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown.

    Attributes:
        product: What the page is about; None where it needs none or none was chosen.
        content: HTML of the widgets.
        empty: Headings of the slots that found too little.
        offered: Headings of those that step back for a bundle of the very same products.
        off: Headings of those that are off or out of schedule.
        trouble: Why nothing can be shown, or "".
    """

    product: products.ProductView | None = None
    content: str = ""
    empty: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def is_blank(self) -> bool:
        return not (self.content or self.empty or self.offered or self.off or self.trouble)


def preview_of(placement: str, slots: Sequence[Slot], product: Product | None) -> Preview:
    """The preview of *slots* for *product*. Trouble with Redis, the database or an adapter is told, not raised."""
    view = products.view_of(product) if product is not None else None
    usable, _ = usable_slots(placement, slots, PLANNED)
    on = running(usable)
    off = _headings(slot for slot in usable if slot not in on)
    if placement in WITH_PRODUCT and product is None:
        return Preview()
    page = _page(placement, product)
    try:
        filled = current_storefront.mounted.fill(page, on)
        content = render_slots(page, filled, (), [slot.name for slot in on])
    except StorefrontError as error:
        return Preview(view, off=off, trouble=str(error))
    empty = _headings(each.slot for each in filled if each.is_empty and each.instead is None)
    return Preview(view, content, empty, _headings(each.slot for each in filled if each.instead), off)


def usual_product() -> Product | None:
    """The product that a preview begins with: what sells most."""
    try:
        found = current_storefront.recommend("bestsellers", limit=1)
        return products.look_up([found[0].product_id])[found[0].product_id] if found else None
    except StorefrontError:  # the page is there without a preview, too
        return None


def _page(placement: str, product: Product | None) -> Page:
    locale = admin_texts().locale
    page = Page(
        placement=placement,
        locale=locale,
        shop_locale=locale,
        currency=current_storefront.settings.currency,
        personal=True,  # never cached, so that cards have their buttons
        patient=True,
    )
    if product is not None and placement == "category":
        page.category = next(iter(product.category_ids), None)
    elif product is not None and placement in _CART:
        page.cart = (CartLine(product.id),)
    elif product is not None:
        page.products = (product.id,)
    return page


def _headings(slots: Iterable[Slot]) -> tuple[str, ...]:
    return tuple(admin_texts().title(slot.strategies[0], slot.title) for slot in slots)
