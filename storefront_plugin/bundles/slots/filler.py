"""Slots of bundles: what they look up beside the page's other products, and what they are filled with."""

from __future__ import annotations

import datetime as dt
import logging
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ...core.errors import AdapterError, DatabaseUnavailable, InputError, StorefrontError
from ...recommending.page import FilledSlot, Page
from ...recommending.plan import Slot
from ...recommending.snapshot import Snapshot
from ...shop.ports import CartLine, Product
from ..cart.lines import LineItem, whole_pieces
from ..cart.next_offers import MissingItem, NextOffer
from ..cart.pricer import CartPricer
from ..cart.pricing import CartPricing
from ..cart.stock import can_have
from ..definition import Bundle, Shopper
from ..store.published import MAX_LOOKED_UP, Published, looked_up
from .cart_verdicts import HINTS, CartJudge, CartLook
from .offers import BundleOffer, Products, best_offers
from .pieces import Variants, choices_left, remaining
from .verdicts import BundleVerdict, JudgedBundle, absent, off

logger = logging.getLogger(__name__)

_ALL_HINTS = 1_000_000


class BundleSlots:
    """SlotStats the slots of bundles of a page.

    Args:
        till: Prices the shopper's cart.
        variants: The choices that components leave open.
        failed: Called with a slot's name and the error that left it out.
    """

    def __init__(self, pricer: CartPricer, variants: Variants, failed: Callable[[str, Exception], None]) -> None:
        self._pricer = pricer
        self._variants = variants
        self._failed = failed

    def product_ids(self, page: Page, slots: Iterable[Slot], snapshot: Snapshot) -> set[str]:
        """Products that the slots of bundles need; none where the page has no such slot."""
        if not any(slot.layout == "bundles" for slot in slots):
            return set()
        in_cart = {line.product_id for line in page.cart} if page.cart_like else set()
        in_bundles = (bundle.definition.product_ids for bundle in self._about(page, snapshot))
        return (in_cart & snapshot.published.by_product.keys()).union(*in_bundles)

    def fill(self, page: Page, slot: Slot, snapshot: Snapshot, products: Products) -> FilledSlot:
        """*slot* with its bundles; empty where the cart cannot be priced now."""
        try:
            offers = (self._of_cart if page.cart_like else self._of_product)(page, slot, snapshot, products)
        except (AdapterError, DatabaseUnavailable, InputError) as error:
            if page.blocking:
                raise
            self._failed(slot.name, error)
            offers = []
        takes_code = page.cart_like and any(one.definition.staff_only for one in snapshot.published.bundles.values())
        return FilledSlot(slot, (), bundles=tuple(offers), takes_code=takes_code)

    def judge(self, page: Page, slot: Slot, snapshot: Snapshot, products: Products) -> list[JudgedBundle]:
        """What became of every published bundle with a product of *page*, which is patient: those shown first, then
        those that would save most.

        Raises `AdapterError`, `DatabaseUnavailable` or `InputError`.
        """
        judged: list[JudgedBundle] = []
        if page.cart_like:
            judged += self._judged_in_cart(page, slot, snapshot, products)
        else:
            self._of_product(page, slot, snapshot, products, judged)
        return sorted(judged, key=lambda one: (one.verdict.place or math.inf, -(one.saving or 0), one.bundle.id))

    def _about(self, page: Page, snapshot: Snapshot, judged: list[JudgedBundle] | None = None) -> list[Bundle]:
        """Bundles with the page's product or the cart's that are on for the shopper, as far as they are looked up.

        The others are *judged* where that is asked for.
        """
        shopper, now = self._shopper(page)
        about = snapshot.published.about(_ids(page))
        if judged is None:
            return looked_up(bundle for bundle in about if shopper.may_have(bundle, now))
        judged += [JudgedBundle(one, off(one, why)) for one in about if (why := shopper.why_off(one, now)) is not None]
        on = [bundle for bundle in about if shopper.may_have(bundle, now)]
        found = looked_up(on)
        judged += [JudgedBundle(one, BundleVerdict("bound", limit=MAX_LOOKED_UP)) for one in on[len(found) :]]
        return found

    def _shopper(self, page: Page) -> tuple[Shopper, dt.datetime]:
        now = dt.datetime.now(dt.timezone.utc)
        return Shopper(page.segments, self._pricer.codes.unlocked(page.presented, now)), now

    def _of_product(
        self,
        page: Page,
        slot: Slot,
        snapshot: Snapshot,
        products: Products,
        judged: list[JudgedBundle] | None = None,
    ) -> list[BundleOffer]:
        first = next(iter(page.products), None)
        lines = [line for each in page.cart if (line := counted(each)) is not None]
        bundles = self._about(page, snapshot, judged)
        return best_offers(bundles, products, page.currency, lines, self._variants.of, slot.limit, first, judged)

    def _of_cart(self, page: Page, slot: Slot, snapshot: Snapshot, products: Products) -> list[BundleOffer]:
        look = self._look(page, slot, snapshot, products)
        return list(look.offers) if look is not None else []

    def _look(
        self, page: Page, slot: Slot, snapshot: Snapshot, products: Products, judging: bool = False
    ) -> CartLook | None:
        """What applies to the cart, then what is missing for more; None where nothing in it can be priced.

        *judging* also looks at what cannot be had.
        """
        pricing = cart_pricing(self._pricer, page, snapshot.published, products, judging)
        if pricing is None:
            return None
        known = snapshot.published.bundles  # the till may know one that was published this very moment
        applied = [
            BundleOffer(known[one.bundle_id], pricing.currency, applied=one)
            for one in pricing.applied
            if one.bundle_id in known
        ]
        had = {one.bundle_id: one.tier for one in pricing.applied}
        near = [
            self._near(known[one.bundle_id], one, pricing, products)
            for one in pricing.missing
            if one.bundle_id in known
        ]
        first = [offer for offer in near if _is_there(offer)][:HINTS]
        first.sort(key=lambda offer: _tier(offer) <= had.get(offer.bundle.id, -1))  # second sets last
        there = [offer for offer in first if offer.refused is None]
        gone = [offer for offer in near if not _is_there(offer)]
        seen = {offer.bundle.id: offer for offer in [*first, *gone]}
        return CartLook(pricing, seen, [*applied, *there[: slot.limit]])

    def _judged_in_cart(self, page: Page, slot: Slot, snapshot: Snapshot, products: Products) -> Iterable[JudgedBundle]:
        shopper, now = self._shopper(page)
        look = self._look(page, slot, snapshot, products, judging=True)
        judge = CartJudge(look, slot.limit, shopper, now, products, page.currency)
        for bundle in self._pricer.published.for_cart(_ids(page), blocking=True):
            if bundle.id in snapshot.published.bundles:
                yield judge.judge(bundle)

    def _near(self, bundle: Bundle, missing: NextOffer, pricing: CartPricing, products: Products) -> BundleOffer:
        """What is missing, where it can be had beside the cart and its saving is known; else refused."""
        offer = BundleOffer(bundle, pricing.currency, missing=missing)
        if not missing.saving:
            return replace(offer, refused=_unpriced(missing, products, pricing.currency))
        there = []
        for item in missing.items:
            found = [product for name in item.product_ids if (product := self._had(name, item, pricing, products))]
            if not found:
                return replace(offer, refused=_gone(item, products))
            there += found
        choices, lines = self._variants.of(there), [one.line for one in pricing.lines]
        left = remaining({one.id: one for one in there}, choices, lines)
        return replace(offer, products=tuple(there), choices=choices_left(choices, left))

    def _had(self, name: str, item: MissingItem, pricing: CartPricing, products: Products) -> Product | None:
        """The product *name* where the pieces of *lack* can be had of it beside those in the cart."""
        product = products.get(name)
        if product is None:
            return None
        lines = [one.line for one in pricing.lines]
        variants = self._variants.of([product]).get(name, ())
        return product if can_have(product, item.quantity, lines, variants, item.variants_of(name)) else None


