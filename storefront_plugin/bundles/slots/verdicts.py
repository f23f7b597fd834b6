"""Why a page shows a bundle or not, as data: a kind with the values that its sentence needs, and the sentences."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ...core.errors import N_
from ...shop.ports import Product
from ...shop.sellable import is_eligible
from ..bundle import Bundle, OffKind
from ..cart.lines import LineItem
from ..cart.next_offers import MissingItem
from ..quote import Why
from ..tier import Tier

AbsentKind: TypeAlias = Literal["missing", "hidden", "sold_out"]

BundleVerdictKind: TypeAlias = (
    Literal[
        "shown", "applied", "near", "full", "behind", "bound", "too_few", "variants", "currencies", "unpriced",
        "instead", "taken", "far", "other_variant",
    ]
    | OffKind
    | AbsentKind
    | Why
)  # fmt: skip
"""What became of a bundle.

``shown`` on a product page. In a cart ``applied``, or ``near``: shown with what is missing. ``full``: others come first.
``behind``: only the first next offers of a cart are looked at, and it is none of them. ``bound``: its products are beyond those
that a page looks up. ``missing``, ``hidden``, ``sold_out``: one of its products is. ``too_few``: fewer are available than
it needs. ``variants``: no variant of a product is available. ``currencies``: its products are in several ones.
``unpriced``: a price is missing, so that its saving is not known. ``instead``: with another bundle in its place the cart
saves most. ``taken``: it lacks items, and another bundle uses those that are there. ``far``: the cart has too little of
it. ``other_variant``: nothing in the cart counts for it, for want of the right variant.
"""


VERDICTS: Mapping[BundleVerdictKind, str] = {
    "shown": N_("Shown #%(place)s"),
    "applied": N_("Already applied to the cart"),
    "near": N_("Shown #%(place)s"),
    "full": N_("Others come first: limit of %(limit)s reached"),
    "behind": N_("Others come first: for a cart, only the best %(limit)s are checked"),
    "bound": N_("Not checked: a page checks at most %(limit)s bundle products"),
    "scheduled": N_("Starts on %(moment)s"),
    "ended": N_("Ended on %(moment)s"),
    "used_up": N_("Total limit of %(limit)s reached"),
    "segment": N_("Only for customer segment %(segment)s"),
    "staff_only": N_("Code required"),
    "missing": N_("%(product)s isn't in the catalogue"),
    "hidden": N_("%(product)s isn't visible in the shop"),
    "sold_out": N_("%(product)s is sold out"),
    "too_few": N_("Not enough stock of %(product)s"),
    "variants": N_("No variant of %(product)s is available"),
    "currencies": N_("Its products have prices in several currencies"),
    "unpriced": N_("Saving unknown: a price in %(currency)s is missing"),
    "no_amount": N_("No amount set in %(currency)s"),
    "costs_more": N_("It costs more than its products separately"),
    "saves_nothing": N_("No saving"),
    "instead": N_("%(instead)s saves more in this cart"),
    "taken": N_("Not enough items: %(instead)s uses those in the cart"),
    "far": N_("Not enough of it in the cart"),
    "other_variant": N_("The cart doesn't have the required variant"),
}
"""Each in words, with values for what they name."""


@dataclass(frozen=True, slots=True)
class BundleVerdict:
    """What became of a bundle; only the values that its kind needs are there.

    Attributes:
        place: In the slot, from 1.
        count: How often it applies.
        limit: The limit that is reached: of the slot, the look-up, an order or all orders.
        moment: When it starts or ended.
        segment: Whom it is for.
        product_id: The component that is not available.
        currency: In which an amount or a price is missing.
        lacks: What the cart lacks.
        replaced_by: Id of the bundle that applies in its place.
    """

    kind: BundleVerdictKind
    place: int | None = None
    count: int = 0
    limit: int | None = None
    moment: dt.datetime | None = None
    segment: str | None = None
    product_id: str | None = None
    currency: str | None = None
    lacks: tuple[MissingItem, ...] = ()
    replaced_by: int | None = None


@dataclass(frozen=True, slots=True)
class ExplainedBundle:
    """A bundle of a page and what became of it; *saving* is in minor units of *currency*, None where there is none."""

    bundle: Bundle
    verdict: BundleVerdict
    saving: int | None = None
    currency: str | None = None


def off(bundle: Bundle, kind: OffKind) -> BundleVerdict:
    """The verdict on *bundle* that is not on for the shopper."""
    definition = bundle.definition
    if kind == "used_up":
        return BundleVerdict(kind, limit=definition.limit_in_all)
    if kind in ("scheduled", "ended"):
        schedule = definition.schedule
        return BundleVerdict(kind, moment=schedule.start if kind == "scheduled" else schedule.end)
    return BundleVerdict(kind, segment=definition.segment if kind == "segment" else None)


def absent(product_id: str, product: Product | None) -> BundleVerdict | None:
    """The verdict that *product* is not available at all; None where it is."""
    if product is None:
        return BundleVerdict("missing", product_id=product_id)
    if is_eligible(product):
        return None
    return BundleVerdict("sold_out" if product.visible else "hidden", product_id=product_id)


def lacking(tier: Tier, products: Mapping[str, Product | None], lines: Sequence[LineItem]) -> BundleVerdict:
    """The verdict on a *tier* that is not available beside *lines*: names the first product that it needs and lacks."""
    needed = [one for one in tier.components if not one.optional]
    for one in needed:
        verdict = absent(one.product_id, products.get(one.product_id))
        if verdict is not None:
            return verdict
    for one in () if tier.least else needed:
        product = products[one.product_id]
        in_cart = sum(line.quantity for line in lines if line.product_id == one.product_id)
        quantity = sum(other.quantity for other in needed if other.product_id == one.product_id)
        if product is not None and product.stock is not None and product.stock - in_cart < quantity:
            return BundleVerdict("too_few", product_id=one.product_id)
    return BundleVerdict("too_few")
