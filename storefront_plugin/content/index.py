"""The content index of a catalogue: similar products and rankings, built when missing and after products changed."""

from __future__ import annotations

import heapq
import json
import logging
import secrets
import tempfile
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from ..core.errors import StorefrontError
from ..core.sql.database import Database
from ..orderlog.numbering import locked_applier
from ..orderlog.product_numbers import ProductNumbers
from ..redis_store import Command, RedisStore
from ..redis_store.keys import Keys
from ..shop.cleaning import clean_products
from ..shop.ports import Catalog, Product
from ..shop.sellable import Unsellable, is_eligible
from .neighbours import NeighbourFinder, features
from .rankings import Ranking

# An index is written to Redis under a new edition. Readers use the edition in the news hash, so they see a complete one;
# the previous edition expires a minute later.


NumberProducts: TypeAlias = Callable[[Sequence[str]], Mapping[str, int]]
"""Returns the number of each product id; assigns new ones."""

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with the phase (``catalogue``, ``alike``, ``ranked``), how much of it is done, and its total."""

SHARDS: Final = 16
"""Shards of `Keys.alike`."""

PART_PRODUCTS: Final = 500
"""Products per part that is compared with all others; there are at most as many parts as shards."""

BEST_RANKED: Final = 10_000
"""Products of each ranking."""

KEPT_SECONDS: Final = 60
"""Seconds for which the previous edition stays readable, for processes that have not noticed the new one."""

_CHUNK: Final = 1000
_T = TypeVar("_T")


class IndexingOvertaken(StorefrontError):
    """Another indexing of the catalogue began before this one ended; nothing needs to be done."""


def silent(phase: str, done: int, total: int) -> None:
    """Show no progress."""


def index_catalogue(
    catalog: Catalog,
    number_products: NumberProducts,
    store: RedisStore,
    keys: Keys,
    folder: Path,
    progress: Progress = silent,
    currency: str | None = None,
    rankings: Sequence[Ranking] = (),
    known: int = 0,
) -> str:
    """Index all visible products, with the *rankings* of strategies; returns the edition in Redis.

    Of the products numbered up to *known* those that the catalogue does not have are gone.

    Raises:
        StoreUnavailable: Redis refused; the previous edition stays.
        IndexingOvertaken: Another indexing has begun since; its edition will follow.
        Exception: Any exception of the catalogue or *number_products*.
    """
    edition = secrets.token_hex(4)
    _remove_broken(store, keys, rankings)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="alike-", dir=folder) as own:
        rows = Path(own) / "products.jsonl"
        products = clean_products(catalog.iter_products(), currency)
        found = _write_rows(products, number_products, rows, progress, rankings)
        highest = max(found.visible, default=0)
        store.pipeline_write([("HSET", keys.news, "indexing", edition, "indexing_products", highest)])
        with closing(NeighbourFinder(rows, Path(own))) as finder:
            stems = [keys.alike(edition, shard).removesuffix(str(shard)) for shard in range(SHARDS)]
            parts = min(SHARDS, highest // PART_PRODUCTS + 1)
            for part in range(parts):
                for stem, commands in finder.commands(part, parts, stems).items():
                    store.load_packed(stem, commands)
                progress("similar products", part + 1, parts)
    for ranking in rankings:
        _store_ranking(ranking, found.values[ranking.name], found.sellable, store, keys, edition)
    progress("rankings", 1, 1)
    store.pipeline_write([("SET", keys.unsellable, found.unsellable(known).bits)])
    _switch(store, keys, edition, highest, rankings)
    return edition


@dataclass(slots=True)
class _Found:
    """What a catalogue has, by number: all products, those that are visible, those that can be sold; values by ranking."""

    values: dict[str, dict[int, Any]]
    everything: set[int] = field(default_factory=set)
    visible: set[int] = field(default_factory=set)
    sellable: set[int] = field(default_factory=set)

    def unsellable(self, known: int) -> Unsellable:
        """The products without *sellable*, and those numbered up to *known* that the catalogue does not have."""
        if not self.everything:
            return Unsellable()
        gone = (number for number in range(1, known + 1) if number not in self.everything)
        return Unsellable.of((*gone, *(self.everything - self.sellable)), max(known, *self.everything))


def _write_rows(
    products: Iterable[Product],
    number_products: NumberProducts,
    path: Path,
    progress: Progress,
    rankings: Sequence[Ranking],
) -> _Found:
    """Write the features of visible products."""
    found = _Found({ranking.name: {} for ranking in rankings})
    done = 0
    with path.open("w", encoding="utf-8") as file:
        for chunk in _chunks(products):
            numbers = number_products([product.id for product in chunk])
            for product in chunk:
                number = numbers[product.id]
                found.everything.add(number)
                if product.visible and number not in found.visible:
                    found.visible.add(number)
                    if is_eligible(product):
                        found.sellable.add(number)
                    file.write(_row(number, product))
                    for ranking in rankings:
                        if (value := ranking.value(product)) is not None:
                            found.values[ranking.name][number] = value
            done += len(chunk)
            progress("catalogue", done, done)
    return found


def _row(number: int, product: Product) -> str:
    found = features(product)
    row = {
        "n": number,
        "s": is_eligible(product),
        "g": product.variant_group,
        "c": product.category_ids[0] if product.category_ids else None,
        "k": list(found),
        "w": list(found.values()),
    }
    return json.dumps(row, separators=(",", ":")) + "\n"


def _store_ranking(
    ranking: Ranking, values: Mapping[int, Any], sellable: Container[int], store: RedisStore, keys: Keys, edition: str
) -> None:
    scores = ranking.scores(values)
    placed = heapq.nlargest(BEST_RANKED, ((n in sellable, round(score * 1e6), n) for n, score in scores.items()))
    best = [(score, number) for _, score, number in placed]
    store.pipeline_write(
        (
            "ZADD",
            keys.ranking(edition, ranking.name),
            *(word for score, number in part for word in (score, str(number))),
        )
        for part in _chunks(best)
    )


def _switch(store: RedisStore, keys: Keys, edition: str, highest: int, rankings: Sequence[Ranking]) -> None:
    names = ("indexing", "edition", "edition_products")
    current, old, old_highest = store.execute([Command(keys.news, "HGET", (name,)) for name in names])
    if current != edition.encode():
        store.unlink(_edition_keys(keys, edition, highest, rankings))
        raise IndexingOvertaken("Another indexing of the catalogue has started; wait for it.")
    store.pipeline_write(
        [
            ("HSET", keys.news, "edition", edition, "edition_products", highest),
            ("HDEL", keys.news, "indexing", "indexing_products"),
        ]
    )
    if old:
        before = _edition_keys(keys, old.decode(), int(old_highest or 0), rankings)
        store.pipeline_write(("EXPIRE", name, KEPT_SECONDS) for name in before)


def _remove_broken(store: RedisStore, keys: Keys, rankings: Sequence[Ranking]) -> None:
    """Remove the keys of an indexing that failed, or that this one overtakes."""
    names = ("indexing", "indexing_products")
    edition, highest = store.execute([Command(keys.news, "HGET", (name,)) for name in names])
    if edition:
        store.unlink(_edition_keys(keys, edition.decode(), int(highest or 0), rankings))


def _edition_keys(keys: Keys, edition: str, highest: int, rankings: Sequence[Ranking]) -> Iterator[str]:
    yield from (keys.ranking(edition, ranking.name) for ranking in rankings)
    for number in range(1, highest + 1):
        yield keys.alike(edition, number)


def _chunks(items: Iterable[_T]) -> Iterator[list[_T]]:
    rest = iter(items)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


logger = logging.getLogger(__name__)

SMALL_CATALOGUE = 5000
"""Catalogues of at most this many products are indexed in the background; larger ones by the rebuild."""


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
        rankings: Sequence[Ranking],
    ) -> None:
        self._catalog = catalog
        self._database = database
        self._numbers = numbers
        self._store = store
        self._keys = keys
        self._folder = folder
        self._currency = currency
        self._rankings = rankings

    def build(self, progress: Progress = silent) -> None:
        """Index the whole catalogue. Raises `StoreUnavailable`, `DatabaseUnavailable`, and exceptions of the catalogue."""
        cards = self._store.execute([Command(self._keys.news, "HGET", ("cards",))])[0] or 0
        self._numbers.refresh(self._database)
        known = len(self._numbers)
        index_catalogue(
            self._catalog,
            self._number,
            self._store,
            self._keys,
            self._folder,
            progress,
            self._currency,
            self._rankings,
            known,
        )
        self._store.pipeline_write([("HSET", self._keys.news, "indexed_cards", cards)])

    def build_if_due(self, progress: Progress = silent) -> bool:
        """Index a small catalogue that has no index or has changed since; returns whether it did."""
        names = ("edition", "cards", "indexed_cards")
        edition, cards, indexed = self._store.execute([Command(self._keys.news, "HGET", (name,)) for name in names])
        if edition and (cards or b"0") == (indexed or b"0"):
            return False
        try:
            return self._build_if_small(bool(edition), progress)
        except StorefrontError:
            raise
        except Exception as error:  # the shop's own catalogue may raise anything; counting goes on
            logger.warning("The catalogue can't be read for related products (%s); trying again.", error)
            return False

    def unsellable(self) -> Unsellable:
        """What the catalogue could not sell when it was read last; raises `StoreUnavailable`."""
        return Unsellable(self._store.execute([Command(self._keys.unsellable, "GET")])[0] or b"")

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
        """Numbers of products; new ones are assigned under the applier's lock."""
        known = {product_id: self._numbers.number(product_id) for product_id in product_ids}
        if None not in known.values():
            return {product_id: number for product_id, number in known.items() if number is not None}
        with locked_applier(self._database, self._numbers) as (session, applier):
            assigned = self._numbers.assign(session, applier, product_ids)
            session.info["learned"].update(assigned)
        return assigned
