"""The choice among candidates: eligibility before the limit, no repeats on the page, variants kept apart. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from ..shop.ports import Product
from .page import ReasonKind


class Proposal(NamedTuple):
    """A candidate with the shop's id: what a strategy (*source*) proposes, and why."""

    product_id: str
    score: float
    source: str
    kind: ReasonKind


class Choice(NamedTuple):
    """A proposal with its product."""

    proposal: Proposal
    product: Product


@dataclass(slots=True)
class Chosen:
    """What was chosen, and the ids that must be looked up before the choice is final (empty when it is)."""

    choices: list[Choice] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def choose(
    proposals: Iterable[Proposal],
    products: Mapping[str, Product | None],
    excluded: AbstractSet[str],
    shown: AbstractSet[str],
    limit: int,
    groups: Iterable[str] = (),
    category: str | None = None,
) -> Chosen:
    """The first *limit* eligible proposals.

    Args:
        proposals: Best first; of one product only the first counts.
        products: Known products; None where the shop has none (any more). An id that is not in here is not chosen but
            reported as unknown, as long as the limit is not reached.
        excluded: Ids never chosen.
        shown: Ids that other slots of the page show.
        limit: Most choices.
        groups: Variant groups that stand already (those of the seeds).
        category: The category the page lists; only its products are chosen.
    """
    chosen = Chosen()
    seen: set[str] = set()
    taken = set(groups)
    for proposal in proposals:
        product_id = proposal.product_id
        if product_id in seen or product_id in excluded or product_id in shown:
            continue
        seen.add(product_id)
        if product_id not in products:
            chosen.unknown.append(product_id)
            continue
        product = products[product_id]
        if product is None or not is_eligible(product) or product.variant_group in taken:
            continue
        if category is not None and category not in product.category_ids:
            continue
        if product.variant_group is not None:
            taken.add(product.variant_group)
        chosen.choices.append(Choice(proposal, product))
        if len(chosen.choices) == limit:
            break
    return chosen


def is_eligible(product: Product) -> bool:
    """Whether *product* may be offered now: visible and, where stock is tracked, in stock."""
    return product.visible and (product.stock is None or product.stock > 0)


def first_ids(proposals: Iterable[Proposal], without: Container[str], count: int) -> list[str]:
    """The first *count* different ids of *proposals* that are not in *without*, for one look-up ahead of the choice."""
    ids: dict[str, None] = {}
    for proposal in proposals:
        if len(ids) == count:
            break
        if proposal.product_id not in without:
            ids[proposal.product_id] = None
    return list(ids)
