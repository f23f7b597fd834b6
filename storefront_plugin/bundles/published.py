"""The published bundles as a process holds them: read and checked once, and again when a merchant changed some."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..database import Database
from ..errors import InputError
from ..locks import ProcessLock
from .bundle import Bundle
from .codec import load_definition
from .tables import ShelfVersion, StoredBundle

logger = logging.getLogger(__name__)

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Published:
    """All published bundles of one *version* of the shelf, by id and by product."""

    version: int = -1
    bundles: Mapping[int, Bundle] = field(default_factory=dict)
    by_product: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def about(self, product_ids: Iterable[str]) -> list[Bundle]:
        """Bundles with any of *product_ids*, by id."""
        found = {number for product_id in product_ids for number in self.by_product.get(product_id, ())}
        return [self.bundles[number] for number in sorted(found)]


class PublishedBundles:
    """Keeps `Published` in step with the database: one small query a look, all of them only after a change."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = ProcessLock()
        self._held = Published()

    def get(self, patient: bool = False) -> Published:
        """All that is published now; raises `DatabaseUnavailable`."""
        with self._database.reading(patient) as session:
            version = session.scalar(sa.select(ShelfVersion.version).where(ShelfVersion.id == 1)) or 0
            held = self._held
            if held.version == version:
                return held
            held = _read(session, version)
        with self._lock:
            # Another thread may have read a newer one; a restored database may have gone back.
            self._held = held
        return held

    def for_cart(self, product_ids: Iterable[str], patient: bool = False) -> list[Bundle]:
        """The bundles that a cart of *product_ids* can reach, those with a limit in all with what is left of it now."""
        bundles = self.get(patient).about(product_ids)
        limited = [bundle.id for bundle in bundles if bundle.definition.limit_in_all is not None]
        if not limited:
            return bundles
        with self._database.reading(patient) as session:
            uses = dict(_uses(session, limited))
        return [_with_uses(bundle, uses.get(bundle.id)) for bundle in bundles]


def _with_uses(bundle: Bundle, uses: int | None) -> Bundle:
    limit = bundle.definition.limit_in_all
    return bundle if limit is None or uses is None else replace(bundle, uses_left=max(0, limit - uses))


def _uses(session: Session, ids: Sequence[int]) -> Iterable[tuple[int, int]]:
    for start in range(0, len(ids), PAGE):
        part = ids[start : start + PAGE]
        query = sa.select(StoredBundle.id, StoredBundle.uses).where(StoredBundle.id.in_(part))
        yield from ((row.id, row.uses) for row in session.execute(query))


def _read(session: Session, version: int) -> Published:
    bundles: dict[int, Bundle] = {}
    by_product: dict[str, list[int]] = {}
    last = 0
    while rows := session.execute(_page(last)).all():
        for row in rows:
            try:
                bundle = Bundle(row.id, load_definition(row.definition), row.version)
            except InputError as error:  # written by hand or by another version; the others are sold all the same
                logger.error("Bundle %s is left out: %s", row.id, error)
                continue
            bundles[row.id] = _with_uses(bundle, row.uses)
            for product_id in bundle.definition.product_ids:
                by_product.setdefault(product_id, []).append(row.id)
        last = rows[-1].id
    return Published(version, bundles, {product_id: tuple(ids) for product_id, ids in by_product.items()})


def _page(last: int) -> Any:
    columns = (StoredBundle.id, StoredBundle.version, StoredBundle.definition, StoredBundle.uses)
    query = sa.select(*columns).where(StoredBundle.state == "published", StoredBundle.id > last)
    return query.order_by(StoredBundle.id).limit(PAGE)
