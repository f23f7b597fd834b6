"""Commands about bundles: proposals, import and export."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from ..admin.bundles.prices import refusals
from ..bundles.proposals.mining import MiningSettings
from ..bundles.proposals.run import latest_run
from ..bundles.spreadsheet.exporting import export_csv
from ..bundles.spreadsheet.importing import ImportReport, Outcome, import_csv
from ..bundles.store.proposals import Proposal, list_proposals
from ..money import format_money, from_minor
from ..shop.cleaning import clean_products
from ..shop.ports import Catalog
from .group import PhaseDisplay, Unusable, mounted_services, user_input

SOME_REFUSED = 3
"""Exit status of an import that left bundles out."""

SHOWN = 50
_LABELS = {"create": "New", "change": "Changed", "refuse": "Refused"}


@click.command("propose-bundles")
@click.option("--margin-floor", type=click.FloatRange(0, 99.99), help="Minimum margin of a bundle, in percent.  [20]")
@click.option(
    "--discount", type=click.IntRange(0, 99), help="Suggested discount where the margin allows it, in percent.  [10]"
)
@click.option(
    "--discount-without-cost",
    type=click.IntRange(0, 99),
    help="Suggested discount where a cost is unknown, in percent.  [0]",
)
@click.option("--min-support", type=click.IntRange(2), help="Minimum number of orders with all the products.  [5]")
@click.option("--json", "as_json", is_flag=True, help="Print all of them as a JSON list instead of a table.")
@with_appcontext
def propose_bundles(as_json: bool, margin_floor: float | None, **wishes: Any) -> None:
    """Search the order log for products that are bought together, and propose them as bundles.

    Options that are not given are those of the last search. Dismissed proposals stay dismissed. The admin lists the same.
    """
    services = mounted_services()
    share = None if margin_floor is None else Decimal(str(margin_floor)) / 100
    with user_input():
        settings = _settings(margin_floor=share, **wishes)
    with PhaseDisplay() as display:
        count = services.proposals.search(settings, "command line", display.update)
    rows, _ = list_proposals(services.database, size=200)
    titles = _titles(services.shop.catalog, rows)
    if as_json:
        click.echo(json.dumps([_as_json(row, titles) for row in rows], ensure_ascii=False))
    elif rows:
        _print_table(rows, titles)
    else:
        click.echo(
            f"No products are bought together in at least {settings.min_support} orders and more often than by chance; "
            "try a lower --min-support or import more orders.",
            err=True,
        )
    if count and not as_json:
        click.echo(f"{count:,} bundles are proposed; review them in the admin.", err=True)


def _settings(**wishes: Any) -> MiningSettings:
    """The settings of the last search, with the given options."""
    run = latest_run(mounted_services().database)
    before = run.settings if run else MiningSettings()
    names = ("margin_floor", "discount", "discount_without_cost", "min_support")
    return MiningSettings(**{name: getattr(before, name) if wishes[name] is None else wishes[name] for name in names})


def _titles(catalog: Catalog, rows: Sequence[Proposal]) -> dict[str, str]:
    """Titles of the products by id; the id for products that the shop no longer has."""
    ids = sorted({name for one in rows for name in one.product_ids})
    found = clean_products(catalog.get_many(ids).values(), None)
    return {name: name for name in ids} | {product.id: product.title for product in found}


def _as_json(one: Proposal, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "key": one.key,
        "products": list(one.product_ids),
        "titles": [titles[name] for name in one.product_ids],
        "support": one.support,
        "orders": one.orders,
        "confidence": one.confidence,
        "lift": one.lift,
        "expected_share": one.expected_share,
        "currency": one.currency,
        "price": str(from_minor(one.price, one.currency)),
        "discount": one.discount,
        "margin": one.margin,
    }


def _print_table(rows: Sequence[Proposal], titles: Mapping[str, str]) -> None:
    """One line per set: orders, lift, share, discount, margin and price."""
    click.echo("  orders    lift   share  discount  margin         price  products")
    for one in rows:
        margin = "–" if one.margin is None else f"{one.margin:.0%}"
        discount = f"{one.discount} %" if one.discount else "–"
        price = format_money(from_minor(one.price, one.currency), one.currency, "en")
        names = " + ".join(titles[name] for name in one.product_ids)
        click.echo(
            f"{one.support:>8,}  {one.lift:>6.1f}  {one.expected_share:>6.1%}  {discount:>8}  {margin:>6}  "
            f"{price:>12}  {names}"
        )


@click.command("export-bundles")
@click.argument("file", type=click.Path(path_type=Path))
@with_appcontext
def export_bundles(file: Path) -> None:
    """Write all bundles to FILE (CSV for spreadsheets): one row per component, the bundle's own columns in its first."""
    services = mounted_services()
    try:
        with file.open("w", encoding="utf-8", newline="") as out:
            zone, catalog = services.settings.timezone, services.shop.catalog
            out.writelines(export_csv(services.database, timezone=zone, catalog=catalog))
    except OSError as error:
        raise Unusable(f"The file {file} cannot be written ({error.strerror}).") from error
    click.echo(f"The bundles were written to {file}.")


