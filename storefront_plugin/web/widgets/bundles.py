"""From the bundles of a slot to what the templates show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from flask import url_for

from ...bundles.cart.next_offers import MissingItem
from ...bundles.cart.stock import enough
from ...bundles.definition import Bundle, Definition, Tier
from ...bundles.slots.filler import FilledBundles
from ...bundles.slots.items import OfferItem
from ...bundles.slots.offers import BundleOffer, TierOffer
from ...money import minor_digits, to_minor
from ...proxies import current_services
from ...shop.ports import Product, Variant
from ..notices import Notice, message_of
from ..outside import shop_root
from .bundle_labels import BundleLabels
from .cards import PICTURE_SCHEMES, CardMaker, below_root
from .contexts import NoticeView
from .slot_contexts import (
    AppliedView,
    BundlesView,
    BundleView,
    ComponentView,
    LackView,
    NearView,
    OptionView,
    SlotView,
    TierView,
)


def options_of(
    product: Product,
    variants: Sequence[Variant],
    chosen: Variant | None,
    pieces: int,
    currency: str | None,
    words: BundleLabels,
) -> tuple[OptionView, ...]:
    """The *variants* to choose from, those without so many *pieces* disabled; none where there is only one."""
    if len(variants) < 2:
        return ()
    return tuple(
        OptionView(
            value=one.id,
            title=titled(product, one, currency, words),
            amount=to_minor(product.price if one.price is None else one.price, currency),
            chosen=one is chosen,
            disabled=not enough(one.stock, pieces),
        )
        for one in variants
    )


def titled(product: Product, variant: Variant, currency: str | None, words: BundleLabels) -> str:
    """The name of *variant*, with its price where that is not the product's."""
    if variant.price is None or variant.price == product.price:
        return variant.title
    return f"{variant.title} – {words.money(to_minor(variant.price, currency), currency)}"


MAX_OPTIONS = 20
"""Products to choose from in a cart; the bundle's own page shows them all."""


class NearMaker:
    """Makes the views of next offers; its arguments are those of `BundleMaker`."""

    def __init__(self, words: BundleLabels, cards: CardMaker, action: str | None, private: bool) -> None:
        self._words = words
        self._cards = cards
        self._action = action
        self._private = private

    def near(self, offer: BundleOffer, notice: NoticeView | None) -> NearView:
        """What the cart lacks for *offer*, with what is to be told about it."""
        missing, words = offer.missing, self._words
        assert missing is not None
        there = {product.id: product for product in offer.products}
        single = all(len(item.product_ids) == 1 for item in missing.items)
        titles = [words.named(there[item.product_ids[0]].title, item.quantity) for item in missing.items if single]
        pieces = sum(item.quantity for item in missing.items)
        free = _are_free(offer.bundle.definition.tiers[missing.tier], missing.items)
        text = words.near(titles, pieces, missing.saving or 0, offer.currency)
        return NearView(
            id=offer.bundle.id,
            version=offer.bundle.version,
            title=offer.bundle.definition.text_in(words.locale).title,
            text=words.near_free(titles, pieces) if free else text,
            lacks=tuple(self._lack(number, item, offer, free) for number, item in enumerate(missing.items)),
            action=self._action,
            label=words.add_for(pieces, None if free else _cost(offer, missing.items), offer.currency),
            private=self._private,
            notice=notice,
        )

    def _lack(self, number: int, item: MissingItem, offer: BundleOffer, free: bool) -> LackView:
        there = {product.id: product for product in offer.products}
        named = places(offer.bundle)
        found = [(named.index(name), there[name]) for name in item.product_ids if name in there]
        first = found[0][1]
        several = len(item.product_ids) > 1
        variants = () if several else missing_variants(item, first.id, offer.choices.get(first.id, ()))
        picks = (pick for place, product in found[:MAX_OPTIONS] for pick in self._picks(place, product, item, offer))
        cost, words = item.quantity * to_minor(first.price, offer.currency), self._words
        price = words.free(cost, offer.currency) if free else words.price(cost, cost, offer.currency)
        return LackView(
            number=number,
            card=self._cards.product(first)._replace(price=price),
            count=self._words.count(item.quantity),
            products=tuple(picks) if several else (),
            options=options_of(first, variants, None, item.quantity, offer.currency, self._words),
        )

    def _picks(self, place: int, product: Product, item: MissingItem, offer: BundleOffer) -> Sequence[OptionView]:
        """What can be chosen of *product*: each of its variants, or itself."""
        variants = missing_variants(item, product.id, offer.choices.get(product.id, ()))
        if not variants:
            return [OptionView(str(place), product.title)]
        return [
            OptionView(
                value=f"{place}:{one.id}",
                title=f"{product.title} – {titled(product, one, offer.currency, self._words)}",
                disabled=not enough(one.stock, item.quantity),
            )
            for one in variants
        ]


