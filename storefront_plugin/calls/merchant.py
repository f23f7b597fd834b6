"""What the merchant says by hand, and what changed in the catalogue."""

from __future__ import annotations

from collections.abc import Sequence

from flask import current_app, has_app_context

from ..recommending.rules import store as rule_store
from ..recommending.rules.rule import Rule
from ..shop.ports import clean_id
from .base import Calls
from .given import known_strategy


class MerchantCalls(Calls):
    """Pins, exclusions and changed products."""

    def pin(self, product: object, to: object, strategy: str | None = None, position: int = 0) -> None:
        """Show *product* first on pages about *to*: in the slots of *strategy*, or in the first slot when None."""
        rule_store.put(self.database, _pin(product, to, strategy, position))
        self.mounted.tell_rules_changed()

    def unpin(self, product: object, to: object, strategy: str | None = None) -> None:
        """Take a pin away."""
        rule_store.take_away(self.database, _pin(product, to, strategy))
        self.mounted.tell_rules_changed()

    def exclude(self, product: object, on: object = None) -> None:
        """Never show *product*: on pages about *on*, or anywhere when None."""
        rule_store.put(self.database, _exclusion(product, on))
        self.mounted.tell_rules_changed()

    def include(self, product: object, on: object = None) -> None:
        """Take an exclusion away."""
        rule_store.take_away(self.database, _exclusion(product, on))
        self.mounted.tell_rules_changed()

    def product_changed(self, product: object) -> None:
        """Tell all processes that *product*'s data changed; cards follow within a second. Never raises for Redis."""
        self.mounted.tell_changed([clean_id(product)])

    def _tell_changed(self, product_ids: Sequence[str]) -> None:
        if has_app_context() and current_app.extensions.get("storefront") is self:
            self.mounted.tell_changed(product_ids)


def _pin(product: object, to: object, strategy: str | None, position: int = 0) -> Rule:
    return Rule(
        kind="pin",
        seed_kind="product",
        seed_value=clean_id(to),
        target_value=clean_id(product),
        strategy=known_strategy(strategy),
        position=position,
    )


def _exclusion(product: object, on: object) -> Rule:
    seed = None if on is None else clean_id(on)
    return Rule(
        kind="exclude",
        seed_kind="any" if seed is None else "product",
        seed_value=seed,
        target_value=clean_id(product),
    )
