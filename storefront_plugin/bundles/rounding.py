"""Spreading an amount over parts so that the parts sum to it, to the unit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import gcd

from ..core.errors import InputError
from .price_kinds import share


def spread(amount: int, weights: Sequence[int], step: int = 1) -> list[int]:
    """*amount* in parts like *weights*, by largest remainder; of equal remainders the earlier part gets the unit.

    The parts are multiples of *step* where *amount* and *weights* are; else of what divides all of them.
    No part is above its weight when *amount* is not above their sum. Raises `InputError` for a negative amount or
    weight, and for an amount without any weight.
    """
    unit = gcd(step, amount, *weights) if step > 1 else 1
    if unit > 1:
        return [part * unit for part in spread(amount // unit, [weight // unit for weight in weights])]
    whole = sum(weights)
    if amount < 0 or any(weight < 0 for weight in weights) or (amount and not whole):
        raise InputError(
            f"{amount} cannot be spread over {len(weights)} parts of the sum {whole}; give weights above 0."
        )
    if not whole:
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    rest = amount - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda at: (-(amount * weights[at] % whole), at))
    for at in by_remainder[:rest]:
        parts[at] += 1
    return parts


def up_to(amount: int, quantity: int, taken: int, step: int = 1) -> int:
    """What *taken* of *quantity* equal items get of *amount*: rounded down, so that the last item takes the remainder.

    Rounded to multiples of *step* where *amount* is one; else of what divides both.
    """
    unit = gcd(step, amount) if step > 1 else 1
    return amount * taken // (quantity * unit) * unit


# Tax of lines with a rate each. Each line is rounded by itself, half up, and sums are sums of rounded lines.
#
# So the tax of a cart with mixed rates is exactly what its lines show, and what is refunded line by line adds up.


@dataclass(frozen=True, slots=True)
class TaxSum:
    """All lines of one rate: what they cost without tax, and the tax; minor units."""

    rate: Decimal
    net: int
    tax: int


def tax_of(total: int, rate: Decimal | None, included: bool) -> int:
    """The tax in *total* (or on top of it, where prices do not include it), minor units, half rounded up."""
    if not rate:
        return 0
    exact = Fraction(rate)
    numerator, hundred = exact.numerator, 100 * exact.denominator
    return share(total, numerator, hundred + numerator if included else hundred)


def tax_sums(lines: Iterable[tuple[int, int, Decimal | None]], included: bool) -> tuple[TaxSum, ...]:
    """Sums by rate of lines given as total, tax and rate; the lowest rate first. Lines without a rate are left out."""
    sums: dict[Decimal, tuple[int, int]] = {}
    for total, tax, rate in lines:
        if rate is not None:
            net, taxed = sums.get(rate, (0, 0))
            sums[rate] = (net + total - (tax if included else 0), taxed + tax)
    return tuple(TaxSum(rate, net, tax) for rate, (net, tax) in sorted(sums.items()))
