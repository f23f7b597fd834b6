"""What a shop provides: value objects and protocols. The package accesses the shop only through these."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from ..core.errors import N_, InputError

MAX_ID_BYTES = 255

OrderStatus: TypeAlias = Literal["placed", "unplaced", "cancelled"]
"""``unplaced`` orders do not count: drafts, and those whose payment is pending or failed."""
ConsentLevel: TypeAlias = Literal["none", "functional", "full"]


def clean_id(value: object, what: str = "product id") -> str:
    """The shop's id as text: 1 to 255 bytes of UTF-8 after ``str()``; anything else raises `InputError`."""
    if value is None or isinstance(value, (bool, float, bytes)):
        raise InputError(f"{what.capitalize()}: text, an integer or a UUID is needed, not {value!r}.")
    text = str(value)
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise InputError(f"A {what} must be valid Unicode text; {text!r:.80} is not.") from None
    if not 1 <= size <= MAX_ID_BYTES or "\x00" in text:
        message = N_("A %(what)s must have 1 to %(most)s bytes of UTF-8; %(text)s has %(size)s.")
        raise InputError(message, what=what, most=MAX_ID_BYTES, text=f"{text!r:.80}", size=size)
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product as a card shows it. Only *id*, *title* and *price* are required.

    Attributes:
        id: The shop's id as text.
        title: One line, plain text (it is escaped when rendered).
        price: What the shopper pays now for one, in *currency*, major units; a Decimal.
        currency: ISO 4217 code, or None for the shop's only currency (`STOREFRONT_CURRENCY`).
        list_price: The price before a reduction, or None.
        stock: Items that can be sold now; None where stock is not tracked.
        visible: False takes it off every widget.
        category_ids: Ids of the categories it is in, the most specific first.
        rating: Mean of the reviews, 0 to 5, or None.
        review_count: How many reviews *rating* stands on.
        reviewed_at: When the newest review was written; old reviews count less.
        variant_group: Products of the same group are never shown together.
        attributes: Names and values by which products are similar ("mount": "X").
        cost: What one item costs the shop, for margins; never shown.
    """

    id: str
    title: str
    price: Decimal
    url: str | None = None
    image_url: str | None = None
    currency: str | None = None
    list_price: Decimal | None = None
    stock: int | None = None
    visible: bool = True
    category_ids: tuple[str, ...] = ()
    brand: str | None = None
    rating: float | None = None
    review_count: int = 0
    reviewed_at: dt.datetime | None = None
    variant_group: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    cost: Decimal | None = None
    created_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """A variant of a product.

    Attributes:
        id: The shop's id, as in `CartLine.variant_id`.
        title: What distinguishes it from the others ("Red, large"), plain text.
        price: What it costs, in the product's currency, major units; None for the product's price.
        stock: Items that can be sold now; None where stock is not tracked.
    """

    id: str
    title: str
    price: Decimal | None = None
    stock: int | None = None


VariantsOf: TypeAlias = Callable[[Sequence[str]], Mapping[str, Sequence[Variant]]]
"""From product ids to the variants of each."""

NamesOf: TypeAlias = Callable[[Sequence[str]], Mapping[str, str]]
"""From category ids to their names."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order line. *quantity* is a whole number above 0; *unit_price* is in major units of the order's currency."""

    product_id: str
    quantity: int = 1
    unit_price: Decimal | None = None
    variant_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order. A naive *placed_at* is in ``STOREFRONT_TIMEZONE``.

    *lines* are what was ordered, *refunds* all that came back of it so far. *lines* or *status* is None where the shop's
    cannot be read: the order is refused, and what the log knows of it stays.
    """

    id: str
    placed_at: dt.datetime
    lines: Sequence[OrderLine] | None
    customer_id: str | None = None
    currency: str | None = None
    status: OrderStatus | None = "placed"
    refunds: Sequence[OrderLine] = ()


@dataclass(frozen=True, slots=True)
class CartLine:
    """A cart line. Lines are in the order in which they were added.

    Attributes:
        quantity: Whole items. A fractional Decimal (2.5 m) is priced, but never counts for a bundle.
        unit_price: Major units; None for the catalogue's price. A line with a price whose product is not in the
            catalogue is an extra of the shop (gift wrap): it is priced, without a check of stock.
        tax_rate: Percent, for lines whose rate ``tax_rate=`` of `price_cart` cannot know; it comes first.
    """

    product_id: str
    quantity: int = 1
    unit_price: Decimal | None = None
    variant_id: str | None = None
    tax_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AddForm:
    """An HTML form that adds a product to the shop's own cart.

    *fields* are the hidden inputs.
    """

    action: str
    fields: Mapping[str, str]
    method: Literal["post", "get"] = "post"


@runtime_checkable
class Catalog(Protocol):
    """The shop's products. A catalogue may also offer ``live_stock(ids) -> Mapping[id, int | None]``."""

    def get_many(self, ids: Sequence[str]) -> Mapping[str, Product]:
        """The products of *ids*; unknown ids are left out."""
        ...

    def iter_products(self) -> Iterator[Product]:
        """Iterate over all products, including hidden ones, in any order, without loading all of them into memory."""
        ...

    def search(self, text: str, limit: int) -> Sequence[Product]:
        """At most *limit* products whose id or title matches *text*, the best first.

        The admin's fields ask it while a merchant types. Case should not matter; the adapters here also fold width and
        kana.
        """
        ...


