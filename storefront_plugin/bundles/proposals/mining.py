"""Sets of products in the order log: how often they were bought together, and how much more often than by chance."""

from __future__ import annotations

import json
import math
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeAlias

from more_itertools import chunked

from ...core.errors import ConfigurationError, InputError
from ...core.queries import Queries
from ...core.sql.database import Database
from ...counts.rebuild import dump_log
from ...money import to_minor
from ...orderlog.numbering import last_position
from ...orderlog.product_numbers import ProductNumbers
from ...shop.cleaning import ProblemCounts, clean_products
from ...shop.ports import Catalog, Product
from ...shop.sellable import is_eligible
from ..price_kinds import NO_STEPS, percent_saving
from ..store.proposals import Proposal, key_of

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with the phase (``read``, ``count``), what is done of it, and the whole."""

MEMORY: Final = "1GB"
MAX_SIZE: Final = 100
"""Orders of more products are wholesale and say nothing about sets."""

SEED_PAIRS: Final = 500
MAX_PAIRS: Final = 100_000


def silent(phase: str, done: int, total: int) -> None:
    """Shows nothing."""


@dataclass(frozen=True, slots=True)
class Itemset:
    """Products (by their numbers in the log) that *support* of *orders* orders hold; *sold* is the orders of each."""

    products: tuple[int, ...]
    support: int
    sold: tuple[int, ...]
    orders: int

    @property
    def confidence(self) -> float:
        """The share of the best-selling product's orders that hold the others too."""
        return self.support / max(self.sold)

    @property
    def lift(self) -> float:
        """How many times as often as by chance; 1 is chance."""
        return self.support / self.by_chance

    @property
    def by_chance(self) -> float:
        """In how many orders chance alone would bring them together."""
        return self.orders * math.prod(sold / self.orders for sold in self.sold)

    @property
    def expected_share(self) -> float:
        """The share of buyers of the best-selling product that takes the set, at least, with 97.5 % certainty.

        The lower end of the Wilson interval of `confidence`: small numbers promise little.
        """
        n, p, z = max(self.sold), self.confidence, 1.96
        middle = p + z * z / (2 * n)
        return max(0.0, (middle - z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n))


def find_itemsets(
    database: Database,
    folder: Path,
    min_support: int = 5,
    limit: int = 200,
    progress: Progress = silent,
    unsellable: Callable[[Sequence[int]], Collection[int]] = lambda numbers: (),
) -> list[Itemset]:
    """Pairs and triples of all orders that stand, those farthest beyond chance first; at most *limit* of each size.

    *unsellable* says which products take nobody's place. The batches of the log are read a page at a time into a
    folder of its own inside *folder* and counted by DuckDB with at most `MEMORY`; raises `DatabaseUnavailable` or
    `QueryFailed`.
    """
    until = last_position(database)
    if until is None or not until.number:
        return []
    own = folder / "proposals"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    try:
        file = dump_log(database, until, own, progress)
        with closing(
            Queries(("storefront_plugin.bundles.proposals", "proposals.sql"), folder=own, memory=MEMORY)
        ) as queries:
            return _count(queries, file, min_support, limit, progress, unsellable)
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _count(
    queries: Queries,
    file: Path,
    min_support: int,
    limit: int,
    progress: Progress,
    unsellable: Callable[[Sequence[int]], Collection[int]],
) -> list[Itemset]:
    queries.run("entries", file=str(file), max_size=MAX_SIZE)
    ((orders,),) = queries.run("orders")
    if not orders:
        return []
    progress("count", 1, 4)
    queries.run("lines")
    queries.run("sold", min_support=min_support)
    sold = [product for (product,) in queries.run("sold_products")]
    queries.run("forget", products=list(unsellable(sold)))
    queries.run("frequent")
    progress("count", 2, 4)
    queries.run("pairs", min_support=min_support, orders=orders, keep=MAX_PAIRS)
    pairs = queries.run("best_pairs", keep=limit)
    progress("count", 3, 4)
    triples = queries.run("best_triples", min_support=min_support, orders=orders, keep=limit, seeds=SEED_PAIRS)
    progress("count", 4, 4)
    found = [Itemset(tuple(products), support, tuple(sold), orders) for products, support, sold in [*pairs, *triples]]
    return sorted(found, key=lambda one: (one.by_chance - one.support, one.products))


LOOKED_UP: Final = 1000
"""Products asked of the catalogue at once."""

MAX_FOUND: Final = 200
"""Proposals that one search keeps: more than a merchant decides in a week."""


@dataclass(frozen=True, slots=True)
class MiningSettings:
    """What the merchant wants of proposals.

    Attributes:
        margin_floor: Least margin of the set after its discount, as a share of its price (0.2 is 20 %).
        discount: Percent that is suggested where the margin allows it.
        discount_without_cost: Percent suggested where a cost is unknown and the floor cannot be checked; 0 is none.
        min_support: Minimum number of orders with all the products.
    """

    margin_floor: Decimal = Decimal("0.2")
    discount: int = 10
    discount_without_cost: int = 0
    min_support: int = 5

    def __post_init__(self) -> None:
        if not self.margin_floor.is_finite() or not 0 <= self.margin_floor < 1:
            raise InputError("The margin floor must be from 0 to below 100 percent, such as 20; correct it.")
        if not (0 <= self.discount <= 99 and 0 <= self.discount_without_cost <= 99):
            raise InputError("A suggested discount must be from 0 to 99 percent; correct it.")
        if self.min_support < 2:
            raise InputError("A bundle needs at least 2 orders to be proposed; raise the minimum support.")

    def to_json(self) -> str:
        """The settings as JSON text."""
        return json.dumps(asdict(self) | {"margin_floor": str(self.margin_floor)})

    @classmethod
    def from_json(cls, text: str) -> MiningSettings:
        """The settings that `to_json` wrote."""
        data = json.loads(text)
        return cls(**data | {"margin_floor": Decimal(data["margin_floor"])})


