"""Bundles at the shop's till: the server prices, and what was applied is kept with the order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask import has_request_context

from ..bundles.cart.pricing import CartPricing
from ..bundles.cart.stock import Shortage
from ..bundles.definition import Definition, Words
from ..bundles.orders import uses
from ..bundles.orders.refunds import Policy, RefundQuote, Return
from ..bundles.proposals import run as proposal_run
from ..bundles.proposals.mining import MiningSettings, Progress, silent
from ..bundles.store import repository
from ..bundles.store.repository import Stored
from ..core.shop_database import ShopSession
from ..shop.ports import CartLine, KnowsSegments, clean_id
from ..web.cart.codes import presented
from .base import Calls


class BundleCalls(Calls):
    """Pricing carts with bundles, and quoting what a refund gives back. All amounts are in minor units."""

    def price_cart(self, lines: Iterable[CartLine], currency: str | None = None, **options: Any) -> CartPricing:
        """What applies to a cart, the discount of each line, the total, and what is missing for the next offer.

        *options* are those of `Till.price`: ``presented`` codes, ``segments``, ``tax_rate``, ``tax_included``, ``now``,
        ``hints``.
        Within a request the codes that the shopper showed, and their segments, are taken where none are given.
        """
        options.setdefault("presented", presented())
        if has_request_context() and "segments" not in options and isinstance(self.customers, KnowsSegments):
            options["segments"] = self.customers.segments()
        return self.mounted.pricer.price(lines, currency, **options)

    def shortages(self, pricing: CartPricing) -> list[Shortage]:
        """What a priced cart wants beyond the stock of this moment, by product and by variant; ask it at checkout.

        Empty where all can be had. What the catalogue raises is raised.
        """
        return self.mounted.pricer.shortages(pricing)

    def bundle_words(self, bundle_id: int, locale: object = "en") -> Words:
        """Title, benefit and picture of a bundle in *locale*, for the shop's own cart; raises `BundleNotFound`.

        *locale* is a name such as "ja_JP", a `babel.Locale`, or None for English.
        """
        return repository.load(self.database, bundle_id).definition.words_in(str(locale or "en"))

    def publish_bundle(self, definition: Definition, bundle_id: int | None = None, by: str = "") -> Stored:
        """Save *definition* as a new bundle, or in place of *bundle_id*, publish it and tell all processes.

        *by* is the name for the log of changes. A published bundle that stands just so is left as it is. Raises
        `BundleNotFound`, and `EditConflict` where somebody changes the bundle at the same moment.
        """
        stored = repository.publish(self.database, definition, bundle_id, by)
        self.bundles_changed()
        return stored

    def bundles_changed(self) -> None:
        """Tell all processes that the published bundles changed; widgets follow within a second, else within a minute."""
        self.mounted.tell_rules_changed()

    def bundles_applied(self, order_id: object, pricing: CartPricing, session: ShopSession | None = None) -> bool:
        """Keep how an order was priced and count its bundles, in the shop's transaction; False where that stands already.

        An order that was kept otherwise before (its payment failed and the cart changed), or was cancelled, is kept anew.
        With ``STOREFRONT_DATABASE_URL`` and no *session* it is kept at once, in a transaction of our own.

        Raises:
            LimitReached: Other orders used a bundle up meanwhile: price the cart again.
            RefundedAlready: Pieces of that order came back, and it would be priced anew.
            StorefrontError: A bundle was changed or ended since the cart was priced: price it again.
        """
        name, record = clean_id(order_id, "order id"), self.mounted.pricer.record(pricing)
        with self.transaction(session) as held:
            return uses.store_order(held, self.database, name, record)

    def refund_quote(
        self, order_id: object, lines: Sequence[Return], policy: Policy = "keep", session: ShopSession | None = None
    ) -> RefundQuote:
        """What is refundable for *lines*, and what the rest then costs; nothing is stored."""
        name = clean_id(order_id, "order id")
        with self.transaction(session) as held:
            return uses.quote_refund(held, name, lines, policy)

    def refund_stored(
        self,
        order_id: object,
        lines: Sequence[Return],
        policy: Policy = "keep",
        session: ShopSession | None = None,
        refund_id: object = None,
    ) -> RefundQuote:
        """The same, and kept in the shop's transaction, so that all refunds together give back what was paid.

        A *refund_id* of the shop is taken once an order: a form that is sent twice raises `RefundConflict`.
        """
        name = clean_id(order_id, "order id")
        own_id = None if refund_id is None else clean_id(refund_id, "refund id")
        with self.transaction(session) as held:
            return uses.store_refund(held, name, lines, policy, own_id)

    def propose_bundles(self, terms: MiningSettings | None = None, by: str = "", progress: Progress = silent) -> int:
        """Search the order log for sets to offer, in place of the open proposals; how many there are now.

        *terms* None is as the last time. *progress* is told a phase, what is done of it, and the whole. Raises
        `SearchRunning` while another search is at work.
        """
        return self.search_begun(proposal_run.begin(self.database, terms, by), progress)

    def search_begun(self, begun: proposal_run.Begun, progress: Progress = silent) -> int:
        """Carry out a search that `proposal_run.begin` has begun, in this process or thread."""
        parts, currency = self.mounted, self.settings.currency
        return proposal_run.carry_out(
            begun,
            parts.database,
            self.catalog,
            parts.numbers,
            parts.folder,
            currency,
            parts.upkeep.number_all,
            progress,
        )

    def propose_bundles_if_due(self, days: int, by: str = "", progress: Progress = silent) -> int | None:
        """The same where the last search is *days* ago; else None."""
        return self.propose_bundles(None, by, progress) if proposal_run.is_due(self.database, days) else None
