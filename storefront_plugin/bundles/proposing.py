"""Finding proposals: sets that shoppers already buy, with a discount that keeps the merchant's margin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from ..database import Database
from ..errors import ConfigurationError
from ..money import to_minor
from ..orderlog.numbers import ProductNumbers
from ..shop.cleaning import clean_products
from ..shop.complaints import Complaints
from ..shop.ports import Catalog, Product
from .proposals import Proposal, key_of
from .terms import MAX_FOUND, Terms, margin_after, suggested_discount
from .together import Progress, Together, find_together, silent


def find_proposals(
    database: Database,
    catalog: Catalog,
    numbers: ProductNumbers,
    folder: Path,
    currency: str | None,
    terms: Terms,
    without: Collection[str] = (),
    progress: Progress = silent,
) -> list[Proposal]:
    """At most `MAX_FOUND` proposals from the order log, those that are bought together farthest beyond chance first.

    Left out are sets whose keys are in *without* and sets with products that are hidden, unknown, free, of one variant
    group, or priced in another currency than *currency* (None: the one that most of them name). What is wrong with a
    product is logged; one without a usable price is as unknown, a cost that cannot be used is not known.
    """
    numbers.refresh(database)
    found = find_together(database, folder, terms.min_support, progress=progress)
    wanted = {number for one in found for number in one.products}
    ids = {number: product_id for number in wanted if (product_id := numbers.id(number)) is not None}
    complaints = Complaints("products of proposals")
    cleaned = clean_products(catalog.get_many(sorted(ids.values())).values(), currency, complaints)
    products = {product.id: product for product in cleaned}
    proposals: list[Proposal] = []
    money = currency or _currency(products) if found else ""
    for one in found:
        parts = _products(one, ids, products, money)
        if parts is not None and key_of(part.id for part in parts) not in without:
            proposals.append(_proposal(one, parts, money, terms))
        if len(proposals) == MAX_FOUND:
            break
    return proposals


def _currency(products: Mapping[str, Product]) -> str:
    named = Counter(product.currency for product in products.values() if product.currency is not None)
    if not named:
        raise ConfigurationError("Proposals have a price and need its currency; set STOREFRONT_CURRENCY.")
    return min(named, key=lambda currency: (-named[currency], currency))


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
        margin=margin_after(price, cost, discount),
    )
