"""Rates by people: hand-computed cases, and where both weightings must be the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, norm, t

from facegap.count.groups import each_once, exact_dot, heaviest
from facegap.estimate import cautions, estimate
from facegap.estimate.binomial import wilson
from facegap.estimate.clustered import pooled
from facegap.estimate.differentials import differentials
from facegap.estimate.versus_rest import against_rest
from facegap.records import ClusterSums, ErrorCounts

LEVEL = 0.95


def counts_of(errors: list[int], comparisons: list[int], group: str = "g") -> ErrorCounts:
    """FNMR of people with so many errors in so many comparisons."""
    x, m = np.array(errors, dtype=np.int64), np.array(comparisons, dtype=np.int64)
    return ErrorCounts(
        metric="FNMR",
        model="m",
        condition="c",
        grouping="by",
        group=group,
        threshold=0.0,
        errors=int(x.sum()),
        completed=int(m.sum()),
        failed=0,
        subjects=len(x),
        by_subject=ClusterSums(exact_dot(x, x), exact_dot(x, m), exact_dot(m, m)),
        heaviest=heaviest(x, m),
        people=each_once(x, m),
    )


def test_by_hand() -> None:
    """Four people, of whom one makes 90 of 93 comparisons."""
    found = estimate(counts_of([9, 0, 1, 0], [90, 1, 1, 1]), LEVEL)
    assert found.value == pytest.approx(10 / 93) and found.people.value == pytest.approx(1.1 / 4)
    assert found.people.largest == 90 / 93 and found.people.half == 1
    # Residuals of 0.1, 0, 1, 0 around 0.275, their variance with four people; then Student's t of the few behind.
    rates = np.array([0.1, 0, 1, 0])
    spread = rates.var(ddof=1) / 4
    behind = max(min(4 - 1, 1.1**2 / 1.01), 2.0)
    size = 0.275 * 0.725 / spread * (norm.ppf(0.975) / t.ppf(0.975, behind)) ** 2
    size = min(max(size, 4.0), 4**2 / (3 + 1 / 90))
    assert found.people.n_eff == pytest.approx(size)
    _, high = wilson(0.275 * size, size, LEVEL)
    # Ten errors are fewer than twenty: the lower end is Clopper and Pearson's at a fifth of the error.
    x = found.people.value * size
    assert beta.cdf(found.people.low, x, size - x + 1) == pytest.approx((1 - LEVEL) / 10)
    # Room for one more person like the one who errs always, less the one error that Wilson allows: nothing is left.
    assert found.people.high == pytest.approx(high)


def test_room_for_one_more_person_like_the_worst() -> None:
    found = estimate(counts_of([10, 0, 1, 2, 0, 1], [10, 4, 5, 8, 3, 2]), LEVEL)
    n = found.people.n_eff
    rates = [1.0, 0, 0.2, 0.25, 0, 0.5]
    room = (sum(rates) + 1.0 - 0.1) / 7
    assert n is not None
    assert found.people.high == pytest.approx(max(wilson(sum(rates) / 6 * n, n)[1], wilson(room * n, n)[1]))


def test_no_errors_rest_on_people() -> None:
    """Whatever the numbers of comparisons: Wilson's bound at so many people, z^2 / (n + z^2)."""
    found = estimate(counts_of([0] * 40, [500] + [1] * 39), LEVEL)
    assert (found.people.value, found.people.n_eff, found.people.low) == (0.0, 40, 0.0)
    assert found.people.high == pytest.approx(wilson(0, 40, LEVEL)[1])
    assert found.people.high == pytest.approx(3.84 / 43.84, rel=1e-3)
    assert found.high is not None and found.high > 0.7


@given(st.lists(st.integers(0, 6), min_size=2, max_size=40), st.integers(1, 6))
def test_equal_numbers_are_the_same_by_either(errors: list[int], each: int) -> None:
    found = estimate(counts_of([min(x, each) for x in errors], [each] * len(errors)), LEVEL)
    people = found.people
    assert (people.value, people.low, people.high) == pytest.approx((found.value, found.low, found.high), abs=1e-9)
    assert people.n_eff == pytest.approx(found.n_eff)
    assert not any("by people" in one for one in found.cautions)


