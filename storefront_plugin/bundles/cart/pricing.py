"""What a cart costs with its bundles: a pure function of lines, bundles, currency, shopper and time.

Bundles take whole sets only: of two and a half sets in the cart, two apply and the rest costs its own price. No item
is discounted twice. The answer does not depend on the order of the lines, nor on the machine.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from ...core.errors import InputError
from ..bundle import Bundle, Shopper
from ..packing import Choice, choose
from ..pools import Chosen, Pool
from ..quote import NoSaving
from ..rounding import TaxSum, spread, tax_of, tax_sums
from .lines import LineItem, pool
from .next_offers import NextOffer, find_missing


@dataclass(frozen=True, slots=True)
class LinePart:
    """Items of a line that are priced the same: in sets of one bundle, or in none. *discount* is of all of them."""

    quantity: int
    discount: int
    bundle_id: int | None = None


_Share: TypeAlias = "tuple[Chosen, list[tuple[int, LinePart]]]"


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with what it costs, minor units. *parts* sum to its quantity and discount; those without bundle are last.

    *tax* is in *total* where prices include it, else on top.
    """

    line: LineItem
    discount: int
    tax: int
    parts: tuple[LinePart, ...]

    @property
    def total(self) -> int:
        """What the line costs after its discount."""
        return self.line.gross - self.discount


@dataclass(frozen=True, slots=True)
class Applied:
    """A bundle that applies.

    Attributes:
        tier: Which of its tiers.
        count: How many sets; 1 for quantity steps.
        discounts: What each line (by its position) costs less through it; minor units.
    """

    bundle_id: int
    version: int
    tier: int
    count: int
    saving: int
    discounts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class CartPricing:
    """The price of a cart, all amounts in minor units of *currency*.

    Attributes:
        lines: As they were given.
        applied: Bundles that apply, by id.
        gross, discount, total: Of all lines; ``gross - discount == total``.
        tax: Sum of the lines' tax; *taxes* has it by rate.
        missing: What to add for the next offer, the most saving first.
        refused: Ids of bundles whose items are all there and that save nothing, and why.
        bound: No combination of these bundles saves more.
    """

    currency: str
    lines: tuple[PricedLine, ...]
    applied: tuple[Applied, ...]
    tax_included: bool
    taxes: tuple[TaxSum, ...]
    missing: tuple[NextOffer, ...]
    refused: tuple[tuple[int, NoSaving], ...]
    bound: int

    @property
    def gross(self) -> int:
        """What the lines cost without bundles."""
        return sum(line.line.gross for line in self.lines)

    @property
    def discount(self) -> int:
        """What the bundles save."""
        return sum(line.discount for line in self.lines)

    @property
    def total(self) -> int:
        """What the lines cost together, without tax where prices do not include it."""
        return self.gross - self.discount

    @property
    def tax(self) -> int:
        """The sum of the lines' tax."""
        return sum(line.tax for line in self.lines)

    @property
    def optimal(self) -> bool:
        """Whether no combination of the bundles saves more, for certain."""
        return self.discount == self.bound


def price_cart(
    lines: Sequence[LineItem],
    bundles: Sequence[Bundle],
    currency: str,
    now: dt.datetime,
    *,
    shopper: Shopper | None = None,
    tax_included: bool = True,
    prices: Mapping[str, int] | None = None,
    hints: int = 3,
    nodes: int | None = None,
) -> CartPricing:
    """Price *lines* with those of *bundles* that are on, in the combination that saves most.

    Args:
        currency: ISO 4217 code of all prices; bundles without an amount in it do not apply.
        now: The moment, with its time zone.
        shopper: Segments and unlocked staff-only bundles; nobody special when None.
        tax_included: Whether prices include their tax.
        prices: Minor units of products that may be missing for an offer; the saving of offers with others is not known.
        hints: How many next offers to name at most.
        nodes: The budget of the search; its own when None.

    Raises:
        InputError: *now* has no time zone, two bundles have one id, or the cart is too large.
    """
    if now.tzinfo is None:
        raise InputError("The moment of pricing needs a time zone; use datetime.now(timezone.utc).")
    if len({bundle.id for bundle in bundles}) < len(bundles):
        raise InputError("Two bundles have the same id; give each bundle once.")
    kinds = pool(lines)
    on = _in_reach(bundles, kinds, shopper or Shopper(), now)
    choice = choose(kinds, on, currency, nodes)
    left = [list(each.lines) for each in choice.pools]
    shares = _within_costs(lines, [(one, _line_parts(choice, left, one)) for one in choice.chosen])
    priced = _priced_lines(lines, shares, tax_included)
    return CartPricing(
        currency,
        priced,
        _applied(shares, on),
        tax_included,
        tax_sums(((one.total, one.tax, one.line.tax_rate) for one in priced), tax_included),
        find_missing(choice, on, currency, prices or {}, hints) if hints else (),
        choice.refused,
        choice.bound,
    )


