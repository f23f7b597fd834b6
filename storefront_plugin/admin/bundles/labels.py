"""Labels of bundles: kinds, states, prices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ...bundles.cart.stock import bundle_available
from ...bundles.definition import Definition
from ...bundles.price import Price
from ...bundles.tier import Component, Tier
from ...core import clock
from ...proxies import current_services
from ...shop.ports import Product
from ..kit import changes
from ..kit.i18n import _, admin_texts, language_name, ngettext, shown_money, shown_percent, shown_time
from ..kit.templates import template_filter, template_filters


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a bundle is not available: *label* in the place of its state, *message* with the name of the product."""

    label: str
    message: str


def absence(definition: Definition, products: Mapping[str, Product | None]) -> Absence | None:
    """Why *definition* is not available with *products*; None where it is."""
    found = {name: products.get(name) for name in sorted(definition.product_ids)}
    stock = {name: one.stock for name, one in found.items() if one is not None and one.visible}
    if bundle_available(definition, stock):
        return None
    troubled = [(one.title if one else name, reason) for name, one in found.items() if (reason := trouble(one))]
    if not troubled:
        return Absence(
            _("Active, not shown: not enough stock"),
            _("Not shown to shoppers: not enough stock of its products."),
        )
    title, reason = troubled[0]
    return Absence(
        _label([one for one in found.values() if trouble(one)]),
        _("Not shown to shoppers: %(product)s %(is)s.", product=title, **{"is": reason}),
    )


def trouble(product: Product | None) -> str:
    """What is wrong with a product, to follow its name; "" where nothing is."""
    if product is None:
        return _("is no longer in the catalogue")
    if not product.visible:
        return _("is hidden")
    return _("is sold out") if product.stock is not None and product.stock <= 0 else ""


def _label(troubled: list[Product | None]) -> str:
    if None in troubled:
        return _("Active, not shown: product removed")
    if any(one is not None and not one.visible for one in troubled):
        return _("Active, not shown: product hidden")
    return _("Active, not shown: sold out")


_MOST_SHOWN: Final = 2
"""Currencies of a price in the list."""


@dataclass(frozen=True, slots=True)
class StateView:
    """A state as a dot: *dot* is on, waiting, off or warning."""

    dot: str
    label: str


def kind_names() -> dict[str, str]:
    """The kinds by name."""
    return {
        "set": _("Fixed bundle"),
        "ladder": _("Good / better / best kits"),
        "mix": _("Mix and match"),
        "extra": _("Buy X get Y"),
        "steps": _("Volume discount"),
    }


template_filters(bundle_kind=lambda kind: kind_names()[kind])


def kind_lines() -> dict[str, str]:
    """What each kind is for, in one line."""
    return {
        "set": _("A fixed set of products at a lower price: camera, lens and case."),
        "ladder": _("A starter kit and a complete kit side by side; the higher tier adds more."),
        "mix": _("Shoppers pick any 3 of a group: any three teas."),
        "extra": _("Buy these, get a gift: buy one, get one free."),
        "steps": _("The more they buy, the less each one costs."),
    }


def state_names() -> dict[str, str]:
    """The states by name."""
    return {"draft": _("Draft"), "published": _("Published"), "archived": _("Archived")}


def state_view(
    state: str,
    start: dt.datetime | None,
    end: dt.datetime | None,
    limit: int | None,
    uses: int,
    absent: Absence | None = None,
) -> StateView:
    """How a bundle stands now; times are aware, or UTC without zone. *absent* is why it is not available."""
    now = clock.now()
    if state != "published":
        return StateView("off", state_names()[state])
    if end is not None and clock.aware(end) <= now:
        return StateView("off", _("Ended"))
    if limit is not None and uses >= limit:
        return StateView("warning", _("Limit reached"))
    if start is not None and clock.aware(start) > now:
        return StateView("waiting", _("Scheduled"))
    return StateView("warning", absent.label) if absent else StateView("on", _("Active"))


def field_names() -> dict[str, str]:
    """The fields of the form by their short names, for saying which one an error is about."""
    return {
        "language": _("Language"),
        "title": _("Title"),
        "benefit": _("Description"),
        "picture": _("Image URL"),
        "add": _("Products"),
        "quantity": _("Quantity"),
        "price": _("Price"),
        "percent": _("Percent off"),
        "currency": _("Currency"),
        "amount": _("Amount"),
        "pieces": _("Free items (the cheapest ones)"),
        "least": _("Quantity"),
        "most": _("Quantity"),
        "start": _("Starts"),
        "end": _("Ends"),
        "limit_per_order": _("Limit per order"),
        "limit_in_all": _("Total limit"),
        "segment": _("Customer segment"),
        "stacking": _("Combine with other bundles"),
    }