@given(st.lists(st.booleans(), min_size=2, max_size=60))
def test_one_comparison_a_person_is_wilson(errors: list[bool]) -> None:
    found = estimate(counts_of([int(x) for x in errors], [1] * len(errors)), LEVEL)
    low, high = wilson(sum(errors), len(errors), LEVEL)
    assert (found.people.low, found.people.high) == pytest.approx((low, high), abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=30))
def test_the_rate_lies_in_its_interval(of: list[tuple[int, int]]) -> None:
    people = estimate(counts_of([min(a, b) for a, b in of], [b for _, b in of]), LEVEL).people
    assert people.value is not None and people.low is not None and people.high is not None
    assert 0 <= people.low <= people.value + 1e-12 and people.value <= people.high + 1e-12 <= 1 + 1e-9


def test_who_makes_the_difference_is_said_without_a_name() -> None:
    found = estimate(counts_of([0] + [1] * 60, [540] + [6] * 60), LEVEL)
    (said,) = [one for one in found.cautions if "by people" in one]
    assert said == "by comparisons 6.7 %, by people 16 %: one person makes 60 % of these comparisons"
    # Sixty of two hundred people take ten times as many pictures and err less: nobody makes a tenth.
    many = estimate(counts_of([2] * 60 + [1] * 140, [40] * 60 + [4] * 140), LEVEL)
    assert [one for one in many.cautions if "by people" in one] == [
        "by comparisons 8.8 %, by people 19 %: 37 of 200 people make half of these comparisons"
    ]


def test_pooled_counts_are_those_of_everyone() -> None:
    parts = [([1, 0, 3], [4, 2, 5]), ([0, 2], [1, 9])]
    together = pooled([counts_of(x, m) for x, m in parts])
    whole = counts_of([1, 0, 3, 0, 2], [4, 2, 5, 1, 9])
    assert together.people is not None and whole.people is not None
    assert together.people.by_subject.xx == pytest.approx(whole.people.by_subject.xx)
    one, other = (estimate(c, LEVEL).people for c in (together, whole))
    assert one.high == pytest.approx(other.high) and one.low == pytest.approx(other.low)
    assert one.value == pytest.approx(other.value) and one.largest == other.largest


def test_a_group_against_the_others_by_people() -> None:
    """In one group a person with most of the comparisons never errs, and hides that the others do."""
    rng = np.random.default_rng(0)
    first = rng.binomial(3, 0.2, 80).tolist()
    a = counts_of([0, *first], [900, *[3] * 80], "a")
    b = counts_of(rng.binomial(3, 0.2, 81).tolist(), [3] * 81, "b")
    (one, other), _ = against_rest([a, b])
    assert one.ratio is not None and one.by_people is not None and one.by_people.value is not None
    assert one.ratio < 0.25 and 0.7 < one.by_people.value < 1.3
    assert one.by_people.p > 0.05 and other.by_people is not None and other.by_people.low is not None
    assert other.by_people.low < 1 / one.by_people.value


def test_summaries_by_people() -> None:
    rng = np.random.default_rng(1)
    groups = []
    for k, rate in enumerate((0.1, 0.1, 0.3)):
        m = rng.integers(1, 9, 60)
        groups.append(counts_of(rng.binomial(m, rate).tolist(), m.tolist(), f"g{k}"))
    rows = {row.measure: row for row in differentials(groups)}
    rates = [c.people.errors / c.people.trials for c in groups if c.people is not None]
    row = rows["max/min"]
    assert row.by_people == pytest.approx(max(rates) / min(rates))
    assert row.by_people_low is not None and row.by_people_high is not None and row.by_people is not None
    assert 1 <= row.by_people_low <= row.by_people <= row.by_people_high
    equal = [counts_of([2, 0, 1, 1] * 10, [4] * 40, name) for name in "ab"]
    for row in differentials([equal[0], counts_of([1, 0, 0, 1] * 10, [4] * 40, "c")]):
        assert row.by_people == pytest.approx(row.value)
        assert row.by_people_low == pytest.approx(row.low, rel=0.2, abs=0.05)


def test_cautions_of_several_rates_name_the_groups() -> None:
    few, many = counts_of([1] * 20, [2] * 20, "few"), counts_of([1] * 60, [2] * 60, "many")
    found = [estimate(c, LEVEL) for c in (few, many)]
    assert cautions.of_several(found) == "fewer than 30 people: the interval may be too narrow (few)"
    both = cautions.by_name([("a", ["x", "y"]), ("b", ["x"])])
    assert both == "x (a, b); y (a)"
