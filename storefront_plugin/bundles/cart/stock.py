"""How many sets are available: as many as the scarcest component allows after all cart lines that share it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ...shop.cleaning import stock_left
from ...shop.ports import Catalog, LiveStock, OffersVariants, Product, Variant
from ...shop.values import Unusable
from ..bundle import Bundle
from ..definition import Definition
from ..tier import Tier
from .lines import LineItem

Stock: TypeAlias = Mapping[str, int | None]
"""Items that can be sold by product id; None where stock is not tracked. A product that is not in it is not available."""


class Remaining:
    """Stock from which items are taken one after another.

    Args:
        stock: Of products.
        variants: Of the variants of each product that has some, by their ids.
        lines: The cart, which is taken first.
    """

    def __init__(
        self, stock: Stock, variants: Mapping[str, Stock] | None = None, lines: Iterable[LineItem] = ()
    ) -> None:
        self._products = dict(stock)
        self._variants = {name: dict(known) for name, known in (variants or {}).items() if known}
        self._loose: dict[str, int] = {}
        for line in lines:
            self.take(line.product_id, line.variant_id, line.stock_quantity)

    def of(self, product_id: str, variant_id: str | None = None) -> int | None:
        """Items of a product, in all its variants together, or of one variant; None where nothing limits them."""
        limits = [self._products.get(product_id, 0), self._of_variants(product_id, variant_id)]
        known = [max(0, limit) for limit in limits if limit is not None]
        return min(known, default=None)

    def has(self, product_id: str, variant_id: str | None, quantity: int) -> bool:
        """Whether *quantity* are left."""
        return enough(self.of(product_id, variant_id), quantity)

    def take(self, product_id: str, variant_id: str | None, quantity: int) -> None:
        """Take *quantity* away; more than there are leaves none."""
        _subtract(self._products, product_id, quantity)
        known = self._variants.get(product_id, {})
        if variant_id in known:
            _subtract(known, variant_id, quantity)
        elif known:  # in a variant that nobody knows, so that all of them together are fewer
            self._loose[product_id] = self._loose.get(product_id, 0) + quantity

    def _of_variants(self, product_id: str, variant_id: str | None) -> int | None:
        known = self._variants.get(product_id)
        if known is None:
            return None
        if variant_id is not None:
            return known.get(variant_id, 0)
        quantity = [left for left in known.values() if left is not None]
        if len(quantity) < len(known):
            return None
        return sum(max(0, left) for left in quantity) - self._loose.get(product_id, 0)


def enough(stock: int | None, quantity: int) -> bool:
    """Whether *quantity* can be sold."""
    return stock is None or stock >= quantity


def _subtract(stock: dict[str, int | None], name: str | None, quantity: int) -> None:
    left = stock.get(name) if name is not None else None
    if left is not None and name is not None:
        stock[name] = left - quantity


@dataclass(frozen=True, slots=True)
class Shortage:
    """More items of a product, or of one of its variants, stand in the cart, in all lines together, than can be sold."""

    product_id: str
    wanted: int
    there: int
    variant_id: str | None = None


def sets_available(tier: Tier, stock: Stock, lines: Iterable[LineItem] = ()) -> int | None:
    """How many sets of *tier* can still be added beside *lines*; None where nothing limits them.

    Optional components do not limit. In a mix and in quantity steps all products are counted together.
    """
    left = Remaining(stock, lines=lines)
    if tier.least:
        return _of_group(tier, left)
    needed: dict[str, int] = {}
    for component in tier.components:
        if not component.optional:
            needed[component.product_id] = needed.get(component.product_id, 0) + component.quantity
    limits = [(left.of(product_id), quantity) for product_id, quantity in needed.items()]
    return min((there // quantity for there, quantity in limits if there is not None), default=None)


def bundle_available(definition: Definition, stock: Stock, lines: Iterable[LineItem] = ()) -> bool:
    """Whether at least one set of one tier is available beside *lines*; if not, the bundle is not shown."""
    given = tuple(lines)
    return any(sets_available(tier, stock, given) != 0 for tier in definition.tiers)


def can_have(
    product: Product | None,
    quantity: int,
    lines: Iterable[LineItem] = (),
    variants: Sequence[Variant] = (),
    allowed: Sequence[str] = (),
) -> bool:
    """Whether *quantity* more of *product* is available beside *lines*; never of one that is unknown or hidden.

    Of a product with *variants*, one of those *allowed* (all when empty) must have all items by itself.
    """
    if product is None or not product.visible:
        return False
    known = {str(one.id): _stock(one) for one in variants}
    own = (line for line in lines if line.product_id == product.id)
    left = Remaining({product.id: product.stock}, {product.id: known}, own)
    names = [name for name in known if not allowed or name in allowed] if known else [None]
    return any(left.has(product.id, name, quantity) for name in names)


def shortages(stock: Stock, lines: Iterable[LineItem]) -> list[Shortage]:
    """Products of which *lines* want more than can be sold, by id."""
    wanted = _sums(lines)
    return [
        Shortage(product_id, quantity, max(0, stock.get(product_id, 0) or 0))
        for product_id, quantity in sorted(wanted.items())
        if not enough(stock.get(product_id, 0), quantity)
    ]


def recheck(catalog: Catalog, lines: Sequence[LineItem], bundles: Sequence[Bundle] = ()) -> list[Shortage]:
    """Read the stock of a cart afresh, at checkout: no lock, nothing of ours is written.

    One call of the catalogue, and one more where it offers variants and a line names one. After the products come the
    variants; one that the catalogue does not name among those of its product is not available. The shop's own lines, which
    are not in the catalogue, have no stock and are passed over.
    *bundles* are only named so that their products are read in the same call; see `read_stock`.
    """
    lines = [line for line in lines if line.in_catalog]
    ids = {line.product_id for line in lines}.union(*(bundle.definition.product_ids for bundle in bundles))
    return [*shortages(read_stock(catalog, ids), lines), *_of_variants(catalog, lines)]


def _of_variants(catalog: Catalog, lines: Iterable[LineItem]) -> list[Shortage]:
    """Variants of which *lines* want more than can be sold, by id; nothing of products without known variants."""
    wanted: dict[tuple[str, str], int] = {}
    for line in lines:
        if line.variant_id is not None:
            key = line.product_id, line.variant_id
            wanted[key] = wanted.get(key, 0) + line.stock_quantity
    if not wanted or not isinstance(catalog, OffersVariants):
        return []
    known = catalog.variants(sorted({product_id for product_id, _ in wanted}))
    found = []
    for (product_id, variant_id), quantity in sorted(wanted.items()):
        stock = {str(one.id): _stock(one) for one in known.get(product_id, ())}
        if stock and not enough(stock.get(variant_id, 0), quantity):
            found.append(Shortage(product_id, quantity, max(0, stock.get(variant_id, 0) or 0), variant_id))
    return found


def read_stock(catalog: Catalog, product_ids: Iterable[str]) -> dict[str, int | None]:
    """The stock of products, live where the catalogue can tell it; unknown and hidden products are left out."""
    ids = sorted(set(product_ids))
    if not ids:
        return {}
    if isinstance(catalog, LiveStock):
        return dict(catalog.live_stock(ids))
    return {product_id: found.stock for product_id, found in catalog.get_many(ids).items() if found.visible}


def _sums(lines: Iterable[LineItem]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.product_id] = sums.get(line.product_id, 0) + line.stock_quantity
    return sums


def _of_group(tier: Tier, left: Remaining) -> int | None:
    there = [left.of(product_id) for product_id in sorted({one.product_id for one in tier.components})]
    if None in there:
        return None
    return sum(quantity for quantity in there if quantity is not None) // tier.least


def _stock(variant: Variant) -> int | None:
    """The stock of a variant as a catalogue gave it; what cannot be read is not tracked, as with products."""
    try:
        return stock_left(variant.stock)
    except Unusable:
        return None
