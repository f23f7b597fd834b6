"""A tier: components with a price, as every kind of bundle has one or more; what is wrong with it as one of a kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ..core.errors import N_, shown
from ..core.problems import Path, Problem, refuse
from ..shop.ports import clean_id
from .price import Price
from .price_kinds import BundleKind, rules_for

MAX_COMPONENTS: Final = 200
MAX_OPTIONAL: Final = 4
"""Optional components of a tier: each doubles the ways to fill it."""

MAX_QUANTITY: Final = 1_000_000
"""Items of one product, in a bundle as in a cart line."""

_QUANTITY: Final = N_(
    "The quantity of a component must be a whole number from %(least)s to %(most)s; %(value)s is not."
)


@dataclass(frozen=True, slots=True)
class Component:
    """A product that a set needs.

    Attributes:
        product_id: The shop's id.
        quantity: Items of it in one set; 1 in a mix and in quantity steps, where items are counted together.
        optional: The set applies without it; with it, it is discounted too.
        free: It costs nothing, for the price kind ``free``.
        variants: The variants that count; all when empty.
    """

    product_id: str
    quantity: int = 1
    optional: bool = False
    free: bool = False
    variants: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "product_id", clean_id(self.product_id))
        refuse(whole_problems(("quantity",), _QUANTITY, self.quantity, 1, MAX_QUANTITY))
        names = {clean_id(variant, "variant id") for variant in self.variants}
        object.__setattr__(self, "variants", tuple(sorted(names)))

    def takes(self, product_id: str, variant_id: str | None) -> bool:
        """Whether an item of this product and variant counts as this component."""
        return product_id == self.product_id and (not self.variants or variant_id in self.variants)


@dataclass(frozen=True, slots=True)
class Tier:
    """One set of components with its price.

    Attributes:
        components: What is in it; in a mix and in quantity steps, what may be chosen.
        price: What it costs less.
        least: Items to choose in a mix at least; items from which a quantity step holds. 0 elsewhere.
        most: Items to choose in a mix at most. 0 elsewhere.
        plain: Products and items of a set in which nothing can be chosen; None elsewhere. Made here, because pricing
            asks for it with each cart.
    """

    components: tuple[Component, ...]
    price: Price
    least: int = 0
    most: int = 0
    plain: tuple[tuple[str, int], ...] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "components", tuple(self.components))
        object.__setattr__(self, "plain", _plain(self))
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem]:
        count = len(self.components)
        if not 1 <= count <= MAX_COMPONENTS:
            message = N_("A bundle needs 1 to %(most)s products, not %(count)s; add or remove some.")
            yield Problem(("components",), message, {"most": MAX_COMPONENTS, "count": count})
        if len(set(self.components)) != count:
            message = N_("The same product is in the bundle twice; increase its quantity instead.")
            yield Problem(("components",), message, {})

    def sets_in(self, quantity: int) -> int:
        """How many sets of a mix *quantity* items are: full ones, and one of the rest where that is enough."""
        return quantity // self.most + (quantity % self.most >= self.least)


def _plain(tier: Tier) -> tuple[tuple[str, int], ...] | None:
    if tier.least or tier.price.kind == "free" or any(one.optional or one.variants for one in tier.components):
        return None
    quantities: dict[str, int] = {}
    for one in tier.components:
        quantities[one.product_id] = quantities.get(one.product_id, 0) + one.quantity
    return tuple(quantities.items())


def tier_problems(kind: BundleKind, tier: Tier) -> Iterator[Problem]:
    """What is wrong with *tier* as one of a bundle of *kind*; paths begin at the tier."""
    if kind not in _CHECKS:
        return
    if kind not in tier.price.rule.bundles:
        message = N_("A bundle of kind '%(kind)s' can't have the price kind '%(price)s'; use one of %(names)s.")
        values = {"kind": kind, "price": tier.price.kind, "names": ", ".join(rules_for(kind))}
        yield Problem(("price", "kind"), message, values)
    for check in _CHECKS[kind]:
        yield from check(tier)


def _set(tier: Tier) -> Iterator[Problem]:
    if tier.least or tier.most:
        message = N_("Only mix and match and volume discounts use least and most; leave both at 0.")
        yield Problem(("least",), message, {})
    required = [component for component in tier.components if not component.optional]
    if sum(component.quantity for component in required) < 2:
        message = N_("A bundle needs at least two items that aren't optional; add a product or increase a quantity.")
        yield Problem(("components",), message, {})
    if len(tier.components) - len(required) > MAX_OPTIONAL:
        message = N_(
            "A bundle can have at most %(most)s optional products; use mix and match or good / better / best kits "
            "instead."
        )
        yield Problem(("components",), message, {"most": MAX_OPTIONAL})
    if len(required) < len(tier.components) and tier.price.rule.whole_price:
        message = N_(
            "A fixed price can't have optional products; use good / better / best kits with a price for each kit."
        )
        yield Problem(("price",), message, {})
    yield from _free(tier)


def _free(tier: Tier) -> Iterator[Problem]:
    given = [component for component in tier.components if component.free]
    if bool(given) != (tier.price.kind == "free"):
        message = N_("Price kind 'free' needs at least one component marked free; other price kinds can't have any.")
        yield Problem(("components",), message, {})
    elif given and all(component.free or component.optional for component in tier.components):
        message = N_("Buy X get Y needs a product to buy; add a product that is neither free nor optional.")
        yield Problem(("components",), message, {})


def _counted(tier: Tier) -> Iterator[Problem]:
    if any(c.quantity != 1 or c.optional or c.free for c in tier.components):
        message = N_(
            "Products of mix and match and volume discounts are counted together: no quantity, optional or free."
        )
        yield Problem(("components",), message, {})


def _mix(tier: Tier) -> Iterator[Problem]:
    least = N_("The minimum of mix and match must be a whole number from %(least)s to %(most)s; %(value)s is not.")
    most = N_("The maximum of mix and match must be a whole number from %(least)s to %(most)s; %(value)s is not.")
    wrong = [*whole_problems(("least",), least, tier.least, 1, 100)]
    wrong = wrong or [*whole_problems(("most",), most, tier.most, tier.least, 100)]
    if wrong:
        yield from wrong
        return
    if tier.most < 2:
        yield Problem(("most",), N_("Mix and match needs at least two items; increase the number to pick."), {})
    elif tier.price.kind == "free" and tier.price.pieces >= tier.least:
        message = N_("The number of free items must be lower than the number picked; reduce it.")
        yield Problem(("price", "pieces"), message, {})
    if tier.price.rule.whole_price and tier.least != tier.most:
        message = N_("Mix and match at a fixed price needs one number of items; set least and most to the same number.")
        yield Problem(("most",), message, {})


def _step(tier: Tier) -> Iterator[Problem]:
    message = N_(
        "The minimum quantity of a volume discount must be a whole number from %(least)s to %(most)s; %(value)s is not."
    )
    yield from whole_problems(("least",), message, tier.least, 1, MAX_QUANTITY)
    if tier.most:
        message = N_("A volume discount applies to all items from its minimum quantity; leave most at 0.")
        yield Problem(("most",), message, {})


_CHECKS: Final[Mapping[str, tuple[Callable[[Tier], Iterator[Problem]], ...]]] = {
    "set": (_set,),
    "ladder": (_set,),
    "extra": (_set,),
    "mix": (_counted, _mix),
    "steps": (_counted, _step),
}


def whole_problems(path: Path, message: str, value: object, least: int, most: int) -> Iterator[Problem]:
    """Nothing where *value* is a whole number from *least* to *most*, else *message* at *path*."""
    if type(value) is not int or not least <= value <= most:
        yield Problem(path, message, {"least": least, "most": most, "value": shown(value)})
