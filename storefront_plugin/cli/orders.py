"""Commands that import orders and count them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO, get_args
from zoneinfo import ZoneInfo

import click
from flask.cli import with_appcontext
from more_itertools import peekable

from ..orderlog.events import EARLIEST
from ..orderlog.file_cells import time_mark, time_of
from ..orderlog.files import OrderFile
from ..orderlog.importing import ImportReport
from ..shop.order_status import MEANINGS, plain_status
from ..shop.ports import OrderStatus
from .group import PhaseDisplay, Unusable, mounted_services, user_input

SOME_REFUSED = 3
"""Exit status of an import that left rows or orders out."""

SOME_UNKNOWN = 4
"""Exit status of an import that left nothing out, with products that the catalogue does not know."""

SHOWN = 50


class FiledReport(ImportReport):
    """A report that also writes each message to *out*, because it keeps only the first thousand."""

    out: TextIO | None = None

    def refuse(self, message: str) -> None:
        super().refuse(message)
        if self.out is not None:
            self.out.write(message + "\n")


class Meaning(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """What a word of the status column means, such as "bezahlt=placed"."""

    name = "word=meaning"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, OrderStatus]:
        word, _, meaning = str(value).rpartition("=")
        known = next((one for one in get_args(OrderStatus) if one == meaning.strip().lower()), None)
        if not word.strip() or known is None:
            self.fail(f"{value!r} is not a word of the status column and placed, unplaced or cancelled", param, ctx)
        return plain_status(word), known


@click.command("import-orders")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--bad-rows", type=click.Path(path_type=Path), help="Write a line about each refused row to this file.")
@click.option(
    "--status",
    "meanings",
    type=Meaning(),
    multiple=True,
    help="What a word in the column status means: WORD=placed, WORD=unplaced (does not count) or WORD=cancelled.",
)
@with_appcontext
@click.pass_context
def import_orders(
    ctx: click.Context, file: Path, bad_rows: Path | None, meanings: tuple[tuple[str, OrderStatus], ...]
) -> None:
    """Bring the orders of FILE (CSV, gzipped CSV or Parquet) into the log.

    Columns: order_id and product_id; ts, customer_id, quantity, price and status if you have them. One row per order
    line, in any order; rows of an order that is known are added to it, and a quantity below 0 came back. A fraction of a
    quantity is rounded up. Importing a file again changes nothing.

    Exit status: 0 all is imported, 4 all is imported but some products are not in the catalogue, 3 some rows were
    refused, 2 the file cannot be used.
    """
    services, report = mounted_services(), FiledReport()
    source = OrderFile(file, catalog=services.shop.catalog, meanings={**MEANINGS, **dict(meanings)})
    with ExitStack() as stack:
        if bad_rows is not None:
            report.out = stack.enter_context(_opened(bad_rows))
        display = stack.enter_context(PhaseDisplay())
        stack.enter_context(user_input())
        orders = peekable(source.read(report, lambda done, total: display.update("Reading", done, total)))
        orders.peek(None)  # reads the whole file, and with it what the orders mean
        services.importer.import_orders(
            orders,
            progress=lambda done: display.update("Writing", done, source.orders),
            report=report,
            rebuilding=display.update,
            origin=source.origin,
        )
    _print_report(report, all_written=bad_rows is not None)
    _print_file(source)
    if report.refused_count or source.unknown:
        ctx.exit(SOME_REFUSED if report.refused_count else SOME_UNKNOWN)


def _print_file(source: OrderFile) -> None:
    """Print what the file lacks."""
    if source.untimed:
        click.echo(f"{source.untimed:,} orders have no time in the file and count as placed now.")
    if source.unpriced:
        click.echo(f"{source.unpriced:,} prices cannot be read and are left out (such as {source.unpriced_at}).")
    if source.mended_as is not None:
        written, meant = source.mended_as
        click.echo(
            f"{source.mended:,} product ids were mended by the catalogue (such as {written!r:.80} to {meant!r})."
        )
    if source.unknown:
        click.echo(
            f"{source.unknown:,} of {source.products:,} products are not in the catalogue (such as "
            f"{source.unknown_id!r:.80}): they count, but are never shown.",
            err=True,
        )


def _opened(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise Unusable(f"The file {path} cannot be written ({error.strerror}).") from error


class Moment(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """A time in any form that an order file may use."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        if isinstance(value, dt.datetime):
            return value
        with user_input():
            moment = time_of(int(time_mark(str(value)) or self.fail("is empty", param, ctx)))
        if str(value).strip().isdigit() and moment.year < EARLIEST.year:
            self.fail(
                f"{value} is {moment:%Y-%m-%d} as seconds since 1970; write a date such as 2024-05-31", param, ctx
            )
        return moment


