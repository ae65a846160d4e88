"""The permutation test over groups against every permutation of a tiny case, the chi-square against scipy."""

from itertools import combinations, permutations

import numpy as np
import pytest
from scipy import stats

from bench.estimate.multiplicity import homogeneity_p
from bench.estimate.permutation import chi_square, mated_counts, nonmated_counts, permutation_p, permuted

LABELS = np.array([0, 0, 1, 1, 1, 2], np.int16)


@pytest.mark.parametrize(
    ("errors", "trials"), [([3, 9, 4], [100, 120, 80]), ([1, 0], [10, 12]), ([50, 60, 70, 10], [100, 100, 100, 100])]
)
def test_chi_square_of_scipy(errors, trials):
    table = [errors, [n - x for x, n in zip(errors, trials, strict=True)]]
    expected = stats.chi2_contingency(table, correction=False)
    assert float(chi_square(np.array(errors), np.array(trials))) == pytest.approx(expected.statistic, rel=1e-12)
    assert homogeneity_p(errors, trials) == pytest.approx(expected.pvalue, rel=1e-9)


def test_chi_square_without_anything_to_tell():
    assert chi_square(np.array([0, 0]), np.array([5, 5])) == 0
    assert chi_square(np.array([5, 5]), np.array([5, 5])) == 0
    assert chi_square(np.array([0, 0]), np.array([0, 0])) == 0
    with_empty = chi_square(np.array([3, 9, 0]), np.array([100, 120, 0]))
    assert with_empty == pytest.approx(float(chi_square(np.array([3, 9]), np.array([100, 120]))))


def rates_by_label(label, errors, trials):
    """Of one order of labels, from (person, person) or (person,) tables, by plain loops."""
    found = []
    for d in range(3):
        mine = [s for s in range(len(label)) if label[s] == d]
        cells = mine if errors.ndim == 1 else list(combinations(mine, 2))
        found.append((sum(errors[c] for c in cells), sum(trials[c] for c in cells)))
    return np.array(found).T


def every_order():
    """All 720 orders, the observed one first."""
    orders = [LABELS[list(order)] for order in permutations(range(6))]
    return np.array(orders, np.int16).T


def test_mated_counts_of_every_order():
    errors, trials = np.array([3, 2, 0, 0, 1, 1]), np.array([5, 5, 3, 6, 4, 5])
    orders = every_order()
    x, n = mated_counts(orders, 3, errors, trials)
    for k in range(orders.shape[1]):
        np.testing.assert_array_equal((x[k], n[k]), rates_by_label(orders[:, k], errors, trials))
    by_hand = np.array([stat_of(x[k], n[k]) for k in range(orders.shape[1])])
    np.testing.assert_allclose(chi_square(x, n), by_hand)
    exact = np.mean(by_hand >= by_hand[0] * (1 - 1e-9))
    assert permutation_p(chi_square(x, n)) == pytest.approx(exact)
    # Drawn orders come to the exact share of all orders, within four standard errors.
    drawn = mated_counts(permuted(LABELS, 9999, np.random.default_rng(1)), 3, errors, trials)
    assert permutation_p(chi_square(*drawn)) == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 9999))


def stat_of(x, n):
    p = x.sum() / n.sum()
    return sum((a - b * p) ** 2 / (b * p * (1 - p)) for a, b in zip(x, n, strict=True) if b)


@pytest.mark.parametrize("once", [True, False])
def test_nonmated_counts_of_every_order(once):
    rng = np.random.default_rng(7)
    references = np.array([1, 2, 2, 3, 1, 2])
    probes = references if once else np.array([2, 1, 3, 1, 0, 2])
    errors, trials = np.zeros((6, 6), np.int64), np.zeros((6, 6), np.int64)
    for i, j in combinations(range(6), 2):
        trials[i, j] = references[i] * probes[j] + (0 if once else references[j] * probes[i])
        errors[i, j] = rng.binomial(trials[i, j], 0.4)
    i, j = np.nonzero(errors)
    orders = every_order()
    x, n = nonmated_counts(orders, 3, i, j, errors[i, j], references, probes, once)
    for k in range(orders.shape[1]):
        np.testing.assert_array_equal((x[k], n[k]), rates_by_label(orders[:, k], errors, trials))


def test_p_value_counts_the_observed_order():
    assert permutation_p(np.array([5.0, 1.0, 2.0, 3.0])) == pytest.approx(1 / 4)
    assert permutation_p(np.array([5.0, 5.0 + 1e-12, 5.0 - 1e-12, 3.0])) == pytest.approx(3 / 4)


def test_labels_keep_their_numbers():
    found = permuted(LABELS, 50, np.random.default_rng(0))
    np.testing.assert_array_equal(found[:, 0], LABELS)
    assert all(np.array_equal(np.sort(column), np.sort(LABELS)) for column in found.T)
    assert len({tuple(column) for column in found.T}) > 10
