"""Bundles at the shop's till: the server prices, and what was applied is kept with the order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from ..bundles import uses
from ..bundles.pricing import CartPricing
from ..bundles.refunds import Policy, RefundQuote, Return
from ..shop.ports import CartLine, clean_id
from .base import Calls


class BundleCalls(Calls):
    """Pricing carts with bundles, and quoting what a refund gives back. All amounts are in minor units."""

    def price_cart(self, lines: Iterable[CartLine], currency: str | None = None, **options: Any) -> CartPricing:
        """What applies to a cart, the discount of each line, the total, and what is missing for the next offer.

        *options* are those of `Till.price`: ``presented`` codes, ``segments``, ``tax_rate``, ``tax_included``, ``now``.
        """
        return self.mounted.till.price(lines, currency, **options)

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


def _shop_session(session: Session | None) -> Session:
    found: Session = session or current_app.extensions["sqlalchemy"].session()
    return found
