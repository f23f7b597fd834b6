"""What a file says of products, compared with the shop: ids and variants that it does not have, or that are others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ...core.errors import N_, InputError
from ...core.typed import folded
from ...shop.ports import Catalog, OffersVariants, Product, Variant
from ..tier import Component
from .reading import MOST_TOLD, Written

MOST_SEARCHED: Final = 100
"""Titles of a file that are looked up in the catalogue at most."""


def compared(written: Sequence[Written], catalog: Catalog) -> list[list[InputError]]:
    """Of each bundle, which has a definition, what is wrong with its products.

    They and their variants must be in the *catalog*, and none may have the title of another one beside it. Raises what
    the catalogue raises.
    """
    parts = [_components(one) for one in written]
    ids = sorted({part.product_id for each in parts for part in each})
    known: dict[str, Product] = {}
    variants: dict[str, Sequence[Variant]] = {}
    for chunk in chunks(ids, 500):
        known |= {name: product for name, product in catalog.get_many(chunk).items() if product is not None}
        variants |= catalog.variants(chunk) if isinstance(catalog, OffersVariants) else {}
    shop = _Shop(catalog, known, variants)
    return [
        [error for part in each for error in shop.wrong(part, one.titles)][:MOST_TOLD]
        for one, each in zip(written, parts, strict=True)
    ]


def chunks(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """*values* in parts of *size*."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _components(written: Written) -> list[Component]:
    assert written.definition is not None
    parts = [part for tier in written.definition.tiers for part in tier.components]
    return list({(part.product_id, part.variants): part for part in parts}.values())


class _Shop:
    """The shop's products and their *variants*, and which products have a title that the file gives to another one."""

    def __init__(
        self, catalog: Catalog, known: Mapping[str, Product], variants: Mapping[str, Sequence[Variant]]
    ) -> None:
        self._catalog = catalog
        self._known = known
        self._variants = variants
        self._called: dict[str, str | None] = {}

    def wrong(self, part: Component, titles: Mapping[str, str]) -> Iterator[InputError]:
        """What is wrong with *part*, beside whose id *titles* has a title in the file."""
        name, title = part.product_id, titles.get(part.product_id, "")
        product = self._known.get(name)
        if product is None or (title and folded(product.title) != folded(title)):
            meant = self._named(title) if title else None
            values = {"id": f"{name!r:.60}", "title": f"{title!r:.60}", "other": f"{meant!r:.60}"}
            if meant is not None and meant != name:
                message = N_(
                    "Product %(id)s is not %(title)s, which is %(other)s; correct product_id or product_title."
                )
                yield InputError(message, **values)
            elif product is None:
                yield InputError(N_("The shop has no product %(id)s; enter the shop's product ID."), **values)
        if product is not None:
            yield from self._wrong_variants(part)

    def _wrong_variants(self, part: Component) -> Iterator[InputError]:
        there = [str(one.id) for one in self._variants.get(part.product_id, ())]
        for variant in part.variants:
            if variant not in there and isinstance(self._catalog, OffersVariants):
                message = N_("Product %(id)s has no variant %(variant)s; it has %(names)s.")
                names = ", ".join(f"{one!r:.40}" for one in there[:10]) or "–"
                yield InputError(message, id=f"{part.product_id!r:.60}", variant=f"{variant!r:.40}", names=names)

    def _named(self, title: str) -> str | None:
        """The id of the only product with this *title*; of the first `MOST_SEARCHED` titles only."""
        if title not in self._called and len(self._called) < MOST_SEARCHED:
            found = [one.id for one in self._catalog.search(title, 20) if folded(one.title) == folded(title)]
            self._called[title] = found[0] if len(found) == 1 else None
        return self._called.get(title)
