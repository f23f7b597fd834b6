"""Slots of bundles: what they look up beside the page's other products, and what they are filled with."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ..bundles.availability import shortages
from ..bundles.bundle import Bundle, Shopper
from ..bundles.lines import Line
from ..bundles.missing import Lack, Missing
from ..bundles.pricing import CartPricing
from ..bundles.published import Published
from ..bundles.till import Till
from ..errors import AdapterError, DatabaseUnavailable, InputError, StorefrontError
from ..shop.ports import CartLine, Product
from .choosing import is_eligible
from .holdings import Holdings
from .offers import BundleOffer, Products, best_offers, bundles_on
from .page import FilledSlot, Page
from .plan import Slot
from .variants import Variants

logger = logging.getLogger(__name__)

MAX_LOOKED_UP = 200
"""Products looked up for the bundles of one page; those of the lowest ids come first."""

HINTS = 6


class BundleSlots:
    """Fills the slots of bundles of a page.

    Args:
        till: Prices the shopper's cart.
        variants: The choices that components leave open.
        failed: Called with a slot's name and the error that left it out.
    """

    def __init__(self, till: Till, variants: Variants, failed: Callable[[str, Exception], None]) -> None:
        self._till = till
        self._variants = variants
        self._failed = failed

    def product_ids(self, page: Page, slots: Iterable[Slot], holdings: Holdings) -> set[str]:
        """Products that the slots of bundles need; none where the page has no such slot."""
        if not any(slot.layout == "bundles" for slot in slots):
            return set()
        in_cart = {line.product_id for line in page.cart} if page.cart_like else set()
        in_bundles = (bundle.definition.product_ids for bundle in self._about(page, holdings))
        return (in_cart & holdings.published.by_product.keys()).union(*in_bundles)

    def fill(self, page: Page, slot: Slot, holdings: Holdings, products: Products) -> FilledSlot:
        """*slot* with its bundles; empty where the cart cannot be priced now."""
        try:
            offers = (self._of_cart if page.cart_like else self._of_product)(page, slot, holdings, products)
        except (AdapterError, DatabaseUnavailable, InputError) as error:
            if page.patient:
                raise
            self._failed(slot.name, error)
            offers = []
        takes_code = page.cart_like and any(one.definition.staff_only for one in holdings.published.bundles.values())
        return FilledSlot(slot, (), bundles=tuple(offers), takes_code=takes_code)

    def _about(self, page: Page, holdings: Holdings) -> list[Bundle]:
        """Bundles with the page's product or the cart's that are on for the shopper, as far as they are looked up."""
        now = dt.datetime.now(dt.timezone.utc)
        shopper = Shopper(page.segments, self._till.codes.unlocked(page.presented, now))
        ids = [line.product_id for line in page.cart] if page.cart_like else page.products[:1]
        found, products = [], set[str]()
        for bundle in bundles_on(holdings.published.about(ids), shopper, now):
            products |= bundle.definition.product_ids
            if len(products) > MAX_LOOKED_UP:
                break
            found.append(bundle)
        return found

    def _of_product(self, page: Page, slot: Slot, holdings: Holdings, products: Products) -> list[BundleOffer]:
        first = next(iter(page.products), None)
        lines = [line for each in page.cart if (line := counted(each)) is not None]
        bundles = self._about(page, holdings)
        return best_offers(bundles, products, page.currency, lines, self._variants.of, slot.limit, first)

    def _of_cart(self, page: Page, slot: Slot, holdings: Holdings, products: Products) -> list[BundleOffer]:
        """What applies to the cart, then what is missing for more."""
        pricing = cart_pricing(self._till, page, holdings.published, products)
        if pricing is None:
            return []
        known = holdings.published.bundles  # the till may know one that was published this very moment
        applied = [
            BundleOffer(known[one.bundle_id], pricing.currency, applied=one)
            for one in pricing.applied
            if one.bundle_id in known
        ]
        had = {one.bundle_id: one.tier for one in pricing.applied}
        near = (
            self._near(known[one.bundle_id], one, pricing, products)
            for one in sorted(
                pricing.missing, key=lambda one: had.get(one.bundle_id, -1) >= one.tier
            )  # second sets last
            if one.bundle_id in known
        )
        return [*applied, *[offer for offer in near if offer is not None][: slot.limit]]

    def _near(self, bundle: Bundle, missing: Missing, pricing: CartPricing, products: Products) -> BundleOffer | None:
        """What is missing, where it can be had beside the cart and its saving is known."""
        if not missing.saving:
            return None
        there = []
        for lack in missing.lacks:
            found = [
                product
                for name in lack.product_ids
                if (product := products.get(name)) and _fits(product, lack, pricing)
            ]
            if not found:
                return None
            there += found
        choices = self._variants.of(there)
        return BundleOffer(bundle, pricing.currency, missing=missing, products=tuple(there), choices=choices)


def _fits(product: Product, lack: Lack, pricing: CartPricing) -> bool:
    """Whether the pieces of *lack* can be had of *product* beside those in the cart."""
    lines = [one.line for one in pricing.lines if one.line.product_id == product.id]
    wanted = [*lines, Line(product.id, lack.pieces, 0)]
    return is_eligible(product) and not shortages({product.id: product.stock}, wanted)


def without_repeats(filled: Sequence[FilledSlot]) -> list[FilledSlot]:
    """*filled*; products bought together are left out where the page offers the very same ones for less, as a bundle."""
    offered = {
        frozenset(piece.product.id for piece in tier.pieces)
        for one in filled
        for offer in one.bundles
        for tier in offer.tiers
    }
    return [replace(one, cards=()) if offered and _together(one) in offered else one for one in filled]


def _together(one: FilledSlot) -> frozenset[str] | None:
    if one.layout != "together" or one.seed is None:
        return None
    return frozenset({one.seed.id, *(card.product.id for card in one.cards)})


def cart_pricing(till: Till, page: Page, published: Published, products: Products) -> CartPricing | None:
    """The page's cart as the till prices it, as far as bundles could take its lines; None where they take none.

    Raises `AdapterError` for what the shop's own code raises, `InputError` and `DatabaseUnavailable` as `Till.price`.
    """
    lines = [line for line in page.cart if line.product_id in published.by_product and _has_price(line, products)]
    if not lines:
        return None
    named = {product.currency for line in lines if (product := products.get(line.product_id)) is not None}
    currency = page.currency or (named.pop() if len(named) == 1 else None)
    try:
        return till.price(lines, currency, presented=page.presented, segments=page.segments, hints=HINTS)
    except StorefrontError:
        raise
    except Exception as error:  # the shop's own catalogue may raise anything
        raise AdapterError(f"Pricing the cart raised {type(error).__name__}: {error}") from error


def _has_price(line: CartLine, products: Products) -> bool:
    """Whether *line* can be priced: in whole pieces, at a price of its own or of its product."""
    priced = line.unit_price is not None or products.get(line.product_id) is not None
    return priced and counted(line) is not None


def counted(line: CartLine) -> Line | None:
    """*line* for counting its pieces against the stock; None where they are not whole."""
    try:
        return Line(line.product_id, int(line.quantity), 0) if line.quantity == int(line.quantity) else None
    except (InputError, ValueError, TypeError, OverflowError):
        return None