@runtime_checkable
class LiveStock(Protocol):
    """A catalogue that can look up current stock in one query; used for the final cards of each page."""

    def live_stock(self, ids: Sequence[str]) -> Mapping[str, int | None]: ...


@runtime_checkable
class OffersVariants(Protocol):
    """A catalogue with variants, so that bundles can offer a choice."""

    def variants(self, ids: Sequence[str]) -> Mapping[str, Sequence[Variant]]:
        """The variants of the products *ids*, in display order; products without variants are left out."""
        ...


@runtime_checkable
class NamesCategories(Protocol):
    """A catalogue with names of categories, shown to merchants instead of ids."""

    def category_names(self, ids: Sequence[str]) -> Mapping[str, str]:
        """The names of the categories *ids*, in the language of the request; unknown ids are left out."""
        ...


@runtime_checkable
class Orders(Protocol):
    """The shop's orders, for import and catch-up."""

    def iter_orders(self, since: dt.datetime | None = None) -> Iterator[Order]:
        """Orders placed or changed at or after *since* (all when None), the oldest first; variants folded to products."""
        ...


@runtime_checkable
class Cart(Protocol):
    """The cart of the current shopper."""

    def lines(self) -> Iterable[CartLine]: ...

    def add_form(self, product: Product) -> AddForm | None:
        """The form that adds *product* by a view of the shop.

        None if it cannot be added directly (a variant must be chosen first) or if the shop has no such view; a cart
        with `AddsLines.add` then gets a form to our view.
        """
        ...


@runtime_checkable
class AddsLines(Protocol):
    """A cart that can be filled from Python, as our own view for "Add all to cart" does."""

    def add(self, lines: Sequence[CartLine]) -> None:
        """Add *lines* to the current cart, by the shop's own rules and prices; `Cart.lines` has them at once.

        Raises `CartRefused` where the shop does not want that; the shopper reads its message.
        """
        ...


@runtime_checkable
class RemovesLines(Protocol):
    """A cart that can take out again what was just added, for *Undo* beside the button."""

    def remove(self, lines: Sequence[CartLine]) -> None:
        """Take the quantity of each of *lines* out of the current cart; no more than is there is asked for."""
        ...


@runtime_checkable
class CountsItems(Protocol):
    """A cart that can tell how many items it has, for the shop's own header."""

    def count(self) -> int:
        """The number that the shop shows beside its cart."""
        ...


@runtime_checkable
class AddsForms(Protocol):
    """A cart that finds the forms of a page of cards at once."""

    def add_forms(self, products: Sequence[Product]) -> Mapping[str, AddForm | None]:
        """What `Cart.add_form` gives for each of *products*, by product id; those left out have none."""
        ...


@runtime_checkable
class Customers(Protocol):
    """Who is shopping."""

    def current_id(self) -> str | None:
        """The signed-in customer's id, or None."""
        ...


@runtime_checkable
class KnowsSegments(Protocol):
    """Customers with segments, for bundles that are limited to some."""

    def segments(self) -> Iterable[str]:
        """Names of the segments of the current shopper."""
        ...


@dataclass(frozen=True, slots=True)
class Merchant:
    """A user of the admin: a *name* for the activity log, and the role ``view`` or ``edit``."""

    name: str
    role: Literal["view", "edit"] = "edit"

    def __post_init__(self) -> None:
        if self.role not in ("view", "edit"):
            raise InputError(f"There is no role {self.role!r:.40}; use 'view' or 'edit'.")
        if not isinstance(self.name, str):
            raise InputError(f"A merchant's name must be text, not {self.name!r:.40}.")
