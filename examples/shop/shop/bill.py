"""The bill: what a cart costs with the storefront's bundles and with delivery. All prices are looked up on the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from storefront_plugin import CartLine
from storefront_plugin.bundles.cart.pricing import CartPricing
from storefront_plugin.bundles.cart.stock import Shortage
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.core.errors import DatabaseUnavailable
from storefront_plugin.money import from_minor

from . import cart, money
from .storefront import is_mounted, storefront


@dataclass(frozen=True, slots=True)
class Discount:
    """What one bundle takes off, with its title in the shop's languages."""

    title_en: str
    title_ja: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Bill:
    """What *lines* cost. *pricing* is the storefront's own account of it, None where it gave none."""

    lines: Sequence[cart.Line]
    discounts: Sequence[Discount] = ()
    pricing: CartPricing | None = None

    @property
    def goods(self) -> Decimal:
        """What all lines cost one by one."""
        return sum((line.gross for line in self.lines), Decimal(0))

    @property
    def discount(self) -> Decimal:
        """What the bundles take off."""
        return sum((each.amount for each in self.discounts), Decimal(0))

    @property
    def shipping(self) -> Decimal:
        """Delivery, by what is paid for the goods."""
        return money.shipping(self.goods - self.discount)

    @property
    def missing_for_free_shipping(self) -> Decimal:
        """How much more makes delivery free."""
        return money.missing_for_free_shipping(self.goods - self.discount)

    @property
    def total(self) -> Decimal:
        """What is to be paid."""
        return self.goods - self.discount + self.shipping

    def shortages(self) -> list[Shortage]:
        """What the cart wants beyond the stock of this moment."""
        return storefront.shortages(self.pricing) if self.pricing else []


def bill_of(lines: Sequence[cart.Line]) -> Bill:
    """The bill for *lines*; at single prices without the storefront, and where its bundles cannot be read."""
    if not lines or not is_mounted():
        return Bill(lines)
    asked = [CartLine(line.product.sku, line.quantity, line.unit_price) for line in lines]
    try:
        pricing = storefront.price_cart(asked, money.currency())
        discounts = _discounts(pricing)
    except DatabaseUnavailable:
        return Bill(lines)
    reduced = [
        replace(line, discount=from_minor(priced.discount, pricing.currency))
        for line, priced in zip(lines, pricing.lines, strict=True)
    ]
    return Bill(reduced, discounts, pricing)


def _discounts(pricing: CartPricing) -> list[Discount]:
    """One for each bundle that applies; two tiers of a ladder are one bundle."""
    savings: dict[int, int] = {}
    for applied in pricing.applied:
        savings[applied.bundle_id] = savings.get(applied.bundle_id, 0) + applied.saving
    found = []
    for bundle_id, saving in savings.items():
        words = BundleRepository(storefront.database).load(bundle_id).definition.text_in
        found.append(Discount(words("en").title, words("ja").title, from_minor(saving, pricing.currency)))
    return found
