"""From the bundles of a slot to what the templates show."""

from __future__ import annotations

from dataclasses import replace

from flask import url_for

from ...bundles.bundle import Bundle
from ...bundles.definition import Definition
from ...bundles.slots.filler import FilledBundles
from ...bundles.slots.items import OfferItem
from ...bundles.slots.offers import BundleOffer, TierOffer
from ...bundles.tier import Tier
from ...core.currencies import minor_digits, written_whole
from ...proxies import current_services
from ..notices import Notice
from ..outside import shop_root
from .bundle_labels import BundleLabels
from .bundle_options import options_of
from .cards import PICTURE_SCHEMES, CardMaker, below_root
from .contexts import NoticeView
from .next_offers import NextOfferMaker
from .notices import notice_view
from .slot_contexts import (
    AppliedView,
    BundlesView,
    BundleView,
    ComponentView,
    SlotView,
    TierView,
)


class BundleMaker:
    """Makes the views of the bundles of one page.

    Args:
        labels: In the page's locale.
        cards: Makes the cards of products.
        action: Where forms post to; None where the cart cannot be filled from Python.
        private: The response belongs to one shopper.
        notice: What that shopper reads once, at what it is about.
        unknown: Ids that stand for products which the shop does not have (in the merchant's preview).
    """

    def __init__(
        self,
        labels: BundleLabels,
        cards: CardMaker,
        action: str | None,
        private: bool = False,
        notice: Notice | None = None,
        unknown: frozenset[str] = frozenset(),
    ) -> None:
        self._labels = labels
        self._cards = cards
        self._action = action
        self._private = private
        self._notice = notice
        self._unknown = unknown
        self._next_offers = NextOfferMaker(labels, cards, action, private)

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
            near=tuple(
                self._next_offers.near(one, self._notice_of(one.bundle)) for one in filled.bundles if one.missing
            ),
            code_action=url_for(f"{current_services.name}.take_code") if filled.takes_code else None,
            code_notice=self._code_notice() if filled.takes_code else None,
            code_typed=typed if filled.takes_code else "",
        )

    def take_notice(self) -> NoticeView | None:
        """The notice, where nothing that was made since is what it is about."""
        notice, self._notice = self._notice, None
        return None if notice is None else notice_view(notice, self._labels.texts)

    def _code_notice(self) -> NoticeView | None:
        return self.take_notice() if self._notice is not None and self._notice.source == "code" else None

    def _notice_of(self, bundle: Bundle) -> NoticeView | None:
        notice = self._notice
        if notice is None or notice.source == "code" or notice.bundle_id != bundle.id:
            return None
        found = self.take_notice()
        here = found is not None and notice.kind == "unlocked"
        return found._replace(path=None) if found is not None and here else found

    def bundle(self, offer: BundleOffer, headed: bool = False) -> BundleView:
        """A bundle that can be added; its title is the slot's heading where it is *headed*."""
        text = offer.bundle.definition.text_in(self._labels.locale)
        return BundleView(
            id=offer.bundle.id,
            version=offer.bundle.version,
            kind=offer.bundle.definition.kind,
            title=text.title,
            benefit=text.benefit.strip() or None,
            picture=below_root(text.picture, PICTURE_SCHEMES, shop_root()),
            tiers=self._tiers(offer),
            action=self._action,
            currency=offer.currency or "",
            digits=minor_digits(offer.currency),
            written_whole=written_whole(offer.currency),
            locale=self._labels.locale.replace("_", "-"),
            saved=self._labels.texts.gettext("You save %(amount)s", amount="{}"),
            more=self._labels.texts.gettext("%(have)s chosen: choose %(num)s more", have="{have}", num="{}"),
            fewer=self._labels.texts.gettext("%(have)s chosen: remove %(num)s", have="{have}", num="{}"),
            private=self._private,
            headed=headed,
            notice=self._notice_of(offer.bundle),
        )

    def _tiers(self, offer: BundleOffer) -> tuple[TierView, ...]:
        before = [None, *offer.tiers]
        return tuple(self._tier(offer, tier, lower) for lower, tier in zip(before, offer.tiers, strict=False))

    def _tier(self, offer: BundleOffer, tier: TierOffer, lower: TierOffer | None) -> TierView:
        definition, currency, labels = offer.bundle.definition, offer.currency, self._labels
        price = tier.tier.price
        buttons = self._button_labels(tier)
        return TierView(
            number=tier.number,
            title=self._title(definition, tier),
            note=self._note(definition.kind, tier, lower, currency),
            offer=labels.offer(definition.kind, price, currency),
            components=tuple(self._component(item, tier.tier, currency) for item in tier.items),
            price=labels.price(tier.price, tier.total, currency),
            saved=labels.saved(tier.saving, currency) if tier.saving > 0 else None,
            label=buttons[0] if tier.tier.least else buttons[-1],
            labels=buttons,
            least=tier.tier.least,
            most=tier.tier.most,
            rule=price.kind,
            value=price.rule.number(currency or ""),
            step=price.rule.step(currency or ""),
        )

    def _title(self, definition: Definition, tier: TierOffer) -> str | None:
        """What distinguishes a tier from the others of its bundle; None where there are none."""
        if definition.kind == "steps":
            return self._labels.step(tier.tier)
        if definition.kind != "ladder":
            return None
        return self._labels.kit(tier.number, len(definition.tiers), sum(item.quantity for item in tier.items))

    def _button_labels(self, tier: TierOffer) -> tuple[str, ...]:
        least, most = tier.tier.least, tier.tier.most
        if least:
            return tuple(self._labels.add(count) for count in range(least, max(least, most) + 1))
        optional = sum(item.component.optional for item in tier.items)
        return self._labels.labels(len(tier.items) - optional, optional)

    def _note(self, kind: str, tier: TierOffer, lower: TierOffer | None, currency: str | None) -> str | None:
        if kind == "mix":
            return self._labels.choice(tier.tier)
        if kind != "ladder" or lower is None:
            return None
        had = {item.product.id: item.quantity for item in lower.items}
        more = [(item.product, item.quantity - had.get(item.product.id, 0)) for item in tier.items]
        added = [self._labels.named(product.title, quantity) for product, quantity in more if quantity > 0]
        return self._labels.adds(added, tier.price - lower.price, currency)

    def _component(self, item: OfferItem, tier: Tier, currency: str | None) -> ComponentView:
        cost = item.unit_price * (1 if tier.least else item.quantity)
        free = item.component.free
        return ComponentView(
            number=item.number,
            card=self._cards.product(item.product),
            price=self._labels.free(cost, currency) if free else self._labels.price(cost, cost, currency),
            amount=item.unit_price,
            pieces=item.quantity,
            count=None if tier.least else self._labels.count(item.quantity),
            optional=item.component.optional,
            free=free,
            options=options_of(item.product, item.variants, item.variant, item.needed, currency, self._labels),
            missing=item.product.id in self._unknown,
        )

    def _applied(self, offer: BundleOffer) -> AppliedView:
        applied = offer.applied
        assert applied is not None
        title = offer.bundle.definition.text_in(self._labels.locale).title
        count = None if offer.bundle.definition.kind == "steps" else self._labels.count(applied.count)
        return AppliedView(self._labels.applied(title, applied.saving, offer.currency), count)
