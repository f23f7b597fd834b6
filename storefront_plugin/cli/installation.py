"""Commands about the installation: tables, checks, and the embedded Redis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import Flask
from flask.cli import with_appcontext

from ..core.errors import AdapterError, DatabaseUnavailable, StorefrontError
from ..learning.cart_model import latest_model
from ..learning.ease import is_available
from ..learning.tunings import latest_tuning
from ..migrations import upgrade
from ..orderlog.inspection import inspect_log
from ..orderlog.numbering import last_position
from ..recommending.rules.rows import enabled_rules
from ..shop.connection_inspection import inspect_connections
from ..shop.inspection import Finding, inspect_cart, inspect_orders, number, tried
from ..shop.product_inspection import inspect_catalog
from ..web.widgets.rendering import pages_in_place_of_widgets
from .group import mounted_services

if TYPE_CHECKING:
    from ..services import Services


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
    findings = inspect(mounted_services())
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


def inspect(services: Services) -> list[Finding]:
    """All findings: adapters, database, Redis, and the app around us."""
    findings = _tried("The database", lambda: _database(services))
    responds = all(one.level != "error" for one in findings)
    findings += inspect_connections([services.shop.catalog, services.shop.orders])
    findings += _tried("Redis", lambda: _redis(services))
    with suppress(StorefrontError):  # reported above
        findings += _worker(services)
    with suppress(StorefrontError):
        findings += _jobs(services)
        findings += _learning(services)
    findings += inspect_catalog(services.shop.catalog, services.settings)
    if services.shop.orders is not None:
        findings += inspect_orders(services.shop.orders, services.shop.catalog)
    else:
        findings.append(Finding("warning", "No orders adapter: give Storefront(orders=…) for import and catch-up."))
    if responds:
        findings += tried("Comparing the order log with the catalogue", lambda: _log(services))
    if services.shop.cart is not None:
        findings += inspect_cart(services.shop.cart, services.shop.catalog)
    else:
        findings.append(Finding("warning", "No cart adapter: cards have no button; give Storefront(cart=…)."))
    return [*findings, *_around(services)]


def _tried(what: str, find: Callable[[], Iterator[Finding]]) -> list[Finding]:
    try:
        return list(find())
    except StorefrontError as error:
        return [Finding("error", f"{what}: {error}")]


def _log(services: Services) -> Iterator[Finding]:
    try:
        with suppress(AdapterError):  # reported above
            yield from inspect_log(services.database, services.shop.catalog)
    except DatabaseUnavailable as error:
        yield Finding("error", f"The order log: {error}")


def _database(services: Services) -> Iterator[Finding]:
    enabled_rules(services.database)
    end = last_position(services.database)
    batches = end.number if end else 0
    yield Finding("ok", f"The database responds and our tables exist; the order log has {_batches(batches)}.")
    if not batches:
        yield Finding(
            "warning", "No orders have been counted yet: run `flask storefront catch-up` or `import-orders FILE`."
        )


def _batches(count: int) -> str:
    return "1 batch" if count == 1 else f"{count:,} batches"


def _redis(services: Services) -> Iterator[Finding]:
    facts = services.store.info()
    yield Finding("ok", f"{facts.title} answers at {services.store.label}.")
    if facts.refusal:
        yield Finding("warning", f"Cannot find out whether Redis evicts counts: {facts.refusal}")
    if facts.evicts:
        yield Finding(
            "warning",
            f"Redis evicts keys on its own (maxmemory-policy {facts.maxmemory_policy}) and would lose counts: "
            "use a separate instance, or set noeviction or a volatile-* policy.",
        )
    services.upkeep.audit()  # what it finds is marked in Redis
    if trouble := services.counting.trouble():
        yield Finding("error", trouble)
    if services.snapshots.current.popularity.must_rebuild:
        yield Finding("warning", "The weights are out of range: run `flask storefront rebuild` to start a new epoch.")


def _worker(services: Services) -> Iterator[Finding]:
    seen = services.heartbeats.look()
    last = f"last seen {seen.last_at:%Y-%m-%d %H:%M:%S} UTC" if seen.last_at else "never run"
    backlog = services.counting.backlog(ask_redis=True)
    late = backlog.is_late
    if seen.alive:
        who = [number(seen.workers, "worker")] if seen.workers else []
        who += [number(seen.threads, "thread") + " of the shop"] if seen.threads else []
        who += ["the shop's scheduler"] if seen.schedulers else []
        verb = "recorded and cannot be counted" if backlog.trouble else "counted"
        yield Finding("warning" if backlog.trouble else "ok", f"Orders are {verb} by {' and '.join(who)}, {last}.")
        if late:
            yield Finding(
                "warning",
                "Orders have been waiting for over a minute; if this continues, check the log of the shop or the worker.",
            )
    elif services.settings.drain == "off":
        yield Finding("error", f"No worker is running ({last}): start `flask storefront worker`.")
    elif late:
        yield Finding(
            "error", f"Orders are waiting and no thread of the shop counts them ({last}): run `flask storefront drain`."
        )
    else:
        yield Finding("ok", f"Orders are counted by a thread that starts with the shop's first page or order ({last}).")


def _jobs(services: Services) -> Iterator[Finding]:
    for job, run in services.schedule.runs():
        if run.is_running:
            yield Finding("ok", f"The {job.title} has been running since {run.started_at:%Y-%m-%d %H:%M} UTC.")
        elif run.broke_off:
            message = (
                f"The {job.title} of {run.started_at:%Y-%m-%d %H:%M} UTC was interrupted; it runs again by itself."
            )
            yield Finding("warning", message)
        elif run.trouble:
            yield Finding("warning", f"The {job.title} failed at {run.finished_at:%Y-%m-%d %H:%M} UTC: {run.trouble}")
        elif run.finished_at is not None:
            yield Finding("ok", f"The {job.title} was done at {run.finished_at:%Y-%m-%d %H:%M} UTC.")


def _learning(services: Services) -> Iterator[Finding]:
    """What the shop's own orders have chosen for its suggestions, and what would help."""
    tuning, model = latest_tuning(services.database), latest_model(services.database)
    if tuning is not None and tuning.tuned.evidence:
        found = " and ".join(
            f"{_gain(one.before, one.after)} for {page}s" for page, one in tuning.tuned.evidence.items()
        )
        yield Finding("ok", f"Suggestions are tuned by {tuning.tuned.queries:,} of the latest orders, finding {found}.")
    if model is not None and (share := services.tuner.model().share):
        gain = _gain(model.ndcg_before, model.ndcg_after)
        yield Finding("ok", f"A model of carts has {share:.0%} of their suggestions, finding {gain}.")
    elif tuning is not None and services.settings.model_products and not is_available():
        yield Finding(
            "ok",
            "Carts are asked of pairs alone: with the extra ml (pip install 'storefront-plugin[ml]') a rebuild also makes a "
            "model of them, which finds up to a fifth more.",
        )


