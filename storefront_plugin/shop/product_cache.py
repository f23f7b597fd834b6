"""Product data cached in process: bounded, aged, and forgotten when it changes."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar

from ..core.deadline import AdaptiveDeadline, RecentCalls
from ..core.errors import AdapterError
from ..core.forks import ProcessLock
from .cleaning import clean_product, noting_failures, stock_left
from .ports import Catalog, LiveStock, Product
from .values import Unusable

logger = logging.getLogger(__name__)

_Answer = TypeVar("_Answer")
_Cards: TypeAlias = "OrderedDict[str, tuple[float, Product | None]]"
"""The products of one locale by id, each with when it is too old; the one that was read longest ago first."""

MAX_CARDS = 20_000
"""Beyond these, the cards that were read longest ago are forgotten."""

MAX_LOCALES = 100
"""Beyond these, the locale that was asked for longest ago is forgotten."""

CHANGED_IDS = 32
"""Changed products read with each page; a process that missed more forgets all it knows."""

HELD_SECONDS = 3600.0
"""How long what pages have read is shown, older than it should be, while the catalogue or Redis is late or fails."""

SKIP_SECONDS = (5.0, 60.0)
"""How long a late catalogue is left alone: at first, doubled each time that it is late again, and at most."""

WARM_UP = 3
"""First calls of a process, which open connections and compile queries: their time says nothing of the catalogue."""


class ProductCache:
    """Products by id, from a cache of at most `MAX_CARDS` that are younger than *seconds*, else from the catalogue.

    Cached by locale too: a shop's titles may follow the language of the request. Of more than `MAX_LOCALES` the one that
    was asked for longest ago is forgotten, so that asking for languages that the shop does not have drives out no page's.

    Python cannot interrupt a catalogue. One that is late on most of the latest pages is left alone for `SKIP_SECONDS`,
    and pages show what is held. Late is what takes longer than *deadline*, and than a catalogue of this shop usually
    takes (see `AdaptiveDeadline`).

    *loaded* is called with what the catalogue has answered, without products of which the shop's code failed.
    """

    def __init__(
        self,
        catalog: Catalog,
        seconds: float,
        deadline: float,
        currency: str | None,
        loaded: Callable[[Mapping[str, Product | None]], None] = lambda found: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalog = catalog
        self._live = catalog if isinstance(catalog, LiveStock) else None
        self._seconds = seconds
        self._currency = currency
        self._loaded = loaded
        self._clock = clock
        self._cached: OrderedDict[str, _Cards] = OrderedDict()
        self._lock = ProcessLock()
        self._forgotten = 0
        self._calls = 0
        self._adaptive = AdaptiveDeadline(deadline)
        self._latest = RecentCalls(clock)
        self._skip_until = 0.0
        self._skips = 0

    def get_many(self, ids: Iterable[str], locale: str = "", blocking: bool = False) -> dict[str, Product | None]:
        """Products of *ids*, None for unknown ones; at most one call to the catalogue.

        A catalogue with ``live_stock`` is always called: for the stock of products that are cached, else for everything.
        With *blocking* a slow catalogue is neither noted nor left alone. Raises `AdapterError`.
        """
        now = self._clock()
        found: dict[str, Product | None] = {}
        unknown: list[str] = []
        cards = self._cards(locale)
        for product_id in dict.fromkeys(ids):
            cached = cards.get(product_id)
            if cached is not None and cached[0] > now:
                found[product_id] = cached[1]
            else:
                unknown.append(product_id)
        if unknown:
            found.update(self._load([*found, *unknown] if self._live else unknown, locale, blocking))
        elif self._live:
            found.update(self._in_stock_now(self._live, [each for each in found.values() if each], blocking))
        return found

    def cached(self, ids: Iterable[str], locale: str = "") -> dict[str, Product | None]:
        """Those of *ids* that are cached, with their stock as it was; asks nobody."""
        return self._younger(ids, locale, self._clock())

    def held(self, ids: Iterable[str], locale: str = "") -> dict[str, Product | None]:
        """Those of *ids* that were read within the last hour, for pages that do without the catalogue."""
        now = self._clock()
        oldest = min(now, now + self._seconds - HELD_SECONDS)  # what is fresh is held, however long that is
        return self._younger(ids, locale, oldest)

    def _younger(self, ids: Iterable[str], locale: str, oldest: float) -> dict[str, Product | None]:
        cards = self._cards(locale)
        found = ((product_id, cards.get(product_id)) for product_id in ids)
        return {product_id: one[1] for product_id, one in found if one is not None and one[0] > oldest}

    def _cards(self, locale: str) -> _Cards:
        """What is cached for *locale*, which is now the one that was asked for last."""
        with self._lock:
            cards = self._cached.get(locale)
            if cards is None:
                return OrderedDict()
            self._cached.move_to_end(locale)
            return cards

    def _in_stock_now(self, catalog: LiveStock, cached: Sequence[Product], blocking: bool) -> dict[str, Product]:
        """The *cached* products whose stock has changed since."""
        if not cached:
            return {}
        stock = self._timed(lambda: catalog.live_stock([product.id for product in cached]), blocking)
        if not isinstance(stock, Mapping):
            raise AdapterError(
                f"Catalog.live_stock must return a mapping from ids to stock, not {type(stock).__name__}."
            )
        changed: dict[str, Product] = {}
        for product in cached:
            left = _left(stock.get(product.id, product.stock))
            if left != product.stock:
                changed[product.id] = replace(product, stock=left)
        self._loaded({product.id: product for product in cached} | changed)
        return changed

    def forget(self, ids: Iterable[str] | None) -> None:
        """Ask the catalogue again for *ids*, for all when None."""
        with self._lock:
            self._forgotten += 1
            if ids is None:
                self._cached.clear()
            else:
                for product_id in ids:
                    for cards in self._cached.values():
                        cards.pop(product_id, None)

    def _load(self, ids: list[str], locale: str, blocking: bool) -> dict[str, Product | None]:
        forgotten = self._forgotten
        with noting_failures() as failed:
            raw = self._timed(lambda: self._catalog.get_many(ids), blocking)
        if not isinstance(raw, Mapping):
            raise AdapterError(f"Catalog.get_many must return a mapping from ids to Product, not {type(raw).__name__}.")
        loaded: dict[str, Product | None] = {}
        for product_id in ids:
            given = raw.get(product_id)
            product = None if given is None else clean_product(given, self._currency)
            loaded[product_id] = product if product is not None and product.id == product_id else None
        whole = {product_id: product for product_id, product in loaded.items() if product_id not in failed}
        if self._seconds:
            self._keep(whole, locale, forgotten)
        self._loaded(whole)
        return loaded

    def _keep(self, loaded: Mapping[str, Product | None], locale: str, forgotten: int) -> None:
        until = self._clock() + self._seconds
        with self._lock:
            if forgotten != self._forgotten:
                return  # a product changed while it was being read: which of its states this is cannot be known
            cards = self._cached.setdefault(locale, OrderedDict())
            self._cached.move_to_end(locale)
            for product_id, product in loaded.items():
                cards[product_id] = (until, product)
                cards.move_to_end(product_id)
            while len(self._cached) > MAX_LOCALES:
                self._cached.popitem(last=False)
            self._shrink(sum(map(len, self._cached.values())) - MAX_CARDS)

    def _shrink(self, excess: int) -> None:
        """Forget as many cards as *excess*, whatever their locale: those that were read longest ago."""
        for _ in range(excess):
            cards = min(filter(None, self._cached.values()), key=lambda cards: next(iter(cards.values()))[0])
            cards.popitem(last=False)

    def _timed(self, call: Callable[[], _Answer], blocking: bool = False) -> _Answer:
        began = self._clock()
        if began < self._skip_until and not blocking:
            raise AdapterError("The catalogue was late on most of the latest pages; it is tried again within a minute.")
        try:
            return call()
        except AdapterError:
            raise
        except Exception as error:  # the shop's own code may raise anything
            raise AdapterError(f"The catalogue adapter raised {type(error).__name__}: {error}") from error
        finally:
            if not blocking:
                self._note(self._clock() - began)

    def _note(self, seconds: float) -> None:
        self._calls += 1
        if self._calls <= WARM_UP:
            return
        late = seconds > self._adaptive.limit
        self._adaptive.took(seconds)
        self._latest.add(failed=late)
        if not late:
            self._skips = 0
        elif self._clock() >= self._skip_until and (self._skips or self._latest.mostly_failed):
            self._skip(seconds)

    def _skip(self, seconds: float) -> None:
        least, most = SKIP_SECONDS
        skipped = min(most, least * 2**self._skips)
        self._skips += 1
        self._skip_until = self._clock() + skipped
        logger.warning(
            "The catalogue took %.0f ms, far above STOREFRONT_DEADLINE_MS, on most of the latest pages; for %.0f s they "
            "show what is held. `flask storefront check` names slow fields.",
            seconds * 1000,
            skipped,
        )


def _left(value: object) -> int | None:
    try:
        return stock_left(value)
    except Unusable:
        return None
