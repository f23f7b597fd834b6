"""The read journey: one page in, its filled slots out, in at most two trips to Redis and one query.

1. reads of all slots and of the news, in one trip;
2. candidates of each slot's strategies, from the answers alone;
3. product data of the best of all slots, in one look-up; the merchant's rules put the candidates in order;
4. the choice, slot by slot; a slot that ran short looks up the rest, in a second wave;
5. the number of orders behind each shown pair: from the first trip where a slot asked for it, else in a second.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ..bundles.slots.filler import BundleSlots, without_repeats
from ..core.errors import AdapterError, StoreUnavailable
from ..orderlog.product_numbers import ProductNumbers
from ..redis_store import MISSING, Command, RedisStore
from ..redis_store.keys import Keys
from ..shop.ports import Product
from .chain import Chain
from .choosing import Choice, Chosen, Judged, Proposal, choose
from .page import Card, FilledSlot, Page, Reason, ReasonKind
from .plan import Slot
from .product_cache import CHANGED_IDS, ProductCache
from .rules.compiled import CompiledRules, PageRules
from .snapshot import Snapshot
from .strategy import MAX_CANDIDATES, Answers, Question, Strategy, support_of

logger = logging.getLogger(__name__)

PAIRS: frozenset[ReasonKind] = frozenset({"also_bought", "bought_together"})
"""Reasons behind which stands a number of orders."""


@dataclass(slots=True)
class Asked:
    """A slot on its way: its question, the proposals of its chain, and what was chosen of them.

    *judged* holds a verdict on each proposal where verdicts were asked for.
    """

    slot: Slot
    question: Question
    chain: Chain
    choices: list[Choice] = field(default_factory=list)
    judged: list[Judged] | None = None


@dataclass(slots=True)
class Journey:
    """What became of a page: its slots with their choices, what Redis answered, and the product data looked up.

    *seed* is the page's own product. *snapshot* is what held when Redis had answered: the page may have heard of a change.
    """

    snapshot: Snapshot
    asked: list[Asked]
    answers: Answers
    products: dict[str, Product | None]
    rules: PageRules
    seed: Product | None


class Recommender:
    """SlotStats the slots of a page.

    Args:
        store: Redis.
        keys: Its key names.
        numbers: Product numbers held in process.
        cards: Product data held in process.
        strategies: All strategies by name.
        bundle_slots: SlotStats the slots of bundles.
        min_support: Least number of orders behind a claim.
        on_news: Called with the news hash and the latest changed ids of each page; returns what holds for it.
        request_numbers: Called when a page met a product that this process has no number for, or a number without one.
        failed: Called with a slot's or placement's name and the error when Redis or the shop's own code failed.
    """

    def __init__(
        self,
        store: RedisStore,
        keys: Keys,
        numbers: ProductNumbers,
        cards: ProductCache,
        strategies: Mapping[str, Strategy],
        bundle_slots: BundleSlots,
        min_support: int,
        on_news: Callable[[Mapping[bytes, bytes], Sequence[bytes]], Snapshot],
        request_numbers: Callable[[], None],
        failed: Callable[[str, Exception], None],
    ) -> None:
        self._store = store
        self._keys = keys
        self._numbers = numbers
        self._cards = cards
        self._strategies = strategies
        self._bundle_slots = bundle_slots
        self._min_support = min_support
        self._on_news = on_news
        self._request_numbers = request_numbers
        self._failed = failed

    def fill(
        self, page: Page, slots: Sequence[Slot], snapshot: Snapshot, all_candidates: bool = False
    ) -> list[FilledSlot]:
        """The *slots* in their order, each with its cards; one that found too few has none.

        With *all_candidates*, products that only their popularity speaks for count as a strategy's own answer.
        """
        return self.filled(page, self.journey(page, slots, snapshot, all_candidates)) if slots else []

    def filled(self, page: Page, journey: Journey) -> list[FilledSlot]:
        """What *journey* chose, as *page* shows it; what is bought together steps back for a bundle of the very same."""
        support = self._support(page, journey.asked, journey.answers)
        filled = [
            self._bundle_slots.fill(page, one.slot, journey.snapshot, journey.products)
            if one.slot.layout == "bundles"
            else FilledSlot(one.slot, tuple(self._cards_of(one, support)), journey.seed)
            for one in journey.asked
        ]
        return without_repeats(filled)

    def journey(
        self,
        page: Page,
        slots: Sequence[Slot],
        snapshot: Snapshot,
        all_candidates: bool = False,
        judging: bool = False,
    ) -> Journey:
        """The choice for each of *slots*; with *judging* a verdict on every candidate, and data of all of them."""
        seeds = page.seeds
        questions = self._questions(page, seeds, slots, snapshot, all_candidates)
        answers, snapshot = self._read(page, list(zip(slots, questions, strict=True)), snapshot)
        ruled = snapshot.rules.at(time.time())
        asked = [
            Asked(slot, question, self._chain(slot, question, answers, judging or bool(ruled)))
            for slot, question in zip(slots, questions, strict=True)
        ]
        in_bundles = self._bundle_slots.product_ids(page, slots, snapshot)
        rules, products = self._ruled_products(page, seeds, ruled, asked, in_bundles, judging)
        seed = products.get(page.products[0]) if page.products else None
        for one in asked:
            one.judged = [] if judging else None
            one.choices = self._choices(page, one, products, rules, seed)
        return Journey(snapshot, asked, answers, products, rules, seed)

    def _questions(
        self, page: Page, seeds: Sequence[str], slots: Sequence[Slot], snapshot: Snapshot, all_candidates: bool
    ) -> list[Question]:
        known = [self._numbers.number(product_id) for product_id in seeds]
        numbers = tuple(number for number in known if number is not None)
        if len(numbers) < len(known):
            self._request_numbers()
        fixed = (page, numbers, snapshot, self._keys)
        return [Question(*fixed, slot.specialness, self._min_support, all_candidates) for slot in slots]

    def _read(self, page: Page, asked: Sequence[tuple[Slot, Question]], snapshot: Snapshot) -> tuple[Answers, Snapshot]:
        """The answers of Redis, and what holds now: *snapshot*, or what replaced them for the news that came along."""
        wanted = (
            read
            for slot, question in asked
            for name in slot.strategies
            for read in self._strategies[name].reads(question)
        )
        reads = list(dict.fromkeys(wanted))
        news = Command(self._keys.news, "HGETALL")
        changed = Command(self._keys.changed_products, "LRANGE", (0, CHANGED_IDS - 1))
        *replies, news_reply, changed_reply = self._fetch(page, [*reads, news, changed])
        answers = Answers(asked[0][1], dict(zip(reads, replies, strict=True)))
        page.store_failed = news_reply is MISSING or not snapshot.is_read
        if page.store_failed:
            silent = (
                "Redis did not answer in time" if news_reply is MISSING else "This process could read nothing so far"
            )
            self._failed(page.placement, StoreUnavailable(f"{silent}; where there is script, the page asks once more."))
        if news_reply is MISSING:
            return answers, snapshot
        now = self._on_news(news_reply or {}, changed_reply or ())
        return answers, snapshot if page.blocking or now.news == snapshot.news else now

    def _fetch(self, page: Page, reads: Sequence[Command]) -> list[Any]:
        return self._store.execute(reads) if page.blocking else self._store.fetch(reads)

    def _chain(self, slot: Slot, question: Question, answers: Answers, ruled: bool) -> Chain:
        if slot.layout == "bundles":
            return Chain((), False)
        return Chain([(name, self._candidates(name, question, answers)) for name in slot.strategies], ruled)

    def _candidates(self, name: str, question: Question, answers: Answers) -> Iterator[Proposal]:
        candidates = islice(self._strategies[name].candidates(question, answers), MAX_CANDIDATES)
        for number, score, kind, evident in candidates:
            product_id = self._numbers.id(number)
            if product_id is None:
                self._request_numbers()
            else:
                yield Proposal(product_id, score, name if evident else "bestsellers", kind, name)

    def _ruled_products(
        self,
        page: Page,
        seeds: Sequence[str],
        ruled: CompiledRules,
        asked: Sequence[Asked],
        in_bundles: AbstractSet[str],
        everything: bool,
    ) -> tuple[PageRules, dict[str, Product | None]]:
        """The page's rules, and the products that are most likely chosen, in one look-up.

        Each slot's products are other ones, because none is shown twice; those *in_bundles* may be. Rules that hang on
        data of the seeds hold once that is there; where the process has it already, nothing is looked up in vain.
        """
        held = self._cards.held(seeds, page.shop_locale) if ruled.asks_seeds else {}
        rules = ruled.on_page(page.placement, seeds, page.category, held)
        wanted = {*page.products[:1], *(seeds if ruled.asks_seeds else ())}
        without = wanted | page.excluded | page.shown
        for one in asked:
            ids = one.chain.everything(rules) if everything else one.chain.ahead(rules, without, one.slot.limit)
            wanted.update(ids)
            without.update(ids)
        products = self._products(page, list(wanted | in_bundles))
        if ruled.asks_seeds:
            rules = ruled.on_page(page.placement, seeds, page.category, products)
        return rules, products

    def _products(self, page: Page, ids: Sequence[str]) -> dict[str, Product | None]:
        try:
            return self._cards.get_many(ids, page.shop_locale, page.blocking) if ids else {}
        except AdapterError as error:
            if page.blocking:
                raise
            self._failed(page.placement, error)
            page.catalog_failed = True
            return dict.fromkeys(ids)

    def _choices(
        self, page: Page, one: Asked, products: dict[str, Product | None], rules: PageRules, seed: Product | None
    ) -> list[Choice]:
        slot = one.slot
        groups = [seed.variant_group] if seed is not None and seed.variant_group is not None else []
        excluded = page.excluded

        def chosen() -> Chosen:
            proposals = one.chain.proposals(rules, products)
            return choose(
                proposals, products, excluded, page.shown, slot.limit, groups, page.category, rules, one.judged
            )

        answer = chosen()
        if answer.unknown and not page.catalog_failed:
            products.update(self._products(page, answer.unknown))
            one.judged = None if one.judged is None else []
            answer = chosen()
        if len(answer.choices) < slot.minimum:
            return []
        page.shown.update(choice.product.id for choice in answer.choices)
        return answer.choices

    def _support(self, page: Page, asked: Sequence[Asked], answers: Answers) -> dict[str, int]:
        """The number of orders that hold a card's product together with a seed, where a pair is the reason."""
        chosen = [choice.proposal for one in asked for choice in one.choices]
        paired = {self._numbers.number(one.product_id): one.product_id for one in chosen if one.kind in PAIRS}
        numbers = [number for number in paired if number is not None]
        support = support_of(asked[0].question, answers, numbers, lambda reads: self._fetch(page, reads))
        return {paired[number]: orders for number, orders in support.items()}

    def _cards_of(self, one: Asked, support: Mapping[str, int]) -> Iterator[Card]:
        for (product_id, score, source, kind, *_), product in one.choices:
            orders = support.get(product_id)
            shown = orders if orders is not None and orders >= self._min_support else None
            yield Card(product, score, source, Reason(kind, shown), orders)
