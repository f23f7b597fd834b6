"""Keeps what a process holds fresh: at most a minute old, and at once when a page hears of a change.

Changes travel as versions in Redis: whoever makes one raises a version, and each page reads the versions beside its candidates.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..core.errors import DatabaseUnavailable, StorefrontError, StoreUnavailable
from ..core.forks import Forkable, ProcessLock, join_forks
from ..core.sql.database import Database
from ..learning.cart_model import LiveModel
from ..orderlog.product_numbers import ProductNumbers
from ..redis_store import MISSING, Command, RedisStore
from ..redis_store.keys import Keys
from ..shop.ports import Product
from ..shop.product_cache import CHANGED_IDS, ProductCache
from ..shop.sellable import ALL_SELLABLE, Unsellable, is_eligible
from .snapshot import Snapshot, SnapshotPart, load_snapshot, with_changes
from .strategies import RANKINGS

logger = logging.getLogger(__name__)

MAX_AGE = 60.0
RETRY = 5.0
NUMBERS_SECONDS = 0.5
"""Pages about unknown products ask for new numbers at most so often."""

FIRST_SECONDS = 0.5
"""How long the first pages of a process wait until it holds anything, while Redis answers: dozens of statements and trips."""

GREETING_SECONDS = 0.25
"""How long of these the first page waits for Redis to answer at all."""

MAX_UNSENT = 1000
"""Changed products remembered at a time while Redis does not answer."""

_CARDS = b"cards"
_RULES = b"rules"


class SnapshotCache(Forkable):
    """The current `Snapshot`, replaced as a whole.

    Pages do not wait for a refresh: they ask `wake` for one and go on with what there is. Only the first pages of a
    process wait, if Redis answers, and a page that hears of changed rules, slots or parts reads these itself. Without a
    background thread (tests), `get` refreshes by itself.

    Args:
        numbers: Product numbers of this process, refreshed with the snapshot.
        products: Product data of this process, forgotten as the news say.
        model: Finds the model of carts.
        parts: What other rooms need of every page.
        wake: Wakes the background thread; False where there is none.
    """

    def __init__(
        self,
        database: Database,
        store: RedisStore,
        keys: Keys,
        numbers: ProductNumbers,
        products: ProductCache,
        model: Callable[[], LiveModel],
        parts: Sequence[SnapshotPart[Any]],
        wake: Callable[[], bool],
    ) -> None:
        self._database = database
        self._store = store
        self._keys = keys
        self._numbers = numbers
        self._products = products
        self._model = model
        self._parts = parts
        self._wake = wake
        self.current = Snapshot()
        self._due_at = 0.0
        self._tried = threading.Event()
        self._first_until: float | None = None
        self._lock = ProcessLock()
        self._reread_at = 0.0
        self._lacks_numbers = False
        self._numbers_at = 0.0
        self._cards_version: int | None = None
        join_forks(self)

    def get(self, blocking: bool = False) -> Snapshot:
        """What the process holds, for one page; with *blocking* as fresh as can be, raising what hinders it."""
        if blocking:
            news = self._store.execute([self._news()])[0] or {}
            if self._is_changed(news):
                self.expire()
            self.refresh_if_due()
        elif time.monotonic() >= self._due_at:
            self._hurry()
        return self.current

    def _hurry(self) -> None:
        if self._wake():
            if not self.current.is_read:
                self._wait()
            return
        try:
            self.refresh()
        except StorefrontError as error:
            self._due_at = time.monotonic() + RETRY
            logger.warning("Recommendations continue with the last snapshot (%s).", error)

    def _wait(self) -> None:
        """Wait for the first refresh of this process, which the background thread is at, unless Redis is silent.

        Greeting Redis opens the connection that the page itself needs next.
        """
        now = time.monotonic()
        until = self._first_until = self._first_until or now + FIRST_SECONDS
        if now >= until:
            return
        if self._store.answers(self._news(), GREETING_SECONDS):
            self._tried.wait(until - time.monotonic())
        else:
            self._first_until = now

    def refresh_if_due(self) -> None:
        """Refresh when the snapshot is old or a page heard of a change; only numbers where a page lacked one."""
        if time.monotonic() >= self._due_at:
            self.refresh()
        elif self._lacks_numbers:
            self._lacks_numbers = False
            self._numbers.refresh(self._database)

    def refresh(self) -> None:
        """Read everything again; raises `StoreUnavailable` or `DatabaseUnavailable`."""
        try:
            self._numbers.refresh(self._database)
            self.current = load_snapshot(
                self._database,
                self._store,
                self._keys,
                self._model,
                self._parts,
                [one.name for one in RANKINGS],
                self.current.unsellable,
            )
            self._due_at = time.monotonic() + MAX_AGE
        finally:
            self._tried.set()

    def renew(self) -> None:
        """After a fork, in the child: another thread may have held the event."""
        self._tried = threading.Event()

    def expire(self) -> None:
        """The snapshot is out of date; the next page or turn reads again."""
        self._due_at = 0.0

    def request_numbers(self) -> None:
        """A page met a product that this process has no number for: one sold for the first time, or none at all."""
        now = time.monotonic()
        if now >= self._numbers_at:
            self._numbers_at = now + NUMBERS_SECONDS
            self._lacks_numbers = True
            self._wake()

    def on_news(self, news: Mapping[bytes, bytes], changed: Sequence[bytes]) -> Snapshot:
        """Take in what a page read beside its candidates, and what holds for that page now.

        Changed products, rules, slots and parts count at once, the rest after a refresh.
        """
        self._forget_changed(int(news.get(_CARDS, 0)), changed)
        version = news.get(_RULES)
        if version is not None and self.current.is_read and self.current.news.get(_RULES) != version:
            self._reread(version)
        if self._is_changed(news):
            self.expire()
            self._wake()
        return self.current

    def _is_changed(self, news: Mapping[bytes, bytes]) -> bool:
        known = self.current.news
        return any(known.get(name) != version for name, version in news.items() if name != _CARDS)

    def _reread(self, version: bytes) -> None:
        """Read again what merchants change, in the page that heard of it; where the database is late, a refresh does it."""
        with self._lock:  # other pages of this process wait for the same
            current = self.current
            if current.news.get(_RULES) == version or time.monotonic() < self._reread_at:
                return
            try:
                self.current = with_changes(current, {**current.news, _RULES: version}, self._database)
            except DatabaseUnavailable as error:
                self._reread_at = time.monotonic() + RETRY
                logger.warning("A page continues with the previous rules, slots and bundles (%s).", error)

    def _news(self) -> Command:
        return Command(self._keys.news, "HGETALL")

    def _forget_changed(self, version: int, changed: Sequence[bytes]) -> None:
        before, self._cards_version = self._cards_version, version
        if version == before:
            return
        missed = 0 if before is None else version - before
        everything = not 0 < missed <= min(CHANGED_IDS, len(changed))
        ids = [] if everything else [product_id.decode() for product_id in changed[:missed]]
        self._products.forget(None if everything else ids)
        if before is not None:
            self._learn(ALL_SELLABLE if everything else self.current.unsellable, dict.fromkeys(ids, False))

    def learn_sellable(self, products: Mapping[str, Product | None]) -> None:
        """The catalogue has answered with these *products*; None is one that it does not have."""
        states = {name: product is None or not is_eligible(product) for name, product in products.items()}
        self._learn(self.current.unsellable, states)

    def _learn(self, known: Unsellable, unsellable: Mapping[str, bool]) -> None:
        numbers = {
            number: state
            for product_id, state in unsellable.items()
            if (number := self._numbers.number(product_id)) is not None
        }
        current, learned = self.current, known.learned(numbers)
        if learned is not current.unsellable:
            self.current = replace(current, unsellable=learned)


class News:
    """Tells all processes what changed; the next page of each hears of it.

    Args:
        products: This process's own cache.
        numbers: Product numbers of this process.
        expire: What this process holds of rules, slots and bundles is out of date.
        wake: Lets the background thread send what is left; False where there is no thread.
    """

    def __init__(
        self,
        store: RedisStore,
        keys: Keys,
        products: ProductCache,
        numbers: ProductNumbers,
        expire: Callable[[], None],
        wake: Callable[[], bool],
    ) -> None:
        self._store = store
        self._keys = keys
        self._products = products
        self._numbers = numbers
        self._expire = expire
        self._wake = wake
        self._unsent: dict[str, None] = {}

    def rules_changed(self) -> None:
        """Let all processes read the merchant's rules, slots and bundles again. Trouble with Redis is logged only."""
        self._expire()
        try:
            self._store.pipeline_write([("HINCRBY", self._keys.news, "rules", 1)])
        except StoreUnavailable as error:
            logger.warning("Other processes pick up the changed rules within a minute: %s", error)

    def products_changed(self, product_ids: Sequence[str]) -> None:
        """Forget the data of *product_ids* here, and notify the other processes.

        Often called inside the shop's own commit, so Redis gets the deadline of a page. What it did not take then is sent
        by the background thread; where there is none, with the next change or turn of `storefront.tick()`.
        """
        self._products.forget(product_ids)
        unsent, self._unsent = self._unsent, {}
        changed = [*unsent, *product_ids]
        if MISSING in self._store.fetch(self._commands(changed)):
            self._unsent.update(dict.fromkeys(changed[-MAX_UNSENT:]))
            if not self._wake():
                logger.warning("Other processes pick up changed products late: Redis does not answer in time.")

    def send_late(self) -> None:
        """Send what Redis did not take before; raises `StoreUnavailable` and keeps it where it still does not."""
        unsent, self._unsent = self._unsent, {}
        if unsent:
            try:
                self._store.execute(self._commands(list(unsent)))
            except StoreUnavailable:
                self._unsent = {**unsent, **self._unsent}
                raise

    def _commands(self, product_ids: Sequence[str]) -> list[Command]:
        latest = tuple(product_ids[-CHANGED_IDS:])  # of more than these, all products are forgotten
        return [
            Command(self._keys.changed_products, "LPUSH", latest),
            Command(self._keys.changed_products, "LTRIM", (0, CHANGED_IDS - 1)),
            Command(self._keys.news, "HINCRBY", ("cards", len(product_ids))),
            *self._may_be_sold(product_ids),
        ]

    def _may_be_sold(self, product_ids: Sequence[str]) -> Iterator[Command]:
        """They take part in suggestions again, until the catalogue is read again."""
        numbers = [number for one in product_ids if (number := self._numbers.number(one)) is not None]
        if numbers:
            changes = (word for number in numbers for word in ("SET", "u1", number, 0))
            yield Command(self._keys.unsellable, "BITFIELD", tuple(changes))
