"""From the next offers of a cart to what the templates show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from ...bundles.cart.next_offers import MissingItem
from ...bundles.cart.stock import enough
from ...bundles.slots.offers import BundleOffer
from ...bundles.tier import Tier
from ...money import to_minor
from ...shop.ports import Product
from .bundle_labels import BundleLabels
from .bundle_options import missing_variants, options_of, product_positions, titled
from .cards import CardMaker
from .contexts import NoticeView
from .slot_contexts import LackView, NearView, OptionView

MAX_OPTIONS = 20
"""Products to choose from in a cart; the bundle's own page shows them all."""


class NextOfferMaker:
    """Makes the views of next offers; its arguments are those of `BundleMaker`."""

    def __init__(self, labels: BundleLabels, cards: CardMaker, action: str | None, private: bool) -> None:
        self._labels = labels
        self._cards = cards
        self._action = action
        self._private = private

    def near(self, offer: BundleOffer, notice: NoticeView | None) -> NearView:
        """What is missing in the cart for *offer*, with the notice about it."""
        missing, labels = offer.missing, self._labels
        assert missing is not None
        there = {product.id: product for product in offer.products}
        single = all(len(item.product_ids) == 1 for item in missing.items)
        titles = [labels.named(there[item.product_ids[0]].title, item.quantity) for item in missing.items if single]
        quantity = sum(item.quantity for item in missing.items)
        free = _are_free(offer.bundle.definition.tiers[missing.tier], missing.items)
        text = labels.near(titles, quantity, missing.saving or 0, offer.currency)
        return NearView(
            id=offer.bundle.id,
            version=offer.bundle.version,
            title=offer.bundle.definition.text_in(labels.locale).title,
            text=labels.near_free(titles, quantity) if free else text,
            lacks=tuple(self._lack(number, item, offer, free) for number, item in enumerate(missing.items)),
            action=self._action,
            label=labels.add_for(quantity, None if free else _cost(offer, missing.items), offer.currency),
            private=self._private,
            notice=notice,
        )

    def _lack(self, number: int, item: MissingItem, offer: BundleOffer, free: bool) -> LackView:
        there = {product.id: product for product in offer.products}
        named = product_positions(offer.bundle)
        found = [(named.index(name), there[name]) for name in item.product_ids if name in there]
        first = found[0][1]
        several = len(item.product_ids) > 1
        variants = () if several else missing_variants(item, first.id, offer.choices.get(first.id, ()))
        picks = (
            pick for position, product in found[:MAX_OPTIONS] for pick in self._picks(position, product, item, offer)
        )
        cost, labels = item.quantity * to_minor(first.price, offer.currency), self._labels
        price = labels.free(cost, offer.currency) if free else labels.price(cost, cost, offer.currency)
        return LackView(
            number=number,
            card=self._cards.product(first)._replace(price=price),
            count=self._labels.count(item.quantity),
            products=tuple(picks) if several else (),
            options=options_of(first, variants, None, item.quantity, offer.currency, self._labels),
        )

    def _picks(self, position: int, product: Product, item: MissingItem, offer: BundleOffer) -> Sequence[OptionView]:
        """What can be chosen of *product*: each of its variants, or itself."""
        variants = missing_variants(item, product.id, offer.choices.get(product.id, ()))
        if not variants:
            return [OptionView(str(position), product.title)]
        return [
            OptionView(
                value=f"{position}:{one.id}",
                title=f"{product.title} – {titled(product, one, offer.currency, self._labels)}",
                disabled=not enough(one.stock, item.quantity),
            )
            for one in variants
        ]


def _cost(offer: BundleOffer, items: Iterable[MissingItem]) -> int | None:
    """What *items* cost in minor units; None where that depends on what is chosen."""
    total = 0
    for item in items:
        there = [product for product in offer.products if product.id in item.product_ids]
        prices = {price for product in there for price in _prices(product, item, offer)}
        if len(prices) != 1:
            return None
        total += item.quantity * to_minor(prices.pop(), offer.currency)
    return total


def _prices(product: Product, item: MissingItem, offer: BundleOffer) -> set[Decimal]:
    variants = missing_variants(item, product.id, offer.choices.get(product.id, ()))
    return {product.price if one.price is None else one.price for one in variants} or {product.price}


def _are_free(tier: Tier, items: Iterable[MissingItem]) -> bool:
    """Whether *items* cost nothing in the set: each is of products that it only gives free."""
    if tier.price.kind != "free" or tier.least:
        return False
    paid = {component.product_id for component in tier.components if not component.free}
    return all(paid.isdisjoint(item.product_ids) for item in items)
