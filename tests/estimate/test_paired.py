"""Paired changes: published and brute-force intervals, and a test that agrees with them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, special, stats

from facegap.estimate.paired import (
    SMALLEST_P,
    Turned,
    _limits,
    against,
    against_p,
    change,
    change_interval,
    turned,
    turned_interval,
    visible,
)

Z = float(special.ndtri(0.975))


def independent(worse: int, better: int, n: int) -> Turned:
    """Of n people with one comparison each."""
    difference = np.repeat([1.0, -1.0, 0.0], [worse, better, n - worse - better])
    found = turned(np.arange(n), difference)
    assert found is not None
    return found


def test_a_change_is_the_t_interval_where_everybody_has_one_comparison() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(0.2, 1, 30)
    found = change(np.arange(30), values)
    assert found is not None
    low, high = change_interval(found, 0.95)
    wanted = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (low, high) == pytest.approx((wanted.low, wanted.high))


def test_comparisons_of_one_person_are_no_independent_ones() -> None:
    rng = np.random.default_rng(1)
    once = rng.integers(-1, 2, 40).astype(float)
    alone, copied = change(np.arange(40), once), change(np.repeat(np.arange(40), 5), once.repeat(5))
    assert copied.variance == pytest.approx(alone.variance)
    assert change(np.zeros(5, np.int64), np.ones(5)) is None
    one, many = turned(np.arange(40), once), turned(np.repeat(np.arange(40), 5), once.repeat(5))
    assert (many.size, many.balanced) == pytest.approx((40, 40))
    assert turned_interval(many, 0.95) == pytest.approx(turned_interval(one, 0.95))
    assert turned(np.zeros(5, np.int64), np.ones(5)) is None


def test_effective_comparisons_lie_between_people_and_comparisons() -> None:
    person = np.repeat(np.arange(30), 4)
    scattered = np.zeros(120)
    scattered[::8] = 1
    found = turned(person, scattered)
    assert (found.size, found.comparisons, found.people, found.changed) == (120, 120, 30, 15)
    uneven = turned(np.repeat(np.arange(3), [8, 1, 1]), np.zeros(10))
    assert uneven.balanced == pytest.approx(100 / 66)
    assert uneven.size == uneven.balanced


def test_tangos_interval_is_the_published_one() -> None:
    # 6 and 16 of 161 patients changed one way and the other (Cavo et al. 2012): Fagerland, Lydersen and Laake's
    # package contingencytables gives -0.0621 (-0.1240 to -0.0054).
    assert _limits(6 / 161, 16 / 161, 161, Z) == pytest.approx((-0.1240, -0.0054), abs=5e-5)


@pytest.mark.parametrize(("worse", "better", "n"), [(5, 0, 40), (3, 2, 25), (0, 4, 60), (9, 9, 30)])
def test_tangos_interval_holds_what_the_likelihood_does_not_rule_out(worse: int, better: int, n: int) -> None:
    """The score test at both ends, with the likeliest shares found by a search, is just at its quantile."""

    def likelihood(share: float, change: float) -> float:
        cells = np.array([share + change, share, 1 - 2 * share - change])
        return -float(special.xlogy([worse, better, n - worse - better], np.maximum(cells, 0)).sum())

    for end in _limits(worse / n, better / n, n, Z):
        bounds = max(0.0, -end), (1 - end) / 2
        share = optimize.minimize_scalar(lambda p, end=end: likelihood(p, end), bounds=bounds, method="bounded",
                                         options={"xatol": 1e-12}).x  # fmt: skip
        error = np.sqrt((2 * share + end - end**2) / n)
        assert abs((worse - better) / n - end) / error == pytest.approx(Z, rel=1e-3)


def test_nobody_who_changed_bounds_the_change() -> None:
    found = independent(0, 0, 40)
    t = float(special.stdtrit(39, 0.975))
    assert turned_interval(found, 0.95) == pytest.approx((-(t**2) / (40 + t**2), t**2 / (40 + t**2)))
    assert against_p(found, independent(0, 0, 100)) == 1


COUNTS = st.tuples(st.integers(0, 30), st.integers(0, 10), st.integers(41, 80))


@given(COUNTS, COUNTS)
def test_the_test_rejects_where_the_interval_leaves_zero_out(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    a, b = independent(*first), independent(*second)
    p = against_p(a, b)
    assert against_p(b, a) == p
    low, high = against(a, b, 0.95)
    assert low <= a.mean - b.mean <= high
    assert (-high, -low) == pytest.approx(against(b, a, 0.95), abs=1e-12)
    if abs(p - 0.05) > 1e-5:
        assert (p < 0.05) == (not low <= 0 <= high)
    if SMALLEST_P < p < 1:
        assert min(abs(end) for end in against(a, b, 1 - p)) < 1e-4


def test_few_against_many_who_changed_show_what_they_can() -> None:
    assert against_p(independent(0, 0, 40), independent(20, 0, 600)) > 0.2
    assert against_p(independent(10, 0, 40), independent(1, 0, 120)) < 0.01
    assert against_p(independent(300, 0, 300), independent(0, 0, 300)) == SMALLEST_P


def test_the_smallest_visible_difference_is_seen_in_four_of_five_studies() -> None:
    n, m, rate = 100, 400, 0.05
    least = visible(independent(int(n * rate), 0, n), independent(int(m * rate), 0, m))
    assert least is not None
    worse, others = np.arange(n + 1), np.arange(m + 1)
    chance = stats.binom.pmf(worse, n, rate + least)
    other_chance = stats.binom.pmf(others, m, rate)
    likely = np.flatnonzero(other_chance > 1e-4)
    seen = 0.0
    for y in likely:
        other = independent(int(y), 0, m)
        found = [against(independent(int(x), 0, n), other, 0.95)[0] > 0 for x in worse]
        seen += float(chance[found].sum() * other_chance[y])
    assert seen == pytest.approx(0.8, abs=0.05)


def test_what_no_study_of_that_size_shows_is_not_promised() -> None:
    assert visible(independent(0, 0, 3), independent(0, 0, 3)) is None
    tenth, twentieth = (visible(independent(5, 0, n), independent(10, 0, 200)) for n in (50, 100))
    assert tenth > twentieth
    assert visible(independent(5, 0, 50), independent(10, 0, 200), alpha=0.01) > tenth


def test_a_few_who_make_most_of_the_comparisons_and_agree_leave_few_degrees_of_freedom() -> None:
    even = turned(np.repeat(np.arange(40), 3), np.tile([1.0, 0.0, 0.0], 40))
    assert even.freedom == pytest.approx(39)
    counts = np.array([60, *[2] * 39])
    person = np.repeat(np.arange(40), counts)
    rng = np.random.default_rng(5)
    agree = turned(person, (rng.random(40) < 0.3)[person].astype(float))
    apart = turned(person, (rng.random(len(person)) < 0.3).astype(float))
    # All agree: sums vary by m^2. None do: by m, and as many count as take part alike.
    assert agree.freedom == pytest.approx(max((60**2 + 39 * 4) ** 2 / (60**4 + 39 * 16) - 1, 1.0), rel=0.1)
    assert apart.freedom <= apart.balanced - 1 + 1e-9
    assert apart.freedom > agree.freedom
