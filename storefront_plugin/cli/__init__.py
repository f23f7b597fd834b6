"""The command group ``flask storefront``."""

from __future__ import annotations

import click

from .audit import audit_suggestions
from .bundles import export_bundles, import_bundles, propose_bundles
from .evaluate import evaluate
from .group import StorefrontGroup
from .installation import check, init_db, redis_stop
from .orders import catch_up, drain, import_orders, rebuild, stats
from .recommend import recommend
from .worker import worker


@click.group("storefront", cls=StorefrontGroup)
def storefront() -> None:
    """Suggestions and bundles: tables, orders, counts and checks."""


_UPKEEP = (init_db, check, redis_stop)
_ORDERS = (import_orders, catch_up, drain, worker, rebuild, stats, evaluate, recommend, audit_suggestions)
_BUNDLES = (propose_bundles, export_bundles, import_bundles)

for _command in (*_UPKEEP, *_ORDERS, *_BUNDLES):
    storefront.add_command(_command)
