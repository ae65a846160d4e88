"""Marginal ratios of intersectional groups, and same-group against anyone."""

import numpy as np
import pytest

from facegap.estimate.marginals import broad_homogeneity, marginal_differentials
from facegap.records import ErrorCounts


def counts(rates, trials=100_000, subjects=500, metric="FMR"):
    return [
        ErrorCounts(
            metric=metric,
            model="net",
            condition="clean",
            grouping="region, sex",
            group=name,
            threshold=0.5,
            errors=round(rate * trials),
            completed=trials,
            failed=0,
            subjects=subjects,
        )
        for name, rate in rates.items()
    ]


RATES = {"N, f": 0.002, "N, m": 0.001, "S, f": 0.016, "S, m": 0.002}


def test_other_labels_are_held_alike():
    (sex,) = marginal_differentials(counts(RATES), "sex", "m")
    assert sex.measure == "sex: f / m" and sex.groups == 4
    assert sex.value == pytest.approx(np.sqrt(2 * 8))
    assert 1 < sex.low < sex.value < sex.high and sex.note == "2 matched pairs of groups"
    (region,) = marginal_differentials(counts(RATES), "region", "N")
    assert region.value == pytest.approx(np.sqrt(8 * 2))


def test_the_furthest_from_one_comes_first_in_either_direction():
    rates = {"N, f": 0.001, "S, f": 0.002, "W, f": 0.0002}
    found = marginal_differentials(counts(rates), "region", "N")
    assert [row.measure for row in found] == ["region: W / N", "region: S / N"]
    assert found[0].value == pytest.approx(0.2)


def test_cells_without_a_match_are_not_compared():
    (row,) = marginal_differentials(counts({"N, f": 0.002, "S, m": 0.001}), "sex", "m")
    assert row.value is None and row.note == "no pair of groups that differ in this label alone"


def test_zero_errors_are_smoothed_and_marked():
    (row,) = marginal_differentials(counts({"N, f": 0.002, "N, m": 0.0}), "sex", "m")
    assert row.value == pytest.approx(200.5 / 0.5) and "smoothed" in row.note


def test_equal_rates_reach_one():
    (row,) = marginal_differentials(counts({"N, f": 0.002, "N, m": 0.0021}), "sex", "m")
    assert row.low < 1 < row.high and row.null_low < 1 < row.null_high


def test_same_group_against_anyone():
    within = counts({"A": 0.004, "B": 0.002})
    everyone = counts({"everyone": 0.001}, trials=1_000_000)[0]
    found = broad_homogeneity(within, everyone)
    assert found.value == pytest.approx(3) and 2.5 < found.low < 3 < found.high < 3.5
    nothing = broad_homogeneity(within, counts({"everyone": 0.0})[0])
    assert nothing.value is None and nothing.low > 1 and nothing.note == "undefined: no false matches"
    assert broad_homogeneity(counts({"A": 0}, trials=0), everyone).note == "no comparisons"


def test_people_that_both_rates_share_leave_their_ratio_more_certain():
    within = counts({"A": 0.002, "B": 0.004})
    everyone = counts({"everyone": 0.001})[0]
    drawn = np.random.default_rng(0).gamma(20, 0.001 / 20, 500)
    independent = broad_homogeneity(within, everyone)
    found = broad_homogeneity(within, everyone, (3 * drawn, drawn))
    assert found.value == independent.value == pytest.approx(3.0) and found.note == ""
    assert found.high - found.low < 1e-9 < independent.high - independent.low
    assert "independent" in independent.note
    assert broad_homogeneity(within, everyone, (drawn * 0, drawn * 0)) == independent
