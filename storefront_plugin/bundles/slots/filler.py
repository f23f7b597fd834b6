"""The filler of bundles: what its slots look up beside the page's other products, what they show, and why not others."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from ...core import clock
from ...core.errors import N_, AdapterError, DatabaseUnavailable, InputError
from ...core.i18n import Texts
from ...recommending.explaining import ExplainedSlot
from ...recommending.page import FilledSlot, Page
from ...recommending.plan import Slot
from ...recommending.snapshot import Snapshot
from ...recommending.strategy import Source
from ...redis_store import Command
from ...shop.ports import Product
from ..bundle import Bundle, Shopper
from ..cart.lines import LineItem
from ..cart.next_offers import MissingItem, NextOffer
from ..cart.pricing import CartPricing
from ..cart.stock import can_have
from ..pricer import CartPricer
from ..store.published import MAX_LOOKED_UP, Published, looked_up
from .cart_verdicts import HINTS, CartOffers, CartVerdicts, cart_pricing, counted
from .items import choices_left, remaining
from .offers import BundleOffer, Products, best_offers
from .variants import Variants
from .verdicts import BundleVerdict, ExplainedBundle, absent, off


class Bundles(Source):
    """The merchant's bundles. Shoppers read "Bundles & savings", merchants the name of the pages where they make them."""

    name = "bundles"
    title = N_("Bundles & savings")
    label = N_("Bundles")


@dataclass(frozen=True, slots=True)
class FilledBundles(FilledSlot):
    """A slot with its bundles; *takes_code* where some stand behind codes, so that one may be typed here."""

    bundles: tuple[BundleOffer, ...] = ()
    takes_code: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.bundles or self.takes_code)

    @property
    def offers(self) -> Mapping[frozenset[str], Bundle]:
        sets: dict[frozenset[str], Bundle] = {}
        for offer in self.bundles:
            for tier in offer.tiers:
                sets.setdefault(frozenset(item.product.id for item in tier.items), offer.bundle)
        return sets

    def fitted(self, slot: Slot) -> FilledBundles:
        return self if slot is self.slot else replace(self, slot=slot, bundles=self.bundles[: slot.limit])


@dataclass(frozen=True, slots=True)
class ExplainedBundles(ExplainedSlot):
    """A slot with every published bundle that has a product of the page: those shown first, then by what they save."""

    bundles: tuple[ExplainedBundle, ...] = ()


@dataclass(frozen=True, slots=True)
class BundleFiller:
    """Fills slots with bundles, whatever other slots of the page show.

    Attributes:
        pricer: Prices the shopper's cart.
        variants: The choices that components leave open.
        failed: Called with a slot's name and the error that left it out.
    """

    pricer: CartPricer
    variants: Variants
    failed: Callable[[str, Exception], None]

    name: ClassVar[str] = "bundles"
    sources: ClassVar[Mapping[str, Source]] = {Bundles.name: Bundles()}
    layouts: ClassVar[Mapping[str, str]] = {"bundles": N_("Bundle cards")}
    may_stay_empty: ClassVar[bool] = True  # few products have a bundle

    def begin(self, page: Page, slots: Sequence[Slot], snapshot: Snapshot, explaining: bool = False) -> BundleFilling:
        return BundleFilling(self, page, slots)

    def limit_text(self, texts: Texts, limit: int) -> str:
        return texts.ngettext("up to %(num)s bundle", "up to %(num)s bundles", limit)


