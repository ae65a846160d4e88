"""Two systems on the same comparisons: McNemar against statsmodels, swaps by person against all 2^n of them."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar

from facegap.estimate.discordant import SMALLEST_P, drawn_p, mcnemar_p, swap_p


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (3, 3), (2, 9), (40, 12), (0, 25), (300, 260)])
def test_mcnemar_of_statsmodels(first, second):
    expected = 1.0 if first + second == 0 else mcnemar([[50, first], [second, 20]], exact=True).pvalue
    assert mcnemar_p(first, second) == pytest.approx(expected, rel=1e-12)
    assert mcnemar_p(second, first) == mcnemar_p(first, second)


def all_swaps(totals):
    sums = [abs(sum(sign * total for sign, total in zip(signs, totals, strict=True)))
            for signs in product((1, -1), repeat=len(totals))]  # fmt: skip
    return sum(value >= abs(sum(totals)) for value in sums) / len(sums)


@given(st.lists(st.integers(-6, 6), min_size=1, max_size=9))
def test_swaps_are_those_of_brute_force(totals):
    assert swap_p(np.array(totals)) == pytest.approx(all_swaps(totals), rel=1e-9)


@pytest.mark.parametrize(("first", "second"), [(2, 9), (40, 12), (7, 7), (5, 0)])
def test_one_comparison_a_person_is_mcnemar(first, second):
    totals = np.repeat([1, -1, 0], [first, second, 30])
    assert swap_p(totals) == pytest.approx(mcnemar_p(first, second), rel=1e-9)


def test_many_comparisons_of_one_person_are_one_coin():
    """15 comparisons against one system, all of three people: 2 of the 8 swaps reach it."""
    assert swap_p(np.array([5, 5, 5])) == pytest.approx(0.25)
    assert mcnemar_p(15, 0) < 1e-4


def test_edges_of_swaps():
    assert swap_p(np.array([0, 0])) == swap_p(np.zeros(0, np.int64)) == 1.0
    assert swap_p(np.array([4, -4])) == 1.0
    assert swap_p(np.ones(400, np.int64)) == SMALLEST_P


def test_swaps_of_thousands_of_people_are_nearly_normal():
    rng = np.random.default_rng(4)
    totals = rng.integers(-4, 5, 5000)
    from scipy import stats

    z = (abs(totals.sum()) - 0.5) / np.sqrt((totals**2).sum())
    assert swap_p(totals) == pytest.approx(2 * stats.norm.sf(z), rel=0.02)


def test_draws_beyond_zero():
    assert drawn_p(np.array([0.1, 0.2, 0.3, np.nan])) == pytest.approx(2 * 1 / 4)
    assert drawn_p(np.array([-0.1, 0.2, 0.3, 0.4, 0.5])) == pytest.approx(2 * 2 / 6)
    assert drawn_p(np.zeros(9)) == 1.0
