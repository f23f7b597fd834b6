"""Cart lines as the pricing sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Context, Decimal
from math import ceil
from typing import Final, TypeAlias

from ...core.errors import InputError, shown
from ...money import in_minor, to_minor
from ...shop.ports import CartLine, clean_id
from ..pools import Pool
from ..tier import MAX_QUANTITY

MAX_LINES: Final = 1000
MAX_UNIT_PRICE: Final = 10**15
MAX_RATE: Final = Decimal(1000)
_EXACT: Final = Context(prec=60, rounding=ROUND_HALF_UP)

_Sort: TypeAlias = tuple[str, str, int | Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class LineItem:
    """A line of a cart.

    Attributes:
        product_id: The shop's id.
        quantity: Whole items, 1 to 1 000 000.
        unit_price: Minor units of the cart's currency for one item, from 0.
        variant_id: The variant, where it has some.
        tax_rate: Percent, such as ``Decimal("7.7")``; None where the tax is not known.
        measure: What is sold by length or weight (2.5 m) is one item at the price of the whole cut, of this measure;
            it never counts for a bundle. None elsewhere.
        exact_price: What one item costs in minor units, with a fraction, where that is finer than *unit_price*
            (0.005678 euros): the line is multiplied first and rounded then. None elsewhere.
        in_catalog: False for the shop's own line (gift wrap), which the catalogue does not know: it has no stock.
    """

    product_id: str
    quantity: int
    unit_price: int
    variant_id: str | None = None
    tax_rate: Decimal | None = None
    measure: Decimal | None = None
    in_catalog: bool = True
    exact_price: Decimal | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "product_id", clean_id(self.product_id))
        object.__setattr__(self, "variant_id", clean_variant(self.variant_id))
        if type(self.quantity) is not int or not 1 <= self.quantity <= MAX_QUANTITY:
            raise InputError(
                f"The quantity of {self.product_id!r:.60} must be a whole number from 1 to {MAX_QUANTITY}, not "
                f"{shown(self.quantity)}; correct the cart line."
            )
        if type(self.unit_price) is not int or not 0 <= self.unit_price < MAX_UNIT_PRICE:
            raise InputError(
                f"The unit price of {self.product_id!r:.60} must be whole minor units from 0 and below "
                f"{MAX_UNIT_PRICE}, not {shown(self.unit_price)}; convert it with money.to_minor."
            )
        rate = self.tax_rate
        if rate is not None and not (isinstance(rate, Decimal) and rate.is_finite() and 0 <= rate <= MAX_RATE):
            raise InputError(f"A tax rate must be a Decimal in percent from 0 to {MAX_RATE}, not {shown(rate)}.")

    @property
    def gross(self) -> int:
        """What the line costs without bundles, minor units."""
        return self.cost_of(self.quantity)

    def cost_of(self, quantity: int) -> int:
        """What *quantity* of its items cost: multiplied, then rounded half up; minor units."""
        if self.exact_price is None:
            return quantity * self.unit_price
        return int(_EXACT.multiply(self.exact_price, quantity).to_integral_value(ROUND_HALF_UP))

    @property
    def counts_for_bundles(self) -> bool:
        """Whether its items have a price of their own: no measure, and not only fractions of a minor unit."""
        return self.measure is None and (self.exact_price is None or sold_singly(self.exact_price))

    @property
    def stock_quantity(self) -> int:
        """Whole items that it takes from the stock: of a measure the next whole number."""
        return self.quantity if self.measure is None else ceil(self.measure)

    @property
    def kind(self) -> _Sort:
        """Lines of equal kind are the same to every bundle."""
        # None sorts before all variants and rates, which are never empty or negative.
        rate = Decimal(-1) if self.tax_rate is None else self.tax_rate
        return (self.product_id, self.variant_id or "", self.exact_price or self.unit_price, rate)


def sold_singly(exact_price: Decimal) -> bool:
    """Whether an item of that price, in minor units with a fraction, can be in a bundle.

    One that is rounded by more than one percent (0.005678 euros) would make sets more or less expensive than their items.
    """
    return abs(exact_price - exact_price.to_integral_value(ROUND_HALF_UP)) * 100 <= exact_price


def clean_variant(variant_id: object) -> str | None:
    """A variant's id as text; None for none, which shops also write as empty text. Raises `InputError`."""
    return None if variant_id is None or variant_id == "" else clean_id(variant_id, "variant id")


def clean_line(line: CartLine) -> CartLine:
    """*line* with its ids as text, as the catalogue and the bundles have them; raises `InputError`."""
    return replace(line, product_id=clean_id(line.product_id), variant_id=clean_variant(line.variant_id))


def line_from_cart(
    line: CartLine, price: Decimal, currency: str, tax_rate: Decimal | None = None, in_catalog: bool = True
) -> LineItem:
    """*line* of the shop's cart at *price* (major units), which the server looked up; raises `InputError`.

    A quantity with a fraction becomes one item at the price of all of it; a price finer than the currency's minor unit
    is multiplied by the quantity before it is rounded.
    """
    if not isinstance(price, Decimal):
        raise InputError(
            f"The price of {line.product_id!r:.60} must be a Decimal, not {shown(price)}; floats are not exact."
        )
    amount, measure = _number(line), None
    if amount != int(amount):
        measure, amount, price = amount, Decimal(1), _EXACT.multiply(price, amount)
    unit_price, exact = to_minor(price, currency), in_minor(price, currency)
    finer = exact if measure is None and exact != unit_price else None
    return LineItem(line.product_id, int(amount), unit_price, line.variant_id, tax_rate, measure, in_catalog, finer)


def whole_quantity(quantity: object) -> int | None:
    """*quantity* of a cart line where it is a whole number of items, 1 to 1 000 000; else None."""
    amount = _amount(quantity)
    return None if amount is None or amount != int(amount) else int(amount)


def _number(line: CartLine) -> Decimal:
    amount = _amount(line.quantity)
    if amount is None:
        raise InputError(
            f"The quantity of {line.product_id!r:.60} must be a number above 0 and at most {MAX_QUANTITY}, not "
            f"{shown(line.quantity)}; correct the cart line."
        )
    return amount


def _amount(quantity: object) -> Decimal | None:
    """A number above 0 and at most `MAX_QUANTITY`, its size checked before it is used; a float is read as it prints."""
    if isinstance(quantity, float):
        quantity = Decimal(repr(float(quantity)))
    if isinstance(quantity, Decimal):
        return quantity if quantity.is_finite() and 0 < quantity <= MAX_QUANTITY else None
    return Decimal(quantity) if type(quantity) is int and 0 < quantity <= MAX_QUANTITY else None


def pool(lines: Sequence[LineItem]) -> list[Pool]:
    """The pools of a cart in canonical order, which does not depend on the order of *lines*; not all lines are in one."""
    if len(lines) > MAX_LINES:
        raise InputError(f"A cart of more than {MAX_LINES} lines cannot be priced; this one has {len(lines)}.")
    groups: dict[_Sort, list[int]] = {}
    for position, line in enumerate(lines):
        if line.counts_for_bundles:
            groups.setdefault(line.kind, []).append(position)
    return [_pool(lines, groups[kind]) for kind in sorted(groups)]


def _pool(lines: Sequence[LineItem], positions: list[int]) -> Pool:
    positions.sort(key=lambda position: (lines[position].quantity, position))
    first = lines[positions[0]]
    parts = tuple((position, lines[position].quantity) for position in positions)
    return Pool(first.product_id, first.variant_id, first.unit_price, sum(size for _, size in parts), parts)
