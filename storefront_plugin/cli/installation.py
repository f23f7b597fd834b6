"""Commands about the installation itself: tables, checks, and the embedded Redis."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from .group import mounted_storefront

_MARKS = {"ok": ("ok", "green"), "warning": ("warning", "yellow"), "error": ("ERROR", "red")}


@click.command("init-db")
@with_appcontext
def init_db() -> None:
    """Create our tables (storefront_*), or bring them to this version."""
    mounted_storefront().init_db()
    click.echo("The tables are ready.")


@click.command
@with_appcontext
@click.pass_context
def check(ctx: click.Context) -> None:
    """Try the whole installation on the shop's real data; exit status 1 where something is broken."""
    findings = mounted_storefront().check()
    for finding in findings:
        mark, colour = _MARKS[finding.level]
        click.echo(f"{click.style(f'{mark:<8}', fg=colour)} {finding.text}")
    if any(finding.level == "error" for finding in findings):
        ctx.exit(1)


@click.command("redis-stop")
@with_appcontext
def redis_stop() -> None:
    """Stop the embedded Redis; its counts stay on disk, and the next page starts it again."""
    stopped = mounted_storefront().redis_stop()
    click.echo("The embedded Redis is stopped." if stopped else "There was no embedded Redis running.")
