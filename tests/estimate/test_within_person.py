"""One person under two labels: McNemar of statsmodels, all swaps by brute force, Tango's interval as for pairs."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegap.estimate.paired import turned, turned_interval
from facegap.estimate.within_person import LONGEST, by_person, change_against, swap_of_labels_p


@pytest.mark.parametrize(("more", "less", "expected"), [(10, 1, 0.01171875), (9, 2, 0.0654296875), (5, 0, 0.0625)])
def test_one_comparison_each_is_mcnemar_of_statsmodels(more: int, less: int, expected: float) -> None:
    tables = pytest.importorskip("statsmodels.stats.contingency_tables", reason="the peer is statsmodels")
    difference = np.repeat([1.0, -1.0, 0.0], [more, less, 40 - more - less])
    assert tables.mcnemar([[1, more], [less, 28]], exact=True).pvalue == pytest.approx(expected)
    assert swap_of_labels_p(difference) == pytest.approx(expected, rel=1e-9)


RATES = st.tuples(st.integers(0, 4), st.integers(1, 4), st.integers(0, 4), st.integers(1, 4))


@given(st.lists(RATES, min_size=1, max_size=8))
def test_differences_of_means_are_swapped_exactly(people: list[tuple[int, int, int, int]]) -> None:
    exact = [Fraction(min(a, m), m) - Fraction(min(b, n), n) for a, m, b, n in people]
    start = Fraction(0)
    swaps = product((1, -1), repeat=len(exact))
    sums = [abs(sum((sign * one for sign, one in zip(signs, exact, strict=True)), start)) for signs in swaps]
    expected = sum(value >= abs(sum(exact, start)) for value in sums) / len(sums)
    assert swap_of_labels_p(np.array([float(one) for one in exact])) == pytest.approx(expected, rel=1e-9)


def test_differences_that_are_too_fine_are_rounded_alike_on_both_sides() -> None:
    rng = np.random.default_rng(1)
    fine = rng.integers(0, 98, 400) / 97 - rng.integers(0, 102, 400) / 101
    assert np.abs(np.rint(fine * 2520)).sum() > LONGEST
    assert swap_of_labels_p(fine) == pytest.approx(swap_of_labels_p(-fine), rel=1e-9)
    signs = rng.choice([-1, 1], (20_000, 400))
    drawn = (np.abs(signs @ fine) >= abs(fine.sum())).mean()
    assert swap_of_labels_p(fine) == pytest.approx(drawn, abs=0.02)


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=2, max_size=60))
def test_one_comparison_each_has_the_interval_of_pairs(difference: list[float]) -> None:
    values = np.array(difference)
    found, pairs = by_person(values, len(values)), turned(np.arange(len(values)), values)
    assert found is not None and pairs is not None
    assert turned_interval(found, 0.95) == pytest.approx(turned_interval(pairs, 0.95), abs=1e-9)


@given(st.lists(st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0]), min_size=2, max_size=60))
def test_the_interval_of_a_difference_of_changes(difference: list[float]) -> None:
    values = np.array(difference)
    found = change_against(values, len(values), 0.95)
    mirrored = change_against(-values, len(values), 0.95)
    assert found is not None and mirrored is not None
    assert -2 <= found[0] <= values.mean() <= found[1] <= 2
    assert mirrored == pytest.approx((-found[1], -found[0]), abs=1e-9)


def test_one_person_is_no_sample() -> None:
    assert by_person(np.array([1.0]), 3) is None
    assert change_against(np.array([1.0]), 3, 0.95) is None
