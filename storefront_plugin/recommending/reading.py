"""What pages read beside what the process holds, within their deadline; trouble leaves slots out and is reported."""

from __future__ import annotations

import logging
import marshal
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from flask import Flask

from ..core.errors import AdapterError
from ..core.forks import ProcessLock
from ..redis_store import MISSING, Command, RedisStore
from ..shop.cleaning import noting_failures
from ..shop.ports import Product
from ..shop.product_cache import HELD_SECONDS, ProductCache
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


HELD_REPLIES = 4096
HELD_BYTES = 16_384
"""Replies above this are not held: those of a product that is bought with everything."""
HELD_FRESH = 60.0


class HeldReplies:
    """The latest replies to the reads of pages, packed: a page that Redis does not answer shows what it showed before.

    About 2 kB each, at most `HELD_REPLIES`, for an hour. One is packed again when it is a minute old.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: OrderedDict[Command, tuple[float, bytes]] = OrderedDict()
        self._lock = ProcessLock()

    def filled(self, reads: Sequence[Command], replies: Sequence[Any]) -> dict[Command, Any]:
        """Each of *reads* with its reply, or with the last one where that is `MISSING`."""
        now = self._clock()
        found = dict(zip(reads, replies, strict=True))
        for read, reply in found.items():
            held = self._held.get(read)
            if reply is not MISSING:
                if held is None or held[0] < now - HELD_FRESH:
                    self._hold(read, reply, now)
            elif held is not None and held[1] and held[0] > now - HELD_SECONDS:
                found[read] = marshal.loads(held[1])  # noqa: S302 - packed by this process
        return found

    def _hold(self, read: Command, reply: Any, now: float) -> None:
        packed = marshal.dumps(reply)
        with self._lock:
            self._held[read] = (now, packed if len(packed) <= HELD_BYTES else b"")
            self._held.move_to_end(read)
            while len(self._held) > HELD_REPLIES:
                self._held.popitem(last=False)


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
        self._held = HeldReplies()
        self.failed = failed

    def ask(self, page: Page, reads: Sequence[Command]) -> list[Any]:
        """The replies to *reads*, in one trip; `MISSING` where Redis is late."""
        return self._store.execute(reads) if page.blocking else self._store.fetch(reads)

    def held(self, page: Page, reads: Sequence[Command], replies: Sequence[Any]) -> dict[Command, Any]:
        """Each of *reads* with its reply; where Redis was late for a shopper, with the one that this process had last."""
        return dict(zip(reads, replies, strict=True)) if page.blocking else self._held.filled(reads, replies)

    def products(self, page: Page, ids: Sequence[str]) -> dict[str, Product | None]:
        """The products of *ids*, None for unknown ones; where the catalogue fails, those that this process still holds."""
        try:
            with noting_failures() as failed:
                found = self._products.get_many(ids, page.shop_locale, page.blocking) if ids else {}
            lost = [one for one in failed if found.get(one, True) is None]
            return found if page.blocking or not lost else found | self._held_for(page, lost)
        except AdapterError as error:
            if page.blocking:
                raise
            self.failed(page.placement, error)
            page.catalog_failed = True
            return dict.fromkeys(ids) | self._products.held(ids, page.shop_locale)

    def _held_for(self, page: Page, lost: Sequence[str]) -> dict[str, Product | None]:
        """What this process holds of products that are *lost* as the shop cannot say their titles or prices now.

        Where it holds some, that will pass; a callable that always fails for a product is nothing to wait for.
        """
        held = self._products.held(lost, page.shop_locale)
        page.catalog_failed |= bool(held)
        return held

    def cached_products(self, page: Page, ids: Iterable[str]) -> dict[str, Product | None]:
        """Those of *ids* that this process holds; asks nobody."""
        return self._products.cached(ids, page.shop_locale)
