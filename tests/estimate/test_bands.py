"""Intervals and null bands of summaries: what equal groups give, and what unequal ones do."""

import numpy as np
import pytest

from bench.estimate import combined_differentials, differentials
from bench.records import ErrorCounts


def counts(metric, errors, trials=1000):
    return [
        ErrorCounts(metric, "net", "clean", "group", name, 0.5, x, trials, 0, 500)
        for name, x in zip("ABCDEFGH", errors, strict=False)
    ]


def by_measure(found):
    return {d.measure: d for d in found}


def test_every_value_lies_in_its_interval_and_bands_are_in_order():
    for found in (*differentials(counts("FMR", [3, 8, 0, 20])), *combined_differentials(
        counts("FMR", [3, 8, 2, 20]), counts("FNMR", [30, 10, 25, 44])
    )):  # fmt: skip
        if found.value is not None:
            assert found.low <= found.value
            assert found.measure.endswith("(smoothed)") if found.high is None else found.value <= found.high
            assert found.null_low <= found.null_high


def test_a_difference_within_noise_reaches_to_equality():
    found = by_measure(differentials(counts("FNMR", [19, 21, 24, 18])))
    assert found["max/min"].value > 1.3 and found["max/min"].low == 1.0
    assert found["max/min"].value < found["max/min"].null_high
    assert found["gini"].low == 0.0
    assert by_measure(combined_differentials(counts("FMR", [19, 21]), counts("FNMR", [19, 21])))["FDR"].high == 1.0


def test_a_difference_beyond_noise_does_not():
    found = by_measure(differentials(counts("FNMR", [10, 20, 40, 80])))
    for measure, equality in (("max/min", 1), ("max/mean", 1), ("max/geomean", 1), ("gini", 0), ("max-min", 0)):
        assert found[measure].low > equality
        assert found[measure].value > found[measure].null_high


def test_zero_errors_leave_a_ratio_with_a_lower_bound_and_no_upper():
    found = by_measure(differentials(counts("FMR", [0, 40])))
    assert found["max/min"].low is None and found["max/min"].high is None
    assert found["max/min (smoothed)"].low > 5 and found["max/min (smoothed)"].high is None


def test_the_same_seed_gives_the_same_bands_and_another_hardly_differs():
    rows = counts("FNMR", [10, 20, 40, 80])
    assert differentials(rows, seed=1) == differentials(rows, seed=1)
    one, other = (by_measure(differentials(rows, seed=seed))["gini"] for seed in (1, 2))
    assert one.low == pytest.approx(other.low, rel=0.05)


def test_null_band_holds_19_of_20_equal_worlds():
    rng = np.random.default_rng(8)
    outside = 0
    for _ in range(100):
        found = by_measure(differentials(counts("FNMR", rng.binomial(1000, 0.03, size=4))))["max/min"]
        outside += not found.null_low <= found.value <= found.null_high
    assert outside <= 12