def suggested_discount(price: int, cost: int | None, settings: MiningSettings, step: int = 1) -> int:
    """The whole percent to suggest for a set of *price* and *cost*: never below the margin floor.

    These are minor units, as is *step*, the shop's price step.
    """
    if cost is None:
        return settings.discount_without_cost
    percents = range(settings.discount, 0, -1)
    return next((percent for percent in percents if _keeps(price, cost, percent, settings, step)), 0)


def margin_after(price: int, cost: int | None, percent: int, step: int = 1) -> float | None:
    """What is earned on a set after *percent* off, as a share of what it then costs; None where that is unknown."""
    after = price - percent_saving(price, percent, 100, step)
    return None if cost is None or not after else (after - cost) / after


def _keeps(price: int, cost: int, percent: int, settings: MiningSettings, step: int) -> bool:
    after = price - percent_saving(price, percent, 100, step)
    return after > 0 and after - cost >= settings.margin_floor * after


def find_proposals(
    database: Database,
    catalog: Catalog,
    numbers: ProductNumbers,
    folder: Path,
    currency: str | None,
    settings: MiningSettings,
    without: Collection[str] = (),
    progress: Progress = silent,
    steps: Mapping[str, int] = NO_STEPS,
) -> list[Proposal]:
    """At most `MAX_FOUND` proposals from the order log, those that are bought together farthest beyond chance first.

    Left out are sets whose keys are in *without* and sets with products that are hidden, sold out, unknown, free, of one variant
    group, or priced in another currency than *currency* (None: the one that most of them name). What is wrong with a
    product is logged; one without a usable price is as unknown, a cost that cannot be used is not known. *steps* are the
    shop's price steps, minor units by currency.
    """
    numbers.refresh(database)

    problem_counts = ProblemCounts("products of proposals")

    def unsellable(sold: Sequence[int]) -> Collection[int]:
        given = {number: numbers.id(number) or "" for number in sold}
        eligible: set[str] = set()
        for part in chunked(given.values(), LOOKED_UP):
            cleaned = clean_products(catalog.get_many(part).values(), currency, problem_counts)
            eligible.update(product.id for product in cleaned if is_eligible(product))
        return [number for number, product_id in given.items() if product_id not in eligible]

    found = find_itemsets(database, folder, settings.min_support, progress=progress, unsellable=unsellable)
    wanted = {number for one in found for number in one.products}
    ids = {number: product_id for number in wanted if (product_id := numbers.id(number)) is not None}
    cleaned = clean_products(catalog.get_many(sorted(ids.values())).values(), currency)
    products = {product.id: product for product in cleaned}
    proposals: list[Proposal] = []
    money = currency or _currency(products) if found else ""
    for one in found:
        parts = _products(one, ids, products, money)
        if parts is not None and key_of(part.id for part in parts) not in without:
            proposals.append(_proposal(one, parts, money, settings, steps.get(money, 1)))
        if len(proposals) == MAX_FOUND:
            break
    return proposals


def _currency(products: Mapping[str, Product]) -> str:
    named = Counter(product.currency for product in products.values() if product.currency is not None)
    if not named:
        raise ConfigurationError("Proposals have a price and need its currency; set STOREFRONT_CURRENCY.")
    return min(named, key=lambda currency: (-named[currency], currency))


def _products(
    one: Itemset, ids: Mapping[int, str], products: Mapping[str, Product], currency: str
) -> tuple[Product, ...] | None:
    """The products of a set, the best-selling first; None where one of them cannot be sold in a set."""
    order = sorted(range(len(one.products)), key=lambda at: (-one.sold[at], one.products[at]))
    found = [products.get(ids.get(one.products[at], "")) for at in order]
    parts = tuple(part for part in found if part is not None and part.visible and part.price > 0)
    groups = [part.variant_group for part in parts if part.variant_group is not None]
    foreign = any(part.currency not in (None, currency) for part in parts)
    return None if len(parts) < len(found) or len(set(groups)) < len(groups) or foreign else parts


def _proposal(one: Itemset, parts: Sequence[Product], currency: str, settings: MiningSettings, step: int) -> Proposal:
    price = sum(to_minor(part.price, currency) for part in parts)
    costs = [None if part.cost is None else to_minor(part.cost, currency) for part in parts]
    cost = None if None in costs else sum(known for known in costs if known is not None)
    discount = suggested_discount(price, cost, settings, step)
    return Proposal(
        product_ids=tuple(part.id for part in parts),
        support=one.support,
        orders=one.orders,
        confidence=one.confidence,
        lift=one.lift,
        expected_share=one.expected_share,
        currency=currency,
        price=price,
        discount=discount,
        margin=margin_after(price, cost, discount, step),
    )
