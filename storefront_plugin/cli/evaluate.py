"""How well suggestions find what was really bought, on the command line and as a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import click
from flask.cli import with_appcontext

from ..counts.scoring import PageKind
from ..learning.evaluation import Evaluation, Measures, Way
from ..learning.tuning import LEAST_QUERIES
from .evaluation_svg import drawing
from .group import PhaseDisplay, mounted_services

PAGE_LABELS: Final[Mapping[PageKind, str]] = {"cart": "Cart", "product": "Product page"}
WAY_LABELS: Final[Mapping[Way, str]] = {
    "random": "random products",
    "bestsellers": "best sellers",
    "pair_counts": "raw pair counts",
    "standard": "also bought, standard values",
    "own": "also bought, values in use",
    "model": "the same with the model of carts",
}
COLUMNS: Final = ("hit rate@10", "NDCG@10", "coverage@10", "best sellers")


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option(
    "--svg",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Also write a picture of the hit rates to this file.",
)
@with_appcontext
def evaluate(as_json: bool, svg: Path | None) -> None:
    """Find out how well suggestions find what was bought, on the shop's latest orders.

    One product of each order is hidden from a cart, all but one from a product page, and the orders before are asked for ten
    suggestions. The admin's page Tuning shows the latest result.
    """
    with PhaseDisplay() as display:
        found = mounted_services().evaluator.evaluate(display.update)
    if svg is not None:
        try:
            svg.write_text(drawing(found, PAGE_LABELS, WAY_LABELS), encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"The picture cannot be written: {error}") from error
    if as_json:
        click.echo(found.to_json())
        return
    for line in _table(found):
        click.echo(line)
    if found.queries < LEAST_QUERIES:
        click.echo(f"Fewer than {LEAST_QUERIES} orders could be asked about: chance decides much of this.", err=True)


def _table(found: Evaluation) -> Iterator[str]:
    width = max(map(len, WAY_LABELS.values()))
    yield f"Asked about the latest orders: {found.queries:,}, in a shop of {found.products:,} products."
    for page, ways in found.pages.items():
        yield ""
        yield f"{PAGE_LABELS[page]:<{width}}" + "".join(f"  {column:>12}" for column in COLUMNS)
        for way, measures in ways.items():
            yield f"{WAY_LABELS[way]:<{width}}" + "".join(f"  {cell:>12}" for cell in _cells(measures))


def _cells(measures: Measures) -> tuple[str, ...]:
    return (
        f"{measures.hit_rate:.1%}",
        f"{measures.ndcg:.4f}",
        f"{measures.coverage:.1%}",
        f"{measures.bestsellers:.1%}",
    )
