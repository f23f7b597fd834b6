"""What the merchant says by hand, and what changed in the catalogue."""

from __future__ import annotations

from collections.abc import Sequence

from flask import current_app, has_app_context

from ..recommending import links
from ..shop.ports import clean_id
from .base import Calls
from .given import known_strategy


class MerchantCalls(Calls):
    """Pins, exclusions and changed products."""

    def pin(self, product: object, to: object, strategy: str | None = None, position: int = 0) -> None:
        """Show *product* first on pages about *to*: in the slots of *strategy*, or in the first slot when None."""
        links.add_link(self.database, "pin", clean_id(product), clean_id(to), known_strategy(strategy), position)
        self._links_changed()

    def unpin(self, product: object, to: object, strategy: str | None = None) -> None:
        """Take a pin away."""
        links.remove_link(self.database, "pin", clean_id(product), clean_id(to), known_strategy(strategy))
        self._links_changed()

    def exclude(self, product: object, on: object = None) -> None:
        """Never show *product*: on pages about *on*, or anywhere when None."""
        links.add_link(self.database, "exclude", clean_id(product), None if on is None else clean_id(on), None, 0)
        self._links_changed()

    def include(self, product: object, on: object = None) -> None:
        """Take an exclusion away."""
        links.remove_link(self.database, "exclude", clean_id(product), None if on is None else clean_id(on), None)
        self._links_changed()

    def _links_changed(self) -> None:
        self.mounted.tell_rules_changed()

    def product_changed(self, product: object) -> None:
        """Tell all processes that *product*'s data changed; cards follow within a second. Never raises for Redis."""
        self.mounted.tell_changed([clean_id(product)])

    def _tell_changed(self, product_ids: Sequence[str]) -> None:
        if has_app_context() and current_app.extensions.get("storefront") is self:
            self.mounted.tell_changed(product_ids)
