"""What a bundle costs in every currency, beside its single prices, cost and stock; and why it cannot be published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ...bundles.bundle import Bundle
from ...bundles.cart.lines import LineItem, sold_singly
from ...bundles.cart.pricing import Applied, price_cart
from ...bundles.cart.stock import sets_available
from ...bundles.definition import Definition, Schedule
from ...bundles.price import step_problems
from ...bundles.price_kinds import Items
from ...bundles.quote import quote
from ...bundles.slots.offers import TierOffer, tier_offer
from ...bundles.slots.variants import Choices
from ...bundles.tier import Tier
from ...core import clock
from ...money import in_minor, to_minor
from ...proxies import current_services
from ...shop.ports import Product
from ..kit.i18n import _, admin_texts, shown_money
from ..kit.products import look_up
from .labels import Absence, absence, tier_name


def dominated(definition: Definition, offer: TierOffer, currency: str) -> str:
    """What is wrong where a cart with the items of *offer* is priced by other tiers, which save more; else ""."""
    if len(definition.tiers) < 2:
        return ""
    everyones = replace(definition, schedule=Schedule(), segment=None, staff_only=False)
    lines = [
        LineItem(item.product.id, item.quantity, item.unit_price, item.variant.id if item.variant else None)
        for item in offer.items
        if item.quantity
    ]
    pricing = price_cart(lines, [Bundle(1, everyones)], currency, clock.now())
    if pricing.discount <= offer.saving:
        return ""
    return _(
        "“%(tier)s” saves less than “%(other)s”: a cart with all its products pays %(paid)s, not the %(shown)s shown "
        "to shoppers. Lower the price of “%(tier)s” or reduce the saving of “%(other)s”.",
        tier=tier_name(definition, offer.number),
        other=_named(definition, pricing.applied),
        paid=shown_money(pricing.total, currency),
        shown=shown_money(offer.price, currency),
    )


def _named(definition: Definition, applied: Sequence[Applied]) -> str:
    return " + ".join(
        tier_name(definition, one.tier)
        if one.count == 1
        else f"{admin_texts().number(one.count)} × {tier_name(definition, one.tier)}"
        for one in applied
    )


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A tier in one currency, minor units: *apart* one by one, *together* as a set; None where it is not known.

    *margin* is what is earned of each unit of the price, where all costs are known. *message* says what is wrong;
    *warns* where it is something to mend, though it hinders nothing. *may_save* is False where no choice of products
    saves anything.
    """

    currency: str
    apart: int | None = None
    together: int | None = None
    margin: float | None = None
    message: str = ""
    refused: bool = False
    may_save: bool = True
    warns: bool = False

    @property
    def saved(self) -> int | None:
        return None if self.apart is None or self.together is None else self.apart - self.together

    @property
    def share(self) -> float | None:
        return self.saved / self.apart if self.apart and self.saved is not None else None


@dataclass(frozen=True, slots=True)
class TierPrices:
    """A tier in every currency, and how many sets the stock holds (None where nothing limits them)."""

    tier: Tier
    available: int | None
    rows: tuple[PriceRow, ...]


@dataclass(frozen=True, slots=True)
class Priced:
    """A definition with the products it needs as the shop has them now; *missing* are ids that it has not."""

    tiers: tuple[TierPrices, ...]
    missing: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def refused(self) -> list[tuple[int, PriceRow]]:
        """The prices that hinder publishing, each with the number of its tier."""
        return [(number, row) for number, tier in enumerate(self.tiers) for row in tier.rows if row.refused]

    @property
    def refusals(self) -> list[str]:
        """Why it cannot be published, each in a sentence."""
        gone = [
            _("“%(product)s” is no longer in the catalogue. Remove it or choose another product.", product=name)
            for name in self.lost
        ]
        wrong = gone + list(dict.fromkeys(row.message for _, row in self.refused))
        if not wrong and self.saves_nothing:
            wrong.append(_("No saving yet: lower the price or increase the discount."))
        return wrong

    @property
    def warnings(self) -> list[tuple[int, str]]:
        """What should be mended although it can be published: tiers with a message, that of their first currency."""
        warned = ((number, [row.message for row in tier.rows if row.warns]) for number, tier in enumerate(self.tiers))
        return [(number, messages[0]) for number, messages in warned if messages]

    @property
    def saves_nothing(self) -> bool:
        """Whether no tier saves anything in any currency."""
        return not any(row.may_save for tier in self.tiers for row in tier.rows)


