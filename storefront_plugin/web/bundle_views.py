"""From the bundles of a slot to what the templates show."""

from __future__ import annotations

from flask import has_request_context, request, url_for

from ..bundles.bundle import Bundle
from ..bundles.definition import Definition, Tier
from ..money import minor_digits
from ..proxies import current_storefront
from ..recommending.offers import BundleOffer, TierOffer
from ..recommending.page import FilledSlot
from ..recommending.pieces import Piece
from .bundle_contexts import AppliedView, BundlesView, BundleView, ComponentView, TierView
from .bundle_words import BundleWords
from .cards import PICTURE_SCHEMES, CardMaker, below_root
from .contexts import NoticeView
from .near_views import NearMaker
from .notice_words import words_of
from .notices import Notice
from .option_views import options_of


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
        words: BundleWords,
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

    def slot(self, filled: FilledSlot) -> BundlesView:
        """The inside of a filled slot."""
        offers = [one for one in filled.bundles if one.tiers]
        headed = len(filled.bundles) == len(offers) == 1 and filled.slot.title is None
        typed = self._notice.typed if self._notice is not None else ""
        return BundlesView(
            offers=tuple(self.bundle(one, headed) for one in offers),
            applied=tuple(self._applied(one) for one in filled.bundles if one.applied),
            near=tuple(self._nears.near(one, self._told_of(one.bundle)) for one in filled.bundles if one.missing),
            code_action=url_for(f"{current_storefront.name}.take_code") if filled.takes_code else None,
            code_notice=self._told_of_code() if filled.takes_code else None,
            code_typed=typed if filled.takes_code else "",
        )

    def untold(self) -> NoticeView | None:
        """The notice, where nothing that was made since is what it is about."""
        notice, self._notice = self._notice, None
        if notice is None:
            return None
        path = f"{notice.path}#{anchor(notice.bundle_id)}" if notice.kind == "unlocked" and notice.path else None
        return NoticeView(words_of(notice, self._words.texts), notice.is_error, path)

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
            more=self._words.texts.gettext("You have %(have)s: choose %(num)s more", have="{have}", num="{}"),
            fewer=self._words.texts.gettext("You have %(have)s: take %(num)s away", have="{have}", num="{}"),
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

    def _title(self, definition: Definition, tier: TierOffer) -> str | None:
        """What tells a tier from the others of its bundle; None where there are none."""
        if definition.kind == "steps":
            return self._words.step(tier.tier)
        if definition.kind != "ladder":
            return None
        return self._words.rung(tier.number, len(definition.tiers), sum(piece.pieces for piece in tier.pieces))

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
        more = [(piece.product, piece.pieces - had.get(piece.product.id, 0)) for piece in tier.pieces]
        added = [self._words.named(product.title, pieces) for product, pieces in more if pieces > 0]
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
            options=options_of(piece.product, piece.variants, piece.variant, piece.needed, currency, self._words),
            missing=piece.product.id in self._unknown,
        )

    def _applied(self, offer: BundleOffer) -> AppliedView:
        applied = offer.applied
        assert applied is not None
        title = offer.bundle.definition.words_in(self._words.locale).title
        count = None if offer.bundle.definition.kind == "steps" else self._words.count(applied.count)
        return AppliedView(self._words.applied(title, applied.saving, offer.currency), count)


def anchor(bundle_id: int | None) -> str:
    """Where a bundle stands on its page."""
    return f"storefront-bundle-{bundle_id}"
