"""How many sets can be had: as many as the scarcest component allows after all cart lines that share it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..shop.ports import Catalog, LiveStock, OffersVariants
from .bundle import Bundle
from .definition import Definition, Tier
from .lines import Line

Stock: TypeAlias = Mapping[str, int | None]
"""Pieces that can be sold by product id; None where stock is not tracked. A product that is not in it cannot be had."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """More pieces of a product, or of one of its variants, stand in the cart, in all lines together, than can be sold."""

    product_id: str
    wanted: int
    there: int
    variant_id: str | None = None


def sets_available(tier: Tier, stock: Stock, lines: Iterable[Line] = ()) -> int | None:
    """How many sets of *tier* can still be added beside *lines*; None where nothing limits them.

    Optional components do not limit. In a mix and in quantity steps all products are counted together.
    """
    left = _left(stock, lines)
    if tier.least:
        return _of_group(tier, left)
    needed: dict[str, int] = {}
    for component in tier.components:
        if not component.optional:
            needed[component.product_id] = needed.get(component.product_id, 0) + component.quantity
    return _least(_sets(left, product_id, pieces) for product_id, pieces in needed.items())


def bundle_available(definition: Definition, stock: Stock, lines: Iterable[Line] = ()) -> bool:
    """Whether at least one set of one tier can be had beside *lines*; if not, the bundle is not shown."""
    given = tuple(lines)
    return any(sets_available(tier, stock, given) != 0 for tier in definition.tiers)


def shortages(stock: Stock, lines: Iterable[Line]) -> list[Shortage]:
    """Products of which *lines* want more than can be sold, by id."""
    wanted = _sums(lines)
    return [
        Shortage(product_id, pieces, max(0, stock.get(product_id, 0) or 0))
        for product_id, pieces in sorted(wanted.items())
        if not _tracked_enough(stock, product_id, pieces)
    ]


def recheck(catalog: Catalog, lines: Sequence[Line], bundles: Sequence[Bundle] = ()) -> list[Shortage]:
    """Read the stock of a cart afresh, at checkout: no lock, nothing of ours is written.

    One call of the catalogue, and one more where it offers variants and a line names one. After the products come the
    variants; one that the catalogue does not name among those of its product cannot be had.
    *bundles* are only named so that their products are read in the same call; see `read_stock`.
    """
    ids = {line.product_id for line in lines}.union(*(bundle.definition.product_ids for bundle in bundles))
    return [*shortages(read_stock(catalog, ids), lines), *_of_variants(catalog, lines)]


def _of_variants(catalog: Catalog, lines: Iterable[Line]) -> list[Shortage]:
    """Variants of which *lines* want more than can be sold, by id; nothing of products without known variants."""
    wanted: dict[tuple[str, str], int] = {}
    for line in lines:
        if line.variant_id is not None:
            key = line.product_id, line.variant_id
            wanted[key] = wanted.get(key, 0) + line.quantity
    if not wanted or not isinstance(catalog, OffersVariants):
        return []
    known = catalog.variants(sorted({product_id for product_id, _ in wanted}))
    found = []
    for (product_id, variant_id), pieces in sorted(wanted.items()):
        stock = {one.id: one.stock for one in known.get(product_id, ())}
        if stock and not _tracked_enough(stock, variant_id, pieces):
            found.append(Shortage(product_id, pieces, max(0, stock.get(variant_id, 0) or 0), variant_id))
    return found


def read_stock(catalog: Catalog, product_ids: Iterable[str]) -> dict[str, int | None]:
    """The stock of products, live where the catalogue can tell it; unknown and hidden products are left out."""
    ids = sorted(set(product_ids))
    if not ids:
        return {}
    if isinstance(catalog, LiveStock):
        return dict(catalog.live_stock(ids))
    return {product_id: found.stock for product_id, found in catalog.get_many(ids).items() if found.visible}


def _left(stock: Stock, lines: Iterable[Line]) -> dict[str, int | None]:
    wanted = _sums(lines)
    return {
        product_id: None if pieces is None else max(0, pieces - wanted.get(product_id, 0))
        for product_id, pieces in stock.items()
    }


def _sums(lines: Iterable[Line]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.product_id] = sums.get(line.product_id, 0) + line.quantity
    return sums


def _sets(left: Stock, product_id: str, pieces: int) -> int | None:
    there = left.get(product_id, 0)
    return None if there is None else there // pieces


def _of_group(tier: Tier, left: Stock) -> int | None:
    there = [left.get(product_id, 0) for product_id in sorted({one.product_id for one in tier.components})]
    if None in there:
        return None
    return sum(pieces for pieces in there if pieces is not None) // tier.least


def _least(limits: Iterable[int | None]) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _tracked_enough(stock: Stock, product_id: str, pieces: int) -> bool:
    there = stock.get(product_id, 0)
    return there is None or pieces <= there
