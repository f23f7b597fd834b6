"""The items of a tier as a shopper first sees them: products that are available beside the cart, each in a variant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ...money import in_minor, to_minor
from ...shop.ports import Product, Variant
from ..cart.lines import LineItem, sold_singly
from ..cart.stock import Remaining
from ..definition import Definition
from ..tier import Component, Tier
from .variants import Choices


@dataclass(frozen=True, slots=True)
class OfferItem:
    """A component as it is shown at first.

    Attributes:
        number: Its position in the tier.
        variants: Those to choose from, with the stock that the cart leaves; none where there is no choice to make.
        variant: The one that is chosen at first, or None.
        unit_price: Minor units, of the variant that is chosen at first.
        quantity: In one set; in a mix and in quantity steps, what is chosen at first.
        needed: Of the variant that is chosen: in a mix at least one, in quantity steps all.
    """

    number: int
    component: Component
    product: Product
    variants: tuple[Variant, ...]
    variant: Variant | None
    unit_price: int
    quantity: int
    needed: int

    @property
    def variant_id(self) -> str | None:
        return self.variant.id if self.variant is not None else None


@dataclass(frozen=True, slots=True)
class Offered:
    """What a tier's items are chosen from.

    Attributes:
        products: Those that can be shown.
        choices: Their variants.
        currency: Of their prices.
        lines: The cart beside which they must be available.
    """

    products: Mapping[str, Product]
    choices: Choices
    currency: str | None
    lines: Sequence[LineItem] = ()

    def remaining(self) -> Remaining:
        """What the cart leaves."""
        return remaining(self.products, self.choices, self.lines)


def remaining(products: Mapping[str, Product], choices: Choices, lines: Iterable[LineItem]) -> Remaining:
    """The stock of *products* and of their variants after *lines*."""
    stock = {name: product.stock for name, product in products.items()}
    variants = {name: {one.id: one.stock for one in known} for name, known in choices.items()}
    return Remaining(stock, variants, lines)


def choices_left(choices: Choices, left: Remaining) -> Choices:
    """*choices* with the stock that is *left* of each."""
    return {
        name: tuple(replace(one, stock=left.of(name, one.id)) for one in variants) for name, variants in choices.items()
    }


def items_of(
    definition: Definition, tier: Tier, offered: Offered, first: str | None = None
) -> tuple[OfferItem, ...] | None:
    """All items of *tier*, optional ones where they are available; None where too few of the required ones are.

    *first* is the product that is chosen first where the shopper chooses.
    """
    left = offered.remaining()
    found = []
    for component, item in _picked(definition, tier, offered, left):
        if item is not None:
            found.append(item)
        elif not (tier.least or component.optional):
            return None
    items = tuple(sorted(found, key=lambda item: item.number))
    if not tier.least:
        return items
    chosen = _chosen(definition, tier, items, first, left)
    return chosen if sum(item.quantity for item in chosen) >= tier.least else None


def gone(definition: Definition, tier: Tier, offered: Offered) -> str | None:
    """The first product of *tier* that is not available in any variant."""
    picked = _picked(definition, tier, offered, offered.remaining())
    return next((one.product_id for one, item in picked if item is None and not one.optional), None)


def allowed(component: Component, variants: Iterable[Variant]) -> tuple[Variant, ...]:
    """The variants that count as *component*."""
    return tuple(one for one in variants if not component.variants or one.id in component.variants)


def _picked(
    definition: Definition, tier: Tier, offered: Offered, left: Remaining
) -> Iterator[tuple[Component, OfferItem | None]]:
    """Each component with its item, which a set takes from what is *left* for the others.

    Required ones come first, and of them those with the least choice, so that a free choice takes no other's only one.
    """
    choices = choices_left(offered.choices, left)

    def freedom(number: int) -> tuple[bool, int, int]:
        one = tier.components[number]
        return one.optional, len(allowed(one, choices.get(one.product_id, ()))), -one.quantity

    for number in sorted(range(len(tier.components)), key=freedom):
        component = tier.components[number]
        needed = tier.least if definition.kind == "steps" else component.quantity
        item = _item(number, component, needed, offered, choices.get(component.product_id, ()), left)
        if item is not None and not tier.least:
            left.take(component.product_id, item.variant_id, needed)
        yield component, item


def _item(
    number: int, component: Component, needed: int, offered: Offered, known: Sequence[Variant], left: Remaining
) -> OfferItem | None:
    product = offered.products.get(component.product_id)
    if product is None or not left.has(product.id, None, needed):
        return None
    variants = allowed(component, known)
    there = [one for one in variants if left.has(product.id, one.id, needed)]
    if known and not there:
        return None
    if not known and component.variants:
        variants = tuple(Variant(one, one) for one in component.variants)  # all that is known of them is their names
        there = list(variants)
    variant = there[0] if there else None
    price = product.price if variant is None or variant.price is None else variant.price
    if not sold_singly(in_minor(price, offered.currency)):
        return None
    unit_price = to_minor(price, offered.currency)
    return OfferItem(number, component, product, variants, variant, unit_price, component.quantity, needed)


def _chosen(
    definition: Definition, tier: Tier, items: Sequence[OfferItem], first: str | None, left: Remaining
) -> tuple[OfferItem, ...]:
    """The items of a mix or of quantity steps with a choice made: *first* before others, one of each in turn."""
    order = sorted(items, key=lambda item: (item.product.id != first, item.number))
    counts = dict.fromkeys((item.number for item in order), 0)
    missing = tier.least
    before = missing + 1
    while 0 < missing < before:
        before = missing
        for item in order:
            more = missing if definition.kind == "steps" else min(1, missing)
            room = left.of(item.product.id, item.variant_id)
            more = more if room is None else min(more, room)
            left.take(item.product.id, item.variant_id, more)
            counts[item.number] += more
            missing -= more
    return tuple(replace(item, quantity=counts[item.number]) for item in items)
