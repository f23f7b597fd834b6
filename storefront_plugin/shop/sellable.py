"""Which products can be sold: said of a product by its data, and of numbers by what the catalogue said last."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from operator import itemgetter
from typing import Any, TypeVar

from .ports import Product

_T = TypeVar("_T")

RECHECKED = 100
"""Candidates that cannot be sold which a page looks up all the same, so that what is back in stock needs no news."""


def is_eligible(product: Product) -> bool:
    """Whether *product* may be offered now: visible and, where stock is tracked, in stock."""
    return product.visible and (product.stock is None or product.stock > 0)


@dataclass(frozen=True)
class Unsellable:
    """Numbers of products that were sold out, hidden or gone when the catalogue was read last.

    They take nobody's place where candidates are cut to a bounded number; whether one is shown its data decide, which
    are looked up.

    Attributes:
        bits: One a number from 0 on, the most significant bit of each byte first, as Redis has them.
        changed: Numbers of which pages have learned since that they are the other way round.
    """

    bits: bytes = b""
    changed: frozenset[int] = frozenset()

    @classmethod
    def of(cls, numbers: Iterable[int], highest: int) -> Unsellable:
        """The set of *numbers*, none of them above *highest*."""
        bits = bytearray(highest // 8 + 1)
        for number in numbers:
            bits[number >> 3] |= 128 >> (number & 7)
        return cls(bytes(bits))

    @cached_property
    def numbers(self) -> frozenset[int]:
        """All of them, for loops over the candidates of a page."""
        stored = (
            place * 8 + bit for place, byte in enumerate(self.bits) if byte for bit in range(8) if byte & 128 >> bit
        )
        return frozenset(stored) ^ self.changed

    def __bool__(self) -> bool:
        return bool(self.bits or self.changed)

    def learned(self, numbers: Mapping[int, bool]) -> Unsellable:
        """The set after it was seen of *numbers* whether they are in it."""
        wrong = [number for number, inside in numbers.items() if (number in self.numbers) != inside]
        if not wrong:
            return self
        found = Unsellable(self.bits, self.changed.symmetric_difference(wrong))
        found.__dict__["numbers"] = self.numbers.symmetric_difference(wrong)  # quicker than from all bits
        return found

    def read_again(self, bits: bytes) -> Unsellable:
        """The set as it is stored now, with what was learned while it was stored like that."""
        return self if bits == self.bits else Unsellable(bits)


ALL_SELLABLE = Unsellable()
"""What is known before a catalogue was read."""


def first_sellable(
    found: Iterable[_T], limit: int, unsellable: Collection[object], key: Callable[[Any], object] = itemgetter(0)
) -> Iterator[_T]:
    """Of *found* in its order the first *limit* that can be sold, and the first `RECHECKED` of those that cannot.

    One whose *key*, by default its first element, is among *unsellable* cannot.
    """
    return _first(found, limit, unsellable, key) if unsellable else islice(found, limit)


def _first(
    found: Iterable[_T], limit: int, unsellable: Collection[object], key: Callable[[Any], object]
) -> Iterator[_T]:
    left, rechecked = limit, 0
    for one in found:
        if key(one) in unsellable:
            rechecked += 1
            if rechecked <= RECHECKED:
                yield one
        elif left:
            left -= 1
            yield one
        if not left:
            return
