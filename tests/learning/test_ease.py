"""The model of carts is a ridge regression of each product on all others, cut to its largest weights."""

from __future__ import annotations

import numpy as np
import pytest

from storefront_plugin.learning.ease import KEPT, PairMatrix, fitting


def orders_of(products: int, orders: int = 400) -> np.ndarray:
    """A row an order: 1 for each product in it."""
    return (np.random.default_rng(5).random((orders, products)) < 0.2).astype(float)


@pytest.mark.parametrize("penalty", [0.5, 20.0])
def test_each_column_is_the_ridge_regression_of_its_product(penalty: float) -> None:
    """Solved product by product without its own column, as the paper defines it."""
    orders = orders_of(8)
    model = PairMatrix(np.arange(1, 9, dtype=np.int32), orders.T @ orders).model(penalty)
    for product in range(8):
        others = [one for one in range(8) if one != product]
        known = orders[:, others]
        weights = np.linalg.solve(known.T @ known + penalty * np.eye(7), known.T @ orders[:, product])
        for other, weight in zip(others, weights, strict=True):
            assert dict(model[other + 1])[product + 1] == pytest.approx(weight)


def test_no_product_speaks_for_itself() -> None:
    """It is in the cart."""
    orders = orders_of(8)
    model = PairMatrix(np.arange(8, dtype=np.int32), orders.T @ orders).model(1.0)
    assert all(number not in dict(weights) for number, weights in model.items())


def test_the_largest_weights_are_kept_of_either_sign() -> None:
    """As many as a set in Redis holds."""
    orders = orders_of(KEPT + 60)
    matrix = PairMatrix(np.arange(KEPT + 60, dtype=np.int32), orders.T @ orders)
    inverse = np.linalg.inv(matrix.orders + 5.0 * np.eye(KEPT + 60))
    full = -inverse[3] / np.diag(inverse)
    full[3] = 0.0
    kept = dict(matrix.model(5.0)[3])
    assert len(kept) == KEPT
    assert set(kept) == set(np.argsort(-np.abs(full))[:KEPT].tolist())
    assert min(kept.values()) < 0 < max(kept.values())


def test_a_matrix_is_read_from_its_upper_half() -> None:
    """Columns as DuckDB gives them; products keep their numbers."""
    diagonal = {"product": np.array([7, 3]), "orders": np.array([5.0, 4.0])}
    cells = {"one": np.array([0]), "other": np.array([1]), "orders": np.array([2.0])}
    matrix = PairMatrix.of(diagonal, cells)
    assert matrix.numbers.tolist() == [7, 3]
    assert matrix.orders.tolist() == [[5.0, 2.0], [2.0, 4.0]]


def test_a_model_takes_at_most_half_of_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five copies of the matrix are needed at a time, of eight bytes a cell."""
    monkeypatch.setattr("os.sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 2**31 // 4096}.__getitem__)
    assert fitting(10_000) == 5181
    assert fitting(5000) == 5000
