"""Commands about the installation itself: tables, checks, and the embedded Redis."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from ..migrations import upgrade
from .check import check as check_everything
from .group import mounted_services

_MARKS = {"ok": ("ok", "green"), "warning": ("warning", "yellow"), "error": ("ERROR", "red")}


@click.command("init-db")
@with_appcontext
def init_db() -> None:
    """Create our tables (storefront_*), or bring them to this version."""
    upgrade(mounted_services().database)
    click.echo("The tables are ready.")


@click.command
@with_appcontext
@click.pass_context
def check(ctx: click.Context) -> None:
    """Try the whole installation on the shop's real data; exit status 1 where something is broken."""
    findings = check_everything(mounted_services())
    for finding in findings:
        mark, colour = _MARKS[finding.level]
        click.echo(f"{click.style(f'{mark:<8}', fg=colour)} {finding.text}")
    if any(finding.level == "error" for finding in findings):
        ctx.exit(1)


@click.command("redis-stop")
@with_appcontext
def redis_stop() -> None:
    """Stop the embedded Redis; its counts stay on disk, and the next page starts it again."""
    stopped = mounted_services().stop_redis()
    click.echo("The embedded Redis is stopped." if stopped else "There was no embedded Redis running.")