@click.command("catch-up")
@click.option("--since", type=Moment(), help="Only orders placed or changed since then, such as 2024-05-31.")
@click.option("--take-out-all", is_flag=True, help="Also where more orders have vanished than are there.")
@with_appcontext
@click.pass_context
def catch_up(ctx: click.Context, since: dt.datetime | None, take_out_all: bool) -> None:
    """Bring the log to what the shop's own orders are: new, changed, cancelled, and vanished ones.

    An order has vanished if the orders adapter gave it before and does not any more: it was deleted, or left where=.

    Exit status: 0 all is well, 3 some orders were refused or left as they were.
    """
    services = mounted_services()
    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=ZoneInfo(services.settings.timezone))
    with PhaseDisplay() as display:
        report = services.importer.catch_up(since, lambda done: display.update("Orders read", done), take_out_all)
    _print_report(report)
    if report.withheld:
        click.echo(
            f"{report.withheld:,} orders are not in the shop any more, and only {report.given:,} are: nothing was taken "
            "out. Check what the orders adapter reads; if all is well, run `flask storefront catch-up --take-out-all`.",
            err=True,
        )
    if report.refused_count or report.withheld:
        ctx.exit(SOME_REFUSED)


_FIGURES = (
    ("changed", "had changed"),
    ("cancelled", "were cancelled"),
    ("vanished", "are not in the shop any more"),
    ("unplaced", "are drafts, pending or failed and do not count"),
    ("clamped", "had a time in the future and count as placed now"),
    ("ahead", "lie far ahead of all others and count on an earlier day"),
)


def _print_report(report: ImportReport, all_written: bool = False) -> None:
    """Print what an import did; what was refused goes to the error stream."""
    click.echo(f"{report.placed:,} orders were new, {report.repeated:,} were already known.")
    for name, words in _FIGURES:
        if number := getattr(report, name):
            click.echo(f"{number:,} orders {words}.")
    if report.unknown:
        click.echo(f"{report.unknown:,} cancellations or refunds are of orders that are not known.")
    if not report.refused_count:
        return
    click.echo(f"{report.refused_count:,} rows or orders were refused:", err=True)
    for message in report.refused[:SHOWN]:
        click.echo(f"  {message}", err=True)
    if report.refused_count > SHOWN:
        remedy = "" if all_written else "; --bad-rows FILE writes them all"
        click.echo(f"  … and {report.refused_count - SHOWN:,} more{remedy}.", err=True)


@click.command
@with_appcontext
def drain() -> None:
    """Count all orders recorded so far, now; exit status 1 where Redis cannot take them all."""
    counting = mounted_services().counting
    batches, trouble = counting.drain(), counting.trouble()
    if batches:
        click.echo(f"{batches:,} batches of orders were counted.")
    elif not trouble:
        click.echo("All orders have already been counted.")
    _end(trouble)


def _end(trouble: str | None) -> None:
    """Exit with status 1 where orders cannot be counted."""
    if trouble:
        raise click.ClickException(trouble)


@click.command
@with_appcontext
def rebuild() -> None:
    """Count the whole order log again; until that is done, pages use the old counts."""
    with PhaseDisplay() as display:
        mounted_services().counting.rebuild(display.update)
    click.echo("The new counts are live.")


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@with_appcontext
def stats(as_json: bool) -> None:
    """Figures: products, pairs, memory, and how far counting is behind the log; exit status 1 where it cannot go on."""
    figures = mounted_services().counting.stats()
    if as_json:
        click.echo(json.dumps(figures, default=str, ensure_ascii=False))
    else:
        _print_figures(figures)
    _end(figures.get("trouble"))


def _print_figures(figures: Mapping[str, Any]) -> None:
    rows = list(_rows(figures))
    width = max((len(label) for label, _ in rows), default=0)
    for label, value in rows:
        click.echo(f"{label:<{width}}  {value}")


def _rows(figures: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Labels and formatted values; labels of nested figures contain both names."""
    for key, value in figures.items():
        label = f"{above} {key}".replace("_", " ").strip()
        if isinstance(value, Mapping):
            yield from _rows(value, label)
        else:
            yield label[:1].upper() + label[1:], _written(key, value)


def _written(key: str, value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "–"
    if isinstance(value, float):
        return f"{value:,.2f}"
    if not isinstance(value, int):
        return str(value)
    exact = f"{value:,}"
    return f"{exact} ({value / 2**20:,.1f} MiB)" if "bytes" in key and value >= 2**20 else exact
