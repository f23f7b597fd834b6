"""``flask storefront audit-suggestions``: whether a shop's suggestions make sense, measured on its own pages."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click
from flask.cli import with_appcontext

from ..recommending.audit import AuditedProduct, AuditReport, Fault, FaultKind, Figures, SuggestionAudit
from ..web.request_page import current_locale
from .group import PhaseDisplay, mounted_services

_FAULTS: dict[FaultKind, str] = {
    "stray": "is of another department",
    "unsupported": "has too few orders behind its claim",
    "repeat": "is there twice",
    "sold_out": "cannot be sold",
}
_SHOWN = 6
"""Faults of a product that are listed; the JSON has all."""

_HEAD = ("slot", "pages", "cards", "same department", "strays", "claims", "supported", "repeats", "sold out")


@click.command("audit-suggestions")
@click.option(
    "--sample",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    help="Most products whose pages are filled, drawn evenly from the catalogue.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@with_appcontext
@click.pass_context
def audit_suggestions(ctx: click.Context, sample: int, as_json: bool) -> None:
    """Fill product and cart pages of the shop and count what makes no sense on them.

    Strays are cards of another department (they share no category with the page's product) that no orders speak for.
    Claims are cards under headings such as "Customers also bought"; supported are those with STOREFRONT_MIN_SUPPORT
    orders behind them. Orphans are products whose own page shows nothing.

    Exit status 1 where more than 5 % of the cards are strays, any claim lacks support, any card is repeated or sold
    out, or more than 1 % of the products are orphans.
    """
    services = mounted_services()
    audit = SuggestionAudit(
        suggestions=services.suggestions,
        catalog=services.shop.catalog,
        currency=services.settings.currency,
        min_support=services.settings.min_support,
        locale=current_locale(),
    )
    with PhaseDisplay() as display:
        report = audit.run(sample, display.update)
    click.echo(json.dumps(report.as_json(), ensure_ascii=False) if as_json else "\n".join(_lines(report)))
    if report.failures:
        ctx.exit(1)


def _lines(report: AuditReport) -> Iterator[str]:
    yield f"{report.products:,} of {report.catalogue:,} visible products, {report.orphans:,} orphans"
    yield ""
    yield from _table([_HEAD, *(_row(name, figures) for name, figures in (*report.slots.items(), _total(report)))])
    for one in report.worst:
        yield from ("", *_example(one))
    yield ""
    yield from (report.failures or ["All is as it should be."])


def _total(report: AuditReport) -> tuple[str, Figures]:
    return "total", report.total


def _row(name: str, figures: Figures) -> tuple[str, ...]:
    numbers = (figures.pages, figures.cards, figures.strays, figures.claims, figures.repeats, figures.sold_out)
    pages, cards, strays, claims, repeats, sold_out = (f"{number:,}" for number in numbers)
    department, supported = _share(figures.same_department), _share(figures.supported)
    return (name, pages, cards, department, strays, claims, supported, repeats, sold_out)


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        numbers = "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True))
        yield f"{name:<{widths[0]}}  {numbers}"


def _example(one: AuditedProduct) -> Iterator[str]:
    yield f"{one.title} ({one.product_id})"
    yield from (f"  {_fault(fault)}" for fault in one.faults[:_SHOWN])
    if len(one.faults) > _SHOWN:
        yield f"  … and {len(one.faults) - _SHOWN} more"


def _fault(fault: Fault) -> str:
    if fault.kind == "orphan":
        return "its page has nothing to show"
    return f"{fault.slot}: {fault.title} ({fault.product_id}) {_FAULTS[fault.kind]}"
