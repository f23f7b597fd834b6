"""What one request asks about, and what it gets: `Page` in, `FilledSlot` out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

from ..core.i18n import Texts
from ..shop.ports import CartLine, ConsentLevel, Product
from ..shop.sellable import is_eligible
from .plan import CART_LIKE, Slot

MAX_WHOLE_CART = 100
"""Products of a cart of which its model is asked, the latest cart lines."""

MAX_SEEDS = 20
"""Products whose neighbours are read, the latest cart lines; all lines are excluded (each seed costs one read)."""

PINNED = "pinned"
"""The source of a card that a merchant put first."""


class ReasonKind(NamedTuple):
    """A reason that a strategy gives.

    Attributes:
        name: Unique among all strategies.
        text: The sentence without a number, marked for translation; None where nothing is said without.
        counted: The sentence with a number of orders; None where no number of orders stands behind it.
    """

    name: str
    text: str | None
    counted: Callable[[Texts, int], str] | None = None


class Reason(NamedTuple):
    """Why a card is shown. *orders* is the number of orders behind it where that is above the minimum support."""

    kind: ReasonKind
    orders: int | None = None

    def text(self, texts: Texts) -> str | None:
        """The reason in the language of *texts*; None where there is nothing to say."""
        if self.orders is not None and self.kind.counted is not None:
            return self.kind.counted(texts, self.orders)
        return None if self.kind.text is None else texts.gettext(self.kind.text)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One suggestion of ``storefront.recommend``, best first.

    Attributes:
        product_id: The shop's id.
        score: Comparable within one answer only.
        source: The strategy that found it.
        reason: As text, in the requested locale; None without one.
        support: Orders that hold it together with a seed; None where the strategy does not count orders.
    """

    product_id: str
    score: float
    source: str
    reason: str | None = None
    support: int | None = None


class Card(NamedTuple):
    """A chosen product with what is shown beside it."""

    product: Product
    score: float
    source: str
    reason: Reason | None = None
    support: int | None = None


def heading_of(slot: Slot, sources: Iterable[str]) -> str | None:
    """The only one of the *sources* of a slot's cards, "" for a pinned one; None of several, its first choice of none."""
    found = {source for source in sources if source}
    return slot.strategies[0] if not found else found.pop() if len(found) == 1 else None


class Offer(Protocol):
    """Several products sold as one, such as a bundle."""

    @property
    def id(self) -> int: ...

    def title(self, locale: str) -> str:
        """Its name."""
        ...


@dataclass(frozen=True, slots=True)
class FilledSlot:
    """A slot with its cards. A filler that shows anything else derives from it.

    Attributes:
        seed: The page's own product, for the ``together`` layout.
        seed_in_cart: Whether the shopper's cart is known to hold it.
        replaced_by: What another slot offers of the very same products, which is why there are no cards.
    """

    slot: Slot
    cards: tuple[Card, ...] = ()
    seed: Product | None = None
    seed_in_cart: bool = False
    replaced_by: Offer | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.cards

    @property
    def name(self) -> str:
        return self.slot.name

    @property
    def layout(self) -> str:
        return self.slot.layout

    @property
    def source(self) -> str:
        """The strategy that gave the first card that nobody pinned, or the slot's first choice."""
        return next((card.source for card in self.cards if card.source != PINNED), self.slot.strategies[0])

    @property
    def heading(self) -> str | None:
        """The strategy whose heading is true of the cards, or None where several found them; pins leave it as it is."""
        return heading_of(self.slot, ("" if card.source == PINNED else card.source for card in self.cards))

    @property
    def products(self) -> Iterator[Product]:
        """Those that are shown as cards."""
        yield from (card.product for card in self.cards)
        if self.seed:
            yield self.seed

    @property
    def together(self) -> frozenset[str] | None:
        """Ids of the products that one button adds; None in other layouts than ``together``."""
        if self.layout != "together" or self.seed is None:
            return None
        return frozenset({self.seed.id, *(card.product.id for card in self.cards)})

    @property
    def addable_seed(self) -> Product | None:
        """The *seed* where a button for all may add it: it can be sold, and is not in the cart yet."""
        return None if self.seed is None or self.seed_in_cart or not is_eligible(self.seed) else self.seed

    @property
    def offers(self) -> Mapping[frozenset[str], Offer]:
        """What it sells as one, by the ids of the products in it."""
        return {}

    def fitted(self, slot: Slot) -> FilledSlot:
        """The same for *slot*, which has another layout or a lower limit."""
        return self if slot is self.slot else replace(self, slot=slot, cards=self.cards[: slot.limit])


@dataclass(slots=True, kw_only=True)
class Page:
    """What a request is about, stored on ``flask.g`` so that its slots share reads and never repeat a product.

    Attributes:
        placement: The page type.
        products: Ids the page is about, as given by the shop's template.
        category: Id of the category the page lists, if any.
        cart: The shopper's cart lines; empty where the response must be the same for all shoppers.
        exclude: Ids never shown.
        presented: Staff codes and links that the shopper showed.
        segments: Names of the segments the shopper is in.
        blocking: Nobody waits for this page: trouble is raised instead of leaving slots out, and no deadline holds.
        all_candidates: Products that only their popularity speaks for count as a strategy's own answer.
        shop_locale: What the shop's own code speaks on this request; product data is cached by it.
        counted: Names of the slots that are counted for the share of pages on which they stay empty; None is all.
        shown: Ids that slots of this page have already taken.
        catalog_failed: The shop's catalogue failed on this page, so it is not called a second time.
        store_failed: Redis did not answer this page in time, or the process holds nothing yet.
    """

    placement: str
    products: tuple[str, ...] = ()
    category: str | None = None
    cart: tuple[CartLine, ...] = ()
    exclude: frozenset[str] = frozenset()
    customer_id: str | None = None
    consent: ConsentLevel = "none"
    locale: str = "en"
    shop_locale: str = ""
    currency: str | None = None
    personal: bool = False
    presented: tuple[str, ...] = ()
    segments: frozenset[str] = frozenset()
    blocking: bool = False
    all_candidates: bool = False
    counted: tuple[str, ...] | None = None
    shown: set[str] = field(default_factory=set)
    catalog_failed: bool = False
    store_failed: bool = False

    @property
    def failed(self) -> bool:
        """Whether trouble may have left slots out that a later look finds."""
        return self.store_failed or self.catalog_failed

    @property
    def cart_like(self) -> bool:
        return self.placement in CART_LIKE

    @property
    def seeds(self) -> tuple[str, ...]:
        """At most `MAX_SEEDS` products: those of the page, on cart-like pages the latest cart lines too; no repeats."""
        return self._latest_first()[:MAX_SEEDS]

    @property
    def whole_cart(self) -> tuple[str, ...]:
        """As `seeds` on cart-like pages, at most `MAX_WHOLE_CART`; else nothing."""
        return self._latest_first()[:MAX_WHOLE_CART] if self.cart_like else ()

    def _latest_first(self) -> tuple[str, ...]:
        lines = tuple(line.product_id for line in self.cart) if self.cart_like else ()
        return tuple(dict.fromkeys((*reversed(lines), *reversed(self.products)) if self.cart_like else self.products))

    @property
    def excluded(self) -> frozenset[str]:
        """Ids that may not be shown whatever their score: the page's own, the whole cart, and *exclude*."""
        return self.exclude | frozenset(self.products) | {line.product_id for line in self.cart}
