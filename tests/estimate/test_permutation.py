"""The permutation test over groups against every permutation of a tiny case, the chi-square against scipy."""

from itertools import combinations, permutations

import numpy as np
import pytest
from scipy import stats

from facegap.estimate.multiplicity import homogeneity_p
from facegap.estimate.permutation import (
    Orders,
    chi_square,
    mated_orders,
    nonmated_orders,
    permutation_p,
    permuted,
    statistics,
)
from facegap.records import PairsOfPeople, SamplesOfPeople

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
    return np.array([LABELS[list(order)] for order in permutations(range(6))], np.int16)


def squares_by_label(label, errors, trials, x, n):
    """Each person's errors less those expected at the rate of their label, squared and added up, by plain loops."""
    total = 0.0
    for s in range(len(label)):
        d = label[s]
        cells = [s] if errors.ndim == 1 else [
            (min(s, o), max(s, o)) for o in range(len(label)) if o != s and label[o] == d
        ]  # fmt: skip
        rate = x[d] / n[d] if n[d] else 0.0
        total += sum(errors[c] - rate * trials[c] for c in cells) ** 2
    return total if errors.ndim == 1 else total / 2


def statistic_of(x, n, squares):
    p, total = x.sum() / n.sum(), n.sum()
    if p in (0, 1):
        return 0.0
    chi = sum((a - b * p) ** 2 / (b * p * (1 - p)) for a, b in zip(x, n, strict=True) if b)
    effect = squares / (p * (1 - p) * total)
    return chi / effect if effect else np.inf if chi else 0.0


def check(found, orders, errors, trials):
    """Every order against plain loops; the exact p-value."""
    by_hand = []
    for k, label in enumerate(orders):
        x, n = rates_by_label(label, errors, trials)
        np.testing.assert_array_equal((found.errors[k], found.trials[k]), (x, n))
        squares = squares_by_label(label, errors, trials, x, n)
        assert found.squares[k] == pytest.approx(squares, rel=1e-9, abs=1e-9)
        by_hand.append(statistic_of(x, n, squares))
    np.testing.assert_allclose(statistics(found), by_hand, rtol=1e-9)
    exact = np.mean(np.array(by_hand) >= by_hand[0] * (1 - 1e-9))
    assert permutation_p(statistics(found)) == pytest.approx(exact)
    return exact


def test_mated_orders_are_those_of_loops():
    errors, trials = np.array([3, 2, 0, 0, 1, 1]), np.array([5, 5, 3, 6, 4, 5])
    orders = every_order()
    exact = check(mated_orders(orders, 3, errors, trials), orders, errors, trials)
    # Drawn orders come to the exact share of all orders, within four standard errors.
    drawn = mated_orders(permuted(LABELS, 9999, np.random.default_rng(1)), 3, errors, trials)
    assert permutation_p(statistics(drawn)) == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 9999))


@pytest.mark.parametrize("once", [True, False])
def test_nonmated_orders_are_those_of_loops(once):
    rng = np.random.default_rng(7)
    references = np.array([1, 2, 2, 3, 1, 2])
    probes = references if once else np.array([2, 1, 3, 1, 0, 2])
    errors, trials = np.zeros((6, 6), np.int64), np.zeros((6, 6), np.int64)
    for one, other in combinations(range(6), 2):
        trials[one, other] = references[one] * probes[other] + (0 if once else references[other] * probes[one])
        errors[one, other] = rng.binomial(trials[one, other], 0.4)
    i, j = np.nonzero(errors)
    orders = every_order()
    by_rule = nonmated_orders(orders, 3, i, j, errors[i, j], SamplesOfPeople(references, probes, once))
    check(by_rule, orders, errors, trials)
    a, b = np.nonzero(trials)
    by_list = nonmated_orders(orders, 3, i, j, errors[i, j], PairsOfPeople(a, b, trials[a, b], 6))
    for ruled, listed in zip(by_rule, by_list, strict=True):
        np.testing.assert_array_equal(ruled, listed)


def test_nobody_differs_from_their_group():
    """The group decides everything: infinite; no errors at all: 0."""
    labels = np.array([[0, 0, 1, 1]], np.int16)
    assert statistics(mated_orders(labels, 2, np.array([3, 3, 0, 0]), np.array([3, 3, 3, 3]))).tolist() == [np.inf]
    assert statistics(mated_orders(labels, 2, np.zeros(4, np.int64), np.array([3, 3, 3, 3]))).tolist() == [0]
    assert permutation_p(np.array([np.inf, np.inf, 1.0])) == pytest.approx(2 / 3)


def test_comparisons_of_their_own_have_a_design_effect_of_one():
    """One comparison a person: the statistic is the chi-square, but for rates within the groups in the variance."""
    rng = np.random.default_rng(2)
    errors = rng.binomial(1, 0.3, 600)
    labels = np.repeat([0, 1, 2], 200).astype(np.int16)[None]
    found = mated_orders(labels, 3, errors, np.ones(600, np.int64))
    assert statistics(found)[0] == pytest.approx(float(chi_square(found.errors, found.trials)[0]), rel=0.02)
    twice = Orders(found.errors * 4, found.trials * 4, found.squares * 16)
    assert statistics(twice)[0] == pytest.approx(statistics(found)[0])  # every comparison four times tells no more


def test_alike_strangers_of_one_label_mislead_the_bare_chi_square_more():
    """Six groups with equal rates whose strangers match 8 times as often within a label as across."""
    rng = np.random.default_rng(5)
    label, n = np.repeat(np.arange(6), 50).astype(np.int16), np.full(300, 3)
    i, j = np.triu_indices(300, 1)
    scaled, bare = [], []
    for _ in range(60):
        person = rng.normal(0, 0.5, 300)
        pair = person[i] + person[j] + rng.normal(0, 1, len(i)) + 1.0 * (label[i] == label[j])
        hit = pair >= np.quantile(pair, 0.99)
        errors = np.full(hit.sum(), 5)
        found = nonmated_orders(permuted(label, 99, rng), 6, i[hit], j[hit], errors, SamplesOfPeople(n, n, True))
        scaled.append(permutation_p(statistics(found)))
        bare.append(permutation_p(chi_square(found.errors, found.trials)))
    assert np.mean(np.array(scaled) <= 0.1) < 0.3
    assert np.mean(np.array(bare) <= 0.1) > 0.35
    assert np.mean(scaled) > np.mean(bare) + 0.1


def test_p_value_counts_the_observed_order():
    assert permutation_p(np.array([5.0, 1.0, 2.0, 3.0])) == pytest.approx(1 / 4)
    assert permutation_p(np.array([5.0, 5.0 + 1e-12, 5.0 - 1e-12, 3.0])) == pytest.approx(3 / 4)


def test_labels_keep_their_numbers():
    found = permuted(LABELS, 50, np.random.default_rng(0))
    np.testing.assert_array_equal(found[0], LABELS)
    assert all(np.array_equal(np.sort(row), np.sort(LABELS)) for row in found)
    assert len({tuple(row) for row in found}) > 10
