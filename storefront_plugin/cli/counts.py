"""Commands about the counts in Redis."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import click
from flask.cli import with_appcontext

from .group import PhaseDisplay, mounted_services


@click.command
@with_appcontext
def drain() -> None:
    """Count all orders recorded so far, now."""
    batches = mounted_services().counting.drain()
    click.echo(f"{batches:,} batches of orders were counted." if batches else "All orders were counted already.")


@click.command
@with_appcontext
def rebuild() -> None:
    """Count the whole order log again; until that is done, pages use the old counts."""
    with PhaseDisplay() as display:
        mounted_services().counting.rebuild(display.update)
    click.echo("The new counts are live.")


@click.command
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
@with_appcontext
def stats(as_json: bool) -> None:
    """Figures: products, pairs, memory, and how far counting is behind the log."""
    figures = mounted_services().counting.stats()
    if as_json:
        click.echo(json.dumps(figures, default=str, ensure_ascii=False))
        return
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
