"""Proposals: sets that shoppers already buy, with a discount that keeps the merchant's margin."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

from ..database import Database, table_of
from ..errors import InputError
from ..money import to_minor
from ..orderlog.numbers import ProductNumbers
from ..shop.ports import Catalog, Product
from .definition import Component, Definition, Tier, Words
from .price import percent_off, share
from .tables import RejectedProposal
from .together import Together, find_together


@dataclass(frozen=True, slots=True)
class Terms:
    """What the merchant wants of proposals.

    Attributes:
        margin_floor: Least margin of the set after its discount, as a share of its price (0.2 is 20 %).
        discount: Percent that is suggested where the margin allows it.
        discount_without_cost: Percent suggested where a cost is unknown and the floor cannot be checked; 0 is none.
        min_support: Least orders that hold the whole set.
        limit: Most proposals.
    """

    margin_floor: Decimal = Decimal("0.2")
    discount: int = 10
    discount_without_cost: int = 0
    min_support: int = 5
    limit: int = 50

    def __post_init__(self) -> None:
        if not 0 <= self.margin_floor < 1:
            raise InputError("The margin floor must be a share from 0 and below 1, such as 0.2; correct it.")
        if not (0 <= self.discount <= 99 and 0 <= self.discount_without_cost <= 99):
            raise InputError("A suggested discount must be from 0 to 99 percent; correct it.")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A set to offer.

    Attributes:
        products: The best-selling first.
        support: Orders that held all of them. *confidence*, *lift* and *expected_share* as in `Together`.
        price: What they cost one by one, minor units of *currency*.
        discount: Percent to suggest; 0 where the margin leaves no room or nothing is known of it.
        margin: Of the set after that discount, as a share of its price; None where a cost is unknown.
    """

    products: tuple[Product, ...]
    support: int
    confidence: float
    lift: float
    expected_share: float
    currency: str
    price: int
    discount: int
    margin: float | None

    @property
    def key(self) -> str:
        """Names these products, for `reject`."""
        return key_of(product.id for product in self.products)

    def definition(self, language: str = "en") -> Definition | None:
        """The draft of a bundle; None without a discount, which the merchant has to choose then."""
        if not self.discount:
            return None
        parts = tuple(Component(product.id) for product in self.products)
        title = " + ".join(product.title for product in self.products)[:200]
        return Definition(kind="set", tiers=(Tier(parts, percent_off(self.discount)),), words={language: Words(title)})


def propose(
    database: Database,
    catalog: Catalog,
    numbers: ProductNumbers,
    folder: Path,
    currency: str,
    terms: Terms | None = None,
    existing: Iterable[Collection[str]] = (),
    since_day: int = 0,
) -> list[Proposal]:
    """Proposals from the order log, those that are bought together farthest beyond chance first.

    Left out are sets that the merchant rejected, that are in *existing* bundles (their product ids), with products
    that are hidden, unknown, free, of one variant group, or priced in another currency than *currency*.
    """
    terms = terms or Terms()
    numbers.refresh(database)
    found = find_together(database, folder, terms.min_support, since_day)
    taken = rejected(database) | {key_of(ids) for ids in existing}
    wanted = {number for one in found for number in one.products}
    ids = {number: product_id for number in wanted if (product_id := numbers.id(number)) is not None}
    products = catalog.get_many(sorted(ids.values()))
    proposals: list[Proposal] = []
    for one in found:
        parts = _products(one, ids, products, currency)
        if parts is not None and key_of(part.id for part in parts) not in taken:
            proposals.append(_proposal(one, parts, currency, terms))
        if len(proposals) == terms.limit:
            break
    return proposals


def suggested_discount(price: int, cost: int | None, terms: Terms) -> int:
    """The whole percent to suggest for a set of *price* and *cost* (minor units): never below the margin floor."""
    if cost is None:
        return terms.discount_without_cost
    return next((percent for percent in range(terms.discount, 0, -1) if _keeps(price, cost, percent, terms)), 0)


def reject(database: Database, product_ids: Collection[str], by: str = "") -> None:
    """Never propose these products as a set again; doing so twice is no error."""
    ids = sorted(product_ids)
    key = key_of(ids)
    with database.writing() as session:
        session.execute(sa.delete(RejectedProposal).where(RejectedProposal.key == key))
        now = dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)
        row = {"key": key, "product_ids": json.dumps(ids), "rejected_by": by[:255], "rejected_at": now}
        session.execute(sa.insert(table_of(RejectedProposal)), row)


def unreject(database: Database, product_ids: Iterable[str]) -> None:
    """Let these products be proposed again."""
    with database.writing() as session:
        session.execute(sa.delete(RejectedProposal).where(RejectedProposal.key == key_of(product_ids)))


def rejected(database: Database) -> set[str]:
    """Keys of all sets that were rejected."""
    with database.reading(patient=True) as session:
        return set(session.scalars(sa.select(RejectedProposal.key)))


def key_of(product_ids: Iterable[str]) -> str:
    """A name for a set of products, whatever their order."""
    return hashlib.sha256(json.dumps(sorted(set(product_ids))).encode()).hexdigest()


def _products(
    one: Together, ids: Mapping[int, str], products: Mapping[str, Product], currency: str
) -> tuple[Product, ...] | None:
    """The products of a set, the best-selling first; None where one of them cannot be sold in a set."""
    order = sorted(range(len(one.products)), key=lambda at: (-one.sold[at], one.products[at]))
    found = [products.get(ids.get(one.products[at], "")) for at in order]
    parts = tuple(part for part in found if part is not None and part.visible and part.price > 0)
    groups = [part.variant_group for part in parts if part.variant_group is not None]
    foreign = any(part.currency not in (None, currency) for part in parts)
    return None if len(parts) < len(found) or len(set(groups)) < len(groups) or foreign else parts


def _proposal(one: Together, parts: Sequence[Product], currency: str, terms: Terms) -> Proposal:
    price = sum(to_minor(part.price, currency) for part in parts)
    costs = [None if part.cost is None else to_minor(part.cost, currency) for part in parts]
    cost = None if None in costs else sum(known for known in costs if known is not None)
    discount = suggested_discount(price, cost, terms)
    after = price - share(price, discount, 100)
    margin = None if cost is None or not after else (after - cost) / after
    return Proposal(
        tuple(parts), one.support, one.confidence, one.lift, one.expected_share, currency, price, discount, margin
    )


def _keeps(price: int, cost: int, percent: int, terms: Terms) -> bool:
    after = price - share(price, percent, 100)
    return after > 0 and after - cost >= terms.margin_floor * after
