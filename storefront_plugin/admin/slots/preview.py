"""The preview of slots before they are saved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...core.errors import StorefrontError
from ...proxies import current_services
from ...recommending.effective_plan import usable_slots
from ...recommending.plan import Slot, running
from ...shop.ports import Product
from ...web.widgets.rendering import render_slots
from ..kit import products
from ..kit.preview_page import requested_page
from .labels import slot_title

WITH_PRODUCT = ("product", "cart", "checkout", "thank_you", "category", "email")
"""Placements that are about a product, or about the products of a cart or a category."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown.

    Attributes:
        product: What the page is about; None where it needs none or none was chosen.
        content: HTML of the widgets.
        empty: Headings of the slots that found too little.
        offered: Headings of those that are left out for a bundle of the very same products.
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
    """The preview of *slots* for *product*. Trouble with Redis, the database or an adapter is shown, not raised."""
    view = products.view_of(product) if product is not None else None
    usable, _problems = usable_slots(placement, slots, current_services.fillers)
    on = running(usable)
    off = _headings(slot for slot in usable if slot not in on)
    if placement in WITH_PRODUCT and product is None:
        return Preview()
    page = requested_page(
        placement, [product.id] if product else [], next(iter(product.category_ids), None) if product else None
    )
    try:
        filled = current_services.suggestions.fill(page, on)
        content = render_slots(page, filled, (), [slot.name for slot in on])
    except StorefrontError as error:
        return Preview(view, off=off, trouble=str(error))
    empty = _headings(each.slot for each in filled if each.is_empty and each.replaced_by is None)
    return Preview(view, content, empty, _headings(each.slot for each in filled if each.replaced_by), off)


def _headings(slots: Iterable[Slot]) -> tuple[str, ...]:
    return tuple(slot_title(slot) for slot in slots)
