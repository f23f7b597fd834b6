"""What one request asks about, and what it gets: `Page` in, `FilledSlot` out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from ..shop.ports import CartLine, ConsentLevel, Product
from .plan import CART_LIKE, Layout, Slot

if TYPE_CHECKING:
    from ..bundles.definition import Bundle
    from ..bundles.slots.offers import BundleOffer

MAX_SEEDS = 20
"""Products whose neighbours are read, the latest cart lines; all lines are excluded (each seed costs one read)."""

PINNED = "pinned"
"""The source of a card that a merchant put first."""

ReasonKind: TypeAlias = Literal["bought_together", "also_bought", "alike", "rated", "bestseller", "trending", "chosen"]


class Reason(NamedTuple):
    """Why a card is shown. *orders* is the number of orders behind it where that is above the minimum support."""

    kind: ReasonKind
    orders: int | None = None


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One suggestion of ``storefront.recommend``, best first.

    Attributes:
        product_id: The shop's id.
        score: Comparable within one answer only.
        source: The strategy that found it.
        reason: In words, in the locale asked for; None without one.
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


@dataclass(frozen=True, slots=True)
class FilledSlot:
    """A slot with its cards, or its bundles.

    Attributes:
        seed: The page's own product, for the ``together`` layout.
        bundles: Of the ``bundles`` layout.
        takes_code: Bundles stand behind codes, so that one may be typed here.
        instead: The bundle that offers the very same products for less, which is why there are no cards.
    """

    slot: Slot
    cards: tuple[Card, ...]
    seed: Product | None = None
    bundles: tuple[BundleOffer, ...] = ()
    takes_code: bool = False
    instead: Bundle | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.cards or self.bundles or self.takes_code)

    @property
    def name(self) -> str:
        return self.slot.name

    @property
    def layout(self) -> Layout:
        return self.slot.layout

    @property
    def source(self) -> str:
        """The strategy that gave the first card that nobody pinned, or the slot's first choice."""
        return next((card.source for card in self.cards if card.source != PINNED), self.slot.strategies[0])


@dataclass(slots=True, kw_only=True)
class Page:
    """All a request asks about, kept on ``flask.g`` so that its slots share reads and never repeat a product.

    Attributes:
        placement: The page type.
        products: Ids the page is about, as given by the shop's template.
        category: Id of the category the page lists, if any.
        cart: The shopper's cart lines; empty where the response must be the same for all shoppers.
        exclude: Ids never shown.
        presented: Staff codes and links that the shopper showed.
        segments: Names of the segments the shopper is in.
        patient: Nobody waits for this page: trouble is raised instead of leaving slots out, and no deadline is kept.
        shop_locale: What the shop's own code speaks on this request; product data is held by it.
        counted: Names of the slots that are counted for the share of pages on which they stay empty; None is all.
        shown: Ids that slots of this page have already taken.
        catalog_failed: The shop's catalogue failed on this page, so it is not asked a second time.
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
        lines = tuple(line.product_id for line in self.cart) if self.cart_like else ()
        latest_first = dict.fromkeys((*reversed(lines), *reversed(self.products)) if self.cart_like else self.products)
        return tuple(latest_first)[:MAX_SEEDS]

    @property
    def excluded(self) -> frozenset[str]:
        """Ids that may not be shown whatever their score: the page's own, the whole cart, and *exclude*."""
        return self.exclude | frozenset(self.products) | {line.product_id for line in self.cart}
