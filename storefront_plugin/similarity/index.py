"""Keeps the content index in step with the catalogue: built when it is missing, and again after products changed."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

from ..database import Database
from ..errors import StorefrontError
from ..orderlog.numbering import locked_applier
from ..orderlog.numbers import ProductNumbers
from ..redis_store import Read, RedisStore
from ..redis_store.keys import Keys
from ..shop.ports import Catalog
from .content import IndexingOvertaken, Progress, index_catalogue, silent

logger = logging.getLogger(__name__)

SMALL_CATALOGUE = 5000
"""A catalogue of at most so many products is indexed by the background thread; a larger one by the rebuild."""


class CatalogueIndex:
    """The content index of one shop."""

    def __init__(
        self,
        catalog: Catalog,
        database: Database,
        numbers: ProductNumbers,
        store: RedisStore,
        keys: Keys,
        folder: Path,
        currency: str | None,
    ) -> None:
        self._catalog = catalog
        self._database = database
        self._numbers = numbers
        self._store = store
        self._keys = keys
        self._folder = folder
        self._currency = currency

    def build(self, progress: Progress = silent) -> None:
        """Index the whole catalogue; raises `StoreUnavailable`, `DatabaseUnavailable`, or what the catalogue raised."""
        cards = self._store.ask([Read(self._keys.news, "HGET", ("cards",))])[0] or 0
        index_catalogue(self._catalog, self._number, self._store, self._keys, self._folder, progress, self._currency)
        self._store.pipeline_write([("HSET", self._keys.news, "indexed_cards", cards)])

    def build_if_due(self, progress: Progress = silent) -> bool:
        """Index a small catalogue that has no index, or whose products changed since; whether it did."""
        names = ("edition", "cards", "indexed_cards")
        edition, cards, indexed = self._store.ask([Read(self._keys.news, "HGET", (name,)) for name in names])
        if edition and (cards or b"0") == (indexed or b"0"):
            return False
        try:
            return self._build_if_small(bool(edition), progress)
        except StorefrontError:
            raise
        except Exception as error:  # the shop's own catalogue; orders are counted all the same
            logger.warning("The catalogue cannot be read for related products (%s); it is tried again.", error)
            return False

    def _build_if_small(self, indexed: bool, progress: Progress) -> bool:
        if sum(1 for _ in islice(self._catalog.iter_products(), SMALL_CATALOGUE + 1)) > SMALL_CATALOGUE:
            if not indexed:
                logger.warning("The catalogue is large: run `flask storefront rebuild` to find related products.")
            return False
        try:
            self.build(progress)
        except IndexingOvertaken:
            return False
        return True

    def _number(self, product_ids: Sequence[str]) -> Mapping[str, int]:
        """Numbers of products, new ones given under the applier's lock."""
        known = {product_id: self._numbers.number(product_id) for product_id in product_ids}
        if None not in known.values():
            return {product_id: number for product_id, number in known.items() if number is not None}
        with locked_applier(self._database, self._numbers) as (session, applier):
            assigned = self._numbers.assign(session, applier, product_ids)
            session.info["learned"].update(assigned)
        return assigned