def _in_reach(bundles: Sequence[Bundle], pools: Sequence[Pool], shopper: Shopper, now: dt.datetime) -> list[Bundle]:
    """Those of *bundles* that are on and have a product in the cart: of a shop's catalogue, most end here."""
    bought = {one.product_id for one in pools}
    near = [bundle for bundle in bundles if not bundle.definition.product_ids.isdisjoint(bought)]
    return [bundle for bundle in near if shopper.may_have(bundle, now)]


def _within_costs(lines: Sequence[LineItem], shares: Sequence[_Share]) -> list[_Share]:
    """*shares* without what is above the cost of their items, where a line's price is finer than minor units.

    Bundles count with rounded prices of single items, and a line is rounded once: free items can then be a unit too free.
    """
    items = dict.fromkeys((position for position, line in enumerate(lines) if line.exact_price is not None), 0)
    return (
        [(one, [_within_cost(lines, items, *part) for part in parts]) for one, parts in shares] if items else [*shares]
    )


def _within_cost(
    lines: Sequence[LineItem], items: dict[int, int], position: int, part: LinePart
) -> tuple[int, LinePart]:
    if position not in items:
        return position, part
    before = items[position]
    items[position] += part.quantity
    cost = lines[position].cost_of(items[position]) - lines[position].cost_of(before)
    return position, replace(part, discount=min(part.discount, cost))


def _applied(shares: Sequence[_Share], bundles: Sequence[Bundle]) -> tuple[Applied, ...]:
    """The chosen sets by bundle and tier, with what each line gets of them."""
    versions = {bundle.id: bundle.version for bundle in bundles}
    groups: dict[tuple[int, int], list[_Share]] = {}
    for chosen, parts in shares:
        groups.setdefault((chosen.bundle_id, chosen.tier), []).append((chosen, parts))
    applied = []
    for (bundle_id, tier), group in sorted(groups.items(), key=lambda item: item[0]):
        discounts: dict[int, int] = {}
        for position, part in (pair for _, parts in group for pair in parts):
            discounts[position] = discounts.get(position, 0) + part.discount
        count, saving = sum(one.count for one, _ in group), sum(discounts.values())
        applied.append(Applied(bundle_id, versions[bundle_id], tier, count, saving, tuple(sorted(discounts.items()))))
    return tuple(applied)


def _priced_lines(lines: Sequence[LineItem], shares: Sequence[_Share], tax_included: bool) -> tuple[PricedLine, ...]:
    own: list[list[LinePart]] = [[] for _ in lines]
    for position, part in (pair for _, parts in shares for pair in parts):
        own[position].append(part)
    priced = []
    for line, parts in zip(lines, own, strict=True):
        rest = line.quantity - sum(part.quantity for part in parts)
        discount = sum(part.discount for part in parts)
        whole = (*parts, LinePart(rest, 0)) if rest else tuple(parts)
        priced.append(PricedLine(line, discount, tax_of(line.gross - discount, line.tax_rate, tax_included), whole))
    return tuple(priced)


def _line_parts(choice: Choice, left: list[list[tuple[int, int]]], one: Chosen) -> list[tuple[int, LinePart]]:
    """The parts of chosen sets by line, taken out of what is *left* of each pool's lines in their canonical order."""
    found = []
    for (number, quantity), discount in zip(one.demand, one.discounts, strict=True):
        taken = _take(left[number], quantity * one.count)
        off = discount * one.count
        discounts = [off]
        if len(taken) > 1:
            unit_price = choice.pools[number].unit_price
            discounts = spread(off, [size * unit_price for _, size in taken], choice.step)
        found += [
            (position, LinePart(size, off, one.bundle_id))
            for (position, size), off in zip(taken, discounts, strict=True)
        ]
    return found


def _take(left: list[tuple[int, int]], quantity: int) -> list[tuple[int, int]]:
    """Take *quantity* from the first lines that have some *left*."""
    taken = []
    while quantity:
        position, size = left[0]
        used = min(size, quantity)
        taken.append((position, used))
        quantity -= used
        left[:1] = [(position, size - used)] if size > used else []
    return taken
