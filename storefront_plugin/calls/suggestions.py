"""Suggestions in Python, and the page of the current request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from flask import has_request_context, request

from ..core.errors import AdapterError, InputError
from ..core.i18n import known_locale, locale_for, texts_for
from ..recommending.page import FilledSlot, Page, Recommendation
from ..recommending.plan import PLACEMENTS, Slot, running
from ..shop.ports import KnowsSegments, clean_id
from ..web.cart.codes import presented
from .base import Calls
from .given import known_strategy, usable_ids, usable_lines

MAX_RECOMMENDATIONS = 400


class SuggestionCalls(Calls):
    """Asking for suggestions."""

    def recommend(
        self,
        strategy: str,
        products: Iterable[object] = (),
        placement: str = "product",
        customer: object = None,
        limit: int = 10,
        exclude: Iterable[object] = (),
        specialness: float | None = None,
    ) -> list[Recommendation]:
        """The best suggestions of one *strategy* for *products*, best first; fewer than *limit* if there are no more.

        Args:
            strategy: A name such as ``"also_bought"``.
            products: Ids of the seeds; of a cart the latest line last.
            placement: ``"cart"`` and its like score as a cart, others as a product page.
            customer: Id of the customer, for personal strategies.
            limit: Most suggestions, 1 to 400.
            exclude: Ids never returned.
            specialness: The dial b from 0 to 0.5; None is the measured default of the placement.

        Raises:
            InputError: The strategy, placement or limit does not exist. Unknown product ids are no error.
            StoreUnavailable, DatabaseUnavailable, AdapterError: Outside a request only; inside one the answer is
                shorter instead, and the deadline is kept.
        """
        slot, locale = _slot_of(strategy, placement, limit, specialness), self._locale()
        page = Page(
            placement=placement,
            products=usable_ids(products),
            exclude=frozenset(usable_ids(exclude)),
            customer_id=None if customer is None else str(customer),
            locale=locale,
            shop_locale=locale,
            blocking=not has_request_context(),
        )
        (filled,) = self.mounted.fill(page, [slot], all_candidates=True)
        texts = texts_for(page.locale)
        return [
            Recommendation(
                card.product.id,
                card.score,
                card.source,
                texts.reason(card.reason.kind, card.reason.orders) if card.reason else None,
                card.support,
            )
            for card in filled.cards
        ]

    def page(
        self, placement: str, products: Iterable[object] = (), category: object = None, personal: bool = False
    ) -> Page:
        """The page of the current request; the shopper's cart and name are read only when it is *personal*.

        Raises `AdapterError` when the shop's own cart, customers or consent did.
        """
        cart = self._asked("cart", lambda cart: tuple(usable_lines(cart.lines())), ()) if personal else ()
        locale = self._locale()
        return Page(
            placement=placement,
            products=usable_ids(products),
            category=None if category is None else clean_id(category, "category id"),
            cart=cart,
            customer_id=self._asked("customers", lambda customers: customers.current_id(), None) if personal else None,
            consent=self._asked("consent", lambda consent: consent(), "none") if personal else "none",
            locale=locale,
            shop_locale=locale,
            currency=self.settings.currency,
            personal=personal,
            presented=presented() if personal else (),
            segments=self._segments() if personal else frozenset(),
        )

    def _segments(self) -> frozenset[str]:
        """The segments of the current shopper, where the shop knows any."""
        if not isinstance(self.customers, KnowsSegments):
            return frozenset()
        found = self._asked("customers", lambda customers: customers.segments(), ())
        return frozenset([found] if isinstance(found, str) else found)  # one name is one segment, not its letters

    def _asked(self, name: str, ask: Callable[[Any], Any], without: Any) -> Any:
        """What the shop's adapter answers, or *without* where it has none."""
        adapter = getattr(self, name)
        if adapter is None:
            return without
        try:
            return ask(adapter)
        except AdapterError:
            raise
        except Exception as error:  # the shop's own code may raise anything
            raise AdapterError(f"Storefront({name}=…) raised {type(error).__name__}: {error}") from error

    def fill(self, page: Page, slot_names: Sequence[str] | None = None) -> list[FilledSlot]:
        """The slots of *page*'s placement that are on now (those of *slot_names*), each with its cards.

        In a request the page is counted for the share of pages on which a slot stays empty.
        """
        plan = self.plan
        planned = running(plan[page.placement])
        filled = self.mounted.fill(page, [slot for slot in planned if slot_names is None or slot.name in slot_names])
        if self.plan is not plan:  # the page heard that the merchant changed the slots
            page.shown.clear()
            return self.fill(page, slot_names)
        if has_request_context():
            self.mounted.fills.count(page, filled)
        return filled

    def _locale(self) -> str:
        return locale_for(request, self.settings) if has_request_context() else self._locale_outside()

    def _locale_outside(self) -> str:
        locale = self.settings.locale
        return known_locale(locale() if callable(locale) else locale or "en") or "en"


def _slot_of(strategy: str, placement: str, limit: int, specialness: float | None) -> Slot:
    known_strategy(strategy)
    if placement not in PLACEMENTS:
        raise InputError(f"There is no placement {placement!r:.80}; use one of {', '.join(PLACEMENTS)}.")
    if not isinstance(limit, int) or not 1 <= limit <= MAX_RECOMMENDATIONS:
        raise InputError(f"limit must be a whole number from 1 to {MAX_RECOMMENDATIONS}, not {limit!r:.40}.")
    return Slot(name="recommend", strategies=(strategy,), limit=limit, specialness=specialness)
