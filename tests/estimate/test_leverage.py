"""Ratios of rates whose people take part unevenly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from facegap.count.groups import each_once, exact_dot, leverage_sums
from facegap.estimate.clustered import pooled
from facegap.estimate.interval import effective_sample
from facegap.estimate.leverage import spread, uneven
from facegap.estimate.two_groups import Rate, score_p
from facegap.estimate.versus_rest import against_rest
from facegap.records import ClusterSums, ErrorCounts

People = npt.NDArray[np.int64]


def counts(errors: People, comparisons: People, group: str = "a", pairs: ClusterSums | None = None) -> ErrorCounts:
    x, m = errors, comparisons
    return ErrorCounts(
        metric="FNMR" if pairs is None else "FMR",
        model="m",
        condition="clean",
        grouping="g",
        group=group,
        threshold=0.5,
        errors=int(x.sum()) // (1 if pairs is None else 2),
        completed=int(m.sum()) // (1 if pairs is None else 2),
        failed=0,
        subjects=len(x),
        by_subject=ClusterSums(exact_dot(x, x), exact_dot(x, m), exact_dot(m, m)),
        by_pair=pairs,
        leverage=leverage_sums(x, m),
        people=each_once(x, m) if pairs is None else None,
    )


def rate_of(side: ErrorCounts) -> Rate:
    n = effective_sample(side, 0.95)
    return Rate(side.errors / side.trials * n, n)


def by_person(seed: int, people: int, uneven: bool) -> tuple[People, People]:
    rng = np.random.default_rng(seed)
    m = np.minimum(1 + rng.zipf(2.0, people), 30) if uneven else np.full(people, 6)
    return rng.binomial(m, 0.15), m.astype(np.int64)


def test_the_variance_is_that_of_residuals_over_what_others_leave() -> None:
    x, m = by_person(1, 80, uneven=False)
    h, n, p = m / m.sum(), m.sum(), x.sum() / m.sum()
    slow = (((x - p * m) / (1 - h)) ** 2).sum() / n**2 / p**2
    found = spread(counts(x, m))
    assert found.relative == pytest.approx(slow, rel=1e-4)
    assert found.freedom == pytest.approx(80)


def test_freedom_is_that_of_the_people_who_take_part_in_most() -> None:
    x, m = by_person(2, 60, uneven=True)
    square = m.astype(float) ** 2
    assert spread(counts(x, m)).freedom == pytest.approx(square.sum() ** 2 / (square**2).sum())


@given(st.integers(0, 50), st.booleans())
def test_sums_of_pooled_groups_add_up(seed: int, even: bool) -> None:
    (x, m), (y, k) = by_person(seed, 20, even), by_person(seed + 99, 30, not even)
    both = pooled([counts(x, m), counts(y, k, "b")])
    whole = counts(np.concatenate([x, y]), np.concatenate([m, k]))
    assert both.leverage is not None and whole.leverage is not None
    assert vars(both.leverage) == pytest.approx(vars(whole.leverage))


def test_p_is_welchs_of_the_logarithms() -> None:
    one, other = counts(*by_person(3, 60, uneven=True)), counts(*by_person(4, 90, uneven=True), "b")
    a, b = spread(one), spread(other)
    both = a.relative + b.relative
    freedom = both**2 / (a.relative**2 / a.freedom + b.relative**2 / b.freedom)
    t = np.log(one.errors / one.trials / (other.errors / other.trials)) / np.sqrt(both)
    found = uneven(one, other, (rate_of(one), rate_of(other)), 0.95)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(t), freedom))


def test_of_false_matches_the_difference_over_the_common_rate_is_tested() -> None:
    (x, m), (y, k) = by_person(5, 60, uneven=True), by_person(6, 60, uneven=True)
    pairs = ClusterSums(0, 0, 1)
    sides = counts(2 * x, 2 * m, pairs=pairs), counts(2 * y, 2 * k, "b", pairs=pairs)
    a, b = (spread(side) for side in sides)
    rates = [side.errors / side.trials for side in sides]
    common = (sides[0].errors + sides[1].errors) / (sides[0].trials + sides[1].trials)
    both = a.relative + b.relative
    freedom = both**2 / (a.relative**2 / a.freedom + b.relative**2 / b.freedom)
    t = (rates[0] - rates[1]) / common / np.sqrt(both)
    found = uneven(*sides, (rate_of(sides[0]), rate_of(sides[1])), 0.95)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(t), freedom))


def test_nothing_is_taken_where_people_cannot_be_uneven_or_a_side_has_no_errors() -> None:
    ones = np.ones(100, np.int64)
    single = counts(np.arange(100) % 7 == 0, ones), counts(np.arange(100) % 3 == 0, ones, "b")
    assert uneven(*single, (rate_of(single[0]), rate_of(single[1])), 0.95) == (0.0, 1.0)
    none = counts(np.zeros(40, np.int64), np.full(40, 5))
    some = counts(*by_person(7, 40, uneven=True), "b")
    assert uneven(none, some, (rate_of(none), rate_of(some)), 0.95) == (0.0, 1.0)
    unknown = replace(some, by_subject=None, leverage=None)
    assert uneven(unknown, some, (rate_of(unknown), rate_of(some)), 0.95) == (0.0, 1.0)


def test_few_with_most_comparisons_make_no_difference() -> None:
    """A man makes 400 of 500 comparisons: his rate is nearly the rate, so that residuals say nothing of chance."""
    x, m = np.array([100] + [1] * 20 + [0] * 30), np.array([400] + [2] * 50)
    y, k = np.array([1, 0, 0] * 20), np.full(60, 8)
    rows, _ = against_rest([counts(x, m), counts(y, k, "b")])
    sides = rate_of(rows[0].counts), rate_of(rows[0].rest)
    assert rows[0].p >= score_p(*sides)
    assert rows[0].p == 1.0
    assert rows[0].by_people is not None


def test_even_people_are_compared_nearly_as_before() -> None:
    rows, _ = against_rest([counts(*by_person(8, 200, uneven=False)), counts(*by_person(9, 200, uneven=False), "b")])
    assert 0.8 < rows[0].share <= 1
    assert rows[0].p == pytest.approx(score_p(rate_of(rows[0].counts), rate_of(rows[0].rest)), abs=0.1)
