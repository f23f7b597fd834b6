"""What can be given back for returned items, so that all refunds of an order together are exactly what was paid.

Each part of an order (items that were priced the same) owes its returned items their share of what was paid for it,
rounded down (to the order's price step), so that its last item takes the remainder. Items outside of bundles go back
first: a set stays whole as long as it can.

* ``keep``: the discount stays on what the shopper keeps; what is owed is refunded.
* ``recompute``: what the shopper keeps costs what it would have cost alone, with the bundles of that order as they were
  then. The shopper never has to pay more for it: the refund is held between 0 and what is owed. What is held back is
  still owed and is given back with later items, at the latest with the last one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from ...core.errors import InputError, shown
from ...shop.ports import clean_id
from ..bundle import Bundle, Shopper
from ..cart.lines import LineItem, clean_variant
from ..cart.pricing import price_cart
from ..definition import Definition, Schedule
from ..rounding import spread, up_to
from ..tier import MAX_QUANTITY
from .record import OrderRecord

Policy: TypeAlias = Literal["keep", "recompute"]

_ANY_TIME = dt.datetime(2000, 1, 1, tzinfo=dt.timezone.utc)


@dataclass(frozen=True, slots=True)
class Return:
    """Items that come back; *variant_id* None means any variant. What was sold by length or weight is one item."""

    product_id: str
    quantity: int = 1
    variant_id: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "product_id", clean_id(self.product_id))
        object.__setattr__(self, "variant_id", clean_variant(self.variant_id))


@dataclass(frozen=True, slots=True)
class RefundLine:
    """What is refunded for one part of the order, by its position in the record.

    *quantity* is 0 where only an amount is given back that was held back before. *tax* is in *amount*, or on top of
    it where prices do not include tax.
    """

    part: int
    product_id: str
    variant_id: str | None
    quantity: int
    amount: int
    tax: int


@dataclass(frozen=True, slots=True)
class RefundQuote:
    """What is refundable, minor units of the order's currency.

    Attributes:
        lines: By part of the order; those without items and amount are left out.
        rest: What the shopper has paid, after this refund, for what is kept.
        rest_price: What is kept costs by the policy; above *rest* where the shopper is spared the difference.
        held_back: What is owed for returned items and not given back yet.
    """

    currency: str
    policy: Policy
    lines: tuple[RefundLine, ...]
    rest: int
    rest_price: int
    held_back: int

    @property
    def amount(self) -> int:
        """What is refunded altogether."""
        return sum(line.amount for line in self.lines)

    @property
    def tax(self) -> int:
        """The tax in it, or on top."""
        return sum(line.tax for line in self.lines)


def refund_quote(
    record: OrderRecord,
    refunded_so_far: Sequence[RefundLine],
    lines: Sequence[Return],
    policy: Policy = "keep",
) -> RefundQuote:
    """What is refundable when *lines* come back after *refunded_so_far*.

    The amount is never negative and never above what was paid and not refunded yet. When all items have come back,
    in whatever order and policy, the refunds are together exactly what was paid, in amount and in tax.

    Raises:
        InputError: More comes back than is left of the order, or a quantity is no whole number above 0.
    """
    if policy not in ("keep", "recompute"):
        raise InputError(f"There is no refund policy {shown(policy)}; use 'keep' or 'recompute'.")
    books = _Books(record, refunded_so_far)
    returned = books.take_back(lines)
    owed = books.owed()
    left = record.paid - sum(books.amounts)
    rest_price = _price_of(record, books.kept) if policy == "recompute" else left - sum(owed)
    amount = max(0, min(left - rest_price, sum(owed)))
    shares = spread(amount, owed, record.step)
    found = [books.line(at, returned[at], share) for at, share in enumerate(shares) if returned[at] or share]
    return RefundQuote(record.currency, policy, tuple(found), left - amount, rest_price, sum(owed) - amount)


class _Books:
    """Items and amounts given back by part of the order."""

    def __init__(self, record: OrderRecord, refunded: Sequence[RefundLine]) -> None:
        self._parts = record.parts
        self._step = record.step
        self.kept = [part.line.quantity for part in record.parts]
        self.amounts = [0] * len(record.parts)
        for line in refunded:
            if not 0 <= line.part < len(self.kept):
                raise InputError("The refunds so far don't belong to this order; pass those of its quotes.")
            self.kept[line.part] -= line.quantity
            self.amounts[line.part] += line.amount
        for part, kept, amount in zip(self._parts, self.kept, self.amounts, strict=True):
            if not 0 <= kept <= part.line.quantity or not 0 <= amount <= part.paid:
                raise InputError("More has been refunded so far than the order contained; correct its refunds.")

    def take_back(self, lines: Sequence[Return]) -> list[int]:
        """Take the items of *lines* out of what is kept; how many of each part."""
        returned = [0] * len(self._parts)
        # Named variants first, and "any" from items without a variant first, so that none takes another's.
        for line in sorted(lines, key=lambda line: line.variant_id is None):
            missing = _whole(line)
            for at in self._fitting(line):
                taken = min(missing, self.kept[at])
                self.kept[at] -= taken
                returned[at] += taken
                missing -= taken
            if missing:
                raise InputError(
                    f"{missing} of the {line.quantity} items of {line.product_id!r:.60} are not in the order or came "
                    "back already; lower the quantity."
                )
        return returned

    def _fitting(self, line: Return) -> list[int]:
        fitting = [
            at
            for at, part in enumerate(self._parts)
            if part.line.product_id == line.product_id and line.variant_id in (None, part.line.variant_id)
        ]
        return sorted(fitting, key=lambda at: self._parts[at].line.variant_id is not None)

    def owed(self) -> list[int]:
        """What is owed for all returned items of each part and not refunded yet."""
        return [
            max(0, up_to(part.paid, part.line.quantity, part.line.quantity - kept, self._step) - amount)
            for part, kept, amount in zip(self._parts, self.kept, self.amounts, strict=True)
        ]

    def line(self, at: int, quantity: int, amount: int) -> RefundLine:
        """The refund of *amount* for a part; its tax goes with the amount, the last unit takes the remainder."""
        part, before = self._parts[at], self.amounts[at]
        tax = 0
        if part.paid:
            tax = up_to(part.tax, part.paid, before + amount) - up_to(part.tax, part.paid, before)
        return RefundLine(at, part.line.product_id, part.line.variant_id, quantity, amount, tax)


def _price_of(record: OrderRecord, kept: Sequence[int]) -> int:
    """What the *kept* items cost with the bundles of the order, each at most as often as it applied."""
    bundles = [Bundle(used.id, _always_on(used.definition), used.version, used.count) for used in record.bundles]
    lines = _lines(record, kept)
    return price_cart(lines, bundles, record.currency, _ANY_TIME, shopper=Shopper(), hints=0).total


def _lines(record: OrderRecord, kept: Sequence[int]) -> list[LineItem]:
    """The *kept* items in as few lines as they had before they were split into parts: the size of a cart is limited."""
    quantities: dict[LineItem, int] = {}
    for part, count in zip(record.parts, kept, strict=True):
        kind = replace(part.line, quantity=1)
        quantities[kind] = quantities.get(kind, 0) + count
    return [
        replace(kind, quantity=min(MAX_QUANTITY, count - start))
        for kind, count in quantities.items()
        for start in range(0, count, MAX_QUANTITY)
    ]


def _always_on(definition: Definition) -> Definition:
    return replace(definition, schedule=Schedule(), segment=None, staff_only=False)


def _whole(line: Return) -> int:
    if type(line.quantity) is not int or line.quantity < 1:
        raise InputError(
            f"The returned quantity of {line.product_id!r:.60} must be a whole number above 0, not "
            f"{shown(line.quantity)}; correct it."
        )
    return line.quantity


def refunds_to_json(lines: Sequence[RefundLine], refund_id: str | None = None) -> list[list[int | str]]:
    """*lines* as plain JSON: part, quantity, amount and tax of each, and *refund_id* where there is one."""
    own: list[int | str] = [] if refund_id is None else [refund_id]
    return [[line.part, line.quantity, line.amount, line.tax, *own] for line in lines]


def refunds_from_json(record: OrderRecord, data: Sequence[Sequence[Any]]) -> list[RefundLine]:
    """The lines that `refunds_to_json` wrote for an order of *record*."""
    return [
        RefundLine(part, record.parts[part].line.product_id, record.parts[part].line.variant_id, quantity, amount, tax)
        for part, quantity, amount, tax, *_ in data
    ]
