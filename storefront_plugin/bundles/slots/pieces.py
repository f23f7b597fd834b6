"""The pieces of a tier as a shopper first sees them: products that can be had beside the cart, each in a variant."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from ...core.errors import AdapterError, InputError
from ...core.locks import ProcessLock
from ...money import to_minor
from ...shop.ports import Catalog, OffersVariants, Product, Variant, clean_id
from ..cart.lines import LineItem
from ..cart.stock import Remaining
from ..definition import Component, Definition, Tier

MAX_HELD = 5_000

Choices: TypeAlias = Mapping[str, tuple[Variant, ...]]
"""Variants by product id; products without any are not in it."""


class Variants:
    """Asks a catalogue that offers variants; of others no product has any.

    An answer holds for the very `Product` it was asked for: when the product is read afresh, so are its variants.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog if isinstance(catalog, OffersVariants) else None
        self._cached: OrderedDict[str, tuple[Product, tuple[Variant, ...]]] = OrderedDict()
        self._lock = ProcessLock()

    @property
    def offered(self) -> bool:
        """Whether the catalogue offers variants at all."""
        return self._catalog is not None

    def of(self, products: Iterable[Product]) -> Choices:
        """The variants of *products*, in at most one call of the catalogue; raises `AdapterError`."""
        if self._catalog is None:
            return {}
        wanted = {product.id: product for product in products}
        found: dict[str, tuple[Variant, ...]] = {}
        for product in wanted.values():
            held = self._cached.get(product.id)
            if held is not None and held[0] is product:
                found[product.id] = held[1]
        unknown = [product_id for product_id in wanted if product_id not in found]
        if unknown:
            asked = _asked(self._catalog, unknown)
            self._keep({product_id: (wanted[product_id], asked[product_id]) for product_id in unknown})
            found.update(asked)
        return {product_id: variants for product_id, variants in found.items() if variants}

    def _keep(self, answers: Mapping[str, tuple[Product, tuple[Variant, ...]]]) -> None:
        with self._lock:
            for product_id, answer in answers.items():
                self._cached[product_id] = answer
                self._cached.move_to_end(product_id)
            while len(self._cached) > MAX_HELD:
                self._cached.popitem(last=False)


def _asked(catalog: OffersVariants, ids: list[str]) -> dict[str, tuple[Variant, ...]]:
    try:
        given = catalog.variants(ids)
        return {product_id: tuple(map(_checked, given.get(product_id, ()))) for product_id in ids}
    except Exception as error:  # the shop's own code may raise anything
        raise AdapterError(f"Catalog.variants raised {type(error).__name__}: {error}") from error


def _checked(variant: Variant) -> Variant:
    price = variant.price
    if price is not None and not (isinstance(price, Decimal) and price.is_finite() and price >= 0):
        raise InputError(f"The price of variant {variant.id!r:.60} must be a Decimal from 0, not {price!r:.40}.")
    stock = None if variant.stock is None else max(0, int(variant.stock))
    return Variant(clean_id(variant.id, "variant id"), str(variant.title), price, stock)


@dataclass(frozen=True, slots=True)
class Piece:
    """A component as it is shown at first.

    Attributes:
        number: Its position in the tier.
        variants: Those to choose from, with the stock that the cart leaves; none where there is no choice to make.
        variant: The one that stands chosen, or None.
        unit_price: Minor units, of the variant that stands chosen.
        pieces: In one set; in a mix and in quantity steps, those that stand chosen.
        needed: Of the variant that is chosen: in a mix at least one, in quantity steps all.
    """

    number: int
    component: Component
    product: Product
    variants: tuple[Variant, ...]
    variant: Variant | None
    unit_price: int
    pieces: int
    needed: int

    @property
    def variant_id(self) -> str | None:
        return self.variant.id if self.variant is not None else None


@dataclass(frozen=True, slots=True)
class Offered:
    """What a tier's pieces are chosen from.

    Attributes:
        products: Those that can be shown.
        choices: Their variants.
        currency: Of their prices.
        lines: The cart beside which they must be had.
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


def pieces_of(
    definition: Definition, tier: Tier, offered: Offered, first: str | None = None
) -> tuple[Piece, ...] | None:
    """All pieces of *tier*, optional ones where they can be had; None where too few of the required ones can.

    *first* is the product that is chosen first where the shopper chooses.
    """
    left = offered.remaining()
    found = []
    for component, piece in _picked(definition, tier, offered, left):
        if piece is not None:
            found.append(piece)
        elif not (tier.least or component.optional):
            return None
    pieces = tuple(sorted(found, key=lambda piece: piece.number))
    if not tier.least:
        return pieces
    chosen = _chosen(definition, tier, pieces, first, left)
    return chosen if sum(piece.pieces for piece in chosen) >= tier.least else None


def gone(definition: Definition, tier: Tier, offered: Offered) -> str | None:
    """The first product of *tier* that cannot be had in any variant."""
    picked = _picked(definition, tier, offered, offered.remaining())
    return next((one.product_id for one, piece in picked if piece is None and not one.optional), None)


def allowed(component: Component, variants: Iterable[Variant]) -> tuple[Variant, ...]:
    """The variants that count as *component*."""
    return tuple(one for one in variants if not component.variants or one.id in component.variants)


def _picked(
    definition: Definition, tier: Tier, offered: Offered, left: Remaining
) -> Iterator[tuple[Component, Piece | None]]:
    """Each component with its piece, which a set takes from what is *left* for the others.

    Required ones come first, and of them those with the least choice, so that a free choice takes no other's only one.
    """
    choices = choices_left(offered.choices, left)

    def freedom(number: int) -> tuple[bool, int, int]:
        one = tier.components[number]
        return one.optional, len(allowed(one, choices.get(one.product_id, ()))), -one.quantity

    for number in sorted(range(len(tier.components)), key=freedom):
        component = tier.components[number]
        needed = tier.least if definition.kind == "steps" else component.quantity
        piece = _piece(number, component, needed, offered, choices.get(component.product_id, ()), left)
        if piece is not None and not tier.least:
            left.take(component.product_id, piece.variant_id, needed)
        yield component, piece


def _piece(
    number: int, component: Component, needed: int, offered: Offered, known: Sequence[Variant], left: Remaining
) -> Piece | None:
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
    unit_price = to_minor(price, offered.currency)
    return Piece(number, component, product, variants, variant, unit_price, component.quantity, needed)


def _chosen(
    definition: Definition, tier: Tier, pieces: Sequence[Piece], first: str | None, left: Remaining
) -> tuple[Piece, ...]:
    """The pieces of a mix or of quantity steps with a choice made: *first* before others, one of each in turn."""
    order = sorted(pieces, key=lambda piece: (piece.product.id != first, piece.number))
    counts = dict.fromkeys((piece.number for piece in order), 0)
    missing = tier.least
    before = missing + 1
    while 0 < missing < before:
        before = missing
        for piece in order:
            more = missing if definition.kind == "steps" else min(1, missing)
            room = left.of(piece.product.id, piece.variant_id)
            more = more if room is None else min(more, room)
            left.take(piece.product.id, piece.variant_id, more)
            counts[piece.number] += more
            missing -= more
    return tuple(replace(piece, pieces=counts[piece.number]) for piece in pieces)
