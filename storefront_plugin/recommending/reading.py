"""What pages read beside what the process holds, within their deadline; trouble leaves slots out and is reported."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from flask import Flask

from ..core.errors import AdapterError
from ..redis_store import Command, RedisStore
from ..shop.ports import Product
from ..shop.product_cache import ProductCache
from ..signals import slot_failed
from .page import Page

logger = logging.getLogger(__name__)

LOG_SECONDS = 60.0
"""The same slot and kind of trouble is logged at most so often: during an outage every page meets it."""


class Failures:
    """Reports to *app*'s developers which slots were left out, and why."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._logged_at: dict[tuple[str, type[Exception]], float] = {}

    def report(self, slot: str, error: Exception) -> None:
        """Signal that *slot*, or all slots of the placement of that name, was left out for *error*; log it now and then."""
        now, kind = time.monotonic(), (slot, type(error))
        logged_at = self._logged_at.get(kind)
        if logged_at is None or now - logged_at >= LOG_SECONDS:
            self._logged_at[kind] = now
            logger.warning("Slot %r is left out: %s", slot, error)
        slot_failed.send(self._app, slot=slot, error=error)


class PageReader:
    """Asks Redis and the catalogue for a page; one that is ``blocking`` waits for both and gets their errors.

    Args:
        store: Redis.
        products: Product data cached in process.
        failed: Called with a slot's or placement's name and the error when Redis or the shop's own code failed.
    """

    def __init__(self, store: RedisStore, products: ProductCache, failed: Callable[[str, Exception], None]) -> None:
        self._store = store
        self._products = products
        self.failed = failed

    def ask(self, page: Page, reads: Sequence[Command]) -> list[Any]:
        """The replies to *reads*, in one trip; `MISSING` where Redis is late."""
        return self._store.execute(reads) if page.blocking else self._store.fetch(reads)

    def products(self, page: Page, ids: Sequence[str]) -> dict[str, Product | None]:
        """The products of *ids*; None for unknown ones, and for all where the catalogue fails."""
        try:
            return self._products.get_many(ids, page.shop_locale, page.blocking) if ids else {}
        except AdapterError as error:
            if page.blocking:
                raise
            self.failed(page.placement, error)
            page.catalog_failed = True
            return dict.fromkeys(ids)

    def cached_products(self, page: Page, ids: Iterable[str]) -> dict[str, Product | None]:
        """Those of *ids* that this process holds; asks nobody."""
        return self._products.cached(ids, page.shop_locale)