def _gain(before: float, after: float) -> str:
    return f"{after / before - 1 if before else 0.0:+.1%}"


def _other_hosts(app: Flask) -> Iterator[Finding]:
    """Pages that would fetch their widgets from another origin, which browsers keep from them."""
    ours = app.extensions["storefront"].subdomain or ""
    pages = {rule.subdomain or "" for rule in app.url_map.iter_rules() if rule.endpoint != "static"}
    others = sorted(pages - {ours})
    if others and app.subdomain_matching:
        yield Finding(
            "warning",
            f"The shop has pages on {', '.join(map(_host, others))}, but our addresses are on {_host(ours)}: browsers keep from "
            "a page what another host answers; mount with Storefront(subdomain=…), that of the pages with widgets.",
        )


def _host(subdomain: str) -> str:
    return f"the subdomain {subdomain!r}" if subdomain else "the host without a subdomain"


def _other_origins(services: Services) -> Iterator[Finding]:
    where, config = ", ".join(services.settings.origins), services.app.config
    if not where:
        return
    if config.get("SESSION_COOKIE_SAMESITE") == "None" and config.get("SESSION_COOKIE_SECURE"):
        yield Finding("ok", f"Pages of {where} may read the JSON API, with the shopper's cookies.")
    else:
        yield Finding(
            "warning",
            f"Pages of {where} may read the JSON API; where they are another site, browsers keep the shopper's cookies back: "
            "set SESSION_COOKIE_SAMESITE='None' and SESSION_COOKIE_SECURE=True if carts are to count there.",
        )


def _around(services: Services) -> Iterator[Finding]:
    app = services.app
    yield from _other_hosts(app)
    yield from _other_origins(services)
    for name in pages_in_place_of_widgets(app.jinja_env):
        yield Finding(
            "warning", f"templates/{name} is a page of the shop's own and is not used as a widget: rename it."
        )
    migrate: Any = app.extensions.get("migrate")
    if migrate is not None:
        if not getattr(migrate.configure_args.get("include_object"), "hides_storefront", False):
            yield Finding(
                "warning",
                "Flask-Migrate was mounted after Storefront and would drop our tables: mount Storefront last, or pass "
                "include_object=storefront_plugin.alembic_include_object to it.",
            )
        for path in sorted(Path(app.root_path, migrate.directory).glob("versions/*.py")):
            if "drop_table('storefront_" in path.read_text(encoding="utf-8", errors="replace"):
                yield Finding("error", f"The migration {path.name} drops our tables: take those lines out of it.")
