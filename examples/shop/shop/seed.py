"""``flask seed``: the tables, the simulated data, then the storefront's own. Run twice, it keeps what is there."""

from __future__ import annotations

import datetime as dt
import sys
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import func, insert, inspect, select, update

from .bundles import SEEDER, seed_bundles
from .catalogue import categories, offers
from .database import db
from .models import Customer, Order, OrderLine, Product, Review, utc_now
from .orders_simulation import Simulation
from .reviews_simulation import reviews
from .rules import seed_rules
from .storefront import all_orders, storefront


@click.command("seed")
@with_appcontext
def command() -> None:
    """Fill the shop with its simulated catalogue, customers, reviews and orders."""
    db.create_all()
    if not _fits():
        raise click.ClickException("The shop's database is of an earlier version; delete instance/ (make clean-demo).")
    if not current_app.config["SHOP_WITHOUT_STOREFRONT"]:
        storefront.init_db()  # first: the shop's first commit wakes the storefront
    if db.session.scalar(select(func.count()).select_from(Product)):
        click.echo("The shop has its data already; it is kept.")
    else:
        fill(utc_now())
    if not current_app.config["SHOP_WITHOUT_STOREFRONT"]:
        prepare_storefront()
        seed_merchant()


def _fits() -> bool:
    """Whether all columns of our tables are there; ``create_all`` adds tables, not columns."""
    known = inspect(db.engine)
    return all(
        {column.name for column in table.columns} <= {column["name"] for column in known.get_columns(table.name)}
        for table in db.metadata.tables.values()
    )


def fill(today: dt.datetime) -> None:
    """Write all simulated data in one transaction."""
    click.echo("Drawing the catalogue …")
    offered = list(offers(today))
    db.session.add_all(categories())
    db.session.flush()
    db.session.add_all(offer.product for offer in offered)
    db.session.flush()
    db.session.add_all(offer.picture for offer in offered)
    db.session.flush()

    simulation = Simulation(offered, today)
    db.session.execute(insert(Customer), [shopper.row for shopper in simulation.shoppers])
    with click.progressbar(simulation.orders(), length=None, label="Simulating orders") as bar:
        placed = list(bar)
    _write_orders(placed)

    kinds = {offer.product.sku: (offer.product.kind, offer.department) for offer in offered}
    languages = {shopper.row["id"]: shopper.row["language"] for shopper in simulation.shoppers}
    written = list(reviews(placed, kinds, languages, today))
    db.session.execute(insert(Review), written)
    _sum_up_reviews()
    _number_on()
    db.session.commit()
    click.echo(
        f"{len(offered)} products, {len(simulation.shoppers)} customers, {len(placed)} orders, {len(written)} reviews."
    )


def _write_orders(placed: list[dict[str, Any]]) -> None:
    numbered = list(enumerate(placed, start=1))
    rows = [{"id": id_, **{key: value for key, value in order.items() if key != "lines"}} for id_, order in numbered]
    lines = [{"order_id": id_, **line} for id_, order in numbered for line in order["lines"]]
    db.session.execute(insert(Order), rows)
    db.session.execute(insert(OrderLine), lines)


def _number_on() -> None:
    """Let PostgreSQL number new rows after those that came with their ids; SQLite does by itself."""
    if db.engine.dialect.name != "postgresql":
        return
    for model in (Customer, Order):
        sequence = func.pg_get_serial_sequence(model.__tablename__, "id")
        db.session.execute(select(func.setval(sequence, select(func.max(model.id)).scalar_subquery())))


def _sum_up_reviews() -> None:
    means = db.session.execute(select(Review.sku, func.avg(Review.rating), func.count()).group_by(Review.sku))
    rows = [{"sku": sku, "rating": round(float(mean), 2), "review_count": count} for sku, mean, count in means]
    db.session.execute(update(Product), rows)


def prepare_storefront() -> None:
    """Import the orders and count what is bought together."""
    total = db.session.scalar(select(func.count()).select_from(Order)) or 0
    with click.progressbar(all_orders(), length=total, label="Importing orders") as bar:
        storefront.import_orders(bar)
    click.echo("Counting what is bought together …")
    storefront.rebuild(_show)


def seed_merchant() -> None:
    """The first bundles and rules, and what else might be sold together."""
    click.echo(f"{seed_bundles(utc_now())} bundles and {seed_rules(utc_now())} rules were added.")
    storefront.bundles_changed()  # a running shop shows them at once
    proposed = storefront.propose_bundles_if_due(7, SEEDER)
    if proposed is not None:
        click.echo(f"{proposed} more bundles are proposed from the orders.")


def _show(phase: str, done: int, total: int) -> None:
    finished = done >= total
    if finished or sys.stdout.isatty():
        click.echo(f"\r  {phase}: {done} of {total}", nl=finished)
