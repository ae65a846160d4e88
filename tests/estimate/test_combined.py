"""Weighted sums of rates: independent errors add as squares, wholly shared ones as they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegap.estimate.combined import Cell, correlations, pairwise_correlation, weighted_sum
from facegap.estimate.transactions import attempt_failures

RATES = st.floats(0, 1)


def test_two_cells_by_hand() -> None:
    cells = [Cell(0.5, 0.10, 0.07, 0.14), Cell(0.5, 0.20, 0.16, 0.23)]
    value, low, high = weighted_sum(cells, np.eye(2))
    assert value == pytest.approx(0.15)
    # Half of (0.03, 0.04) and (0.04, 0.03): a triangle of sides 3, 4, 5.
    assert (low, high) == pytest.approx((0.125, 0.175))
    assert weighted_sum(cells, np.ones((2, 2)))[1:] == pytest.approx((0.115, 0.185))


def test_a_wald_sum_is_the_textbook_one() -> None:
    p, n, w, z = np.array([0.1, 0.3, 0.5]), np.array([200, 100, 400]), np.array([0.2, 0.5, 0.3]), 1.96
    half = z * np.sqrt(p * (1 - p) / n)
    cells = [Cell(*one) for one in zip(w, p, p - half, p + half, strict=True)]
    value, low, high = weighted_sum(cells, np.eye(3))
    error = z * np.sqrt((w**2 * p * (1 - p) / n).sum())
    assert (low, high) == pytest.approx((value - error, value + error))


@given(st.lists(st.tuples(RATES, RATES, RATES, RATES), min_size=1, max_size=5))
def test_the_interval_holds_the_sum_and_grows_with_correlation(rows: list[tuple[float, ...]]) -> None:
    cells = [Cell(w, *sorted((a, b, c))[1:2], *sorted((a, b, c))[::2]) for w, a, b, c in rows]
    alone, together = (weighted_sum(cells, m) for m in (np.eye(len(cells)), np.ones((len(cells),) * 2)))
    for value, low, high in (alone, together):
        assert low <= value + 1e-12 and value <= high + 1e-12
    assert together[1] <= alone[1] + 1e-12 and alone[2] <= together[2] + 1e-12


def test_correlations_come_from_draws_only_where_cells_share_something() -> None:
    rng = np.random.default_rng(0)
    one = rng.normal(size=2000)
    other = 0.6 * one + 0.8 * rng.normal(size=2000)
    shared = np.array([[True, True, False], [True, True, True], [False, True, True]])
    found = correlations([one, other, None], shared)
    assert found[0, 1] == pytest.approx(0.6, abs=0.05) and found[0, 1] == found[1, 0]
    assert found[0, 2] == 0 and found[1, 2] == 1 and (np.diag(found) == 1).all()


def test_likeness_is_that_of_attempts() -> None:
    """People with equally many comparisons are transactions with as many attempts."""
    errors = np.array([0, 0, 0, 1, 1, 2, 3, 3])
    trials = np.full(8, 3)
    (found,) = pairwise_correlation(errors, trials, np.ones((8, 1)))
    assert found == pytest.approx(attempt_failures(np.bincount(errors, minlength=4))[1])
    assert np.isnan(pairwise_correlation(np.zeros(4, np.int64), np.full(4, 2), np.ones((4, 1)))).all()
    assert np.isnan(pairwise_correlation(np.array([0, 1]), np.array([1, 1]), np.ones((2, 1)))).all()
