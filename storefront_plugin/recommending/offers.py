"""Which bundles a page shows, and what each then costs: pure, from bundles, products and time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ..bundles.availability import sets_available
from ..bundles.bundle import Bundle
from ..bundles.definition import Component, Definition, Tier
from ..bundles.lines import Line
from ..bundles.missing import Missing
from ..bundles.price import NoSaving
from ..bundles.pricing import Applied
from ..money import to_minor
from ..shop.ports import Product, Variant
from .bundle_verdicts import BundleVerdict, JudgedBundle, lacking, no_saving
from .choosing import is_eligible
from .variants import Choices

Products: TypeAlias = Mapping[str, Product | None]


@dataclass(frozen=True, slots=True)
class Piece:
    """A component as it is shown at first.

    Attributes:
        number: Its place in the tier.
        variants: Those to choose from; none where there is no choice to make.
        variant: The one that stands chosen, or None.
        unit_price: Minor units, of the variant that stands chosen.
        pieces: In one set; in a mix and in quantity steps, those that stand chosen.
    """

    number: int
    component: Component
    product: Product
    variants: tuple[Variant, ...]
    variant: Variant | None
    unit_price: int
    pieces: int


@dataclass(frozen=True, slots=True)
class TierOffer:
    """One tier that can be had: its pieces, what they cost one by one and what is saved; minor units."""

    number: int
    tier: Tier
    pieces: tuple[Piece, ...]
    total: int
    saving: int

    @property
    def price(self) -> int:
        """What the pieces cost together."""
        return self.total - self.saving


@dataclass(frozen=True, slots=True)
class BundleOffer:
    """A bundle as a page shows it.

    Attributes:
        currency: Of all its amounts; None where the shop names none.
        tiers: Those that can be had, the smallest first.
        applied: How it applies to the shopper's cart already.
        missing: What the shopper's cart lacks for it.
        products: Those that *missing* names and that can be had.
        choices: The variants of these.
        refused: Why it cannot be had, where that was asked.
    """

    bundle: Bundle
    currency: str | None
    tiers: tuple[TierOffer, ...] = ()
    applied: Applied | None = None
    missing: Missing | None = None
    products: tuple[Product, ...] = ()
    choices: Choices = field(default_factory=dict)
    refused: BundleVerdict | None = None

    @property
    def saving(self) -> int:
        """The most that one of its tiers saves."""
        return max((tier.saving for tier in self.tiers), default=0)


def best_offers(
    bundles: Iterable[Bundle],
    products: Products,
    currency: str | None,
    lines: Sequence[Line] = (),
    choices: Callable[[list[Product]], Choices] = lambda products: {},
    limit: int = 3,
    first: str | None = None,
    judged: list[JudgedBundle] | None = None,
) -> list[BundleOffer]:
    """The *limit* bundles that save most, ties by id; those that save nothing or cannot be had beside *lines* are left out.

    Args:
        products: Known products; None or absent where the shop has none.
        currency: Of products that name none.
        choices: Finds the variants of products; asked once, for the bundles that are likely shown.
        first: The product that is chosen first where the shopper chooses.
        judged: Filled with a verdict on every bundle.
    """
    judging = judged is not None
    found = [bundle_offer(bundle, products, {}, currency, lines, first, judging) for bundle in bundles]
    likely = _ranked(found)[: 2 * limit]
    variants = choices([piece.product for offer in likely for tier in offer.tiers for piece in tier.pieces])
    if variants:
        again = [bundle_offer(offer.bundle, products, variants, currency, lines, first, judging) for offer in likely]
        likely, found = _ranked(again), [*found, *again]
    if judged is not None:
        judged.extend(_judged(found, likely[:limit], limit))
    return likely[:limit]


def _judged(found: Sequence[BundleOffer], shown: Sequence[BundleOffer], limit: int) -> list[JudgedBundle]:
    """A verdict on each bundle; of those *found* twice the later offer counts."""
    latest = {offer.bundle.id: offer for offer in found}
    places = {offer.bundle.id: place for place, offer in enumerate(shown, start=1)}
    full = BundleVerdict("full", limit=limit)
    return [
        JudgedBundle(
            offer.bundle,
            BundleVerdict("shown", place=places[number]) if number in places else offer.refused or full,
            offer.saving or None,
            offer.currency,
        )
        for number, offer in latest.items()
    ]


def bundle_offer(
    bundle: Bundle,
    products: Products,
    choices: Choices,
    currency: str | None,
    lines: Sequence[Line] = (),
    first: str | None = None,
    judging: bool = False,
) -> BundleOffer:
    """*bundle* with those of its tiers that can be had and save something; with *judging* why there are none."""
    definition = bundle.definition
    there = {
        name: product
        for name in definition.product_ids
        if (product := products.get(name)) is not None and is_eligible(product)
    }
    currencies = {product.currency or currency for product in there.values()}
    if len(currencies) != 1:
        several = BundleVerdict("currencies") if currencies else None
        why = several or lacking(definition.tiers[0], products, lines) if judging else None
        return BundleOffer(bundle, currency, refused=why)
    money = currencies.pop()
    stock = {name: product.stock for name, product in there.items()}
    tiers: list[TierOffer] = []
    refused: list[BundleVerdict] = []
    for number, tier in enumerate(definition.tiers):
        enough_there = sets_available(tier, stock, lines) != 0
        offer = tier_offer(definition, number, there, choices, money, first) if enough_there else None
        if offer is not None and offer.saving > 0:
            tiers.append(offer)
        elif judging:
            why = _refused(tier, offer, there, choices, money) if enough_there else lacking(tier, products, lines)
            refused.append(why)
    return BundleOffer(bundle, money, tuple(tiers), refused=refused[0] if refused and not tiers else None)


def _refused(
    tier: Tier, offer: TierOffer | None, products: Mapping[str, Product], choices: Choices, currency: str | None
) -> BundleVerdict:
    """Why a *tier* of which there are enough pieces is not offered: it saves nothing, or a variant is gone."""
    if offer is not None:
        return no_saving(tier, offer.total, _free(tier, offer.pieces), currency)
    needed = ((place, one) for place, one in enumerate(tier.components) if not one.optional)
    gone = (one.product_id for place, one in needed if _piece(place, one, products, choices, currency) is None)
    return BundleVerdict("variants", product_id=next(gone, None))


def tier_offer(
    definition: Definition,
    number: int,
    products: Mapping[str, Product],
    choices: Choices,
    currency: str | None,
    first: str | None = None,
) -> TierOffer | None:
    """A tier with all its pieces, optional ones too; None where too few of the required ones can be had."""
    tier = definition.tiers[number]
    found = [_piece(place, component, products, choices, currency) for place, component in enumerate(tier.components)]
    if not tier.least and any(
        piece is None and not component.optional for piece, component in zip(found, tier.components, strict=True)
    ):
        return None
    pieces = tuple(piece for piece in found if piece is not None)
    if tier.least:
        pieces = _chosen(definition, tier, pieces, first)
        if sum(piece.pieces for piece in pieces) < tier.least:
            return None
    return TierOffer(number, tier, pieces, *cost(definition, tier, pieces, currency))


def cost(definition: Definition, tier: Tier, pieces: Sequence[Piece], currency: str | None) -> tuple[int, int]:
    """What *pieces* cost one by one, and what is saved on them; minor units. The till says the same of such a cart."""
    total = sum(piece.unit_price * piece.pieces for piece in pieces)
    if definition.kind == "steps" and tier.price.kind != "percent":
        each = sum(tier.price.most_for_piece(piece.unit_price, currency or "") * piece.pieces for piece in pieces)
        return total, each
    saving = tier.price.saving(total, _free(tier, pieces), currency or "")
    return total, 0 if isinstance(saving, NoSaving) else saving


def allowed(component: Component, variants: Iterable[Variant]) -> tuple[Variant, ...]:
    """The variants that count as *component*."""
    return tuple(one for one in variants if not component.variants or one.id in component.variants)


def _ranked(offers: Iterable[BundleOffer]) -> list[BundleOffer]:
    return sorted((one for one in offers if one.saving > 0), key=lambda one: (-one.saving, one.bundle.id))


def _piece(
    number: int, component: Component, products: Mapping[str, Product], choices: Choices, currency: str | None
) -> Piece | None:
    product = products.get(component.product_id)
    if product is None or not enough(product.stock, component.quantity):
        return None
    known = choices.get(product.id, ())
    variants = allowed(component, known)
    there = [one for one in variants if enough(one.stock, component.quantity)]
    if known and not there:
        return None
    if not known and component.variants:
        variants = tuple(Variant(one, one) for one in component.variants)  # all that is known of them is their names
        there = list(variants)
    variant = there[0] if there else None
    price = product.price if variant is None or variant.price is None else variant.price
    return Piece(number, component, product, variants, variant, to_minor(price, currency), component.quantity)


def enough(stock: int | None, pieces: int) -> bool:
    """Whether *pieces* can be sold."""
    return stock is None or stock >= pieces


def _chosen(definition: Definition, tier: Tier, pieces: Sequence[Piece], first: str | None) -> tuple[Piece, ...]:
    """The pieces of a mix or of quantity steps with a choice made: *first* before others, one of each in turn."""
    order = sorted(pieces, key=lambda piece: (piece.product.id != first, piece.number))
    counts = dict.fromkeys((piece.number for piece in order), 0)
    missing = tier.least
    steps = definition.kind == "steps"
    before = missing + 1
    while 0 < missing < before:
        before = missing
        for piece in order:
            more = missing if steps else 1
            room = _room(piece)
            more = more if room is None else min(more, room - counts[piece.number])
            if missing and more > 0:
                counts[piece.number] += more
                missing -= more
    return tuple(replace(piece, pieces=counts[piece.number]) for piece in pieces)


def _room(piece: Piece) -> int | None:
    limits = [piece.product.stock, piece.variant.stock if piece.variant else None]
    return min((limit for limit in limits if limit is not None), default=None)


def _free(tier: Tier, pieces: Sequence[Piece]) -> int:
    """What the pieces that may be free cost: those marked, or in a mix the cheapest."""
    if tier.price.kind != "free":
        return 0
    if not tier.least:
        return sum(piece.unit_price * piece.pieces for piece in pieces if piece.component.free)
    each = sorted(piece.unit_price for piece in pieces for _ in range(piece.pieces))
    return sum(each[: tier.price.pieces])
