"""Bundles at the shop's till: the server prices, and what was applied is kept with the order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask import current_app, has_request_context
from sqlalchemy.orm import Session

from ..bundles import proposal_run, shelf, uses
from ..bundles.availability import Shortage
from ..bundles.definition import Words
from ..bundles.pricing import CartPricing
from ..bundles.refunds import Policy, RefundQuote, Return
from ..bundles.terms import Terms
from ..bundles.together import Progress, silent
from ..shop.ports import CartLine, KnowsSegments, clean_id
from ..web.presented import presented
from .base import Calls


class BundleCalls(Calls):
    """Pricing carts with bundles, and quoting what a refund gives back. All amounts are in minor units."""

    def price_cart(self, lines: Iterable[CartLine], currency: str | None = None, **options: Any) -> CartPricing:
        """What applies to a cart, the discount of each line, the total, and what is missing for the next offer.

        *options* are those of `Till.price`: ``presented`` codes, ``segments``, ``tax_rate``, ``tax_included``, ``now``.
        Within a request the codes that the shopper showed, and their segments, are taken where none are given.
        """
        options.setdefault("presented", presented())
        if has_request_context() and "segments" not in options and isinstance(self.customers, KnowsSegments):
            options["segments"] = self.customers.segments()
        return self.mounted.till.price(lines, currency, **options)

    def shortages(self, pricing: CartPricing) -> list[Shortage]:
        """What a priced cart wants beyond the stock of this moment, by product and by variant; ask it at checkout.

        Empty where all can be had. What the catalogue raises is raised.
        """
        return self.mounted.till.shortages(pricing)

    def bundle_words(self, bundle_id: int, locale: str = "en") -> Words:
        """Title, benefit and picture of a bundle in *locale*, for the shop's own cart; raises `BundleNotFound`."""
        return shelf.load(self.database, bundle_id).definition.words_in(locale)

    def bundles_changed(self) -> None:
        """Tell all processes that the published bundles changed; widgets follow within a second, else within a minute."""
        self.mounted.tell_rules_changed()

    def bundles_applied(self, order_id: object, pricing: CartPricing, session: Session | None = None) -> bool:
        """Keep how an order was priced, in the shop's transaction; False where it was kept before.

        Raises `LimitReached` when other orders used a bundle up meanwhile: price the cart again.
        """
        return self.mounted.till.store(_shop_session(session), clean_id(order_id, "order id"), pricing)

    def refund_quote(
        self, order_id: object, lines: Sequence[Return], policy: Policy = "keep", session: Session | None = None
    ) -> RefundQuote:
        """What is refundable for *lines*, and what the rest then costs; nothing is stored."""
        return self.mounted.till.refund(_shop_session(session), clean_id(order_id, "order id"), lines, policy)

    def refund_stored(
        self, order_id: object, lines: Sequence[Return], policy: Policy = "keep", session: Session | None = None
    ) -> RefundQuote:
        """The same, and kept in the shop's transaction, so that all refunds together give back what was paid."""
        return uses.store_refund(_shop_session(session), clean_id(order_id, "order id"), lines, policy)

    def propose_bundles(self, terms: Terms | None = None, by: str = "", progress: Progress = silent) -> int:
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


def _shop_session(session: Session | None) -> Session:
    found: Session = session or current_app.extensions["sqlalchemy"].session()
    return found
