"""``flask storefront …``: the commands of `commands`, in one group."""

from __future__ import annotations

import click

from .commands.counts import drain, rebuild, stats
from .commands.group import StorefrontGroup
from .commands.orders import catch_up, import_orders
from .commands.recommend import recommend
from .commands.upkeep import check, init_db, redis_stop
from .commands.worker import worker


@click.group("storefront", cls=StorefrontGroup)
def storefront() -> None:
    """Suggestions: tables, orders, counts and checks."""


for _command in (init_db, check, import_orders, catch_up, drain, worker, rebuild, stats, recommend, redis_stop):
    storefront.add_command(_command)
