"""Several groups at once: Holm, homogeneity and simultaneous intervals against R10."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegap.estimate.binomial import wilson
from facegap.estimate.multiplicity import holm, homogeneity_p
from made import reference


def test_one_against_the_rest_of_r10():
    case = reference("R10_multiplicity.json")
    errors, trials = np.array(case["errors"]), np.array(case["n"])
    assert holm(case["one_vs_rest_fisher_p"]) == pytest.approx(case["adjusted"]["holm"], rel=1e-9)
    assert homogeneity_p(list(errors), list(trials)) == pytest.approx(case["chi2_homogeneity"]["p"], rel=1e-9)
    found = [wilson(x, n, 1 - 0.05 / len(errors)) for x, n in zip(errors, trials, strict=True)]
    assert np.allclose(found, case["simultaneous_wilson_bonferroni"], rtol=1e-9)


def test_homogeneity_needs_two_groups_and_an_error():
    assert homogeneity_p([3], [10]) is None
    assert homogeneity_p([0, 0], [10, 10]) is None
    assert homogeneity_p([], []) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_adjusted_p_values_are_in_order_and_no_smaller(p_values):
    adjusted = holm(p_values)
    assert all(q >= p * (1 - 1e-12) for p, q in zip(p_values, adjusted, strict=True))
    assert [adjusted[k] for k in np.argsort(p_values)] == sorted(adjusted)
