"""Ranked things that are made only as far as somebody looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Drawn(Iterable[_T], Generic[_T]):
    """The items of an iterator, each drawn once and kept, so that they can be walked again.

    A slot shows a few of hundreds of candidates; those behind them are never made.
    """

    def __init__(self, items: Iterable[_T]) -> None:
        self._rest = iter(items)
        self._drawn: list[_T] = []

    def __iter__(self) -> Iterator[_T]:
        yield from self._drawn
        for item in self._rest:
            self._drawn.append(item)
            yield item
