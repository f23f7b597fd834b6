"""A model of carts: how much each product in a cart speaks for each other one, all products considered at once.

EASE^R (H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019): the ridge regression of each product on
all others over all orders, in closed form. With the Gram matrix G (orders by pair of products) and the penalty λ::

    P = (G + λ·I)⁻¹,    B_ij = −P_ij / P_jj,    B_ii = 0

Needs NumPy (the extra ``ml``).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from math import isqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix: TypeAlias = NDArray[np.float64]

KEPT: Final = 100
"""Weights kept a product: the largest, of either sign. Cut to 50 it finds a hundredth less, uncut no more."""

_COPIES: Final = 5
"""Of the matrix, while it is inverted."""

_CONTAINER: Final = Path("/sys/fs/cgroup/memory.max")

_USUAL_MEMORY: Final = 4 * 2**30

Model: TypeAlias = Mapping[int, Sequence[tuple[int, float]]]
"""By product number, the numbers it speaks for, with weights; below 0 it speaks against them."""


def is_available() -> bool:
    """Whether NumPy is installed."""
    return find_spec("numpy") is not None


def fitting(most: int) -> int:
    """How many of the *most* products a model can have here: while it is made, it may take half of the memory there is."""
    return min(most, isqrt(_memory() // 2 // (_COPIES * 8)))


def _memory() -> int:
    """Bytes of memory of the machine, or of the container."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else _USUAL_MEMORY
    try:
        limit = _CONTAINER.read_text().strip()
    except OSError:
        return machine
    return min(machine, int(limit)) if limit.isdigit() else machine


@dataclass(frozen=True, slots=True)
class PairMatrix:
    """Orders by pair of products: *numbers* of the products, and the symmetric *orders*, a row and a column for each."""

    numbers: NDArray[np.int32]
    orders: Matrix

    @classmethod
    def of(cls, diagonal: Mapping[str, Any], cells: Mapping[str, Any]) -> PairMatrix:
        """From columns ``product``, ``orders`` of all products, and ``one``, ``other``, ``orders`` of pairs of their places."""
        import numpy as np

        matrix = np.zeros((len(diagonal["product"]),) * 2)
        matrix[cells["one"], cells["other"]] = cells["orders"]
        matrix += matrix.T
        np.fill_diagonal(matrix, diagonal["orders"])
        return cls(np.asarray(diagonal["product"]), matrix)

    def model(self, penalty: float) -> Model:
        """The model with the *penalty* λ, in orders, cut to `KEPT` weights a product."""
        import numpy as np

        places = np.diag_indices_from(self.orders)
        orders = self.orders[places]
        self.orders[places] += penalty  # in place: in a large shop a copy is gigabytes
        inverse = np.linalg.inv(self.orders)
        self.orders[places] = orders
        diagonal = np.diag(inverse).copy()
        found: dict[int, list[tuple[int, float]]] = {}
        for place, number in enumerate(self.numbers.tolist()):
            weights = inverse[place] / -diagonal
            weights[place] = 0.0
            largest = _largest(np.abs(weights))
            kept = zip(self.numbers[largest].tolist(), weights[largest].tolist(), strict=True)
            found[number] = [(other, weight) for other, weight in kept if weight]
        return found


def _largest(sizes: Matrix) -> NDArray[np.intp]:
    """The places of the `KEPT` largest *sizes*."""
    import numpy as np

    if len(sizes) <= KEPT:
        return np.arange(len(sizes))
    return np.argpartition(-sizes, KEPT)[:KEPT]
