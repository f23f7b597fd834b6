"""From what a shopper's cart lacks for a bundle to what the templates show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from ..bundles.bundle import Bundle
from ..bundles.definition import Tier
from ..bundles.missing import Lack
from ..bundles.remaining import enough
from ..money import to_minor
from ..recommending.offers import BundleOffer
from ..shop.ports import Product, Variant
from .bundle_contexts import LackView, NearView, OptionView
from .bundle_words import BundleWords
from .cards import CardMaker
from .contexts import NoticeView
from .option_views import options_of, titled

MAX_OPTIONS = 20
"""Products to choose from in a cart; the bundle's own page shows them all."""


class NearMaker:
    """Makes the views of next offers; its arguments are those of `BundleMaker`."""

    def __init__(self, words: BundleWords, cards: CardMaker, action: str | None, private: bool) -> None:
        self._words = words
        self._cards = cards
        self._action = action
        self._private = private

    def near(self, offer: BundleOffer, notice: NoticeView | None) -> NearView:
        """What the cart lacks for *offer*, with what is to be told about it."""
        missing, words = offer.missing, self._words
        assert missing is not None
        there = {product.id: product for product in offer.products}
        single = all(len(lack.product_ids) == 1 for lack in missing.lacks)
        titles = [words.named(there[lack.product_ids[0]].title, lack.pieces) for lack in missing.lacks if single]
        pieces = sum(lack.pieces for lack in missing.lacks)
        free = _are_free(offer.bundle.definition.tiers[missing.tier], missing.lacks)
        text = words.near(titles, pieces, missing.saving or 0, offer.currency)
        return NearView(
            id=offer.bundle.id,
            version=offer.bundle.version,
            title=offer.bundle.definition.words_in(words.locale).title,
            text=words.near_free(titles, pieces) if free else text,
            lacks=tuple(self._lack(number, lack, offer, free) for number, lack in enumerate(missing.lacks)),
            action=self._action,
            label=words.add_for(pieces, None if free else _cost(offer, missing.lacks), offer.currency),
            private=self._private,
            notice=notice,
        )

    def _lack(self, number: int, lack: Lack, offer: BundleOffer, free: bool) -> LackView:
        there = {product.id: product for product in offer.products}
        named = places(offer.bundle)
        found = [(named.index(name), there[name]) for name in lack.product_ids if name in there]
        first = found[0][1]
        several = len(lack.product_ids) > 1
        variants = () if several else lacking_variants(lack, first.id, offer.choices.get(first.id, ()))
        picks = (pick for place, product in found[:MAX_OPTIONS] for pick in self._picks(place, product, lack, offer))
        cost, words = lack.pieces * to_minor(first.price, offer.currency), self._words
        price = words.free(cost, offer.currency) if free else words.price(cost, cost, offer.currency)
        return LackView(
            number=number,
            card=self._cards.product(first)._replace(price=price),
            count=self._words.count(lack.pieces),
            products=tuple(picks) if several else (),
            options=options_of(first, variants, None, lack.pieces, offer.currency, self._words),
        )

    def _picks(self, place: int, product: Product, lack: Lack, offer: BundleOffer) -> Sequence[OptionView]:
        """What can be chosen of *product*: each of its variants, or itself."""
        variants = lacking_variants(lack, product.id, offer.choices.get(product.id, ()))
        if not variants:
            return [OptionView(str(place), product.title)]
        return [
            OptionView(
                value=f"{place}:{one.id}",
                title=f"{product.title} – {titled(product, one, offer.currency, self._words)}",
                disabled=not enough(one.stock, lack.pieces),
            )
            for one in variants
        ]


def places(bundle: Bundle) -> list[str]:
    """The products of *bundle* in the order by which a form names them: what can be had now does not change it."""
    return sorted(bundle.definition.product_ids)


def lacking_variants(lack: Lack, product_id: str, variants: Iterable[Variant]) -> tuple[Variant, ...]:
    """The variants of a product that fill *lack*; by name where the catalogue knows none of them."""
    named = lack.variants_of(product_id)
    known = tuple(variants) or tuple(Variant(one, one) for one in named)
    return tuple(one for one in known if not named or one.id in named)


def _cost(offer: BundleOffer, lacks: Iterable[Lack]) -> int | None:
    """What *lacks* cost in minor units; None where that depends on what is chosen."""
    total = 0
    for lack in lacks:
        there = [product for product in offer.products if product.id in lack.product_ids]
        prices = {price for product in there for price in _prices(product, lack, offer)}
        if len(prices) != 1:
            return None
        total += lack.pieces * to_minor(prices.pop(), offer.currency)
    return total


def _prices(product: Product, lack: Lack, offer: BundleOffer) -> set[Decimal]:
    variants = lacking_variants(lack, product.id, offer.choices.get(product.id, ()))
    return {product.price if one.price is None else one.price for one in variants} or {product.price}


def _are_free(tier: Tier, lacks: Iterable[Lack]) -> bool:
    """Whether *lacks* cost nothing in the set: each is of products that it only gives free."""
    if tier.price.kind != "free" or tier.least:
        return False
    paid = {component.product_id for component in tier.components if not component.free}
    return all(paid.isdisjoint(lack.product_ids) for lack in lacks)