def _is_there(offer: BundleOffer) -> bool:
    """Whether what is missing can be had, so that the till names it; its price may be unknown all the same."""
    return offer.refused is None or offer.refused.kind == "unpriced"


def _tier(offer: BundleOffer) -> int:
    return offer.missing.tier if offer.missing is not None else -1


def _unpriced(missing: NextOffer, products: Products, currency: str) -> BundleVerdict:
    """Why the saving of *missing* is not known: one of its products is not looked up, cannot be had, or has no price."""
    names = [name for item in missing.items for name in item.product_ids]
    if not products.keys() >= set(names):
        return BundleVerdict("bound", limit=MAX_LOOKED_UP)
    found = (verdict for name in names if (verdict := absent(name, products[name])) is not None)
    return next(found, BundleVerdict("unpriced", currency=currency))


def _gone(item: MissingItem, products: Products) -> BundleVerdict:
    """Why the pieces of *lack* cannot be had of any of its products; told of the first."""
    first = item.product_ids[0]
    if first not in products:
        return BundleVerdict("bound", limit=MAX_LOOKED_UP)
    return absent(first, products[first]) or BundleVerdict("too_few", product_id=first)


def _ids(page: Page) -> Sequence[str]:
    """The products whose bundles *page* shows."""
    return [line.product_id for line in page.cart] if page.cart_like else page.products[:1]