@click.command("import-bundles")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Only show what would be created, changed and refused.")
@with_appcontext
@click.pass_context
def import_bundles(ctx: click.Context, file: Path, check: bool) -> None:
    """Create and change bundles as FILE (CSV, as `export-bundles` writes it) says.

    A row with something in `kind` begins a bundle, the rows below it are its further components. Without an id it
    becomes a new draft; with one it changes that bundle, if it still has the version in the file.

    Exit status: 0 all is in, 3 some bundles were refused, 2 the file cannot be used.
    """
    services = mounted_services()
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Unusable(f"The file {file} cannot be read ({error.strerror}).") from error
    # Reasons are those of the admin, in English: they are made in a request.
    english = current_app.test_request_context(headers={"Accept-Language": "en"})
    with english, user_input(), PhaseDisplay() as display:
        report = import_csv(
            services.database,
            data,
            "command line",
            check=check,
            timezone=services.settings.timezone,
            catalog=services.shop.catalog,
            price_steps=services.settings.price_steps,
            refusals=refusals,
            progress=lambda done, total: display.update("Bundles", done, total),
        )
    if report.changed and not check:
        services.news.rules_changed()
    _print_report(report, check)
    if report.refused:
        ctx.exit(SOME_REFUSED)


def _print_report(report: ImportReport, check: bool) -> None:
    would = "would be " if check else ""
    click.echo(
        f"{_bundles(report.created)} {would}created as drafts, {report.changed:,} {would}changed, "
        f"{report.same:,} unchanged."
    )
    if check:
        for one in [one for one in report.outcomes if one.action in ("create", "change")][:SHOWN]:
            click.echo(f"  {_line(one)}{' (a draft, whatever its status in the file)' if one.is_draft_yet else ''}")
    if report.refused:
        click.echo(f"{_bundles(report.refused)} {would}refused:", err=True)
    refused = [one for one in report.outcomes if one.action == "refuse"]
    for one in refused[:SHOWN]:
        click.echo(f"  {_line(one)}: {_reasons(one)}", err=True)
    if len(refused) > SHOWN:
        click.echo(f"  … and {len(refused) - SHOWN:,} more.", err=True)


def _reasons(one: Outcome) -> str:
    """All errors; those beyond the first line of the bundle with their line."""
    lines = ((getattr(error, "line", one.line), error) for error in one.wrong)
    return " ".join(f"{error}" if line == one.line else f"Line {line}: {error}" for line, error in lines)


def _bundles(count: int) -> str:
    return f"{count:,} bundle" if count == 1 else f"{count:,} bundles"


def _line(one: Outcome) -> str:
    known = f" (id {one.bundle_id})" if one.bundle_id is not None else ""
    return f"Line {one.line}, {_LABELS[one.action].lower()}: {one.title or 'no title'}{known}"