def price_definition(definition: Definition) -> Priced:
    """*definition* with the shop's products, prices and stock of now; raises `AdapterError`."""
    definition = definition.in_steps(current_services.settings.price_steps)
    found = look_up(sorted(definition.product_ids))
    products = {name: product for name, product in found.items() if product is not None}
    variants = current_services.variants.of(products.values())
    choices = {name: tuple(replace(one, stock=None) for one in many) for name, many in variants.items()}
    missing = tuple(sorted(definition.product_ids - products.keys()))
    own = current_services.settings.currency
    return Priced(
        tuple(_tier(definition, number, products, choices, own) for number in range(len(definition.tiers))),
        missing,
        _lost(definition, frozenset(missing)),
    )


def not_shown(definition: Definition, products: Mapping[str, Product | None]) -> Absence | None:
    """Why shoppers are not shown *definition*: it is not available with *products*, or saves nothing now.

    None where they are. Raises `AdapterError`.
    """
    if found := absence(definition, products):
        return found
    stepped = definition.in_steps(current_services.settings.price_steps)
    there = {name: one for name in definition.product_ids if (one := products.get(name)) is not None}
    own = current_services.settings.currency
    tiers = (_tier(stepped, number, there, {}, own) for number in range(len(stepped.tiers)))
    # Variants, which may cost more, are looked up only where the products themselves save nothing.
    if any(row.may_save for tier in tiers for row in tier.rows) or not price_definition(definition).saves_nothing:
        return None
    return Absence(_("Active, not shown: no saving"), _("No saving, so it isn't shown to shoppers."))


def refusals(definition: Definition) -> list[str]:
    """Why *definition* cannot be published as the shop is now, each in a sentence; raises `AdapterError`."""
    return price_definition(definition).refusals


def currencies_of(definition: Definition | None, products: Mapping[str, Product | None]) -> list[str]:
    """Currencies of the shop, of *products* and of the amounts in *definition*; the shop's own first."""
    own = current_services.settings.currency
    met = {product.currency for product in products.values() if product is not None and product.currency}
    if definition is not None:
        met |= {currency for tier in definition.tiers for currency in tier.price.amounts}
    return [own, *sorted(met - {own})] if own else sorted(met)


def paid_in(products: Iterable[Product]) -> list[str]:
    """Currencies that *products* have prices in: the shop's own first, then those of most products."""
    own = current_services.settings.currency
    met = Counter(currency for product in products if (currency := product.currency or own))
    return sorted(met, key=lambda currency: (currency != own, -met[currency], currency))


def _tier(
    definition: Definition, number: int, products: Mapping[str, Product], choices: Choices, own: str | None
) -> TierPrices:
    tier = definition.tiers[number]
    stock = {name: product.stock for name, product in products.items() if product.visible}
    endless = {name: replace(product, stock=None) for name, product in products.items()}
    rows = []
    for currency in currencies_of(definition, products):
        there = {name: one for name, one in endless.items() if (one.currency or own or currency) == currency}
        if _can_be_had(tier, definition.product_ids - products.keys()):
            rows.append(_row(currency, definition, number, there, choices))
        else:
            rows.append(PriceRow(currency, message=_("No price: a product no longer exists.")))
    return TierPrices(tier, sets_available(tier, stock), tuple(rows))


