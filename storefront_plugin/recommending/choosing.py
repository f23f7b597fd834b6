"""The choice among candidates: eligibility before the limit, no repeats on the page, variants kept apart. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from ..shop.ports import Product
from .page import ReasonKind
from .rules.compiled import NO_PAGE_RULES, PageRules

VerdictKind: TypeAlias = Literal[
    "shown",
    "limit",
    "repeated",
    "excluded",
    "elsewhere",
    "rule",
    "missing",
    "hidden",
    "sold_out",
    "variant",
    "category",
]
"""Why a candidate is shown or not.

``limit``: the slot is full. ``repeated``: proposed before in this slot. ``excluded``: the page's own, in the cart or
excluded by the caller. ``elsewhere``: another slot of the page shows it. ``rule``: a rule excludes it. ``missing``: the
catalogue does not have it. ``variant``: another of its variant group is there already. ``category``: not in the category
that the page lists.
"""


class Proposal(NamedTuple):
    """A candidate with the shop's id: what a strategy proposes, and why.

    *source* names what found it: ``pinned``, the *strategy*, or ``bestsellers`` where only its popularity speaks for
    it. *factor* is what rules multiplied the score by.
    """

    product_id: str
    score: float
    source: str
    reason: ReasonKind
    strategy: str = ""
    factor: float = 1.0


class Choice(NamedTuple):
    """A proposal with its product."""

    proposal: Proposal
    product: Product


class Verdict(NamedTuple):
    """A proposal and what became of it; *rule* is the id of the rule that excluded it."""

    proposal: Proposal
    kind: VerdictKind
    rule: int | None = None


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
    rules: PageRules = NO_PAGE_RULES,
    verdicts: list[Verdict] | None = None,
) -> Chosen:
    """The first *limit* eligible proposals.

    Args:
        proposals: Best first; of one product only the first counts.
        products: Known products; None where the shop has none (any more). An id that is not in here is not chosen but
            reported as unknown, as long as the limit is not reached.
        excluded: Ids never chosen.
        shown: Ids that other slots of the page show.
        limit: Most choices.
        groups: Variant groups that are there already (those of the seeds).
        category: The category the page lists; only its products are chosen.
        rules: What the merchant excludes.
        verdicts: Filled with one on every proposal, also on those behind the limit; those unknown are left out.
    """
    choosing = _Choosing(products, excluded, shown, limit, set(groups), category, rules if rules else None)
    for proposal in proposals:
        verdict = choosing.verdict(proposal)
        if verdicts is not None:
            verdicts.extend(() if verdict is None else [Verdict(proposal, *verdict)])
        elif len(choosing.chosen.choices) == limit:
            break
    return choosing.chosen


@dataclass(slots=True)
class _Choosing:
    """A choice on its way: what it stands on, and what has been proposed, chosen and taken so far."""

    products: Mapping[str, Product | None]
    excluded: AbstractSet[str]
    shown: AbstractSet[str]
    limit: int
    taken: set[str]
    category: str | None
    rules: PageRules | None
    chosen: Chosen = field(default_factory=Chosen)
    seen: set[str] = field(default_factory=set)

    def verdict(self, proposal: Proposal) -> tuple[VerdictKind, int | None] | None:
        """The verdict on the next proposal, with the rule that excludes it; None where its product is unknown."""
        product_id = proposal.product_id
        if product_id in self.seen:
            return "repeated", None
        self.seen.add(product_id)
        if product_id in self.excluded:
            return "excluded", None
        if product_id in self.shown:
            return "elsewhere", None
        product = self.products.get(product_id)
        if self.rules is not None:
            rule = self.rules.effect(proposal.strategy, product_id, product).excluded_by
            if rule is not None:
                return "rule", rule
        if product is None:
            if product_id in self.products:
                return "missing", None
            self.chosen.unknown.append(product_id)
            return None
        return self._obstacle(product) or self._take(Choice(proposal, product))

    def _obstacle(self, product: Product) -> tuple[VerdictKind, None] | None:
        """Why *product* may not be offered here and now."""
        if not is_eligible(product):
            return ("sold_out" if product.visible else "hidden"), None
        if product.variant_group in self.taken:
            return "variant", None
        outside = self.category is not None and self.category not in product.category_ids
        return ("category", None) if outside else None

    def _take(self, choice: Choice) -> tuple[VerdictKind, None]:
        if len(self.chosen.choices) == self.limit:
            return "limit", None
        self.chosen.choices.append(choice)
        if choice.product.variant_group is not None:
            self.taken.add(choice.product.variant_group)
        return "shown", None


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
