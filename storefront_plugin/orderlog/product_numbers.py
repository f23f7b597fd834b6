"""Short numbers for the shop's product ids, cached in each process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..core.database import Database, table_of
from ..core.locks import ProcessLock
from .tables import Applier, ProductNumber

_NUMBERS = table_of(ProductNumber).c

PAGE = 5000
"""Rows of one read; each read is a transaction of its own."""


class ProductNumbers:
    """Ids to numbers and back. Numbers start at 1, have no gaps and never change, so a process only ever learns more."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._ids: list[str] = [""]
        self._lock = ProcessLock()

    def __len__(self) -> int:
        return len(self._ids) - 1

    def number(self, product_id: str) -> int | None:
        """The number of a product, or None where this process knows none."""
        return self._numbers.get(product_id)

    def id(self, number: int) -> str | None:
        """The shop's id behind a number, or None where this process knows none."""
        ids = self._ids  # another thread may `forget` in between
        return ids[number] if 0 < number < len(ids) else None

    def refresh(self, database: Database) -> None:
        """Learn the numbers given since the last call; all of them again where the database was replaced."""
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
        """Take in committed numbers; those that do not follow on the known ones are left for `refresh`."""
        with self._lock:
            for product_id, number in sorted(numbers.items(), key=lambda pair: pair[1]):
                if number == len(self._ids):
                    self._ids.append(product_id)
                    self._numbers[product_id] = number

    def check(self, session: Session) -> None:
        """Forget everything where the last known number means another product now: a restored or re-created database."""
        last = len(self)
        if not last:
            return
        product_id = session.scalar(sa.select(ProductNumber.product_id).where(ProductNumber.number == last))
        if product_id != self.id(last):
            self.forget()

    def forget(self) -> None:
        """Start again, for a database that was re-created under this process."""
        with self._lock:
            self._numbers, self._ids = {}, [""]

    def assign(self, session: Session, applier: Applier, product_ids: Iterable[str]) -> dict[str, int]:
        """Numbers of *product_ids*, new ones given under the applier's lock; `learn` the answer after the commit."""
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
