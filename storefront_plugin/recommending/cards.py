"""The filler of products: candidates of each slot's strategies, in the order of the merchant's rules, as cards.

1. reads of all slots;
2. candidates of each slot's strategies, from the answers alone, and those most likely chosen, to be looked up at once;
3. the choice, slot by slot; a slot that ran short looks up the rest, in a second wave;
4. the number of orders behind each shown pair: from the first trip where a slot read it, else in a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, ClassVar

from ..core.errors import N_
from ..core.i18n import Texts
from ..orderlog.product_numbers import ProductNumbers
from ..redis_store import Command
from ..redis_store.keys import Keys
from ..shop.ports import Product
from ..shop.sellable import first_sellable
from .choosing import Chain, Choice, Chosen, Proposal, Verdict, choose
from .explaining import ExplainedSlot, Explanation, evidence_of
from .page import PINNED, Card, FilledSlot, Page, Reason, heading_of
from .plan import Slot
from .reading import PageReader
from .rules.compiled import CompiledRules, PageRules
from .snapshot import Snapshot
from .strategies import STRATEGIES
from .strategy import MAX_CANDIDATES, Answers, Question, Source, learn_pairs, support_of

LINES = 100
"""Cart lines, the latest, no variant of which is shown."""

LIKELY = 12
"""Candidates of a set of which a page asks at once whether they are bought together."""


@dataclass(frozen=True, slots=True)
class CardFiller:
    """Fills slots with products, each shown once a page.

    Attributes:
        reader: Asks Redis and the catalogue.
        keys: Key names of Redis.
        numbers: Product numbers cached in process.
        min_support: Least number of orders behind a claim.
        request_numbers: Called when a page met a product that this process has no number for, or a number without one.
        count_orders: The number of orders that count.
    """

    reader: PageReader
    keys: Keys
    numbers: ProductNumbers
    min_support: int
    request_numbers: Callable[[], None]
    count_orders: Callable[[], int]

    name: ClassVar[str] = "products"
    sources: ClassVar[Mapping[str, Source]] = STRATEGIES
    layouts: ClassVar[Mapping[str, str]] = {
        "grid": N_("Grid"),
        "carousel": N_("Carousel"),
        "list": N_("List"),
        "together": N_("Frequently-bought-together box"),
    }
    may_stay_empty: ClassVar[bool] = False

    def begin(self, page: Page, slots: Sequence[Slot], snapshot: Snapshot, explaining: bool = False) -> CardFilling:
        """Ask the strategies of *slots* about *page*."""
        numbers = tuple(self._numbered(page.seeds))
        if len(numbers) < len(page.seeds):
            self.request_numbers()
        fixed = (page, numbers, snapshot, self.keys)
        whole_cart = tuple(self._numbered(page.whole_cart)) if snapshot.model.token else ()
        requested = [
            CardSlot(slot, Question(*fixed, slot.specialness, self.min_support, explaining, whole_cart))
            for slot in slots
        ]
        return CardFilling(self, page, requested, explaining)

    def _numbered(self, product_ids: Sequence[str]) -> Iterator[int]:
        """The numbers of those that have one."""
        return (number for product_id in product_ids if (number := self.numbers.number(product_id)) is not None)

    def limit_text(self, texts: Texts, limit: int) -> str:
        return texts.ngettext("up to %(num)s product", "up to %(num)s products", limit)


@dataclass(slots=True)
class CardSlot:
    """A slot on its way: its question, the proposals of its chain, what was chosen of them, and verdicts on them."""

    slot: Slot
    question: Question
    chain: Chain = field(init=False)
    choices: list[Choice] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)


class CardFilling:
    """The slots of products of one page, on their way."""

    _answers: Answers
    _ruled: CompiledRules
    _rules: PageRules
    _products: dict[str, Product | None]
    _own: set[str]

    def __init__(self, filler: CardFiller, page: Page, slots: Sequence[CardSlot], explaining: bool) -> None:
        self._filler = filler
        self._page = page
        self._slots = slots
        self._explaining = explaining

    def reads(self) -> Iterator[Command]:
        for one in self._slots:
            for name in one.slot.strategies:
                yield from STRATEGIES[name].reads(one.question)

    def product_ids(self, replies: Mapping[Command, Any], snapshot: Snapshot) -> Collection[str]:
        """The products that are most likely chosen; when explaining, all candidates.

        Each slot's products are other ones, because none is shown twice. Rules that hang on data of the seeds hold once
        that is there; where the process has it already, nothing is looked up in vain.
        """
        page, seeds = self._page, self._page.seeds
        self._answers = Answers(self._slots[0].question, replies)
        self._ruled = ruled = snapshot.rules.at(time.time())
        cached = self._filler.reader.cached_products(page, seeds) if ruled.asks_seeds else {}
        rules = self._rules = ruled.on_page(page.placement, seeds, page.category, cached)
        self._own = {*page.products[:1], *seeds, *(line.product_id for line in page.cart[-LINES:])}
        needed = set(self._own)
        without = needed | page.excluded | page.shown
        for one in self._slots:
            one.chain = self._chain(one, self._explaining or bool(ruled))
            ids = (
                one.chain.everything(rules)
                if self._explaining
                else one.chain.ahead(rules, without, one.slot.limit, one.slot.least)
            )
            needed.update(ids)
            without.update(ids)
        return needed

    def _chain(self, one: CardSlot, ruled: bool) -> Chain:
        return Chain([(name, self._proposals(name, one.question)) for name in one.slot.strategies], ruled)

    def _proposals(self, name: str, question: Question) -> Iterator[Proposal]:
        unsellable = question.snapshot.unsellable.numbers
        candidates = STRATEGIES[name].candidates(question, self._answers)
        for one in first_sellable(candidates, MAX_CANDIDATES, unsellable):
            number, score, reason, source, too_few = one
            product_id = self._filler.numbers.id(number)
            if product_id is None:
                self._filler.request_numbers()
            else:
                yield Proposal(
                    product_id, score, source or name, reason, name, unsellable=number in unsellable, too_few=too_few
                )

    def fill(self, products: dict[str, Product | None]) -> list[FilledSlot]:
        page, self._products = self._page, products
        if self._ruled.asks_seeds:
            self._rules = self._ruled.on_page(page.placement, page.seeds, page.category, products)
        seed = products.get(page.products[0]) if page.products else None
        own = [product for product_id in self._own if (product := products.get(product_id)) is not None]
        groups = {product.variant_group for product in own if product.variant_group is not None}
        for one in self._slots:
            self._choose(one, groups)
        support = self._support()
        in_cart = seed is not None and any(line.product_id == seed.id for line in page.cart)
        return [FilledSlot(one.slot, tuple(self._cards(one, support)), seed, in_cart) for one in self._slots]

    def _choose(self, one: CardSlot, groups: AbstractSet[str]) -> None:
        slot, page, products = one.slot, self._page, self._products
        excluded = page.excluded
        unasked: set[int] = set()
        is_rival = self._rivals(one.question.snapshot, unasked) if slot.layout == "together" else None

        def chosen() -> Chosen:
            one.verdicts = []
            proposals = one.chain.proposals(self._rules, products)
            verdicts = one.verdicts if self._explaining else None
            place = (excluded, page.shown, slot.limit, groups, page.category, self._rules)
            return choose(proposals, products, *place, verdicts, slot.least, is_rival)

        answer = chosen()
        if answer.unknown and not page.catalog_failed:
            products.update(self._filler.reader.products(page, answer.unknown))
            answer = chosen()
        if unasked:
            self._learn_pairs(one, unasked)
            answer = chosen()
        if self._is_shown(slot, [choice.proposal.source for choice in answer.choices]):
            one.choices = answer.choices
            page.shown.update(choice.product.id for choice in answer.choices)

    def _rivals(self, snapshot: Snapshot, unasked: set[int]) -> Callable[[Product, Product], bool]:
        """Whether two complements replace each other: of one category that no seed is in, and not bought together.

        Where the seeds are in it, too, it does not tell kinds apart: it may be the shop's only one. Of a pair that no page
        has asked for before, the numbers are added to *unasked*; until the answer it counts as rivals.
        """
        seeds = [self._products.get(product_id) for product_id in self._page.seeds]
        own = {category for seed in seeds if seed is not None for category in seed.category_ids}
        number, known = self._filler.numbers.number, snapshot.pairs

        def is_rival(product: Product, other: Product) -> bool:
            kind = product.category_ids[:1]
            if own.issuperset(kind) or kind != other.category_ids[:1]:
                return False
            one, two = number(product.id), number(other.id)
            if one is None or two is None:
                return True
            if (one, two) not in known:
                unasked.update((one, two))
            return not known.get((one, two), False)

        return is_rival

    def _learn_pairs(self, one: CardSlot, unasked: AbstractSet[int]) -> None:
        """Ask Redis once about *unasked* and the likeliest of the slot, of which some may be met in the next choice."""
        likely = islice(one.chain.proposals(self._rules, self._products), LIKELY)
        numbers = {self._filler.numbers.number(proposal.product_id) for proposal in likely}
        learn_pairs(one.question, [each for each in unasked | numbers if each is not None], self._ask)

    def _is_shown(self, slot: Slot, sources: Sequence[str]) -> bool:
        """Whether *slot* is shown with cards of *sources*.

        It needs enough of them, or a pin, and is no second slot of what another slot of the page has as its first choice.
        """
        heading = heading_of(slot, (source for source in sources if source != PINNED))
        elsewhere = {one.slot.strategies[0] for one in self._slots} - {slot.strategies[0]}
        if slot.title is None and heading in elsewhere:
            return False
        return len(sources) >= slot.least or (slot.minimum is None and PINNED in sources)

    def _support(self) -> dict[str, int]:
        """The number of orders that hold a card's product together with a seed, where a pair is the reason."""
        chosen = [choice.proposal for one in self._slots for choice in one.choices]
        paired = {
            self._filler.numbers.number(one.product_id): one.product_id
            for one in chosen
            if one.reason.counted is not None
        }
        numbers = [number for number in paired if number is not None]
        support = support_of(self._slots[0].question, self._answers, numbers, self._ask)
        return {paired[number]: orders for number, orders in support.items()}

    def _ask(self, reads: Sequence[Command]) -> list[Any]:
        return self._filler.reader.ask(self._page, reads)

    def _cards(self, one: CardSlot, support: Mapping[str, int]) -> Iterator[Card]:
        for (product_id, score, source, reason, *_), product in one.choices:
            orders = support.get(product_id)
            shown = orders if orders is not None and orders >= self._filler.min_support else None
            yield Card(product, score, source, Reason(reason, shown), orders)

    def explain(self, filled: Mapping[str, FilledSlot]) -> list[ExplainedSlot]:
        """Reads the counts behind the candidates, raising `StoreUnavailable` or `DatabaseUnavailable`."""
        filler = self._filler
        evidence = evidence_of(self._slots[0].question, filler.numbers, self._ask, filler.count_orders)
        explanation = Explanation(self._page, self._rules, self._products, evidence, {})
        return [explanation.slot(filled[one.slot.name], one.chain, one.choices, one.verdicts) for one in self._slots]
