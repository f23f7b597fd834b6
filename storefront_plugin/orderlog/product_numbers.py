"""Short numbers for the shop's product ids, cached in each process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..core.forks import ProcessLock
from ..core.sql.database import Database, table_of
from .tables import Applier, ProductNumber

_NUMBERS = table_of(ProductNumber).c

PAGE = 5000
"""Rows per query; each query is a transaction of its own."""


class ProductNumbers:
    """Maps product ids to numbers and back. Numbers start at 1, have no gaps and never change, so the cache only grows."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._ids: list[str] = [""]
        self._lock = ProcessLock()

    def __len__(self) -> int:
        return len(self._ids) - 1

    def number(self, product_id: str) -> int | None:
        """The number of a product, or None if this process does not know it."""
        return self._numbers.get(product_id)

    def id(self, number: int) -> str | None:
        """The product id of a number, or None if this process does not know it."""
        ids = self._ids  # another thread may `forget` in between
        return ids[number] if 0 < number < len(ids) else None

    def refresh(self, database: Database) -> None:
        """Load the numbers assigned since the last call; all of them when the database was replaced."""
        while True:
            with database.reading(blocking=True) as session:
                self.check(session)
                rows = session.execute(
                    sa.select(_NUMBERS.number, _NUMBERS.product_id)
                    .where(_NUMBERS.number > len(self))
                    .order_by(_NUMBERS.number)
                    .limit(PAGE)
                ).all()
            self.learn({product_id: number for number, product_id in rows})
            if len(rows) < PAGE:
                return

    def learn(self, numbers: Mapping[str, int]) -> None:
        """Add committed numbers to the cache; those that do not follow directly are left to `refresh`."""
        with self._lock:
            for product_id, number in sorted(numbers.items(), key=lambda pair: pair[1]):
                if number == len(self._ids):
                    self._ids.append(product_id)
                    self._numbers[product_id] = number

    def check(self, session: Session) -> None:
        """Clear the cache if the last known number belongs to another product: the database was restored or re-created."""
        last = len(self)
        if not last:
            return
        product_id = session.scalar(sa.select(ProductNumber.product_id).where(ProductNumber.number == last))
        if product_id != self.id(last):
            self.forget()

    def forget(self) -> None:
        """Clear the cache, when the database was re-created under this process."""
        with self._lock:
            self._numbers, self._ids = {}, [""]

    def assign(self, session: Session, applier: Applier, product_ids: Iterable[str]) -> dict[str, int]:
        """Numbers of *product_ids*; new ones are assigned under the applier's lock. Call `learn` after the commit."""
        known = {product_id: self._numbers.get(product_id) for product_id in product_ids}
        unknown = [product_id for product_id, number in known.items() if number is None]
        found = {product_id: number for product_id, number in known.items() if number is not None}
        for start in range(0, len(unknown), 500):
            part = unknown[start : start + 500]
            rows = session.execute(
                sa.select(ProductNumber.product_id, ProductNumber.number).where(ProductNumber.product_id.in_(part))
            )
            found.update((product_id, number) for product_id, number in rows)
        new = [product_id for product_id in unknown if product_id not in found]
        if new:
            given = dict(zip(new, range(applier.products + 1, applier.products + len(new) + 1), strict=True))
            session.execute(
                sa.insert(table_of(ProductNumber)), [{"number": n, "product_id": i} for i, n in given.items()]
            )
            applier.products += len(new)
            found.update(given)
        return found
