"""Changes that all processes must hear of: of products, and of what merchants say. They travel as versions in Redis."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from ..core.errors import StoreUnavailable
from ..redis_store import MISSING, Command, RedisStore
from ..redis_store.keys import Keys
from ..shop.product_cache import CHANGED_IDS, ProductCache

logger = logging.getLogger(__name__)

MAX_UNSENT = 1000
"""Changed products remembered at a time while Redis does not answer."""


class News:
    """Tells all processes what changed; the next page of each hears of it.

    Args:
        products: This process's own cache.
        expire: What this process holds of rules, slots and bundles is out of date.
        wake: Lets the background thread send what is left; False where there is no thread.
    """

    def __init__(
        self,
        store: RedisStore,
        keys: Keys,
        products: ProductCache,
        expire: Callable[[], None],
        wake: Callable[[], bool],
    ) -> None:
        self._store = store
        self._keys = keys
        self._products = products
        self._expire = expire
        self._wake = wake
        self._unsent: dict[str, None] = {}

    def rules_changed(self) -> None:
        """Let all processes read the merchant's rules, slots and bundles again. Trouble with Redis is logged only."""
        self._expire()
        try:
            self._store.pipeline_write([("HINCRBY", self._keys.news, "rules", 1)])
        except StoreUnavailable as error:
            logger.warning("Other processes hear of the changed rules within a minute: %s", error)

    def products_changed(self, product_ids: Sequence[str]) -> None:
        """Forget the data of *product_ids* here, and tell the other processes.

        Often called inside the shop's own commit, so Redis gets the deadline of a page; what it did not take then is
        sent by the background thread.
        """
        self._products.forget(product_ids)
        if MISSING in self._store.fetch(self._commands(product_ids)):
            self._unsent.update(dict.fromkeys(product_ids[-MAX_UNSENT:]))
            if not self._wake():
                self._send_or_warn()

    def send_late(self) -> None:
        """Send what Redis did not take before; raises `StoreUnavailable` and keeps it where it still does not."""
        unsent, self._unsent = self._unsent, {}
        if unsent:
            try:
                self._store.execute(self._commands(list(unsent)))
            except StoreUnavailable:
                self._unsent = {**unsent, **self._unsent}
                raise

    def _send_or_warn(self) -> None:
        try:
            self.send_late()
        except StoreUnavailable as error:
            self._unsent.clear()
            logger.warning("Other processes hear of changed products late: %s", error)

    def _commands(self, product_ids: Sequence[str]) -> list[Command]:
        latest = tuple(product_ids[-CHANGED_IDS:])  # of more than these, all products are forgotten
        return [
            Command(self._keys.changed_products, "LPUSH", latest),
            Command(self._keys.changed_products, "LTRIM", (0, CHANGED_IDS - 1)),
            Command(self._keys.news, "HINCRBY", ("cards", len(product_ids))),
        ]