@template_filter
def offer_label(definition: Definition) -> str:
    """What a bundle saves, in short, in the shop's own currency."""
    tiers = definition.tiers
    if definition.kind == "steps":
        return " · ".join(
            _("%(quantity)s+: %(price)s", quantity=tier.least, price=price_label(tier.price)) for tier in tiers
        )
    if definition.kind == "mix":
        chosen = str(tiers[0].least) if tiers[0].least == tiers[0].most else f"{tiers[0].least}–{tiers[0].most}"
        if tiers[0].price.rule.field == "pieces":
            free = tiers[0].price.pieces
            return ngettext(
                "%(quantity)s items, %(num)s free", "%(quantity)s items, %(num)s free", free, quantity=chosen
            )
        return _("%(quantity)s for %(price)s", quantity=chosen, price=price_label(tiers[0].price))
    return " · ".join(price_label(tier.price) for tier in tiers)


def price_label(price: Price) -> str:
    """One price in short; of several currencies the shop's own, and how many there are beside it."""
    return _(price.rule.summary, amount=_percent(price) if price.percent else _amounts_label(price.amounts))


def all_amounts(price: Price) -> str:
    """One price with its amounts in every currency."""
    text = ", ".join(shown_money(amount, currency) for currency, amount in price.amounts.items())
    return _(price.rule.summary, amount=_percent(price) if price.percent else text)


def tier_name(definition: Definition, number: int) -> str:
    """What a tier is called beside others of its bundle; "" where there is only one."""
    if definition.kind == "steps":
        return _("From %(quantity)s", quantity=admin_texts().number(definition.tiers[number].least))
    return _("Tier %(number)s", number=number + 1) if len(definition.tiers) > 1 else ""


def _amounts_label(amounts: Mapping[str, int]) -> str:
    own = current_services.settings.currency
    shown = sorted(amounts, key=lambda one: one != own)[:_MOST_SHOWN]
    text = " / ".join(shown_money(amounts[one], one) for one in shown)
    return f"{text} +{len(amounts) - len(shown)}" if len(amounts) > len(shown) else text


def _percent(price: Price) -> str:
    percent = f"{price.percent:f}"
    places = len(percent.partition(".")[2].rstrip("0"))
    return shown_percent(price.rate / 1_000_000, places)


def differences(old: Definition, new: Definition, titles: Mapping[str, str]) -> list[changes.Difference]:
    """The fields of *old* that *new* has otherwise, in the order of the form. *titles* are those of products by id."""
    return changes.differences(_as_fields(old, titles), _as_fields(new, titles))


def _as_fields(definition: Definition, titles: Mapping[str, str]) -> dict[str, str]:
    """Every field of *definition* by its label."""
    found: dict[str, str] = {_("Kind"): kind_names()[definition.kind]}
    for language, text in definition.texts.items():
        name = language_name(language)
        found[_("Title (%(language)s)", language=name)] = text.title
        found[_("Description (%(language)s)", language=name)] = text.benefit
        found[_("Image (%(language)s)", language=name)] = text.picture or ""
    for number, tier in enumerate(definition.tiers):
        found |= _tier(definition, number, tier, titles)
    write = admin_texts().number
    return found | {
        _("Starts"): shown_time(definition.schedule.start),
        _("Ends"): shown_time(definition.schedule.end),
        _("Limit per order"): write(definition.limit_per_order) if definition.limit_per_order else "",
        _("Total limit"): write(definition.limit_in_all) if definition.limit_in_all else "",
        _("Customer segment"): definition.segment or "",
        _("Code required"): _("yes") if definition.staff_only else "",
        _("Combine with other bundles"): _("can't be combined")
        if definition.stacking == "alone"
        else _("best offer wins"),
    }


def _tier(definition: Definition, number: int, tier: Tier, titles: Mapping[str, str]) -> dict[str, str]:
    of = _("Tier %(number)s", number=number + 1) + ": " if len(definition.tiers) > 1 else ""
    found = {}
    if definition.kind != "steps" or not number:
        found[of + _("Products")] = " + ".join(_component(one, titles) for one in tier.components)
    if tier.least:
        found[of + _("Quantity")] = f"{tier.least}–{tier.most}" if tier.most else _("from %(least)s", least=tier.least)
    price = all_amounts(tier.price)
    if tier.price.rule.field == "pieces" and tier.price.pieces > 1:
        price = f"{price} × {tier.price.pieces}"
    return found | {of + _("Price"): price}


def _component(component: Component, titles: Mapping[str, str]) -> str:
    text = titles.get(component.product_id, component.product_id)
    if component.quantity > 1:
        text = f"{component.quantity} × {text}"
    more = [
        *([_("optional")] if component.optional else []),
        *([_("free")] if component.free else []),
        *component.variants,
    ]
    return f"{text} ({', '.join(more)})" if more else text
