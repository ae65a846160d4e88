"""Counts without their people: the exact test against SciPy, its interval and what it sees, and turning points."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from facegap.estimate.assumed import equal_p, ratio_of, turning_point, visible_above
from facegap.estimate.two_groups import Rate, score_p


@pytest.mark.parametrize(("x", "n", "y", "m"), [(0, 20000, 7, 40000), (0, 20000, 7, 20000), (3, 900, 1, 100)])
def test_few_errors_are_tested_exactly_given_all_of_them(x: int, n: int, y: int, m: int) -> None:
    """Twice the smaller tail of the binomial distribution of all errors, as SciPy has it."""
    tails = [stats.binomtest(x, x + y, n / (n + m), side).pvalue for side in ("less", "greater")]
    p, test = equal_p(Rate(x, n), Rate(y, m))
    assert test == "exact test given all errors"
    assert p == pytest.approx(min(1.0, 2 * min(tails)), rel=1e-9)


def test_many_errors_are_tested_by_score() -> None:
    a, b = Rate(30, 1000), Rate(60, 1000)
    assert equal_p(a, b) == (score_p(a, b), "score test")


def test_the_fewer_of_errors_and_successes_decide() -> None:
    """Where almost everything errs the successes are what is rare."""
    p, test = equal_p(Rate(20000, 20000), Rate(39993, 40000))
    assert (p, test) == (pytest.approx(equal_p(Rate(0, 20000), Rate(7, 40000))[0]), "exact test given all errors")


def test_no_errors_tell_nothing() -> None:
    assert equal_p(Rate(0, 10), Rate(0, 20))[0] == 1.0
    assert ratio_of(Rate(0, 10), Rate(0, 20)) == (None, None)
    assert visible_above(Rate(0, 10), Rate(0, 20)) is None


counts = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(500, 5000), st.integers(500, 5000))


@given(counts, st.sampled_from([0.9, 0.95, 0.99]))
def test_the_interval_leaves_out_one_where_the_test_says_so(drawn: tuple[int, int, int, int], level: float) -> None:
    x, y, n, m = drawn
    if x + y == 0:
        return
    a, b = Rate(x, n), Rate(y, m)
    low, high = ratio_of(a, b, level)
    outside = (low is not None and low > 1) or (high is not None and high < 1)
    p, _ = equal_p(a, b)
    if abs(p - (1 - level)) > 1e-6:
        assert outside == (p < 1 - level)


@given(counts)
def test_sides_can_be_swapped(drawn: tuple[int, int, int, int]) -> None:
    x, y, n, m = drawn
    a, b = Rate(x, n), Rate(y, m)
    assert equal_p(a, b)[0] == pytest.approx(equal_p(b, a)[0], rel=1e-9)


def test_seven_errors_on_two_thirds_of_the_trials_show_no_ratio() -> None:
    """All seven there have a chance of (2/3)^7 = .0585 at equal rates, so that not even this is significant."""
    assert visible_above(Rate(7, 40000), Rate(0, 20000)) is None


def test_seven_errors_on_half_of_the_trials_show_a_ratio_of_thirty() -> None:
    """Only all seven reject; they fall there with 80 % power at a share q with q^7 = .8."""
    q = 0.8 ** (1 / 7)
    assert visible_above(Rate(7, 20000), Rate(0, 20000)) == pytest.approx(q / (1 - q), rel=1e-9)


@given(st.floats(1.01, 1e5))
def test_a_turn_is_found_where_it_is(turn: float) -> None:
    found = turning_point(lambda effect: effect < turn)
    assert found == pytest.approx(turn, rel=2e-3)


def test_what_never_turns_has_no_turning_point() -> None:
    assert turning_point(lambda _: True) is None
