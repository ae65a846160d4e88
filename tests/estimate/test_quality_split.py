"""Causes: the split adds up and is right where the answer is known; the logistic model equals statsmodels'."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from facegap.estimate.quality_split import BINS, by_person, logistic, split, strata

COUNTS = arrays(np.float64, (4,), elements=st.integers(0, 50))


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_the_parts_add_up_to_the_gap(errors, more, other_errors, other_more) -> None:
    trials, other_trials = errors + more, other_errors + other_more
    if trials.sum() == 0 or other_trials.sum() == 0:
        return
    found = split(errors, trials, other_errors, other_trials)
    gap = errors.sum() / trials.sum() - other_errors.sum() / other_trials.sum()
    assert found.quality + found.remainder == pytest.approx(gap, abs=1e-12)
    assert found.gap == pytest.approx(gap, abs=1e-12)


def test_a_gap_of_quality_alone_and_of_the_algorithm_alone() -> None:
    # The same rates at the same quality, other shares of good and bad pictures: all of the gap is quality.
    found = split(np.array([10.0, 9.0]), np.array([100.0, 900.0]), np.array([50.0, 5.0]), np.array([500.0, 500.0]))
    assert (found.gap, found.quality, found.remainder) == pytest.approx((-0.036, -0.036, 0.0))
    # The same pictures, twice the rate: none of it is.
    found = split(np.array([20.0, 2.0]), np.array([100.0, 100.0]), np.array([10.0, 1.0]), np.array([100.0, 100.0]))
    assert (found.gap, found.quality, found.remainder) == pytest.approx((0.055, 0.0, 0.055))
    # Pictures that the others do not have count as quality.
    found = split(np.array([5.0, 5.0]), np.array([50.0, 50.0]), np.array([10.0, 0.0]), np.array([100.0, 0.0]))
    assert found.remainder == pytest.approx(0)


def test_strata_are_quintiles_and_one_for_no_value() -> None:
    values = np.concatenate([np.arange(100.0), [np.nan] * 7])
    assert np.bincount(strata(values)).tolist() == [20] * BINS + [7]
    assert set(strata(np.full(3, np.nan))) == {BINS}
    sums = by_person(np.array([0, 0, 2]), np.array([1, 1, 5]), np.array([1.0, 0.0, 1.0]), 3)
    assert sums.shape == (BINS + 1, 3)
    assert (sums[1, 0], sums[5, 2], sums.sum()) == (1, 1, 2)


def test_the_logistic_model_equals_another_implementation() -> None:
    api = pytest.importorskip("statsmodels.api", reason="the peer is statsmodels")
    rng = np.random.default_rng(4)
    person = np.repeat(np.arange(150), 4)
    member = (person % 3 == 0).astype(float)
    z = rng.normal(0, 1, len(person)) + 0.5 * member
    own = rng.normal(0, 0.7, 150)[person]
    error = rng.random(len(person)) < 1 / (1 + np.exp(2 - 0.8 * member + 0.6 * z - own))
    design = np.column_stack([member, z, member * z])
    found = logistic(design, ["group", "quality", "group x quality"], error, person)
    assert found is not None
    peer = api.GLM(error.astype(float), api.add_constant(design), family=api.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": person, "use_correction": False}
    )
    np.testing.assert_allclose([term.value for term in found], peer.params, rtol=1e-6)
    np.testing.assert_allclose([term.error for term in found], peer.bse * np.sqrt(150 / 149), rtol=1e-6)
    p = [term.p for term in found]
    assert p[2] < 0.01
    assert all(0 <= value <= 1 for value in p)


def test_what_cannot_be_fitted_is_said_and_not_shown() -> None:
    person = np.arange(40)
    z = np.linspace(-1, 1, 40)
    design = z[:, None]
    assert logistic(design, ["quality"], z > 0, person) is None  # separated: the odds have no end
    rare = 50.0 * (np.arange(40) == 0)  # one person alone at another value, in error: no estimate, whatever the slope
    assert logistic(np.column_stack([rare, z]), ["rare", "z"], (rare > 0) | (person == 3), person) is None
    assert logistic(design, ["quality"], np.zeros(40, bool), person) is None
    assert logistic(np.column_stack([z, z]), ["a", "b"], person % 2 == 0, person) is None
    assert logistic(design, ["quality"], person % 2 == 0, np.zeros(40, np.int64)) is None
