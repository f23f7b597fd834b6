"""Suggestions as the rest of the house asks for them: slots of pages, single strategies, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from flask import has_request_context

from ..core.errors import InputError
from ..core.i18n import texts_for
from ..shop.adapters import usable_ids
from .effective_plan import EffectivePlan, Plan
from .explaining import ExplainedSlot, Explainer
from .page import FilledSlot, Page, Recommendation
from .plan import PLACEMENTS, Slot, running
from .recommender import Recommender
from .refresher import SnapshotCache
from .rules.compiled import RuleBook
from .slot_stats import SlotStats
from .strategies import STRATEGIES

MAX_RECOMMENDATIONS = 400


class Suggestions:
    """The read journey behind one app.

    Args:
        snapshots: What the process holds.
        plan: The developer's plan with what merchants changed of it.
        stats: Counts the pages on which slots stay empty.
    """

    def __init__(
        self,
        recommender: Recommender,
        explainer: Explainer,
        snapshots: SnapshotCache,
        plan: EffectivePlan,
        stats: SlotStats,
    ) -> None:
        self._recommender = recommender
        self._explainer = explainer
        self._snapshots = snapshots
        self._plan = plan
        self._stats = stats

    @property
    def plan(self) -> Plan:
        """The slots of each placement as they stand: the merchant's where they changed them, else the developer's."""
        return self._plan.given(self._snapshots.get().placements)

    @property
    def own_plan(self) -> Plan:
        """The developer's plan."""
        return self._plan.own

    def fill(self, page: Page, slots: Sequence[Slot], all_candidates: bool = False) -> list[FilledSlot]:
        """Each of *slots* with its cards or bundles."""
        return self._recommender.fill(page, slots, self._snapshots.get(page.blocking), all_candidates)

    def fill_placement(self, page: Page, slot_names: Sequence[str] | None = None) -> list[FilledSlot]:
        """The slots of *page*'s placement that are on now (those of *slot_names*), each with its cards.

        In a request the page is counted for the share of pages on which a slot stays empty.
        """
        plan = self.plan
        planned = running(plan[page.placement])
        filled = self.fill(page, [slot for slot in planned if slot_names is None or slot.name in slot_names])
        if self.plan is not plan:  # the page heard that the merchant changed the slots
            page.shown.clear()
            return self.fill_placement(page, slot_names)
        if has_request_context():
            self._stats.count(page, filled)
        return filled

    def explain(self, page: Page, slots: Sequence[Slot], rules: RuleBook | None = None) -> list[ExplainedSlot]:
        """What became of every candidate of *slots* on *page*, which is blocking; raises what hinders it.

        Other *rules* than those that hold may be tried.
        """
        snapshot = self._snapshots.get(blocking=True)
        return self._explainer.explain(page, slots, snapshot if rules is None else replace(snapshot, rules=rules))

    def recommend(
        self,
        strategy: str,
        products: Iterable[object] = (),
        placement: str = "product",
        customer: object = None,
        limit: int = 10,
        exclude: Iterable[object] = (),
        specialness: float | None = None,
        locale: str = "en",
    ) -> list[Recommendation]:
        """As `Storefront.recommend`, with reasons in *locale*."""
        slot = _slot_of(strategy, placement, limit, specialness)
        page = Page(
            placement=placement,
            products=usable_ids(products),
            exclude=frozenset(usable_ids(exclude)),
            customer_id=None if customer is None else str(customer),
            locale=locale,
            shop_locale=locale,
            blocking=not has_request_context(),
        )
        (filled,) = self.fill(page, [slot], all_candidates=True)
        texts = texts_for(page.locale)
        return [
            Recommendation(
                card.product.id,
                card.score,
                card.source,
                texts.reason(card.reason.kind, card.reason.orders) if card.reason else None,
                card.support,
            )
            for card in filled.cards
        ]


def known_strategy(strategy: str | None) -> str | None:
    """*strategy* itself; raises `InputError` where there is none of this name."""
    if strategy is not None and strategy not in STRATEGIES:
        raise InputError(f"There is no strategy {strategy!r:.80}; use one of {', '.join(STRATEGIES)}.")
    return strategy


def _slot_of(strategy: str, placement: str, limit: int, specialness: float | None) -> Slot:
    known_strategy(strategy)
    if placement not in PLACEMENTS:
        raise InputError(f"There is no placement {placement!r:.80}; use one of {', '.join(PLACEMENTS)}.")
    if not isinstance(limit, int) or not 1 <= limit <= MAX_RECOMMENDATIONS:
        raise InputError(f"limit must be a whole number from 1 to {MAX_RECOMMENDATIONS}, not {limit!r:.40}.")
    return Slot(name="recommend", strategies=(strategy,), limit=limit, specialness=specialness)
