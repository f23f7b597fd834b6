"""Suggestions as the rest of the house asks for them: slots of pages, single strategies, and why.

A page takes at most two trips to Redis and one query:

1. the reads of all fillers and the news, in one trip;
2. the products that all fillers need, in one look-up;
3. each filler fills its slots; one that runs short looks up more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from flask import has_request_context

from ..core.errors import InputError, StoreUnavailable
from ..core.i18n import texts_for
from ..redis_store import MISSING, Command
from ..redis_store.keys import Keys
from ..shop.adapters import usable_ids
from ..shop.product_cache import CHANGED_IDS
from ..shop.speaking import spoken
from .effective_plan import EffectivePlan, Plan
from .explaining import ExplainedSlot
from .fillers import Fillers, Filling
from .page import FilledSlot, Page, Recommendation
from .plan import PLACEMENTS, Slot, running
from .reading import PageReader
from .refresher import SnapshotCache
from .rules.compiled import RuleBook
from .slot_stats import SlotStats
from .snapshot import Snapshot
from .strategies import STRATEGIES

MAX_RECOMMENDATIONS = 400


class Suggestions:
    """The read journey behind one app.

    Args:
        reader: Asks Redis and the catalogue.
        keys: Key names of Redis.
        fillers: Fill slots.
        snapshots: What the process holds.
        plan: The developer's plan with what merchants changed of it.
        stats: Counts the pages on which slots stay empty.
    """

    def __init__(
        self,
        reader: PageReader,
        keys: Keys,
        fillers: Fillers,
        snapshots: SnapshotCache,
        plan: EffectivePlan,
        stats: SlotStats,
    ) -> None:
        self._reader = reader
        self._keys = keys
        self._fillers = fillers
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

    def fill(self, page: Page, slots: Sequence[Slot]) -> list[FilledSlot]:
        """The *slots* in their order, each with what it shows; one that found too little is empty."""
        snapshot = self._snapshots.get(page.blocking)
        return self._filled(page, slots, self._fillers.begin(page, slots, snapshot), snapshot) if slots else []

    def fill_placement(self, page: Page, slot_names: Sequence[str] | None = None) -> list[FilledSlot]:
        """The slots of *page*'s placement that are on now (those of *slot_names*), each with what it shows.

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
        """Each of *slots* as *page*, which is blocking, would show it, with a verdict on all that it could show.

        Other *rules* than those that hold may be tried. Raises `StoreUnavailable`, `DatabaseUnavailable`,
        `AdapterError`, and `InputError` for a cart without a price.
        """
        snapshot = self._snapshots.get(blocking=True)
        if not slots:
            return []
        snapshot = snapshot if rules is None else replace(snapshot, rules=rules)
        fillings = self._fillers.begin(page, slots, snapshot, explaining=True)
        filled = {one.name: one for one in self._filled(page, slots, fillings, snapshot)}
        explained = {each.slot.name: each for one in fillings for each in one.explain(filled)}
        return [explained[slot.name] for slot in slots]

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
            shop_locale=spoken(locale),
            blocking=not has_request_context(),
            all_candidates=True,
        )
        (filled,) = self.fill(page, [slot])
        texts = texts_for(page.locale)
        return [
            Recommendation(
                card.product.id,
                card.score,
                card.source,
                card.reason.text(texts) if card.reason else None,
                card.support,
            )
            for card in filled.cards
        ]

    def _filled(
        self, page: Page, slots: Sequence[Slot], fillings: Sequence[Filling], snapshot: Snapshot
    ) -> list[FilledSlot]:
        replies, snapshot = self._read(page, [read for one in fillings for read in one.reads()], snapshot)
        ids = {product_id for one in fillings for product_id in one.product_ids(replies, snapshot)}
        products = self._reader.products(page, list(ids))
        filled = {each.name: each for one in fillings for each in one.fill(products)}
        return without_repeats([filled[slot.name] for slot in slots])

    def _read(self, page: Page, needed: Sequence[Command], snapshot: Snapshot) -> tuple[dict[Command, Any], Snapshot]:
        """The replies of Redis, and what holds now: *snapshot*, or what replaced it for the news that came along."""
        reads = list(dict.fromkeys(needed))
        news = Command(self._keys.news, "HGETALL")
        changed = Command(self._keys.changed_products, "LRANGE", (0, CHANGED_IDS - 1))
        *replies, news_reply, changed_reply = self._reader.ask(page, [*reads, news, changed])
        answers = self._reader.held(page, reads, replies)
        page.store_failed = news_reply is MISSING or not snapshot.is_read
        if page.store_failed:
            silent = (
                "Redis did not answer in time" if news_reply is MISSING else "This process has not loaded any data yet"
            )
            error = StoreUnavailable(f"{silent}; pages with script ask once more.")
            self._reader.failed(page.placement, error)
        if news_reply is MISSING:
            return answers, snapshot
        now = self._snapshots.on_news(news_reply or {}, changed_reply or ())
        return answers, snapshot if page.blocking or now.news == snapshot.news else now


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
    return Slot(name="recommend", strategies=(strategy,), limit=limit, minimum=1, specialness=specialness)


def without_repeats(filled: Sequence[FilledSlot]) -> list[FilledSlot]:
    """*filled*; products bought together are left out where another slot offers the very same ones as one."""
    offers = {ids: offer for one in reversed(filled) for ids, offer in one.offers.items()}
    if not offers:
        return list(filled)
    return [
        one
        if one.together is None or (offer := offers.get(one.together)) is None
        else replace(one, cards=(), replaced_by=offer)
        for one in filled
    ]