def without_repeats(filled: Sequence[FilledSlot]) -> list[FilledSlot]:
    """*filled*; products bought together are left out where the page offers the very same ones for less, as a bundle."""
    offered: dict[frozenset[str] | None, Bundle] = {}
    for one in filled:
        for offer in one.bundles:
            for tier in offer.tiers:
                offered.setdefault(frozenset(piece.product.id for piece in tier.pieces), offer.bundle)
    if not offered:
        return list(filled)
    return [
        one if (bundle := offered.get(_together(one))) is None else replace(one, cards=(), instead=bundle)
        for one in filled
    ]


def _together(one: FilledSlot) -> frozenset[str] | None:
    if one.layout != "together" or one.seed is None:
        return None
    return frozenset({one.seed.id, *(card.product.id for card in one.cards)})


def cart_pricing(
    pricer: CartPricer, page: Page, published: Published, products: Products, judging: bool = False
) -> CartPricing | None:
    """The page's cart as the till prices it, as far as bundles could take its lines; None where they take none.

    *judging* names all next offers, also those that cannot be had.

    Raises `AdapterError` for what the shop's own code raises, `InputError` and `DatabaseUnavailable` as `Till.price`.
    """
    lines = [line for line in page.cart if line.product_id in published.by_product and _has_price(line, products)]
    if not lines:
        return None
    named = {product.currency for line in lines if (product := products.get(line.product_id)) is not None}
    currency = page.currency or (named.pop() if len(named) == 1 else None)
    try:
        return pricer.price(
            lines,
            currency,
            presented=page.presented,
            segments=page.segments,
            hints=_ALL_HINTS if judging else HINTS,
            sold_out=judging,
        )
    except StorefrontError:
        raise
    except Exception as error:  # the shop's own catalogue may raise anything
        raise AdapterError(f"Pricing the cart raised {type(error).__name__}: {error}") from error


def _has_price(line: CartLine, products: Products) -> bool:
    """Whether *line* can be priced: in whole pieces, at a price of its own or of its product."""
    priced = line.unit_price is not None or products.get(line.product_id) is not None
    return priced and counted(line) is not None


def counted(line: CartLine) -> LineItem | None:
    """*line* for counting its pieces against the stock; None where they are not whole."""
    pieces = whole_pieces(line.quantity)
    variant = None if line.variant_id in (None, "") else str(line.variant_id)
    return None if pieces is None else LineItem(line.product_id, pieces, 0, variant)
