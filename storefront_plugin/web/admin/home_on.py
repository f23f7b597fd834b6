"""The bundles that are on, for the first page: what each is called, and whether shoppers see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...bundles.definition import Definition
from ...bundles.listing import Row, definitions_of
from ...errors import AdapterError
from ...proxies import current_storefront
from .bundle_absences import Absence, absence
from .language import admin_texts
from .products import look_up


@dataclass(frozen=True, slots=True)
class BundleOn:
    """A bundle that is on by its schedule; *absence* says why shoppers are not shown it all the same."""

    row: Row
    title: str
    absence: Absence | None


def bundles_on(rows: Sequence[Row]) -> list[BundleOn]:
    """*rows* in the merchant's language; all their products are looked up at once. Raises `DatabaseUnavailable`."""
    definitions = definitions_of(current_storefront.database, [row.id for row in rows])
    absences, language = _absences(definitions), admin_texts().language
    return [
        BundleOn(
            row,
            definitions[row.id].words_in(language).title if row.id in definitions else row.title,
            absences.get(row.id),
        )
        for row in rows
    ]


def _absences(definitions: dict[int, Definition]) -> dict[int, Absence | None]:
    """By bundle; none where the catalogue fails, of which the page tells elsewhere."""
    try:
        products = look_up(sorted(frozenset[str]().union(*(one.product_ids for one in definitions.values()))))
    except AdapterError:
        return {}
    return {number: absence(one, products) for number, one in definitions.items()}
