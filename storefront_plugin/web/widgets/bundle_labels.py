"""Texts about bundles: reductions, tiers, buttons and savings, in the shopper's locale."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from babel.lists import format_list
from babel.numbers import format_percent

from ...bundles.price import Price
from ...bundles.tier import Tier
from ...core.i18n import Texts, isolated
from ...money import format_money, from_minor
from .contexts import PriceView


class BundleLabels:
    """The labels of one page, in its locale."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        self.locale = texts.locale

    def money(self, minor: int, currency: str | None) -> str:
        """An amount in minor units as the locale writes it."""
        return format_money(from_minor(minor, currency), currency, self.locale)

    def count(self, quantity: int) -> str | None:
        """A quantity with its sign; None for one item."""
        return None if quantity == 1 else f"{self.texts.number(quantity)} ×"

    def named(self, title: str, quantity: int) -> str:
        """A product with its count."""
        count = self.count(quantity)
        return f"{count} {title}" if count else title

    def price(self, now: int, was: int, currency: str | None) -> PriceView:
        """A price with the one before it, where that was higher."""
        if was <= now:
            return PriceView(self.money(now, currency))
        return PriceView(self.money(now, currency), self.money(was, currency), self.saved(was - now, currency))

    def free(self, was: int, currency: str | None) -> PriceView:
        """The price of what costs nothing in its set."""
        if not was:
            return PriceView(self.texts.gettext("Free"))
        return PriceView(self.texts.gettext("Free"), self.money(was, currency), self.saved(was, currency))

    def saved(self, minor: int, currency: str | None) -> str:
        """What is saved, as a sentence."""
        return self.texts.gettext("You save %(amount)s", amount=self.money(minor, currency))

    def offer(self, kind: str, price: Price, currency: str | None) -> str | None:
        """The reduction of quantity steps and mixes; None where the prices beside it say all."""
        text = {"mix": price.rule.mix_offer, "steps": price.rule.step_offer}.get(kind)
        if not text:
            return None
        if isinstance(text, tuple):
            return self.texts.ngettext(*text, price.pieces)
        return self.texts.gettext(text, amount=self._reduction(price, currency))

    def _reduction(self, price: Price, currency: str | None) -> str:
        if price.percent is not None:
            return format_percent(price.percent / Decimal(100), "#,##0.####%", locale=self.locale)
        return self.money(price.rule.number(currency or ""), currency)

    def step(self, tier: Tier) -> str:
        """From how many items on a quantity step holds."""
        return self.texts.gettext("Buy %(num)s", num=self.texts.number(tier.least))

    def kit(self, number: int, tiers: int, quantity: int) -> str:
        """The tier *number*, from 0, of a ladder of *tiers*, with *quantity* items."""
        if number == 0:
            return self.texts.ngettext("Starter kit · %(num)s item", "Starter kit · %(num)s items", quantity)
        if number < tiers - 1:
            return self.texts.ngettext("Extended kit · %(num)s item", "Extended kit · %(num)s items", quantity)
        return self.texts.ngettext("Complete kit · %(num)s item", "Complete kit · %(num)s items", quantity)

    def choice(self, tier: Tier) -> str:
        """How many items of a mix to choose."""
        texts = self.texts
        if tier.least == tier.most:
            return texts.ngettext("Choose any %(num)s", "Choose any %(num)s", tier.least)
        least, most = texts.number(tier.least), texts.number(tier.most)
        return texts.gettext("Choose any %(least)s to %(most)s", least=least, most=most)

    def adds(self, titles: Sequence[str], more: int, currency: str | None) -> str | None:
        """What a tier adds to the one before it, and what it costs more."""
        if not titles:
            return None
        named = self._listed(titles)
        if more <= 0:
            return self.texts.gettext("Adds %(products)s", products=named)
        amount = self.money(more, currency)
        return self.texts.gettext("Adds %(products)s for %(amount)s more", products=named, amount=amount)

    def near_free(self, titles: Sequence[str], quantity: int) -> str:
        """What costs nothing beside the cart: by name where it is one product."""
        if len(titles) == 1:
            return self.texts.gettext("Get %(products)s free", products=self._listed(titles))
        return self.texts.ngettext("Get %(num)s product free", "Get %(num)s products free", quantity)

    def near(self, titles: Sequence[str], quantity: int, saving: int, currency: str | None) -> str:
        """What to add to a cart, and what is saved then.

        A single product is named, several stand below anyway. *titles* are empty where the shopper has the choice: the
        more expensive it is, the more is saved.
        """
        amount = self.money(saving, currency)
        if len(titles) == 1:
            named = self._listed(titles)
            return self.texts.gettext("Add %(products)s and save %(amount)s", products=named, amount=amount)
        if titles:
            return self.texts.ngettext(
                "Complete the set with %(num)s more item: save %(amount)s",
                "Complete the set with %(num)s more items: save %(amount)s",
                quantity,
                amount=amount,
            )
        return self.texts.ngettext(
            "Add %(num)s more and save at least %(amount)s",
            "Add %(num)s more and save at least %(amount)s",
            quantity,
            amount=amount,
        )

    def applied(self, title: str, saving: int, currency: str | None) -> str:
        """A bundle that applies, and what it saves."""
        amount = self.money(saving, currency)
        return self.texts.gettext("%(bundle)s: you save %(amount)s", bundle=isolated(title), amount=amount)

    def labels(self, firm: int, optional: int) -> tuple[str, ...]:
        """The button's text for each number of optional products beside the *firm* ones."""
        some = [self.add(firm + count) for count in range(optional)]
        return (*some, self.texts.gettext("Add all %(num)s to cart", num=self.texts.number(firm + optional)))

    def add(self, count: int) -> str:
        """The text of a button that adds *count* items."""
        return self.texts.ngettext("Add %(num)s to cart", "Add %(num)s to cart", count)

    def add_for(self, quantity: int, cost: int | None, currency: str | None) -> str:
        """The same with what they cost, where that is known."""
        if cost is None:
            return self.add(quantity)
        amount = self.money(cost, currency)
        if quantity == 1:
            return self.texts.gettext("Add to cart for %(amount)s", amount=amount)
        return self.texts.ngettext(
            "Add all %(num)s for %(amount)s", "Add all %(num)s for %(amount)s", quantity, amount=amount
        )

    def _listed(self, titles: Sequence[str]) -> str:
        return format_list([isolated(title) for title in titles], locale=self.locale)
