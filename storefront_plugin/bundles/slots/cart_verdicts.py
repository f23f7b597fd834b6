"""Why a cart shows a bundle or not: the same price of the same cart, and what each bundle would do in it alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...core.errors import AdapterError, StorefrontError
from ...money import to_minor
from ...recommending.page import Page
from ...shop.ports import CartLine
from ..bundle import Bundle, Shopper
from ..cart.lines import LineItem, whole_quantity
from ..cart.pricing import Applied, CartPricing, price_cart
from ..pricer import CartPricer
from ..store.published import MAX_LOOKED_UP, Published
from .offers import BundleOffer, Products, bundle_offer
from .verdicts import BundleVerdict, ExplainedBundle, off

_ALL_HINTS = 1_000_000


def cart_pricing(
    pricer: CartPricer, page: Page, published: Published, products: Products, explaining: bool = False
) -> CartPricing | None:
    """The page's cart as *pricer* prices it, as far as bundles could take its lines; None where they take none.

    With *explaining* all next offers, also those that are not available.

    Raises `AdapterError` for what the shop's own code raises, `InputError` and `DatabaseUnavailable` as the pricer.
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
            hints=_ALL_HINTS if explaining else HINTS,
            sold_out=explaining,
        )
    except StorefrontError:
        raise
    except Exception as error:  # the shop's own catalogue may raise anything
        raise AdapterError(f"Pricing the cart raised {type(error).__name__}: {error}") from error


def _has_price(line: CartLine, products: Products) -> bool:
    """Whether *line* can be priced: in whole quantities, at a price of its own or of its product."""
    priced = line.unit_price is not None or products.get(line.product_id) is not None
    return priced and counted(line) is not None


def counted(line: CartLine) -> LineItem | None:
    """*line* for counting its quantity against the stock; None where it is no whole number."""
    quantity = whole_quantity(line.quantity)
    variant = None if line.variant_id in (None, "") else str(line.variant_id)
    return None if quantity is None else LineItem(line.product_id, quantity, 0, variant)


HINTS = 6
"""Next offers of a cart that are looked at."""


@dataclass(frozen=True, slots=True)
class CartOffers:
    """What a cart's page shows: its *offers*, with the price of the cart and all next offers looked at, by bundle."""

    pricing: CartPricing
    near: Mapping[int, BundleOffer]
    offers: Sequence[BundleOffer]


@dataclass(frozen=True, slots=True)
class CartVerdicts:
    """The verdicts on the bundles of a cart.

    Attributes:
        found: What the page shows, with all next offers in its pricing; None where no line can be priced.
        limit: Next offers that the slot takes.
        products: Known products; None where the shop has none.
        currency: Of a cart without a price.
    """

    found: CartOffers | None
    limit: int
    shopper: Shopper
    now: dt.datetime
    products: Products
    currency: str | None

    def of(self, bundle: Bundle) -> ExplainedBundle:
        """The verdict on *bundle*."""
        found, why = self.found, self.shopper.why_off(bundle, self.now)
        applied = [one for one in found.pricing.applied if one.bundle_id == bundle.id] if found else []
        if found and applied:
            return _applied(bundle, applied, found)
        if why is not None:
            return ExplainedBundle(bundle, off(bundle, why))
        if found is None:
            offer = bundle_offer(bundle, self.products, {}, self.currency, explaining=True)
            return ExplainedBundle(bundle, offer.refused or BundleVerdict("unpriced", currency=self.currency))
        if bundle.id in found.near:
            return self._near(found.near[bundle.id], found)
        behind = next((one for one in found.pricing.missing if one.bundle_id == bundle.id), None)
        if behind is not None:
            return ExplainedBundle(bundle, BundleVerdict("behind", limit=HINTS), behind.saving, found.pricing.currency)
        return self._apart(bundle, found.pricing)

    def _near(self, offer: BundleOffer, found: CartOffers) -> ExplainedBundle:
        place = next((place for place, one in enumerate(found.offers, start=1) if one is offer), None)
        lacks = offer.missing.items if offer.missing else ()
        shown = BundleVerdict("near", place=place, lacks=lacks) if place else BundleVerdict("full", limit=self.limit)
        saving = offer.missing.saving if offer.missing else None
        return ExplainedBundle(offer.bundle, offer.refused or shown, saving, offer.currency)

    def _apart(self, bundle: Bundle, pricing: CartPricing) -> ExplainedBundle:
        """The verdict on a bundle that neither applies nor lacks a few items: by what it does in this cart alone."""
        lines, money = [one.line for one in pricing.lines], pricing.currency
        known = {name: one for name, one in self.products.items() if one and (one.currency or money) == money}
        prices = {name: to_minor(one.price, money) for name, one in known.items()}
        alone = price_cart(lines, [bundle], money, self.now, shopper=self.shopper, prices=prices, hints=1)
        rival = _rival(bundle, pricing)
        if rival is not None and alone.applied:
            return ExplainedBundle(bundle, BundleVerdict("instead", replaced_by=rival.bundle_id), alone.discount, money)
        if alone.refused:
            return ExplainedBundle(bundle, BundleVerdict(alone.refused[0][1].why, currency=money))
        taken = BundleVerdict("taken", replaced_by=rival.bundle_id) if rival is not None and alone.missing else None
        return self._incomplete(bundle, pricing, taken)

    def _incomplete(self, bundle: Bundle, pricing: CartPricing, taken: BundleVerdict | None) -> ExplainedBundle:
        """The verdict on a bundle that lacks items: whether a set is available at all comes first."""
        definition = bundle.definition
        if not definition.product_ids <= self.products.keys():
            return ExplainedBundle(bundle, BundleVerdict("bound", limit=MAX_LOOKED_UP))
        offer = bundle_offer(bundle, self.products, {}, pricing.currency, explaining=True)
        components = [component for tier in definition.tiers for component in tier.components]
        lines = [one.line for one in pricing.lines]
        begun = any(one.takes(line.product_id, line.variant_id) for one in components for line in lines)
        verdict = offer.refused or taken or BundleVerdict("far" if begun else "other_variant")
        return ExplainedBundle(bundle, verdict, offer.saving or None, pricing.currency)


def _applied(bundle: Bundle, applied: Sequence[Applied], found: CartOffers) -> ExplainedBundle:
    count = sum(one.count for one in applied)
    place = next((place for place, one in enumerate(found.offers, start=1) if one.bundle.id == bundle.id), None)
    limit = bundle.limit()
    verdict = BundleVerdict("applied", place, count, limit if limit is not None and count >= limit else None)
    return ExplainedBundle(bundle, verdict, sum(one.saving for one in applied), found.pricing.currency)


def _rival(bundle: Bundle, pricing: CartPricing) -> Applied | None:
    """What applies in place of *bundle*: of those that take its products the one that saves most, else of all."""
    products = bundle.definition.product_ids

    def shares(one: Applied) -> bool:
        return any(pricing.lines[place].line.product_id in products for place, _ in one.discounts)

    return max(pricing.applied, key=lambda one: (shares(one), one.saving), default=None)
