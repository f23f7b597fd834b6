"""What is odd in the order log, for ``flask storefront check``: times that cannot be, products that nobody knows."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..core import clock
from ..core.sql.database import Database
from ..shop.inspection import MOST, Finding, number
from ..shop.ports import Catalog
from ..shop.product_ids import CatalogueIds
from .counted_days import CountedDays
from .numbering import newest_orders
from .tables import LoggedLine, LoggedOrder, ProductNumber

_PAGE = 500


def inspect_log(database: Database, catalog: Catalog) -> Iterator[Finding]:
    """The findings about the newest orders of the log. Raises `DatabaseUnavailable`, and what the catalogue raises."""
    with database.reading(blocking=True) as session:
        orders = session.execute(newest_orders(LoggedOrder.order_id, LoggedOrder.placed_at).limit(MOST)).all()
    yield from _times(orders)
    with database.reading(blocking=True) as session:
        sold = _sold(session, [order.order_id for order in orders])
    yield from _products(sold, CatalogueIds(catalog, MOST))


def _times(orders: Sequence[Any]) -> Iterator[Finding]:
    tomorrow = clock.now_in_sql() + dt.timedelta(days=1)
    days = CountedDays(tomorrow, [order.placed_at for order in orders])
    future = [order.order_id for order in orders if order.placed_at > tomorrow]
    ahead = [order.order_id for order in orders if days.is_ahead(order.placed_at) and order.placed_at <= tomorrow]
    remedy = "correct its time in the shop and run `flask storefront catch-up`, or cancel it"
    for ids, where in ((future, "in the future"), (ahead, "far ahead of the others")):
        if ids:
            lies = "lies" if len(ids) == 1 else "lie"
            yield Finding(
                "warning",
                f"{number(ids, 'order')} of the log {lies} {where} (such as {ids[0]!r:.80}): {remedy}.",
            )


def _sold(session: Session, order_ids: Sequence[str]) -> Counter[str]:
    """In how many of the orders each product is."""
    found: Counter[str] = Counter()
    for start in range(0, len(order_ids), _PAGE):
        query = (
            sa.select(ProductNumber.product_id, sa.func.count(sa.distinct(LoggedLine.order_id)))
            .join(LoggedLine, LoggedLine.product == ProductNumber.number)
            .where(LoggedLine.order_id.in_(order_ids[start : start + _PAGE]))
            .group_by(ProductNumber.product_id)
        )
        found.update({row[0]: row[1] for row in session.execute(query)})
    return found


def _products(sold: Counter[str], ids: CatalogueIds) -> Iterator[Finding]:
    known = ids.known(sold)
    unknown = [product_id for product_id, _ in sold.most_common() if product_id not in known]
    if not sold:
        return
    if not unknown:
        yield Finding("ok", f"The catalogue knows all {number(sold, 'product')} of the newest orders of the log.")
        return
    what = (
        f"The catalogue does not know {len(unknown):,} of the {number(sold, 'product')} in the newest orders of the log"
    )
    meant = next(((id, ids.meant_by(id)) for id in unknown[:_PAGE] if ids.meant_by(id)), None)
    if meant is None:
        yield Finding("warning", f"{what} (such as {unknown[0]!r:.80}); if these were deleted, all is well.")
    else:
        yield Finding(
            "warning",
            f"{what}: {meant[0]!r:.80} may be {meant[1][0]!r:.80}. Give orders the ids of the catalogue: correct the orders "
            "adapter or the file, and run `flask storefront catch-up` or `import-orders` again.",
        )