def places(bundle: Bundle) -> list[str]:
    """The products of *bundle* in the order by which a form names them: what can be had now does not change it."""
    return sorted(bundle.definition.product_ids)


def missing_variants(item: MissingItem, product_id: str, variants: Iterable[Variant]) -> tuple[Variant, ...]:
    """The variants of a product that fill *lack*; by name where the catalogue knows none of them."""
    named = item.variants_of(product_id)
    known = tuple(variants) or tuple(Variant(one, one) for one in named)
    return tuple(one for one in known if not named or one.id in named)


def _cost(offer: BundleOffer, lacks: Iterable[MissingItem]) -> int | None:
    """What *lacks* cost in minor units; None where that depends on what is chosen."""
    total = 0
    for item in lacks:
        there = [product for product in offer.products if product.id in item.product_ids]
        prices = {price for product in there for price in _prices(product, item, offer)}
        if len(prices) != 1:
            return None
        total += item.quantity * to_minor(prices.pop(), offer.currency)
    return total


def _prices(product: Product, item: MissingItem, offer: BundleOffer) -> set[Decimal]:
    variants = missing_variants(item, product.id, offer.choices.get(product.id, ()))
    return {product.price if one.price is None else one.price for one in variants} or {product.price}


def _are_free(tier: Tier, lacks: Iterable[MissingItem]) -> bool:
    """Whether *lacks* cost nothing in the set: each is of products that it only gives free."""
    if tier.price.kind != "free" or tier.least:
        return False
    paid = {component.product_id for component in tier.components if not component.free}
    return all(paid.isdisjoint(item.product_ids) for item in lacks)


