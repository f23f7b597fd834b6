"""Tax of lines with a rate each. Each line is rounded by itself, half up, and sums are sums of rounded lines.

So the tax of a cart with mixed rates is exactly what its lines show, and what is refunded line by line adds up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .price import share


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
