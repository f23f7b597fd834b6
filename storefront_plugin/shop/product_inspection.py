"""Checks a catalogue, for ``flask storefront check``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from ..core.settings import Settings
from .cleaning import Problem, examine_product
from .inspection import (
    MOST,
    Finding,
    counted_problems,
    counted_queries,
    failing_fields,
    number,
    problem_findings,
    tried,
)
from .ports import Catalog, LiveStock, Product

SAMPLE = 40


def inspect_catalog(catalog: object, settings: Settings) -> list[Finding]:
    """Inspect the catalogue as widgets read it."""
    if not isinstance(catalog, Catalog):
        return [
            Finding("error", "The catalogue lacks get_many, iter_products or search; see storefront_plugin.Catalog.")
        ]
    seen = _Products(currency=settings.currency)
    failed = tried("Reading all products", lambda: seen.read(catalog))
    if failed:
        failed += tried("Reading products field by field", lambda: failing_fields(catalog))
    findings = [*failed, *problem_findings("products", seen.problems), *seen.findings()]
    if seen.products:
        findings += tried("Catalog.get_many", lambda: _look_up(catalog, seen.products))
        findings += tried("Catalog.search", lambda: _search(catalog, seen.products[0]))
    return findings


@dataclass(slots=True)
class _Products:
    """What was found in the catalogue."""

    currency: str | None
    products: list[Product] = field(default_factory=list)
    problems: Counter[Problem] = field(default_factory=Counter)
    ids: Counter[str] = field(default_factory=Counter)

    def read(self, catalog: Catalog) -> Iterable[Finding]:
        before = counted_problems(catalog)
        for raw in islice(catalog.iter_products(), MOST):
            product, problems = examine_product(raw, self.currency)
            self.problems.update(problems)
            if product is not None:
                self.ids[product.id] += 1
                self.products.append(product)
        self.problems.update(counted_problems(catalog) - before)
        return ()

    def findings(self) -> Iterator[Finding]:
        if not self.products:
            yield Finding("error", "The catalogue has no usable product; check the mapping and the database address.")
            return
        yield Finding("ok", f"{number(self.products, 'product')} can be shown.")
        repeated = [id for id, times in self.ids.items() if times > 1]
        if repeated:
            yield Finding(
                "error",
                f"{number(repeated, 'id')} appeared twice (such as {repeated[0]!r}); map a unique column to id.",
            )
        yield from self._lacking()

    def _lacking(self) -> Iterator[Finding]:
        """Fields that are empty everywhere, or in some products where they should not be."""
        without = self._count(lambda product: product.currency is None)
        if without:
            yield Finding("warning", f"Prices of {without} have no currency: set STOREFRONT_CURRENCY.")
        if all(product.url is None for product in self.products):
            yield Finding("warning", "No product has a url, so cards cannot be clicked: map url.")
        relative = self._count(lambda product: product.url is not None and not product.url.startswith(("/", "http")))
        if relative:
            yield Finding("warning", f"The url of {relative} depends on the page it stands on: begin it with a slash.")
        if all(product.image_url is None for product in self.products):
            yield Finding("warning", "No product has an image: map image_url, if the shop has images.")
        if not any(product.visible for product in self.products):
            yield Finding("error", "No product is visible, so widgets stay empty: check what visible is mapped to.")
        if all(product.stock == 0 for product in self.products):
            yield Finding("error", "No product is in stock, so widgets stay empty: check what stock is mapped to.")

    def _count(self, odd: Callable[[Product], bool]) -> str:
        found = [product for product in self.products if odd(product)]
        return number(found, "product") if found else ""


def _look_up(catalog: Catalog, products: Sequence[Product]) -> Iterator[Finding]:
    ids = [product.id for product in products[:SAMPLE]]
    with counted_queries() as count:
        found = catalog.get_many(ids)
    missing = [id for id in ids if id not in found]
    if missing:
        yield Finding(
            "error",
            f"get_many does not find {len(missing)} of {len(ids)} ids of iter_products (such as {missing[0]!r}).",
        )
    yield from _queries(catalog, count.queries, len(ids))
    if catalog.get_many(["storefront-check-unknown"]):
        yield Finding("error", "get_many finds a product for an id that does not exist; leave unknown ids out.")
    if isinstance(catalog, LiveStock):
        unknown = set(catalog.live_stock(ids)) - set(ids)
        if unknown:
            yield Finding("error", f"live_stock answers for {number(unknown, 'id')} that were not requested.")


def _queries(catalog: Catalog, queries: int, cards: int) -> Iterator[Finding]:
    by_field = getattr(catalog, "queries_by_field", None)
    for name, each in (by_field() if by_field else {}).items():
        many = "query" if each == 1 else "queries"
        yield Finding(
            "warning",
            f"Field {name} runs {each:.3g} {many} a card: give options=[selectinload(…)], "
            f"or map {name} to an SQL expression.",
        )
    if queries > 1 and cards > 1:
        yield Finding("warning", f"Looking up {cards} products runs {queries} queries; one is enough.")
    else:
        yield Finding("ok", f"Looking up {cards} products runs {'1 query' if queries else 'no query'}.")


def _search(catalog: Catalog, product: Product) -> Iterator[Finding]:
    word = product.title.split()[0]
    if not catalog.search(word, 5):
        yield Finding(
            "warning",
            f"Searching for {word!r} finds nothing, so merchants cannot pick products by title: make the catalogue's "
            "search find words of titles (search= of SQLAlchemyCatalog).",
        )
    if len(catalog.search(word, 1)) > 1:
        yield Finding("error", "search gives more products than its limit.")