class BundleMaker:
    """Makes the views of the bundles of one page.

    Args:
        words: In the page's locale.
        cards: Makes the cards of products.
        action: Where forms post to; None where the cart cannot be filled from Python.
        private: The response belongs to one shopper.
        notice: What is to be told to that shopper; once, at what it is about.
        unknown: Ids that stand for products which the shop does not have (in the merchant's preview).
    """

    def __init__(
        self,
        words: BundleLabels,
        cards: CardMaker,
        action: str | None,
        private: bool = False,
        notice: Notice | None = None,
        unknown: frozenset[str] = frozenset(),
    ) -> None:
        self._words = words
        self._cards = cards
        self._action = action
        self._private = private
        self._notice = notice
        self._unknown = unknown
        self._nears = NearMaker(words, cards, action, private)

    def slot(self, filled: FilledBundles) -> SlotView:
        """The view of a filled slot."""
        view, inside = self._cards.slot(filled), self._inside(filled)
        heading = next((one.title for one in inside.offers if one.headed), view.title)
        return replace(view, bundles=inside, title=heading)

    def _inside(self, filled: FilledBundles) -> BundlesView:
        offers = [one for one in filled.bundles if one.tiers]
        headed = len(filled.bundles) == len(offers) == 1 and filled.slot.title is None
        typed = self._notice.typed if self._notice is not None else ""
        return BundlesView(
            offers=tuple(self.bundle(one, headed) for one in offers),
            applied=tuple(self._applied(one) for one in filled.bundles if one.applied),
            near=tuple(self._nears.near(one, self._told_of(one.bundle)) for one in filled.bundles if one.missing),
            code_action=url_for(f"{current_services.name}.take_code") if filled.takes_code else None,
            code_notice=self._told_of_code() if filled.takes_code else None,
            code_typed=typed if filled.takes_code else "",
        )

    def untold(self) -> NoticeView | None:
        """The notice, where nothing that was made since is what it is about."""
        notice, self._notice = self._notice, None
        if notice is None:
            return None
        path = f"{notice.path}#{anchor(notice.bundle_id)}" if notice.kind == "unlocked" and notice.path else None
        return NoticeView(message_of(notice, self._words.texts), notice.is_error, path)

    def _told_of_code(self) -> NoticeView | None:
        return self.untold() if self._notice is not None and self._notice.source == "code" else None

    def _told_of(self, bundle: Bundle) -> NoticeView | None:
        notice = self._notice
        if notice is None or notice.source == "code" or notice.bundle_id != bundle.id:
            return None
        told = self.untold()
        return told._replace(path=None) if told is not None else None  # it is here

    def bundle(self, offer: BundleOffer, headed: bool = False) -> BundleView:
        """A bundle that can be added; its title is the slot's heading where it is *headed*."""
        words = offer.bundle.definition.text_in(self._words.locale)
        return BundleView(
            id=offer.bundle.id,
            version=offer.bundle.version,
            kind=offer.bundle.definition.kind,
            title=words.title,
            benefit=words.benefit.strip() or None,
            picture=below_root(words.picture, PICTURE_SCHEMES, shop_root()),
            tiers=self._tiers(offer),
            action=self._action,
            currency=offer.currency or "",
            digits=minor_digits(offer.currency),
            locale=self._words.locale.replace("_", "-"),
            saved=self._words.texts.gettext("You save %(amount)s", amount="{}"),
            more=self._words.texts.gettext("%(have)s chosen: choose %(num)s more", have="{have}", num="{}"),
            fewer=self._words.texts.gettext("%(have)s chosen: remove %(num)s", have="{have}", num="{}"),
            private=self._private,
            headed=headed,
            notice=self._told_of(offer.bundle),
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
            title=self._title(definition, tier),
            note=self._note(definition.kind, tier, lower, currency),
            offer=words.offer(definition.kind, price, currency),
            components=tuple(self._component(item, tier.tier, currency) for item in tier.items),
            price=words.price(tier.price, tier.total, currency),
            saved=words.saved(tier.saving, currency) if tier.saving > 0 else None,
            label=labels[0] if tier.tier.least else labels[-1],
            labels=labels,
            least=tier.tier.least,
            most=tier.tier.most,
            rule=price.kind,
            value=price.rule.number(currency or ""),
        )

    def _title(self, definition: Definition, tier: TierOffer) -> str | None:
        """What tells a tier from the others of its bundle; None where there are none."""
        if definition.kind == "steps":
            return self._words.step(tier.tier)
        if definition.kind != "ladder":
            return None
        return self._words.rung(tier.number, len(definition.tiers), sum(item.quantity for item in tier.items))

    def _labels(self, tier: TierOffer) -> tuple[str, ...]:
        least, most = tier.tier.least, tier.tier.most
        if least:
            return tuple(self._words.add(count) for count in range(least, max(least, most) + 1))
        optional = sum(item.component.optional for item in tier.items)
        return self._words.labels(len(tier.items) - optional, optional)

    def _note(self, kind: str, tier: TierOffer, lower: TierOffer | None, currency: str | None) -> str | None:
        if kind == "mix":
            return self._words.choice(tier.tier)
        if kind != "ladder" or lower is None:
            return None
        had = {item.product.id: item.quantity for item in lower.items}
        more = [(item.product, item.quantity - had.get(item.product.id, 0)) for item in tier.items]
        added = [self._words.named(product.title, pieces) for product, pieces in more if pieces > 0]
        return self._words.adds(added, tier.price - lower.price, currency)

    def _component(self, item: OfferItem, tier: Tier, currency: str | None) -> ComponentView:
        cost = item.unit_price * (1 if tier.least else item.quantity)
        free = item.component.free
        return ComponentView(
            number=item.number,
            card=self._cards.product(item.product),
            price=self._words.free(cost, currency) if free else self._words.price(cost, cost, currency),
            amount=item.unit_price,
            pieces=item.quantity,
            count=None if tier.least else self._words.count(item.quantity),
            optional=item.component.optional,
            free=free,
            options=options_of(item.product, item.variants, item.variant, item.needed, currency, self._words),
            missing=item.product.id in self._unknown,
        )

    def _applied(self, offer: BundleOffer) -> AppliedView:
        applied = offer.applied
        assert applied is not None
        title = offer.bundle.definition.text_in(self._words.locale).title
        count = None if offer.bundle.definition.kind == "steps" else self._words.count(applied.count)
        return AppliedView(self._words.applied(title, applied.saving, offer.currency), count)


def anchor(bundle_id: int | None) -> str:
    """Where a bundle stands on its page."""
    return f"storefront-bundle-{bundle_id}"
