"""The read journey: one page in, its filled slots out, in at most two trips to Redis and one query.

1. reads of all slots and of the news, in one trip;
2. candidates of each slot's strategies, from the answers alone;
3. product data of the best of all slots, in one look-up;
4. the choice, slot by slot; a slot that ran short looks up the rest, in a second wave;
5. the number of orders behind each shown pair, in the second trip.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..copurchase.popularity import Popularity
from ..errors import AdapterError
from ..orderlog.numbers import ProductNumbers
from ..redis_store import Read, RedisStore
from ..redis_store.keys import Keys, shard_of
from ..shop.ports import Product
from .cards import Cards
from .choosing import Chosen, Proposal, choose, first_ids
from .holdings import Holdings
from .page import Card, FilledSlot, Page, Reason
from .plan import Slot
from .question import Answers, Candidate, Question, Strategy

logger = logging.getLogger(__name__)

LOOK_AHEAD = 3
"""Cards looked up at once are this many times the limit: most slots then need no second look-up."""

CHANGED_IDS = 32
"""Changed products read with each page; a process that missed more forgets all cards."""


@dataclass(slots=True)
class _Asked:
    """A slot on its way: its question, and the proposals of its chain."""

    slot: Slot
    question: Question
    proposals: list[Proposal] = field(default_factory=list)


class Recommender:
    """Fills the slots of a page.

    Args:
        store: Redis.
        keys: Its key names.
        numbers: Product numbers held in process.
        cards: Product data held in process.
        strategies: All strategies by name.
        min_support: Least number of orders behind a claim.
        heed_news: Called with the news hash and the latest changed ids of each page.
        failed: Called with a slot's name and the error when the shop's own code failed.
    """

    def __init__(
        self,
        store: RedisStore,
        keys: Keys,
        numbers: ProductNumbers,
        cards: Cards,
        strategies: Mapping[str, Strategy],
        min_support: int,
        heed_news: Callable[[Mapping[bytes, bytes], Sequence[bytes]], None],
        failed: Callable[[str, Exception], None],
    ) -> None:
        self._store = store
        self._keys = keys
        self._numbers = numbers
        self._cards = cards
        self._strategies = strategies
        self._min_support = min_support
        self._heed_news = heed_news
        self._failed = failed

    def fill(
        self, page: Page, slots: Sequence[Slot], holdings: Holdings, all_candidates: bool = False
    ) -> list[FilledSlot]:
        """The *slots* in their order, each with its cards; one that found too few has none.

        With *all_candidates*, products that only their popularity speaks for count as a strategy's own answer.
        """
        asked = [_Asked(slot, self._question(page, slot, holdings)) for slot in slots]
        answers = self._read(page, [strategy_reads for one in asked for strategy_reads in self._reads(one)])
        for one in asked:
            one.proposals = list(self._proposals(one, answers, all_candidates))
        products = self._look_up(page, asked)
        filled = [self._fill_slot(page, one, products) for one in asked]
        return self._with_support(filled, holdings.popularity, page)

    def _question(self, page: Page, slot: Slot, holdings: Holdings) -> Question:
        known = (self._numbers.number(product_id) for product_id in page.seeds)
        seeds = tuple(number for number in known if number is not None)
        return Question(page, seeds, holdings, self._keys, slot.specialness, self._min_support)

    def _reads(self, one: _Asked) -> Iterator[Read]:
        for name in one.slot.strategies:
            yield from self._strategies[name].reads(one.question)

    def _read(self, page: Page, wanted: Sequence[Read]) -> Answers:
        reads = list(dict.fromkeys(wanted))
        news = Read(self._keys.news, "HGETALL")
        changed = Read(self._keys.changed_products, "LRANGE", (0, CHANGED_IDS - 1))
        *replies, news_reply, changed_reply = self._fetch(page, [*reads, news, changed])
        if news_reply:
            self._heed_news(news_reply, changed_reply or ())
        return dict(zip(reads, replies, strict=True))

    def _fetch(self, page: Page, reads: Sequence[Read]) -> list[Any]:
        return self._store.ask(reads) if page.patient else self._store.fetch(reads)

    def _proposals(self, one: _Asked, answers: Answers, all_candidates: bool) -> Iterator[Proposal]:
        page, links = one.question.page, one.question.holdings.links
        for name in one.slot.strategies:
            for product_id in links.pinned(page.seeds, name):
                yield Proposal(product_id, 1.0, "pinned", "chosen")
        for name in one.slot.strategies:
            for candidate in self._strategies[name].candidates(one.question, answers):
                if candidate.evident or all_candidates:
                    proposal = self._proposal(name, candidate)
                    if proposal is not None:
                        yield proposal

    def _proposal(self, name: str, candidate: Candidate) -> Proposal | None:
        product_id = self._numbers.id(candidate.number)
        if product_id is None:
            return None
        source = name if candidate.evident else "bestsellers"
        return Proposal(product_id, candidate.score, source, candidate.kind)

    def _look_up(self, page: Page, asked: Sequence[_Asked]) -> dict[str, Product | None]:
        wanted: dict[str, None] = dict.fromkeys(page.products[:1])
        ahead = 0
        for one in asked:
            excluded = self._excluded(one)
            ahead += LOOK_AHEAD * one.slot.limit
            wanted.update(dict.fromkeys(first_ids(one.proposals, lambda i, e=excluded: i not in e, ahead)))  # type: ignore[misc]
        products = self._products(page, list(wanted))
        stock = self._live_stock([product_id for product_id, product in products.items() if product])
        for product_id, pieces in stock.items():
            product = products.get(product_id)
            if product is not None:
                products[product_id] = replace(product, stock=pieces)
        return products

    def _products(self, page: Page, ids: Sequence[str]) -> dict[str, Product | None]:
        try:
            return self._cards.get_many(ids, page.locale, page.patient) if ids else {}
        except AdapterError as error:
            if page.patient:
                raise
            self._failed(page.placement, error)
            return dict.fromkeys(ids)

    def _live_stock(self, ids: Sequence[str]) -> Mapping[str, int | None]:
        try:
            return self._cards.live_stock(ids) or {}
        except AdapterError as error:
            self._failed("live_stock", error)
            return {}

    def _excluded(self, one: _Asked) -> frozenset[str]:
        page = one.question.page
        return page.excluded | one.question.holdings.links.excluded_for(page.seeds)

    def _fill_slot(self, page: Page, one: _Asked, products: dict[str, Product | None]) -> FilledSlot:
        slot, excluded = one.slot, self._excluded(one)
        seed = products.get(page.products[0]) if page.products else None
        groups = [seed.variant_group] if seed is not None and seed.variant_group is not None else []

        def chosen() -> Chosen:
            return choose(one.proposals, products, excluded, page.shown, slot.limit, groups)

        answer = chosen()
        if len(answer.choices) < slot.limit and answer.unknown:
            products.update(self._products(page, answer.unknown))
            answer = chosen()
        if len(answer.choices) < slot.minimum:
            return FilledSlot(slot, (), seed)
        cards = tuple(
            Card(choice.product, choice.proposal.score, choice.proposal.source, Reason(choice.proposal.kind))
            for choice in answer.choices
        )
        page.shown.update(card.product.id for card in cards)
        return FilledSlot(slot, cards, seed)

    def _with_support(self, filled: list[FilledSlot], popularity: Popularity, page: Page) -> list[FilledSlot]:
        """Add the number of orders that hold a card together with the seeds, where a pair is the reason."""
        seeds = [number for number in map(self._numbers.number, page.seeds) if number is not None]
        paired = [
            number
            for slot in filled
            for card in slot.cards
            if _is_pair(card) and (number := self._numbers.number(card.product.id)) is not None
        ]
        if not paired or not seeds or not popularity.generation:
            return filled
        support = self._support(page, seeds, paired, popularity)
        return [replace(slot, cards=tuple(self._supported(card, support) for card in slot.cards)) for slot in filled]

    def _support(
        self, page: Page, seeds: Sequence[int], paired: Sequence[int], popularity: Popularity
    ) -> dict[int, int]:
        """For each paired product the most orders it shares with one seed."""
        fields = tuple(str(number) for number in paired)
        generation, shards = popularity.generation, popularity.shards
        reads = [Read(self._keys.support(generation, shard_of(seed, shards), seed), "HMGET", fields) for seed in seeds]
        support: dict[int, int] = {}
        for reply in self._fetch(page, reads):
            for number, orders in zip(paired, reply or (), strict=False):
                if orders is not None:
                    support[number] = max(support.get(number, 0), int(orders))
        return support

    def _supported(self, card: Card, support: Mapping[int, int]) -> Card:
        number = self._numbers.number(card.product.id)
        orders = support.get(number) if number is not None and _is_pair(card) else None
        if orders is None or card.reason is None:
            return card
        shown = orders if orders >= self._min_support else None
        return replace(card, support=orders, reason=Reason(card.reason.kind, shown))


def _is_pair(card: Card) -> bool:
    return card.reason is not None and card.reason.kind in ("also_bought", "bought_together")
