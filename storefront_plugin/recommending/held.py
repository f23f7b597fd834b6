"""Keeps what a process holds fresh: at most a minute old, and at once when a page hears of a change."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from ..bundles.published import PublishedBundles
from ..database import Database
from ..errors import StorefrontError
from ..orderlog.numbers import ProductNumbers
from ..redis_store import RedisStore
from ..redis_store.keys import Keys
from .cards import Cards
from .holdings import Holdings, load_holdings
from .recommender import CHANGED_IDS

logger = logging.getLogger(__name__)

MAX_AGE = 60.0
RETRY = 5.0
NUMBERS_SECONDS = 0.5
"""Pages about unknown products ask for new numbers at most so often."""

_CARDS = b"cards"


class Held:
    """The current `Holdings`, replaced as a whole.

    Pages never wait for a refresh: they ask `wake` for one and go on with what there is. Only the very first page of
    a process waits, at most the deadline. Without a background thread (tests), `get` refreshes by itself.
    """

    def __init__(
        self,
        database: Database,
        store: RedisStore,
        keys: Keys,
        numbers: ProductNumbers,
        cards: Cards,
        published: PublishedBundles,
        deadline: float,
        wake: Callable[[], bool],
    ) -> None:
        self._database = database
        self._store = store
        self._keys = keys
        self._numbers = numbers
        self._cards = cards
        self._published = published
        self._deadline = deadline
        self._wake = wake
        self.current = Holdings()
        self._due_at = 0.0
        self._loaded = threading.Event()
        self._waited = False
        self._lacks_numbers = False
        self._numbers_at = 0.0
        self._cards_version: int | None = None

    def get(self, patient: bool = False) -> Holdings:
        """What the process holds, for one page; with *patient* refreshed first if it is due, raising what hinders it."""
        if patient:
            self.refresh_if_due()
        elif time.monotonic() >= self._due_at:
            self._hurry()
        return self.current

    def _hurry(self) -> None:
        if self._wake():
            if not self._waited:
                self._waited = True
                self._loaded.wait(self._deadline)
            return
        try:
            self.refresh()
        except StorefrontError as error:
            self._due_at = time.monotonic() + RETRY
            logger.warning("Suggestions go on with what is held (%s).", error)

    def refresh_if_due(self) -> None:
        """Refresh when what is held is old or a page heard of a change; only numbers where a page lacked one."""
        if time.monotonic() >= self._due_at:
            self.refresh()
        elif self._lacks_numbers:
            self._lacks_numbers = False
            self._numbers.refresh(self._database)

    def refresh(self) -> None:
        """Read everything afresh; raises `StoreUnavailable` or `DatabaseUnavailable`."""
        self._numbers.refresh(self._database)
        self.current = load_holdings(self._database, self._store, self._keys, self._published)
        self._due_at = time.monotonic() + MAX_AGE
        self._loaded.set()

    def expire(self) -> None:
        """What is held is out of date; the next page or turn reads afresh."""
        self._due_at = 0.0

    def heed_unknown(self) -> None:
        """A page met a product that this process has no number for: one sold for the first time, or none at all."""
        now = time.monotonic()
        if now >= self._numbers_at:
            self._numbers_at = now + NUMBERS_SECONDS
            self._lacks_numbers = True
            self._wake()

    def heed(self, news: Mapping[bytes, bytes], changed: Sequence[bytes]) -> None:
        """Take in what a page read beside its candidates: changed products at once, the rest by a refresh."""
        self._heed_cards(int(news.get(_CARDS, 0)), changed)
        known = self.current.news
        if any(known.get(name) != version for name, version in news.items() if name != _CARDS):
            self.expire()
            self._wake()

    def _heed_cards(self, version: int, changed: Sequence[bytes]) -> None:
        before, self._cards_version = self._cards_version, version
        if version == before:
            return
        missed = 0 if before is None else version - before
        everything = not 0 < missed <= min(CHANGED_IDS, len(changed))
        self._cards.forget(None if everything else [product_id.decode() for product_id in changed[:missed]])