def _row(
    currency: str, definition: Definition, number: int, products: Mapping[str, Product], choices: Choices
) -> PriceRow:
    tier = definition.tiers[number]
    if not tier.price.has(currency):
        message = _("No amount in this currency: carts in it pay the regular prices.")
        return PriceRow(currency, message=message, may_save=False)
    too_fine = _too_fine(tier, products, currency)
    if too_fine:
        message = _(
            "The price of “%(product)s” has more decimals than %(currency)s allows, so it can't be in a bundle.",
            product=too_fine,
            currency=currency,
        )
        return PriceRow(currency, message=message, refused=True, may_save=False)
    offer = tier_offer(definition, number, products, choices, currency)
    if offer is None:
        together = tier.price.rule.number(currency) if tier.price.rule.whole_price and not tier.least else None
        message = _("The shop has no prices in this currency; the cart's prices are used.")
        return PriceRow(currency, together=together, message=message)
    wrong, refused = _wrong(definition, offer, currency)
    more = "" if wrong else _off_step(tier, currency) or dominated(definition, offer, currency)
    return PriceRow(
        currency,
        offer.total,
        offer.price,
        _margin(offer, currency),
        wrong or more,
        refused,
        _may_save(definition, offer, currency),
        warns=bool(more),
    )


def _off_step(tier: Tier, currency: str) -> str:
    """What to enter in place of an amount from before the shop had its price step; else ""."""
    found = [one for one in step_problems(tier.price, tier.price.steps) if one.path == ("amounts", currency)]
    return _(found[0].message, **found[0].values) if found else ""


def _too_fine(tier: Tier, products: Mapping[str, Product], currency: str) -> str | None:
    """The first product of *tier* that carts price by the line, never as a single item."""
    there = (products[part.product_id] for part in tier.components if part.product_id in products)
    return next((one.title for one in there if not sold_singly(in_minor(one.price, currency))), None)


def _may_save(definition: Definition, offer: TierOffer, currency: str) -> bool:
    return offer.saving > 0 or quote(offer.tier, _choices(definition, offer)[1], currency).saving > 0


def _margin(offer: TierOffer, currency: str) -> float | None:
    cost = 0
    for item in offer.items:
        if item.quantity and item.product.cost is None:
            return None
        cost += item.quantity * to_minor(item.product.cost, currency) if item.product.cost is not None else 0
    return (offer.price - cost) / offer.price if offer.price else None


def _wrong(definition: Definition, offer: TierOffer, currency: str) -> tuple[str, bool]:
    """What is wrong with a price, and whether the bundle cannot be published for it."""
    lowest, highest = (quote(offer.tier, items, currency) for items in _choices(definition, offer))
    if highest.refused and highest.refused.why == "costs_more":
        return (
            _(
                "The fixed price of %(price)s is higher than the %(sum)s the products cost separately. Lower it.",
                price=shown_money(offer.tier.price.rule.number(currency), currency),
                sum=shown_money(highest.total, currency),
            ),
            True,
        )
    price = offer.tier.price
    if price.kind == "amount" and price.rule.number(currency) > highest.total > 0:
        return (
            _(
                "The discount of %(off)s is higher than the %(sum)s the products cost separately. Lower it.",
                off=shown_money(price.rule.number(currency), currency),
                sum=shown_money(highest.total, currency),
            ),
            True,
        )
    if lowest.refused and lowest.refused.why == "costs_more":
        return _("Some combinations cost less separately; shoppers then pay the regular prices."), False
    if not offer.saving:
        return _("No saving, so it isn't shown to shoppers."), False
    return "", False


def _choices(definition: Definition, offer: TierOffer) -> tuple[Items, Items]:
    """The items of a tier in the cheapest and in the most expensive choice; of steps one item."""
    if not offer.tier.least:
        items = [(item.unit_price, item.quantity) for item in offer.items]
        return items, items
    prices = [item.unit_price for item in offer.items]
    quantity = 1 if definition.kind == "steps" else offer.tier.least
    return [(min(prices), quantity)], [(max(prices), quantity)]


def _lost(definition: Definition, missing: frozenset[str]) -> tuple[str, ...]:
    """Those of the *missing* products without which no tier can ever be sold."""
    if any(_can_be_had(tier, missing) for tier in definition.tiers):
        return ()
    return tuple(sorted(missing))


def _can_be_had(tier: Tier, missing: frozenset[str]) -> bool:
    gone = [component.product_id in missing for component in tier.components if not component.optional]
    return not all(gone) if tier.least else not any(gone)
