"""Orders of the whole catalogue, made with the content index and held by every process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..shop.ports import Product


def _as_they_are(values: Mapping[int, float]) -> Mapping[int, float]:
    return values


@dataclass(frozen=True, slots=True)
class Ranking:
    """An order of visible products by what the catalogue says of each.

    Attributes:
        name: Under which it is stored.
        value: What counts of a product; None for one without a place. Kept in memory until all products are read.
        scores: Scores by product number, the higher the better, from the values of all that have a place; they are kept
            to six decimals. Values that are numbers are scores already.
    """

    name: str
    value: Callable[[Product], Any]
    scores: Callable[[Mapping[int, Any]], Mapping[int, float]] = _as_they_are
