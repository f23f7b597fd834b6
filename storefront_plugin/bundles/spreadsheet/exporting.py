"""Bundles as a spreadsheet: written a page at a time, so that any number of them goes out."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ...core.errors import InputError, StorefrontError
from ...core.sql.database import Database
from ...shop.cleaning import clean_products
from ...shop.ports import Catalog
from ..definition import Definition
from ..store.definition_json import load_definition
from ..store.listing import Filters, conditions
from ..store.tables import BundleRow
from ..tier import Component, Tier
from .cells import read_text, write_amount, write_flag, write_moment, write_number, write_text, write_variants
from .columns import AMOUNT, Sheet
from .comparing import chunks

logger = logging.getLogger(__name__)

PAGE = 500
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Without it Excel reads UTF-8 as something else."""


def export_csv(
    database: Database, filters: Filters | None = None, timezone: str = "UTC", catalog: Catalog | None = None
) -> Iterator[str]:
    """The filtered bundles (all when None) by id, as chunks of text for `csv_import.import_csv`; needs an app context.

    With *catalog* each product has its title beside its id. The definitions are read twice: first for the columns.
    Raises `DatabaseUnavailable`.
    """
    sheet = _sheet(database, filters or Filters(), ZoneInfo(timezone))
    yield BOM + _text(sheet, [dict(zip(sheet.columns, sheet.columns, strict=True))])
    for rows in _pages(database, filters or Filters()):
        written = [cells for row in rows for cells in _cells_of(row, sheet)]
        yield _text(sheet, written if catalog is None else _titled(written, catalog))


def _titled(rows: list[dict[str, str]], catalog: Catalog) -> list[dict[str, str]]:
    """*rows* with the titles of their products; without, where the catalogue fails, since they are there to help only."""
    ids = sorted({read_text(row["product_id"]) for row in rows})
    try:
        found = [one for part in chunks(ids, PAGE) for one in clean_products(catalog.get_many(part).values(), None)]
    except StorefrontError as error:
        logger.warning("The bundles are exported without the titles of their products: %s", error)
        return rows
    titles = {product.id: write_text(product.title) for product in found}
    return [row | {"product_title": titles.get(read_text(row["product_id"]), "")} for row in rows]


def cells_of(definition: Definition, sheet: Sheet) -> list[dict[str, str]]:
    """The rows of one bundle, one a component, without those of the columns id, version and state."""
    rows = []
    for number, tier in enumerate(definition.tiers, 1):
        for component in tier.components:
            rows.append({"tier": str(number) if len(definition.tiers) > 1 else "", **_component(component)})
        rows[-len(tier.components)] |= _tier(tier)
    rows[0] |= _bundle(definition, sheet)
    return rows


def _sheet(database: Database, filters: Filters, zone: ZoneInfo) -> Sheet:
    languages: dict[str, None] = {}
    currencies: set[str] = set()
    for rows in _pages(database, filters):
        for row in rows:
            try:
                data = json.loads(row.definition)
                languages |= dict.fromkeys(data.get("texts") or data["words"])
                currencies |= {name for tier in data["tiers"] for name in tier["price"].get("amounts", ())}
            except (ValueError, KeyError, TypeError):  # reported when it is written
                continue
    return Sheet(tuple(languages) or ("en",), sorted(currencies), zone)


def _pages(database: Database, filters: Filters) -> Iterator[list[Any]]:
    last = 0
    columns = (BundleRow.id, BundleRow.version, BundleRow.state, BundleRow.definition)
    query = sa.select(*columns).where(*conditions(filters)).order_by(BundleRow.id).limit(PAGE)
    while True:
        with database.reading(blocking=True) as session:
            rows = list(session.execute(query.where(BundleRow.id > last)))
        if not rows:
            return
        yield rows
        last = rows[-1].id


def _cells_of(row: Any, sheet: Sheet) -> list[dict[str, str]]:
    try:
        rows = cells_of(load_definition(row.definition), sheet)
    except InputError as error:  # written by hand or by another version
        logger.error("Bundle %s is left out of the export: %s", row.id, error)
        return []
    rows[0] |= {"version": str(row.version), "state": row.state}
    return [cells | {"id": str(row.id)} for cells in rows]


def _text(sheet: Sheet, rows: list[dict[str, str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, sheet.columns)
    try:
        writer.writerows(rows)
    except ValueError as error:
        raise StorefrontError("A bundle was changed while the file was written; export it again.") from error
    return out.getvalue()


def _bundle(definition: Definition, sheet: Sheet) -> dict[str, str]:
    cells: dict[str, str] = {"kind": definition.kind}
    for language, text in definition.texts.items():
        cells[f"title_{language}"] = write_text(text.title)
        cells[f"benefit_{language}"] = write_text(text.benefit)
        cells[f"picture_{language}"] = write_text(text.picture or "")
    cells["starts"] = write_moment(definition.schedule.start, sheet.zone)
    cells["ends"] = write_moment(definition.schedule.end, sheet.zone)
    cells["limit_per_order"] = str(definition.limit_per_order or "")
    cells["limit_in_all"] = str(definition.limit_in_all or "")
    cells["segment"] = write_text(definition.segment or "")
    cells["staff_only"] = write_flag(definition.staff_only)
    return cells | {"stacking": definition.stacking}


def _tier(tier: Tier) -> dict[str, str]:
    price = tier.price
    cells: dict[str, str] = {"price_kind": price.kind, "percent": write_number(price.percent)}
    cells |= {f"{AMOUNT}{currency}": write_amount(minor, currency) for currency, minor in price.amounts.items()}
    cells["free_pieces"] = str(price.pieces) if price.kind == "free" or price.pieces != 1 else ""
    return cells | {"least": str(tier.least or ""), "most": str(tier.most or "")}


def _component(component: Component) -> dict[str, str]:
    return {
        "product_id": write_text(component.product_id),
        "quantity": str(component.quantity),
        "optional": write_flag(component.optional),
        "free": write_flag(component.free),
        "variants": write_variants(component.variants),
    }
