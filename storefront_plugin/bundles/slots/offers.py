"""Which bundles a page shows, and what each then costs: pure, from bundles, products and time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ...shop.ports import Product
from ...shop.sellable import is_eligible
from ..bundle import Bundle
from ..cart.lines import LineItem
from ..cart.next_offers import NextOffer
from ..cart.pricing import Applied
from ..cart.stock import sets_available
from ..definition import Definition
from ..quote import Quote, quote
from ..tier import Tier
from .items import Offered, OfferItem, gone, items_of
from .variants import Choices
from .verdicts import BundleVerdict, ExplainedBundle, lacking

Products: TypeAlias = Mapping[str, Product | None]


@dataclass(frozen=True, slots=True)
class TierOffer:
    """One tier that is available: its items and their price."""

    number: int
    tier: Tier
    items: tuple[OfferItem, ...]
    quote: Quote

    @property
    def total(self) -> int:
        """What the items cost one by one, minor units."""
        return self.quote.total

    @property
    def saving(self) -> int:
        """What they cost less together."""
        return self.quote.saving

    @property
    def price(self) -> int:
        """What they cost together."""
        return self.quote.price


@dataclass(frozen=True, slots=True)
class BundleOffer:
    """A bundle as a page shows it.

    Attributes:
        currency: Of all its amounts; None where the shop names none.
        tiers: Those available, the smallest first.
        applied: How it applies to the shopper's cart already.
        missing: What the shopper's cart lacks for it.
        products: Those that *missing* names and that are available.
        choices: The variants of these.
        refused: Why it is not available, where that was asked for.
    """

    bundle: Bundle
    currency: str | None
    tiers: tuple[TierOffer, ...] = ()
    applied: Applied | None = None
    missing: NextOffer | None = None
    products: tuple[Product, ...] = ()
    choices: Choices = field(default_factory=dict)
    refused: BundleVerdict | None = None

    @property
    def saving(self) -> int:
        """The most that one of its tiers saves."""
        return max((tier.saving for tier in self.tiers), default=0)


def best_offers(
    bundles: Iterable[Bundle],
    products: Products,
    currency: str | None,
    lines: Sequence[LineItem] = (),
    choices: Callable[[list[Product]], Choices] = lambda products: {},
    limit: int = 3,
    first: str | None = None,
    explained: list[ExplainedBundle] | None = None,
) -> list[BundleOffer]:
    """The *limit* bundles that save most, ties by id; those that save nothing or are not available beside *lines* are left out.

    Args:
        products: Known products; None or absent where the shop has none.
        currency: Of products that name none.
        choices: Finds the variants of products; called once, for the bundles that are likely shown.
        first: The product that is chosen first where the shopper chooses.
        explained: Filled with a verdict on every bundle.
    """
    explaining = explained is not None
    found = [bundle_offer(bundle, products, {}, currency, lines, first, explaining) for bundle in bundles]
    likely = _ranked(found)[: 2 * limit]
    variants = choices([item.product for offer in likely for tier in offer.tiers for item in tier.items])
    if variants:
        again = [bundle_offer(offer.bundle, products, variants, currency, lines, first, explaining) for offer in likely]
        likely, found = _ranked(again), [*found, *again]
    if explained is not None:
        explained.extend(_explained(found, likely[:limit], limit))
    return likely[:limit]


def _explained(found: Sequence[BundleOffer], shown: Sequence[BundleOffer], limit: int) -> list[ExplainedBundle]:
    """A verdict on each bundle; of those *found* twice the later offer counts."""
    latest = {offer.bundle.id: offer for offer in found}
    positions = {offer.bundle.id: position for position, offer in enumerate(shown, start=1)}
    full = BundleVerdict("full", limit=limit)
    return [
        ExplainedBundle(
            offer.bundle,
            BundleVerdict("shown", place=positions[number]) if number in positions else offer.refused or full,
            offer.saving or None,
            offer.currency,
        )
        for number, offer in latest.items()
    ]


def bundle_offer(
    bundle: Bundle,
    products: Products,
    choices: Choices,
    currency: str | None,
    lines: Sequence[LineItem] = (),
    first: str | None = None,
    explaining: bool = False,
) -> BundleOffer:
    """*bundle* with those of its tiers that are available and save something; with *explaining* why there are none."""
    definition = bundle.definition
    own = [line for line in lines if line.product_id in definition.product_ids]
    there = {
        name: product
        for name in definition.product_ids
        if (product := products.get(name)) is not None and is_eligible(product)
    }
    currencies = {product.currency or currency for product in there.values()}
    if len(currencies) != 1:
        several = BundleVerdict("currencies") if currencies else None
        why = several or lacking(definition.tiers[0], products, own) if explaining else None
        return BundleOffer(bundle, currency, refused=why)
    money = currencies.pop()
    stock = {name: product.stock for name, product in there.items()}
    tiers: list[TierOffer] = []
    refused: list[BundleVerdict] = []
    for number, tier in enumerate(definition.tiers):
        enough_there = sets_available(tier, stock, own) != 0
        offer = tier_offer(definition, number, there, choices, money, first, own) if enough_there else None
        if offer is not None and offer.saving > 0:
            tiers.append(offer)
        elif explaining:
            there_is = Offered(there, choices, money, own)
            why = _refused(definition, tier, offer, there_is) if enough_there else lacking(tier, products, own)
            refused.append(why)
    return BundleOffer(bundle, money, tuple(tiers), refused=refused[0] if refused and not tiers else None)


def _refused(definition: Definition, tier: Tier, offer: TierOffer | None, offered: Offered) -> BundleVerdict:
    """Why a *tier* of which there are enough items is not offered: it saves nothing, or a variant is gone."""
    if offer is not None:
        reason = offer.quote.refused
        return BundleVerdict(reason.why if reason else "saves_nothing", currency=offered.currency)
    return BundleVerdict("variants", product_id=None if tier.least else gone(definition, tier, offered))


def tier_offer(
    definition: Definition,
    number: int,
    products: Mapping[str, Product],
    choices: Choices,
    currency: str | None,
    first: str | None = None,
    lines: Sequence[LineItem] = (),
) -> TierOffer | None:
    """A tier with all its items, optional ones too; None where too few of the required ones are available beside *lines*."""
    tier = definition.tiers[number]
    items = items_of(definition, tier, Offered(products, choices, currency, lines), first)
    if items is None:
        return None
    return TierOffer(number, tier, items, quote_of(tier, items, currency))


def quote_of(tier: Tier, items: Sequence[OfferItem], currency: str | None) -> Quote:
    """The price of *items*; a cart with them pays the same."""
    prices = [(item.unit_price, item.quantity) for item in items]
    free = [(item.unit_price, item.quantity) for item in items if item.component.free]
    return quote(tier, prices, currency or "", free)


def _ranked(offers: Iterable[BundleOffer]) -> list[BundleOffer]:
    return sorted((one for one in offers if one.saving > 0), key=lambda one: (-one.saving, one.bundle.id))
