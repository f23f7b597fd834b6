"""From the bundles of a slot to what the templates show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from flask import has_request_context, request, url_for

from ..bundles.definition import Tier
from ..bundles.missing import Lack
from ..money import minor_digits, to_minor
from ..proxies import current_storefront
from ..recommending.offers import BundleOffer, Piece, TierOffer, enough
from ..recommending.page import FilledSlot
from ..shop.ports import Product, Variant
from .bundle_contexts import (
    AppliedView,
    BundlesView,
    BundleView,
    ComponentView,
    LackView,
    NearView,
    OptionView,
    TierView,
)
from .bundle_words import BundleWords
from .cards import PICTURE_SCHEMES, CardMaker, below_root
from .presented import code_worked

MAX_OPTIONS = 20
"""Products to choose from in a cart; the bundle's own page shows them all."""


class BundleMaker:
    """Makes the views of the bundles of one page.

    Args:
        words: In the page's locale.
        cards: Makes the cards of products.
        action: Where forms post to; None where the cart cannot be filled from Python.
        unknown: Ids that stand for products which the shop does not have (in the merchant's preview).
    """

    def __init__(
        self, words: BundleWords, cards: CardMaker, action: str | None, unknown: frozenset[str] = frozenset()
    ) -> None:
        self._words = words
        self._cards = cards
        self._action = action
        self._unknown = unknown

    def slot(self, filled: FilledSlot) -> BundlesView:
        """The inside of a filled slot."""
        return BundlesView(
            offers=tuple(self.bundle(one) for one in filled.bundles if one.tiers),
            applied=tuple(self._applied(one) for one in filled.bundles if one.applied),
            near=tuple(self._near(one) for one in filled.bundles if one.missing),
            code_action=url_for(f"{current_storefront.name}.take_code") if filled.takes_code else None,
            code_answer=self._words.code_answer(code_worked()) if filled.takes_code else None,
        )

    def bundle(self, offer: BundleOffer) -> BundleView:
        """A bundle that can be added."""
        words = offer.bundle.definition.words_in(self._words.locale)
        root = request.script_root if has_request_context() else ""
        return BundleView(
            id=offer.bundle.id,
            version=offer.bundle.version,
            kind=offer.bundle.definition.kind,
            title=words.title,
            benefit=words.benefit.strip() or None,
            picture=below_root(words.picture, PICTURE_SCHEMES, root),
            tiers=self._tiers(offer),
            action=self._action,
            currency=offer.currency or "",
            digits=minor_digits(offer.currency),
            locale=self._words.locale.replace("_", "-"),
            saved=self._words.texts.gettext("You save %(amount)s", amount="{}"),
        )

    def _tiers(self, offer: BundleOffer) -> tuple[TierView, ...]:
        before = [None, *offer.tiers]
        return tuple(self._tier(offer, tier, lower) for lower, tier in zip(before, offer.tiers, strict=False))

    def _tier(self, offer: BundleOffer, tier: TierOffer, lower: TierOffer | None) -> TierView:
        definition, currency, words = offer.bundle.definition, offer.currency, self._words
        price = tier.tier.price
        labels = self._labels(tier)
        return TierView(
            number=tier.number,
            title=words.tier(definition.kind, tier.tier, sum(piece.pieces for piece in tier.pieces)),
            note=self._note(definition.kind, tier, lower, currency),
            offer=words.offer(definition.kind, price, currency),
            components=tuple(self._component(piece, tier.tier, currency) for piece in tier.pieces),
            price=words.price(tier.price, tier.total, currency),
            saved=words.saved(tier.saving, currency) if tier.saving > 0 else None,
            label=labels[0] if tier.tier.least else labels[-1],
            labels=labels,
            least=tier.tier.least,
            most=tier.tier.most,
            rule=price.kind,
            value={"percent": price.rate, "free": price.pieces}.get(price.kind, price.amounts.get(currency or "", 0)),
        )

    def _labels(self, tier: TierOffer) -> tuple[str, ...]:
        least, most = tier.tier.least, tier.tier.most
        if least:
            return tuple(self._words.add(count) for count in range(least, max(least, most) + 1))
        optional = sum(piece.component.optional for piece in tier.pieces)
        return self._words.labels(len(tier.pieces) - optional, optional)

    def _note(self, kind: str, tier: TierOffer, lower: TierOffer | None, currency: str | None) -> str | None:
        if kind == "mix":
            return self._words.choice(tier.tier)
        if kind != "ladder" or lower is None:
            return None
        had = {piece.product.id: piece.pieces for piece in lower.pieces}
        added = [piece.product.title for piece in tier.pieces if piece.pieces > had.get(piece.product.id, 0)]
        return self._words.adds(added, tier.price - lower.price, currency)

    def _component(self, piece: Piece, tier: Tier, currency: str | None) -> ComponentView:
        cost = piece.unit_price * (1 if tier.least else piece.pieces)
        free = piece.component.free
        return ComponentView(
            number=piece.number,
            card=self._cards.product(piece.product),
            price=self._words.free(cost, currency) if free else self._words.price(cost, cost, currency),
            amount=piece.unit_price,
            pieces=piece.pieces,
            count=None if tier.least else self._words.count(piece.pieces),
            optional=piece.component.optional,
            free=free,
            options=self._options(piece.product, piece.variants, piece.variant, currency, piece.component.quantity),
            missing=piece.product.id in self._unknown,
        )

    def _options(
        self, product: Product, variants: Sequence[Variant], chosen: Variant | None, currency: str | None, pieces: int
    ) -> tuple[OptionView, ...]:
        """The variants to choose from; none where there is only one."""
        if len(variants) < 2:
            return ()
        return tuple(
            OptionView(
                value=one.id,
                title=self._titled(product, one, currency),
                amount=to_minor(product.price if one.price is None else one.price, currency),
                chosen=one is chosen,
                disabled=not enough(one.stock, pieces),
            )
            for one in variants
        )

    def _titled(self, product: Product, variant: Variant, currency: str | None) -> str:
        if variant.price is None or variant.price == product.price:
            return variant.title
        return f"{variant.title} – {self._words.money(to_minor(variant.price, currency), currency)}"

    def _applied(self, offer: BundleOffer) -> AppliedView:
        applied = offer.applied
        assert applied is not None
        title = offer.bundle.definition.words_in(self._words.locale).title
        count = None if offer.bundle.definition.kind == "steps" else self._words.count(applied.count)
        return AppliedView(self._words.applied(title, applied.saving, offer.currency), count)

    def _near(self, offer: BundleOffer) -> NearView:
        missing = offer.missing
        assert missing is not None
        there = {product.id: product for product in offer.products}
        single = all(len(lack.product_ids) == 1 for lack in missing.lacks)
        titles = [self._named(there[lack.product_ids[0]], lack) for lack in missing.lacks] if single else []
        pieces = sum(lack.pieces for lack in missing.lacks)
        free = _are_free(offer.bundle.definition.tiers[missing.tier], missing.lacks)
        words = self._words
        return NearView(
            id=offer.bundle.id,
            version=offer.bundle.version,
            title=offer.bundle.definition.words_in(self._words.locale).title,
            text=words.near_free(titles) if free else words.near(titles, pieces, missing.saving or 0, offer.currency),
            lacks=tuple(self._lack(number, lack, offer, free) for number, lack in enumerate(missing.lacks)),
            action=self._action,
        )

    def _named(self, product: Product, lack: Lack) -> str:
        count = self._words.count(lack.pieces)
        return f"{count} {product.title}" if count else product.title

    def _lack(self, number: int, lack: Lack, offer: BundleOffer, free: bool) -> LackView:
        there = {product.id: product for product in offer.products}
        found = [(place, there[name]) for place, name in enumerate(lack.product_ids) if name in there]
        first = found[0][1]
        several = len(lack.product_ids) > 1
        variants = () if several else lacking_variants(lack, offer.choices.get(first.id, ()))
        picks = (pick for place, product in found[:MAX_OPTIONS] for pick in self._picks(place, product, lack, offer))
        card = self._cards.product(first)
        if free:
            card = replace(card, price=self._words.free(to_minor(first.price, offer.currency), offer.currency))
        return LackView(
            number=number,
            card=card,
            count=self._words.count(lack.pieces),
            products=tuple(picks) if several else (),
            options=self._options(first, variants, None, offer.currency, lack.pieces),
        )

    def _picks(self, place: int, product: Product, lack: Lack, offer: BundleOffer) -> Sequence[OptionView]:
        """What can be chosen of *product*: each of its variants, or itself."""
        variants = lacking_variants(lack, offer.choices.get(product.id, ()))
        if not variants:
            return [OptionView(str(place), product.title)]
        return [
            OptionView(
                value=f"{place}:{one.id}",
                title=f"{product.title} – {self._titled(product, one, offer.currency)}",
                disabled=not enough(one.stock, lack.pieces),
            )
            for one in variants
        ]


def _are_free(tier: Tier, lacks: Iterable[Lack]) -> bool:
    """Whether *lacks* cost nothing in the set: each is of products that it only gives free."""
    if tier.price.kind != "free" or tier.least:
        return False
    paid = {component.product_id for component in tier.components if not component.free}
    return all(paid.isdisjoint(lack.product_ids) for lack in lacks)


def lacking_variants(lack: Lack, variants: Iterable[Variant]) -> tuple[Variant, ...]:
    """The variants that fill *lack*; by name where the catalogue knows none of them."""
    known = tuple(variants) or tuple(Variant(one, one) for one in lack.variants)
    return tuple(one for one in known if not lack.variants or one.id in lack.variants)