class BundleFilling:
    """The slots of bundles of one page, on their way."""

    _published: Published
    _products: Products

    def __init__(self, filler: BundleFiller, page: Page, slots: Sequence[Slot]) -> None:
        self._pricer = filler.pricer
        self._variants = filler.variants
        self._failed = filler.failed
        self._page = page
        self._slots = slots
        self._now = clock.now()
        self._shopper = Shopper(page.segments, self._pricer.codes.unlocked(page.presented, self._now))

    def reads(self) -> Iterable[Command]:
        return ()

    def product_ids(self, replies: Mapping[Command, Any], snapshot: Snapshot) -> set[str]:
        self._published = snapshot.part(self._pricer.published, Published())
        page = self._page
        in_cart = {line.product_id for line in page.cart} if page.cart_like else set()
        in_bundles = (bundle.definition.product_ids for bundle in self._about())
        return (in_cart & self._published.by_product.keys()).union(*in_bundles)

    def fill(self, products: dict[str, Product | None]) -> list[FilledBundles]:
        """The slots with their bundles; empty where the cart cannot be priced now."""
        self._products = products
        bundles = self._published.bundles.values()
        takes_code = self._page.cart_like and any(one.definition.staff_only for one in bundles)
        return [
            FilledBundles(slot, bundles=tuple(self._offers_or_none(slot)), takes_code=takes_code)
            for slot in self._slots
        ]

    def explain(self, filled: Mapping[str, FilledSlot]) -> list[ExplainedBundles]:
        """Raises `AdapterError`, `DatabaseUnavailable` or `InputError`."""
        return [ExplainedBundles(slot, bundles=tuple(self._explained(slot))) for slot in self._slots]

    def _offers_or_none(self, slot: Slot) -> Sequence[BundleOffer]:
        try:
            return self._of_cart(slot) if self._page.cart_like else self._of_product(slot)
        except (AdapterError, DatabaseUnavailable, InputError) as error:
            if self._page.blocking:
                raise
            self._failed(slot.name, error)
            return ()

    def _explained(self, slot: Slot) -> list[ExplainedBundle]:
        found: list[ExplainedBundle] = []
        if self._page.cart_like:
            found += self._explained_in_cart(slot)
        else:
            self._of_product(slot, found)
        return sorted(found, key=lambda one: (one.verdict.place or math.inf, -(one.saving or 0), one.bundle.id))

    def _about(self, explained: list[ExplainedBundle] | None = None) -> list[Bundle]:
        """Bundles with the page's product or the cart's that are on for the shopper, as far as they are looked up.

        The others are added to *explained* where that is asked for.
        """
        about = self._published.about(bundle_product_ids(self._page))
        on = [bundle for bundle in about if self._shopper.may_have(bundle, self._now)]
        found = looked_up(on)
        if explained is not None:
            reasons = [(bundle, self._shopper.why_off(bundle, self._now)) for bundle in about]
            explained += [ExplainedBundle(bundle, off(bundle, why)) for bundle, why in reasons if why is not None]
            behind = BundleVerdict("bound", limit=MAX_LOOKED_UP)
            explained += [ExplainedBundle(bundle, behind) for bundle in on[len(found) :]]
        return found

    def _of_product(self, slot: Slot, explained: list[ExplainedBundle] | None = None) -> list[BundleOffer]:
        page = self._page
        first = next(iter(page.products), None)
        lines = [line for each in page.cart if (line := counted(each)) is not None]
        bundles = self._about(explained)
        return best_offers(
            bundles, self._products, page.currency, lines, self._variants.of, slot.limit, first, explained
        )

    def _of_cart(self, slot: Slot) -> Sequence[BundleOffer]:
        found = self._in_cart(slot)
        return found.offers if found is not None else ()

    def _in_cart(self, slot: Slot, explaining: bool = False) -> CartOffers | None:
        """What applies to the cart, then what is missing for more; None where nothing in it can be priced.

        With *explaining* also what is not available.
        """
        pricing = cart_pricing(self._pricer, self._page, self._published, self._products, explaining)
        if pricing is None:
            return None
        known = self._published.bundles  # the pricer may know one that was published this very moment
        applied = [
            BundleOffer(known[one.bundle_id], pricing.currency, applied=one)
            for one in pricing.applied
            if one.bundle_id in known
        ]
        had = {one.bundle_id: one.tier for one in pricing.applied}
        near = [self._near(known[one.bundle_id], one, pricing) for one in pricing.missing if one.bundle_id in known]
        first = [offer for offer in near if _is_there(offer)][:HINTS]
        first.sort(key=lambda offer: _tier(offer) <= had.get(offer.bundle.id, -1))  # second sets last
        there = [offer for offer in first if offer.refused is None]
        gone = [offer for offer in near if not _is_there(offer)]
        seen = {offer.bundle.id: offer for offer in [*first, *gone]}
        return CartOffers(pricing, seen, [*applied, *there[: slot.limit]])

    def _explained_in_cart(self, slot: Slot) -> Iterable[ExplainedBundle]:
        found = self._in_cart(slot, explaining=True)
        verdicts = CartVerdicts(found, slot.limit, self._shopper, self._now, self._products, self._page.currency)
        for bundle in self._pricer.published.for_cart(bundle_product_ids(self._page), blocking=True):
            if bundle.id in self._published.bundles:
                yield verdicts.of(bundle)

    def _near(self, bundle: Bundle, missing: NextOffer, pricing: CartPricing) -> BundleOffer:
        """What is missing, where it is available beside the cart and its saving is known; else refused."""
        offer = BundleOffer(bundle, pricing.currency, missing=missing)
        if not missing.saving:
            return replace(offer, refused=_unpriced(missing, self._products, pricing.currency))
        lines = [one.line for one in pricing.lines]
        there = []
        for item in missing.items:
            found = [product for name in item.product_ids if (product := self._available(name, item, lines))]
            if not found:
                return replace(offer, refused=_gone(item, self._products))
            there += found
        choices = self._variants.of(there)
        left = remaining({one.id: one for one in there}, choices, lines)
        return replace(offer, products=tuple(there), choices=choices_left(choices, left))

    def _available(self, name: str, item: MissingItem, lines: Sequence[LineItem]) -> Product | None:
        """The product *name* where the quantity of *item* is available of it beside *lines*."""
        product = self._products.get(name)
        if product is None:
            return None
        variants = self._variants.of([product]).get(name, ())
        return product if can_have(product, item.quantity, lines, variants, item.variants_of(name)) else None


def _is_there(offer: BundleOffer) -> bool:
    """Whether what is missing is available, so that the pricer names it; its price may be unknown all the same."""
    return offer.refused is None or offer.refused.kind == "unpriced"


def _tier(offer: BundleOffer) -> int:
    return offer.missing.tier if offer.missing is not None else -1


def _unpriced(missing: NextOffer, products: Products, currency: str) -> BundleVerdict:
    """Why the saving of *missing* is unknown: one of its products is not looked up, not available, or has no price."""
    names = [name for item in missing.items for name in item.product_ids]
    if not products.keys() >= set(names):
        return BundleVerdict("bound", limit=MAX_LOOKED_UP)
    found = (verdict for name in names if (verdict := absent(name, products[name])) is not None)
    return next(found, BundleVerdict("unpriced", currency=currency))


def _gone(item: MissingItem, products: Products) -> BundleVerdict:
    """Why *item* is not available of any of its products; the first one is named."""
    first = item.product_ids[0]
    if first not in products:
        return BundleVerdict("bound", limit=MAX_LOOKED_UP)
    return absent(first, products[first]) or BundleVerdict("too_few", product_id=first)


def bundle_product_ids(page: Page) -> Sequence[str]:
    """The products whose bundles *page* shows."""
    return [line.product_id for line in page.cart] if page.cart_like else page.products[:1]
