"""Why a cart shows a bundle or not: the same price of the same cart, and what each bundle would do in it alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...money import to_minor
from ..cart.pricing import Applied, CartPricing, price_cart
from ..definition import Bundle, Shopper
from ..store.published import MAX_LOOKED_UP
from .offers import BundleOffer, Products, bundle_offer
from .verdicts import BundleVerdict, JudgedBundle, off

HINTS = 6
"""Next offers of a cart that are looked at."""


@dataclass(frozen=True, slots=True)
class CartLook:
    """A cart as its page sees it: its price, the next offers that are looked at, by bundle, and what is shown."""

    pricing: CartPricing
    near: Mapping[int, BundleOffer]
    offers: Sequence[BundleOffer]


@dataclass(frozen=True, slots=True)
class CartJudge:
    """Judges the bundles of a cart.

    Attributes:
        look: What the page sees, with all next offers in its pricing; None where no line can be priced.
        limit: Next offers that the slot takes.
        products: Known products; None where the shop has none.
        currency: Of a cart without a price.
    """

    look: CartLook | None
    limit: int
    shopper: Shopper
    now: dt.datetime
    products: Products
    currency: str | None

    def judge(self, bundle: Bundle) -> JudgedBundle:
        """The verdict on *bundle*."""
        look, why = self.look, self.shopper.why_off(bundle, self.now)
        applied = [one for one in look.pricing.applied if one.bundle_id == bundle.id] if look else []
        if look and applied:
            return _applied(bundle, applied, look)
        if why is not None:
            return JudgedBundle(bundle, off(bundle, why))
        if look is None:
            offer = bundle_offer(bundle, self.products, {}, self.currency, judging=True)
            return JudgedBundle(bundle, offer.refused or BundleVerdict("unpriced", currency=self.currency))
        if bundle.id in look.near:
            return self._near(look.near[bundle.id], look)
        behind = next((one for one in look.pricing.missing if one.bundle_id == bundle.id), None)
        if behind is not None:
            return JudgedBundle(bundle, BundleVerdict("behind", limit=HINTS), behind.saving, look.pricing.currency)
        return self._apart(bundle, look.pricing)

    def _near(self, offer: BundleOffer, look: CartLook) -> JudgedBundle:
        place = next((place for place, one in enumerate(look.offers, start=1) if one is offer), None)
        lacks = offer.missing.items if offer.missing else ()
        shown = BundleVerdict("near", place=place, lacks=lacks) if place else BundleVerdict("full", limit=self.limit)
        saving = offer.missing.saving if offer.missing else None
        return JudgedBundle(offer.bundle, offer.refused or shown, saving, offer.currency)

    def _apart(self, bundle: Bundle, pricing: CartPricing) -> JudgedBundle:
        """The verdict on a bundle that neither applies nor lacks a few pieces: what it does in this cart alone tells."""
        lines, money = [one.line for one in pricing.lines], pricing.currency
        known = {name: one for name, one in self.products.items() if one and (one.currency or money) == money}
        prices = {name: to_minor(one.price, money) for name, one in known.items()}
        alone = price_cart(lines, [bundle], money, self.now, shopper=self.shopper, prices=prices, hints=1)
        rival = _rival(bundle, pricing)
        if rival is not None and alone.applied:
            return JudgedBundle(bundle, BundleVerdict("instead", instead=rival.bundle_id), alone.discount, money)
        if alone.refused:
            return JudgedBundle(bundle, BundleVerdict(alone.refused[0][1].why, currency=money))
        taken = BundleVerdict("taken", instead=rival.bundle_id) if rival is not None and alone.missing else None
        return self._incomplete(bundle, pricing, taken)

    def _incomplete(self, bundle: Bundle, pricing: CartPricing, taken: BundleVerdict | None) -> JudgedBundle:
        """The verdict on a bundle that lacks pieces: whether a set can be had at all comes first."""
        definition = bundle.definition
        if not definition.product_ids <= self.products.keys():
            return JudgedBundle(bundle, BundleVerdict("bound", limit=MAX_LOOKED_UP))
        offer = bundle_offer(bundle, self.products, {}, pricing.currency, judging=True)
        components = [component for tier in definition.tiers for component in tier.components]
        lines = [one.line for one in pricing.lines]
        begun = any(one.takes(line.product_id, line.variant_id) for one in components for line in lines)
        verdict = offer.refused or taken or BundleVerdict("far" if begun else "other_variant")
        return JudgedBundle(bundle, verdict, offer.saving or None, pricing.currency)


def _applied(bundle: Bundle, applied: Sequence[Applied], look: CartLook) -> JudgedBundle:
    count = sum(one.count for one in applied)
    place = next((place for place, one in enumerate(look.offers, start=1) if one.bundle.id == bundle.id), None)
    limit = bundle.limit()
    verdict = BundleVerdict("applied", place, count, limit if limit is not None and count >= limit else None)
    return JudgedBundle(bundle, verdict, sum(one.saving for one in applied), look.pricing.currency)


def _rival(bundle: Bundle, pricing: CartPricing) -> Applied | None:
    """What applies in place of *bundle*: of those that take its products the one that saves most, else of all."""
    products = bundle.definition.product_ids

    def shares(one: Applied) -> bool:
        return any(pricing.lines[place].line.product_id in products for place, _ in one.discounts)

    return max(pricing.applied, key=lambda one: (shares(one), one.saving), default=None)
