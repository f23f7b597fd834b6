"""The published bundles as a process holds them: read and checked once, and again when a merchant changed some."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ...core.errors import InputError
from ...core.forks import ProcessLock
from ...core.sql.database import Database
from ..bundle import Bundle
from ..price_kinds import NO_STEPS
from ..tier import Tier
from .definition_json import load_definition
from .repository import BundleRepository
from .tables import BundleRow, BundleUse, PublishedVersion

logger = logging.getLogger(__name__)

PAGE = 1000

MAX_LOOKED_UP = 200
"""Products looked up for the bundles of one page or cart; those of the bundles of the lowest ids come first."""


@dataclass(frozen=True, slots=True)
class Published:
    """All published bundles of one *version* of the repository, by id and by product."""

    version: int = -1
    bundles: Mapping[int, Bundle] = field(default_factory=dict)
    by_product: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def about(self, product_ids: Iterable[str]) -> list[Bundle]:
        """Bundles with any of *product_ids*, by id."""
        found = {number for product_id in product_ids for number in self.by_product.get(product_id, ())}
        return [self.bundles[number] for number in sorted(found)]


class PublishedBundles:
    """Keeps `Published` in step with the database: one small query a look, all of them only after a change."""

    def __init__(self, database: Database, steps: Mapping[str, int] = NO_STEPS) -> None:
        self._database = database
        self._steps = steps
        self._lock = ProcessLock()
        self._cached = Published()

    def get(self, blocking: bool = False) -> Published:
        """All that is published now; raises `DatabaseUnavailable`."""
        with self._database.reading(blocking) as session:
            version = session.scalar(sa.select(PublishedVersion.version).where(PublishedVersion.id == 1)) or 0
            cached = self._cached
            if cached.version == version:
                return cached
            cached = _read(session, version, self._steps)
        with self._lock:
            # Another thread may have read a newer one; a restored database may have gone back.
            self._cached = cached
        return cached

    def for_cart(self, product_ids: Iterable[str], blocking: bool = False, order_id: str | None = None) -> list[Bundle]:
        """The bundles that a cart of *product_ids* can reach, those with a limit in all with what is left of it now.

        What *order_id* has used already is left for it.
        """
        bundles = self.get(blocking).about(product_ids)
        limited = [bundle.id for bundle in bundles if bundle.definition.limit_in_all is not None]
        if not limited:
            return bundles
        with self._database.reading(blocking) as session:
            uses = dict(_uses(session, limited))
            for bundle_id, count in _uses_of(session, order_id) if order_id is not None else ():
                uses[bundle_id] = uses.get(bundle_id, 0) - count
        return [_with_uses(bundle, uses.get(bundle.id)) for bundle in bundles]

    def still(self, bundle_id: int, version: int) -> Bundle | None:
        """The bundle as it is published now, where it differs from *version* in nothing but its texts; else None."""
        found = self.get(blocking=True).bundles.get(bundle_id)
        if found is None or found.version == version:
            return found
        before = BundleRepository(self._database).version(bundle_id, version)
        return found if before is not None and found.definition.has_terms_of(before.definition) else None


def looked_up(bundles: Iterable[Bundle]) -> list[Bundle]:
    """The first of *bundles*, as far as their products together are at most `MAX_LOOKED_UP`."""
    found, products = [], set[str]()
    for bundle in bundles:
        products |= bundle.definition.product_ids
        if len(products) > MAX_LOOKED_UP:
            break
        found.append(bundle)
    return found


def in_play(bundles: Iterable[Bundle], near: Iterable[Bundle], bought: AbstractSet[str]) -> list[Bundle]:
    """Those of *bundles* that can apply to a cart of *bought* products, and those *near*, which may be next offers."""
    near_ids = {bundle.id for bundle in near}
    return [
        one for one in bundles if one.id in near_ids or any(_has_all(tier, bought) for tier in one.definition.tiers)
    ]


def _has_all(tier: Tier, bought: AbstractSet[str]) -> bool:
    """Whether each component that *tier* needs is among *bought*; of a group that is chosen from, any."""
    if tier.least:
        return any(one.product_id in bought for one in tier.components)
    return all(one.product_id in bought for one in tier.components if not one.optional)


def _with_uses(bundle: Bundle, uses: int | None) -> Bundle:
    limit = bundle.definition.limit_in_all
    return bundle if limit is None or uses is None else replace(bundle, uses_left=max(0, limit - uses))


def _uses(session: Session, ids: Sequence[int]) -> Iterable[tuple[int, int]]:
    for start in range(0, len(ids), PAGE):
        part = ids[start : start + PAGE]
        query = sa.select(BundleRow.id, BundleRow.uses).where(BundleRow.id.in_(part))
        yield from ((row.id, row.uses) for row in session.execute(query))


def _uses_of(session: Session, order_id: str) -> Iterable[tuple[int, int]]:
    query = sa.select(BundleUse.bundle_id, BundleUse.count).where(BundleUse.order_id == order_id)
    return [(bundle_id, count) for bundle_id, count in session.execute(query)]


def _read(session: Session, version: int, steps: Mapping[str, int]) -> Published:
    bundles: dict[int, Bundle] = {}
    by_product: dict[str, list[int]] = {}
    last = 0
    while rows := session.execute(_page(last)).all():
        for row in rows:
            try:
                bundle = Bundle(row.id, load_definition(row.definition).in_steps(steps), row.version)
            except InputError as error:  # written by hand or by another version; the others are sold all the same
                logger.error("Bundle %s is left out: %s", row.id, error)
                continue
            bundles[row.id] = _with_uses(bundle, row.uses)
            for product_id in bundle.definition.product_ids:
                by_product.setdefault(product_id, []).append(row.id)
        last = rows[-1].id
    return Published(version, bundles, {product_id: tuple(ids) for product_id, ids in by_product.items()})


def _page(last: int) -> Any:
    columns = (BundleRow.id, BundleRow.version, BundleRow.definition, BundleRow.uses)
    query = sa.select(*columns).where(BundleRow.state == "published", BundleRow.id > last)
    return query.order_by(BundleRow.id).limit(PAGE)
