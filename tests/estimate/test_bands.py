"""Intervals and null bands of summaries: what equal groups give, and what unequal ones do."""

import numpy as np
import pytest

from facegap.estimate import combined_differentials, differentials
from facegap.estimate.bands import _middle, band, patterns, patterns_of_draws
from facegap.estimate.differentials import DRAWS
from facegap.estimate.measures import gini, max_geomean, max_min
from facegap.records import ErrorCounts


def counts(metric, errors, trials=1000):
    return [
        ErrorCounts(
            metric=metric,
            model="net",
            condition="clean",
            grouping="group",
            group=name,
            threshold=0.5,
            errors=x,
            completed=trials,
            failed=0,
            subjects=500,
        )
        for name, x in zip("ABCDEFGH", errors, strict=False)
    ]


def band_of(rows, function, draws=250, seed=0):
    """The band of one summary alone: what `differentials` gives for it, from fewer draws in a tenth of the time."""
    rates = np.array([c.errors / c.trials for c in rows])
    found = patterns(rows, 0.95, draws, np.random.default_rng([seed, *rows[0].metric.encode()]))
    value = float(function(rates))
    return value, band(value, function, (found,), float(function(np.ones(len(rates)))), 0.95, smoothed=True)


def by_measure(found):
    return {d.measure: d for d in found}


def test_every_value_lies_in_its_interval_and_bands_are_in_order():
    for found in (*differentials(counts("FMR", [3, 8, 0, 20])), *combined_differentials(
        counts("FMR", [3, 8, 2, 20]), counts("FNMR", [30, 10, 25, 44])
    )):  # fmt: skip
        if found.value is not None:
            assert found.low <= found.value
            if found.high is None:  # the lowest rate may be zero
                assert found.measure.endswith("(smoothed)") or found.measure in ("IR", "max/min")
            else:
                assert found.value <= found.high
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
        value, found = band_of(counts("FNMR", rng.binomial(1000, 0.03, size=4)), max_min)
        outside += not found.null_low <= value <= found.null_high
    assert outside <= 12


def test_drawn_rates_with_the_noise_of_samples_give_the_band_of_samples():
    rng = np.random.default_rng(1)
    rows = counts("FNMR", [40, 80, 80, 160], trials=4000)
    rates = np.array([c.errors / c.trials for c in rows])
    drawn = patterns_of_draws(rates, rng.binomial(4000, rates, size=(4000, 4)) / 4000)
    sampled = patterns(rows, 0.95, 4000, rng)[:1]
    for function in (max_min, max_geomean, gini):
        at = float(function(np.ones(4)))
        value = float(function(rates))
        one, other = (band(value, function, (p,), at, 0.95, smoothed=False) for p in (drawn, sampled))
        assert one.low == pytest.approx(other.low, rel=0.05) and one.high == pytest.approx(other.high, rel=0.05)


def test_noise_that_all_groups_share_leaves_their_ratios_certain():
    rates = np.array([0.01, 0.02, 0.02])
    shared = np.random.default_rng(2).normal(0, 0.5, (2000, 1))
    odds = rates / (1 - rates) * np.exp(shared)
    found = band(2.0, max_min, (patterns_of_draws(rates, odds / (1 + odds)),), 1.0, 0.95, smoothed=False)
    assert found.low > 1.9 and found.high < 2.1


def test_an_interval_has_no_upper_end_where_the_lowest_rate_may_be_zero():
    found = by_measure(differentials(counts("FNMR", [1, 60], trials=2000)))["max/min"]
    assert found.low > 5 and found.high is None


def test_two_groups_agree_with_the_interval_of_their_ratio():
    """Koopman's interval of the larger over the smaller, where the order of the groups is not in doubt."""
    found = by_measure(differentials(counts("FNMR", [20, 60], trials=2000)))["max/min"]
    assert found.low == pytest.approx(1.82, rel=0.06) and found.high == pytest.approx(4.94, rel=0.08)


@pytest.mark.parametrize("rates", [(0.02, 0.02, 0.02, 0.02), (0.02, 0.02, 0.02, 0.04), (0.01, 0.02, 0.04, 0.08)])
def test_intervals_of_summaries_hold_the_truth_about_as_often_as_they_say(rates):
    """benchmarks/interval_coverage.md has the measured coverage; this guards against a broken interval."""
    rng = np.random.default_rng(4)
    held = {max_geomean: 0, gini: 0}
    for _ in range(100):
        rows = counts("FNMR", rng.binomial(1000, rates))
        for function in held:
            _, found = band_of(rows, function)
            held[function] += found.low - 1e-9 <= float(function(np.array(rates))) <= found.high + 1e-9
    assert min(held.values()) >= 87


def test_the_band_of_one_summary_is_that_of_the_table():
    rows = counts("FNMR", [10, 20, 40, 80])
    _, found = band_of(rows, max_geomean, draws=DRAWS)
    row = by_measure(differentials(rows))["max/geomean"]
    assert (row.low, row.high, row.null_high) == (found.low, found.high, found.null_high)


@pytest.mark.parametrize("draws", [1, 2, 249, 250])
def test_the_middle_of_ascending_rows_is_their_median(draws: int) -> None:
    rows = np.sort(np.random.default_rng(draws).exponential(size=(16, draws)), axis=1)
    np.testing.assert_array_equal(_middle(rows), np.median(rows, axis=1))
