"""The read journey: one page in, its filled slots out, in at most two trips to Redis and one query.

1. reads of all slots and of the news, in one trip;
2. candidates of each slot's strategies, from the answers alone;
3. product data of the best of all slots, in one look-up;
4. the choice, slot by slot; a slot that ran short looks up the rest, in a second wave;
5. the number of orders behind each shown pair: from the first trip where a slot asked for it, else in a second.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import ceil
from typing import Any

from ..errors import AdapterError
from ..orderlog.numbers import ProductNumbers
from ..redis_store import MISSING, Read, RedisStore
from ..redis_store.keys import Keys
from ..shop.ports import Product
from .cards import Cards
from .choosing import Choice, Chosen, Proposal, choose, first_ids
from .drawn import Drawn
from .holdings import Holdings
from .page import Card, FilledSlot, Page, Reason, ReasonKind
from .plan import Slot
from .question import MAX_CANDIDATES, Answers, Question, Strategy
from .support import support_of

logger = logging.getLogger(__name__)

LOOK_AHEAD = 1.5
"""Cards looked up at once are this many times the limit: most slots then need no second look-up."""

PAIRS: frozenset[ReasonKind] = frozenset({"also_bought", "bought_together"})
"""Reasons behind which stands a number of orders."""

CHANGED_IDS = 32
"""Changed products read with each page; a process that missed more forgets all cards."""


@dataclass(slots=True)
class _Asked:
    """A slot on its way: its question, the proposals of its chain, and what was chosen of them."""

    slot: Slot
    question: Question
    proposals: Iterable[Proposal] = ()
    choices: list[Choice] = field(default_factory=list)


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
        heed_unknown: Called when a page met a product that this process has no number for, or a number without one.
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
        heed_unknown: Callable[[], None],
        failed: Callable[[str, Exception], None],
    ) -> None:
        self._store = store
        self._keys = keys
        self._numbers = numbers
        self._cards = cards
        self._strategies = strategies
        self._min_support = min_support
        self._heed_news = heed_news
        self._heed_unknown = heed_unknown
        self._failed = failed

    def fill(
        self, page: Page, slots: Sequence[Slot], holdings: Holdings, all_candidates: bool = False
    ) -> list[FilledSlot]:
        """The *slots* in their order, each with its cards; one that found too few has none.

        With *all_candidates*, products that only their popularity speaks for count as a strategy's own answer.
        """
        if not slots:
            return []
        seeds = page.seeds
        asked = self._asked(page, seeds, slots, holdings, all_candidates)
        answers = self._read(page, asked)
        for one in asked:
            one.proposals = Drawn(self._proposals(one, seeds, answers))
        excluded = page.excluded | holdings.links.excluded_for(seeds)
        products = self._look_up(page, asked, excluded)
        seed = products.get(page.products[0]) if page.products else None
        for one in asked:
            one.choices = self._choices(page, one, products, excluded, seed)
        support = self._support(page, asked, answers)
        return [FilledSlot(one.slot, tuple(self._cards_of(one, support)), seed) for one in asked]

    def _asked(
        self, page: Page, seeds: Sequence[str], slots: Sequence[Slot], holdings: Holdings, all_candidates: bool
    ) -> list[_Asked]:
        known = [self._numbers.number(product_id) for product_id in seeds]
        numbers = tuple(number for number in known if number is not None)
        if len(numbers) < len(known):
            self._heed_unknown()
        fixed = (page, numbers, holdings, self._keys)
        return [_Asked(slot, Question(*fixed, slot.specialness, self._min_support, all_candidates)) for slot in slots]

    def _read(self, page: Page, asked: Sequence[_Asked]) -> Answers:
        wanted = (
            read for one in asked for name in one.slot.strategies for read in self._strategies[name].reads(one.question)
        )
        reads = list(dict.fromkeys(wanted))
        news = Read(self._keys.news, "HGETALL")
        changed = Read(self._keys.changed_products, "LRANGE", (0, CHANGED_IDS - 1))
        *replies, news_reply, changed_reply = self._fetch(page, [*reads, news, changed])
        if news_reply is not MISSING:
            self._heed_news(news_reply or {}, changed_reply or ())
        return dict(zip(reads, replies, strict=True))

    def _fetch(self, page: Page, reads: Sequence[Read]) -> list[Any]:
        return self._store.ask(reads) if page.patient else self._store.fetch(reads)

    def _proposals(self, one: _Asked, seeds: Sequence[str], answers: Answers) -> Iterator[Proposal]:
        links = one.question.holdings.links
        for name in one.slot.strategies:
            for pinned in links.pinned(seeds, name):
                yield Proposal(pinned, 1.0, "pinned", "chosen")
        for name in one.slot.strategies:
            for candidate in islice(self._strategies[name].candidates(one.question, answers), MAX_CANDIDATES):
                product_id = self._numbers.id(candidate.number)
                if product_id is None:
                    self._heed_unknown()
                else:
                    source = name if candidate.evident else "bestsellers"
                    yield Proposal(product_id, candidate.score, source, candidate.kind)

    def _look_up(self, page: Page, asked: Sequence[_Asked], excluded: frozenset[str]) -> dict[str, Product | None]:
        """The products that are most likely chosen; each slot's are other ones, because none is shown twice."""
        wanted = set(page.products[:1])
        without = wanted | excluded | page.shown
        for one in asked:
            ids = first_ids(one.proposals, without, ceil(LOOK_AHEAD * one.slot.limit))
            wanted.update(ids)
            without.update(ids)
        return self._products(page, list(wanted))

    def _products(self, page: Page, ids: Sequence[str]) -> dict[str, Product | None]:
        try:
            return self._cards.get_many(ids, page.shop_locale, page.patient) if ids else {}
        except AdapterError as error:
            if page.patient:
                raise
            self._failed(page.placement, error)
            page.catalog_failed = True
            return dict.fromkeys(ids)

    def _choices(
        self,
        page: Page,
        one: _Asked,
        products: dict[str, Product | None],
        excluded: frozenset[str],
        seed: Product | None,
    ) -> list[Choice]:
        slot = one.slot
        groups = [seed.variant_group] if seed is not None and seed.variant_group is not None else []

        def chosen() -> Chosen:
            return choose(one.proposals, products, excluded, page.shown, slot.limit, groups, page.category)

        answer = chosen()
        if len(answer.choices) < slot.limit and answer.unknown and not page.catalog_failed:
            products.update(self._products(page, answer.unknown))
            answer = chosen()
        if len(answer.choices) < slot.minimum:
            return []
        page.shown.update(choice.product.id for choice in answer.choices)
        return answer.choices

    def _support(self, page: Page, asked: Sequence[_Asked], answers: Answers) -> dict[int, int]:
        """The number of orders that hold a card together with a seed, where a pair is the reason."""
        chosen = [choice.proposal for one in asked for choice in one.choices]
        numbers = [self._numbers.number(one.product_id) for one in chosen if one.kind in PAIRS]
        paired = [number for number in numbers if number is not None]
        return support_of(asked[0].question, answers, paired, lambda reads: self._fetch(page, reads))

    def _cards_of(self, one: _Asked, support: Mapping[int, int]) -> Iterator[Card]:
        for (product_id, score, source, kind), product in one.choices:
            number = self._numbers.number(product_id) if kind in PAIRS else None
            orders = support.get(number) if number is not None else None
            shown = orders if orders is not None and orders >= self._min_support else None
            yield Card(product, score, source, Reason(kind, shown), orders)
